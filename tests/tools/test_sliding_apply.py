"""sliding_apply calls a function for the data in each window."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hyperstream import itertools2
from hyperstream.channels import MemoryChannel
from hyperstream.itertools2 import products
from hyperstream.stream import StreamInstance
from hyperstream.testing import check_tool, try_tool
from hyperstream.time_interval import TimeInterval
from hyperstream.utils.errors import ToolExecutionError
from tests.tools import make
from tests.tools.recipes import MINUTE, NUMBERS, START, WINDOWS, at, every, plus_one

FUNCTIONS = [getattr(itertools2, name) for name in itertools2.__all__]
HOUR = TimeInterval(at(-3600), START)


def window(start, end):
    """Return the window between two seconds since 1970."""
    return TimeInterval.from_ms(round(1000 * start), round(1000 * end))


def apply(func, windows, data):
    """Apply a function to the data in windows, given by the second of their timestamp."""
    return try_tool(make("sliding_apply", func=func), windows, data)


def same(left, right):
    """Tell whether two numbers are the same, to rounding."""
    nan = math.isnan(left) and math.isnan(right)
    return nan or left == right or math.isclose(left, right, rel_tol=1e-9)


def test_the_function_gets_an_iterator_of_instances():
    """With the edges (start, end], in order of time."""
    seen = []

    def func(data):
        assert iter(data) is data
        seen.extend(data)
        return len(seen)

    assert apply(func, {4: window(1, 3)}, ["a", "b", "c", "d"]) == {4: 2}
    assert [type(instance) for instance in seen] == [StreamInstance] * 2
    assert [(instance.timestamp.second, instance.value) for instance in seen] == [
        (2, "b"),
        (3, "c"),
    ]


@pytest.mark.parametrize("nothing", [[], (), {}, "", set(), np.array([])])
def test_a_result_of_length_0_is_left_out(nothing):
    """For that window only."""
    results = iter([nothing, 5])
    windows = {1: window(0, 1), 2: window(0, 2)}
    assert apply(lambda data: next(results), windows, [1, 2]) == {2: 5}


@pytest.mark.parametrize("something", [0, 0.0, False, None, np.array(0.0), np.float64(0)])
def test_a_result_without_length_is_kept(something):
    """Zero and None are results."""
    found = apply(lambda data: something, {1: window(0, 1)}, [1])
    assert found[1] is something or type(found[1]) is type(something)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_empty_window_has_a_result_too(function):
    """What the function says of no data."""
    expected = function([])
    assert same(apply(function, {1: window(0, 0.5)}, [1.0])[1], expected)
    assert same(apply(function, {1: window(0, 0.5)}, [])[1], expected)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    "value",
    [float, lambda n: n, bool, lambda n: n if n % 2 else float(n), lambda n: n / 3 or math.nan],
)
def test_known_functions_give_what_any_function_gives(function, value):
    """That they are computed for many windows at once does not show, not even by a type."""
    data = every(1.0, value)
    known = check_tool(lambda: make("sliding_apply", func=function), [WINDOWS, data], MINUTE)[0]

    def unknown(given):
        return function(given)

    called = check_tool(lambda: make("sliding_apply", func=unknown), [WINDOWS, data], MINUTE)[0]
    assert len(known) == len(called) == 24
    for one, other in zip(known, called, strict=True):
        assert one.timestamp == other.timestamp
        assert type(one.value) is type(other.value)
        assert same(one.value, other.value)


@given(st.lists(st.floats(allow_nan=False, width=32) | st.integers(-9, 9) | st.none(), max_size=40))
def test_a_stream_of_mixed_values_is_chunk_invariant(values):
    """One int among floats changes how the store keeps a batch, and must not change a bit."""
    rows = [(at(n / 2), value) for n, value in enumerate(values)]
    slots = [(at(n), TimeInterval(at(n - 7), at(n))) for n in range(1, 30)]
    tool = make("sliding_apply", func=lambda data: sum(each.value or 0 for each in data))
    check_tool(lambda: tool, [slots, rows], MINUTE)
    if None not in values:
        for function in (itertools2.online_average, itertools2.online_variance):
            cuts = [at(second) for second in range(3, 30, 4)]
            check_tool(
                lambda f=function: make("sliding_apply", func=f), [slots, rows], MINUTE, cuts
            )


WILD = st.sampled_from([math.nan, math.inf, -math.inf, 2**70, -(2**63), 1e300, 0.0, -0.0, True])
SLOTS = st.tuples(st.integers(-30, 60), st.integers(1, 60))


@pytest.mark.parametrize("function", FUNCTIONS)
@settings(max_examples=20)
@given(
    values=st.lists(st.floats(-10, 10) | st.integers(-9, 9) | WILD, max_size=60),
    slots=st.lists(SLOTS, min_size=1, max_size=30),
    cuts=st.sets(st.integers(1, 599), max_size=8),
)
def test_any_numbers_in_any_windows_are_chunk_invariant(function, values, slots, cuts):
    """Also products of many parts; NaN, infinity and large ints stay in their windows."""
    rows = [(at(n), value) for n, value in enumerate(values)]
    windows = [
        (at(n), TimeInterval(at(start), at(start + length)))
        for n, (start, length) in enumerate(slots, start=1)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(products, "_FEW", 2)
        (found,) = check_tool(
            lambda: make("sliding_apply", func=function),
            [windows, rows],
            MINUTE,
            [at(cut / 10) for cut in sorted(cuts)],
        )
    for instance, (_, slot) in zip(found, windows, strict=True):
        content = [value for time, value in rows if time in slot]
        if function is not itertools2.online_product:  # its product may be too large on the way
            assert close(instance.value, function(content), content)


def close(left, right, content):
    """Tell whether two results of numbers are the same, to rounding."""
    if same(left, right):
        return True
    largest = max(map(abs, content), default=0)
    return largest < 100 and abs(left - right) < 1e-15 * len(content) * max(largest, 1) ** 2 * 60


def test_what_is_no_number_fails_as_the_function_does():
    """The error names the window."""
    with pytest.raises(ToolExecutionError, match=r"02\.000Z, for TimeInterval\(.*\): TypeError"):
        apply(itertools2.online_sum, {1: window(0, 1), 2: window(0, 2)}, [1.0, "b"])
    assert apply(itertools2.count, {2: window(0, 2)}, [1.0, "b"]) == {2: 2}


def test_arrays_are_averaged_item_by_item():
    """As the function does it."""
    found = apply(
        itertools2.online_average, {2: window(0, 2)}, [np.array([1, 2]), np.array([3, 6])]
    )
    assert found[2].tolist() == [2.0, 4.0]


def test_a_failure_names_the_window():
    """Also where the function takes the first instance of nothing."""
    windows = {1: window(0, 1), 5: window(3, 4)}
    with pytest.raises(ToolExecutionError, match=r"05\.000Z, for TimeInterval.*: StopIteration"):
        apply(lambda data: next(data).value, windows, [1])


def test_the_first_source_holds_windows():
    """Anything else is an error that shows it."""
    with pytest.raises(ToolExecutionError, match=r"stream of windows .*:01\.000Z it holds 'a'"):
        apply(len, ["a"], [1])
    with pytest.raises(ToolExecutionError, match="takes 2 source streams, not 1"):
        try_tool(make("sliding_apply", func=len), [1])


class Chain:
    """A clock, its seconds as numbers, and their mean over windows of a minute."""

    def __init__(self, **parameters):
        memory = MemoryChannel("memory")
        self.ticks, self.seconds, self.windows, self.means = map(
            memory.create_stream, ("ticks", "seconds", "windows", "means")
        )
        nothing = TimeInterval(at(-10_001), at(-10_000))
        make("clock", stride=10.0).execute([], self.ticks, nothing)
        make("apply", func=lambda time: time.timestamp()).execute(
            [self.ticks], self.seconds, nothing
        )
        parameters = {"lower": -60.0, "increment": 10.0, **parameters}
        make("sliding_window", **parameters).execute([], self.windows, nothing)
        self.tool = make("sliding_apply", func=itertools2.online_average)

    def compute(self, interval):
        """Compute the means."""
        self.tool.execute([self.windows, self.seconds], self.means, interval)


def test_sources_are_computed_as_far_back_as_windows_reach():
    """And no further; what is computed once is not computed again."""
    chain = Chain()
    chain.compute(TimeInterval(at(-10), at(0)))
    assert chain.means.window().values() == [at(-25).timestamp()]
    for stream, start in ((chain.windows, -10), (chain.seconds, -60), (chain.ticks, -60)):
        assert stream.calculated_intervals[-1] == TimeInterval(at(start), at(0))


def test_late_data_make_the_windows_void_that_cover_them():
    """What is computed again is as if the data had come in time; the rest stays."""
    chain = Chain()
    chain.compute(HOUR)
    before = chain.means.window(HOUR).items()
    chain.seconds.writer(StreamInstance(at(-995), at(-995).timestamp() + 1000))
    calculated = chain.means.calculated_intervals
    assert [each for each in before if each.timestamp not in calculated] == [
        each for each in before if at(-995) <= each.timestamp < at(-935)
    ]
    chain.compute(HOUR)
    after = chain.means.window(HOUR).items()
    changed = [one.timestamp for one, other in zip(before, after, strict=True) if one != other]
    assert changed == [at(second) for second in range(-990, -935, 10)]


def test_results_come_in_parts():
    """A long interval is not held in memory as a whole."""
    chain = Chain(increment=0.1, lower=-1.0)
    chain.tool.execute([chain.windows, chain.seconds], chain.means, HOUR)
    sources = [chain.windows, chain.seconds]
    parts = list(chain.tool._execute_batches(sources=sources, alignment_stream=None, interval=HOUR))
    assert sum(map(len, parts)) == 36_000
    assert max(map(len, parts)) <= 4096


def test_what_cannot_be_called_is_refused_at_once():
    """When the tool is made."""
    with pytest.raises(TypeError, match="func of SlidingApply must be a function"):
        make("sliding_apply", func=None)
    assert make("sliding_apply", func=plus_one) != make("sliding_apply", func=len)


def test_numbers_are_the_same_wherever_the_interval_is_cut():
    """Sums of a window do not depend on what was summed before it."""
    slots = [(at(n), TimeInterval(at(n - 29), at(n))) for n in range(1, 60)]
    for function in FUNCTIONS:
        cuts = [at(n / 2) for n in range(1, 120)]
        check_tool(lambda f=function: make("sliding_apply", func=f), [slots, NUMBERS], MINUTE, cuts)
