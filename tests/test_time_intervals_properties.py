"""TimeIntervals behave as plain sets of milliseconds, whatever the input."""

from __future__ import annotations

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hyperstream._time import from_ms
from hyperstream.time_interval import RelativeTimeInterval, TimeInterval, TimeIntervals

# A short axis, so that intervals often overlap, touch and share ends.
AXIS = range(-30, 31)
POINTS = st.integers(AXIS[0], AXIS[-1])
PAIRS = st.lists(POINTS, min_size=2, max_size=2, unique=True).map(lambda two: tuple(sorted(two)))
UNIONS = st.lists(PAIRS, max_size=8)


def moments(*pairs: tuple[int, int]) -> set[int]:
    """Give the milliseconds that lie in any of the intervals (start, end]."""
    return {ms for start, end in pairs for ms in range(start + 1, end + 1)}


def model(union: TimeIntervals) -> set[int]:
    """Give the milliseconds that lie in a union."""
    return moments(*union.as_ms())


def assert_normal(union: TimeIntervals) -> None:
    """Fail unless the intervals are sorted, not empty, and neither overlap nor touch."""
    pairs = union.as_ms()
    assert all(start < end for start, end in pairs)
    assert all(before[1] < after[0] for before, after in pairwise(pairs))


@given(UNIONS)
def test_construction_unites(pairs):
    """The union holds exactly what its intervals hold, in normal form."""
    union = TimeIntervals([TimeInterval.from_ms(*pair) for pair in pairs])
    assert model(union) == moments(*pairs)
    assert_normal(union)
    assert union == TimeIntervals.from_ms(reversed(pairs))
    assert union == TimeIntervals(json.loads(union.to_json()))
    assert union == TimeIntervals(union)


@given(UNIONS, UNIONS, st.lists(POINTS))
def test_operators_are_those_of_sets(first, second, cuts):
    """Union, difference, intersection, subset and equality agree with sets, split or not."""
    a, b = TimeIntervals.from_ms(first), TimeIntervals.from_ms(second)
    b.split(map(from_ms, cuts))
    before = a.as_ms(), b.as_ms()
    x, y = model(a), model(b)
    for result, expected in ((a + b, x | y), (a - b, x - y), (a & b, x & y), (b - a, y - x)):
        assert model(result) == expected
        assert_normal(result)
    for same in (a, TimeIntervals(a)):
        assert (model(a + same), model(a - same), model(a & same)) == (x, set(), x)
    assert (b in a) == (y <= x)
    assert (a in b) == (x <= y)
    assert (a == b) == (x == y)
    assert bool(a) == bool(x)
    assert (a.as_ms(), b.as_ms()) == before


@given(UNIONS, PAIRS, st.lists(POINTS))
def test_operators_take_one_interval(pairs, pair, cuts):
    """A single interval is as good as a union of one."""
    union, one = TimeIntervals.from_ms(pairs), TimeInterval.from_ms(*pair)
    union.split(map(from_ms, cuts))
    many = TimeIntervals([one])
    assert union + one == union + many
    assert union - one == union - many
    assert union & one == union & many
    assert (one in union) == (many in union) == (moments(pair) <= model(union))


@given(UNIONS, st.lists(POINTS), POINTS)
def test_moments_lie_where_the_model_says(pairs, cuts, ms):
    """A moment is in a union if it is in the set, at pieces' borders too."""
    union = TimeIntervals.from_ms(pairs)
    union.split(map(from_ms, cuts))
    assert (from_ms(ms) in union) == (ms in moments(*pairs))


@given(UNIONS, st.lists(POINTS))
def test_split_cuts_at_every_inner_point(pairs, cuts):
    """After a split no piece holds a point inside, and the moments are the same."""
    union = TimeIntervals.from_ms(pairs)
    whole = union.as_ms()
    union.split(map(from_ms, cuts))
    pieces = union.as_ms()
    assert moments(*pieces) == moments(*pairs)
    assert sum(end - start for start, end in pieces) == len(moments(*pairs))
    assert not any(start < cut < end for start, end in pieces for cut in cuts)
    assert len(pieces) == len(whole) + sum(
        start < cut < end for start, end in whole for cut in set(cuts)
    )
    union.compress()
    assert union.as_ms() == whole


@given(UNIONS)
def test_ends_and_span_are_those_of_the_set(pairs):
    """Start, end and span enclose the set; an empty one has none."""
    union = TimeIntervals.from_ms(pairs)
    inside = moments(*pairs)
    if inside:
        span = TimeInterval.from_ms(min(inside) - 1, max(inside))
        assert (union.start, union.end, union.span) == (span.start, span.end, span)
    else:
        assert (union.start, union.end, union.span) == (None, None, None)


@given(PAIRS, PAIRS, POINTS)
def test_one_interval_is_a_set_as_well(first, second, ms):
    """Membership, subset and order of a single interval follow from its two ends."""
    a, b = TimeInterval.from_ms(*first), TimeInterval.from_ms(*second)
    assert (from_ms(ms) in a) == (ms in moments(first))
    assert (b in a) == (moments(second) <= moments(first))
    assert (a == b) == (first == second)
    assert (a < b) == (first < second)
    assert (a >= b) == (first >= second)


@given(PAIRS, st.lists(st.integers(-50, 0), min_size=2, max_size=2, unique=True))
def test_a_relative_interval_moves_each_end(pair, relative):
    """Adding a relative interval adds start to start and end to end."""
    start, end = sorted(relative)
    moved = TimeInterval.from_ms(*pair) + RelativeTimeInterval(start / 1000, end / 1000)
    assert (moved.start_ms, moved.end_ms) == (pair[0] + start, pair[1] + end)


class UnionMachine(RuleBasedStateMachine):
    """Applies operations in any order to a union and to a set, which must stay the same."""

    @initialize(pairs=UNIONS)
    def begin(self, pairs):
        """Start with any union."""
        self.union = TimeIntervals.from_ms(pairs)
        self.expected = moments(*pairs)

    @rule(pairs=UNIONS)
    def add(self, pairs):
        """Unite with another union."""
        self.union += TimeIntervals.from_ms(pairs)
        self.expected |= moments(*pairs)

    @rule(pairs=UNIONS)
    def subtract(self, pairs):
        """Take another union away."""
        self.union -= TimeIntervals.from_ms(pairs)
        self.expected -= moments(*pairs)

    @rule(pair=PAIRS)
    def keep(self, pair):
        """Keep what lies in one interval."""
        self.union &= TimeInterval.from_ms(*pair)
        self.expected &= moments(pair)

    @rule(cuts=st.lists(POINTS))
    def split(self, cuts):
        """Cut at points."""
        self.union.split(map(from_ms, cuts))

    @rule()
    def compress(self):
        """Merge the pieces."""
        self.union.compress()
        assert_normal(self.union)

    @rule(pairs=UNIONS)
    def parse(self, pairs):
        """Replace everything."""
        self.union.parse(TimeInterval.from_ms(*pair) for pair in pairs)
        self.expected = moments(*pairs)

    @invariant()
    def agrees(self):
        """The union holds what the set holds."""
        if hasattr(self, "union"):
            assert model(self.union) == self.expected
            assert {ms for ms in AXIS if from_ms(ms) in self.union} == self.expected


TestUnionMachine = UnionMachine.TestCase
