"""The pieces of time that a call is made for."""

from __future__ import annotations

import itertools
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream._time import use_clock
from hyperstream.execution.plan import PrivateInterval, segments, up_to_now
from hyperstream.testing.times import at, over
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils.errors import FutureIntervalWarning
from tests.execution.parts import Seconds

_sets = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 6)).map(lambda x: over(x[0], x[0] + x[1])),
    max_size=3,
).map(TimeIntervals)


@given(st.lists(_sets, max_size=4))
def test_segments_cover_what_each_sink_misses(missing):
    """Each sink is computed exactly where it misses something, and the pieces do not overlap."""
    pieces = segments(missing)
    for place, intervals in enumerate(missing):
        mine = [piece.interval for piece in pieces if place in piece.positions]
        assert TimeIntervals(mine) == intervals
    for before, after in itertools.pairwise(pieces):
        assert before.interval.end <= after.interval.start


def test_one_sink_is_computed_in_one_piece_each():
    """A missing interval of a single sink is not cut."""
    pieces = segments([TimeIntervals([over(0, 10), over(20, 30)])])
    assert [(piece.interval, piece.positions) for piece in pieces] == [
        (over(0, 10), (0,)),
        (over(20, 30), (0,)),
    ]


def test_equal_sinks_are_computed_together():
    """Sinks that miss the same are computed in one call."""
    missing = TimeIntervals([over(0, 10)])
    assert segments([missing, missing]) == [(over(0, 10), (0, 1))]


def test_no_sinks_need_nothing():
    """Without sinks there is nothing to do."""
    assert segments([]) == []


def test_the_past_is_possible():
    """What ends now or earlier is taken whole, without a word."""
    with use_clock(at(10)), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert up_to_now(over(0, 10)) == over(0, 10)


def test_the_future_is_cut_off():
    """What lies after now is cut off, with a warning; nothing is left of what is all future."""
    with use_clock(at(10)):
        with pytest.warns(FutureIntervalWarning, match="future"):
            assert up_to_now(over(0, 11)) == over(0, 10)
        with pytest.warns(FutureIntervalWarning):
            assert up_to_now(over(10, 11)) is None


def test_a_private_interval_can_be_changed():
    """A tool may assign the ends of the interval that it is given."""
    interval = PrivateInterval.from_ms(over(0, 10).start_ms, over(0, 10).end_ms)
    assert interval == over(0, 10)
    interval.start = at(5)
    assert interval == over(5, 10)
    assert (interval.start, interval.end) == (at(5), at(10))
    interval.end = at(7).replace(tzinfo=None)
    assert isinstance(interval, TimeInterval)
    assert list(interval) == [at(5), at(7)]
    assert at(6) in interval
    assert at(8) not in interval
    assert interval.width.total_seconds() == 2
    assert interval in over(0, 10)


@pytest.mark.parametrize(
    "ask",
    [
        lambda tool, sink: up_to_now(over(0, 20)),
        lambda tool, sink: tool.execute(sources=[], sink=sink, interval=over(0, 20)),
        lambda tool, sink: sink.window(over(0, 20), force_calculation=True).values(),
    ],
    ids=["itself", "tool", "view"],
)
def test_the_warning_shows_the_line_of_the_user(sink, ask):
    """And not one of this library, however deep inside it is given."""
    tool = Seconds()
    tool.execute(sources=[], sink=sink, interval=over(0, 1))
    with use_clock(at(10)), pytest.warns(FutureIntervalWarning) as caught:
        ask(tool, sink)
    assert [each.filename for each in caught] == [__file__]
