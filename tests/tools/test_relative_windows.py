"""relative_window, relative_apply and relative_apply2 look at the time before each tick."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream._time import MIN_MS
from hyperstream.channels import MemoryChannel
from hyperstream.itertools2 import online_average
from hyperstream.stream import StreamInstance
from hyperstream.testing import try_tool
from hyperstream.time_interval import TimeInterval
from hyperstream.utils.errors import InputStreamCountError, ToolExecutionError
from tests.tool.streams import CountingChannel, filled
from tests.tools import make
from tests.tools.recipes import at


def window(start=-2.0, end=0.0, **parameters):
    """Make the tool."""
    return make("relative_window", relative_start=start, relative_end=end, **parameters)


def test_each_tick_gets_what_lies_before_it():
    """After the start, up to the end; empty lists, too."""
    found = try_tool(window(), {0.5: "a", 1: "b", 3: "c"}, alignment={1: 0, 3: 0, 9: 0})
    assert found == {1: ["a", "b"], 3: ["c"], 9: []}


def test_a_window_may_end_before_its_tick_or_after():
    """Seconds or timedeltas say when."""
    ticks = {5: None}
    values = [1, 2, 3, 4, 5, 6, 7]
    assert try_tool(window(-3, -1), values, alignment=ticks) == {5: [3, 4]}
    tool = window(timedelta(seconds=-1), timedelta(seconds=1))
    assert try_tool(tool, values, alignment=ticks) == {5: [5, 6]}


def test_the_items_may_be_instances():
    """With their timestamps."""
    (found,) = try_tool(window(values_only=False), ["a", "b"], alignment={2: 0}).values()
    assert found == [
        StreamInstance(at(0).replace(year=1970, second=1), "a"),
        StreamInstance(at(0).replace(year=1970, second=2), "b"),
    ]


@given(
    stamps=st.sets(st.integers(0, 300), max_size=60),
    ticks=st.sets(st.integers(101, 200), max_size=30),
    lower=st.integers(-120, 20),
    width=st.integers(1, 100),
    size=st.integers(1, 10),
)
def test_a_window_holds_what_lies_in_it(stamps, ticks, lower, width, size):
    """Whatever the data, the ticks, and the sizes in which they are read."""
    channel = CountingChannel(size)
    data = filled(channel, "data", {stamp: stamp for stamp in sorted(stamps)})
    alignment = filled(channel, "ticks", dict.fromkeys(sorted(ticks)))
    sink = channel.create_stream("sink")
    interval = TimeInterval.from_ms(100, 200)
    upper = lower + width
    window(lower / 1000, upper / 1000).execute([data], sink, interval, alignment)
    found = sink.window(interval)
    assert [int(tick.timestamp() * 1000) for tick in found.timestamps()] == sorted(ticks)
    assert found.values() == [
        [stamp for stamp in sorted(stamps) if tick + lower < stamp <= tick + upper]
        for tick in sorted(ticks)
    ]


def test_the_data_are_read_once_and_as_far_back_as_needed():
    """However many windows hold them."""
    channel = CountingChannel()
    data = filled(channel, "data", {stamp: stamp for stamp in range(20_000)})
    ticks = filled(channel, "ticks", dict.fromkeys(range(10_001, 10_501)))
    sink = channel.create_stream("sink")
    window(-1.0, 0.0).execute([data], sink, TimeInterval.from_ms(10_000, 10_500), ticks)
    assert channel.reads[1:] == [TimeInterval.from_ms(9_001, 10_500)]
    assert channel.rows == 500 + 1_499


def test_there_is_nothing_before_the_beginning_of_time():
    """Not even a window."""
    channel = MemoryChannel("memory")
    data, ticks = (filled(channel, name, {MIN_MS + 1: "a"}) for name in ("data", "ticks"))
    interval = TimeInterval.from_ms(MIN_MS, MIN_MS + 9)
    for start, end, expected in ((-2, -1, []), (-2, 0, [["a"]])):
        sink = channel.create_stream(f"sink {end}")
        window(start, end).execute([data], sink, interval, ticks)
        assert sink.window(interval).values() == expected


def test_late_data_void_the_windows_that_hold_them():
    """The tool says how far its windows reach."""
    interval = TimeInterval.from_ms(100_000, 200_000)
    assert window(-3.0, -1.0).reach(interval) == TimeInterval.from_ms(97_000, 200_000)
    assert window(1.0, 2.0).reach(interval) == TimeInterval.from_ms(100_000, 202_000)
    memory = MemoryChannel("memory")
    data, ticks = filled(memory, "data", range(9)), filled(memory, "ticks", range(9))
    sink = memory.create_stream("sink")
    whole = TimeInterval.from_ms(0, 9)
    window(-0.002).execute([data], sink, whole, ticks)
    data.invalidate(TimeInterval.from_ms(3, 4))
    assert list(sink.calculated_intervals) == [
        TimeInterval.from_ms(0, 3),
        TimeInterval.from_ms(6, 9),
    ]


def test_ticks_are_needed():
    """And one source; the window has a length."""
    with pytest.raises(ToolExecutionError, match="needs an alignment stream"):
        try_tool(window(), [1])
    with pytest.raises(ToolExecutionError) as caught:
        try_tool(window(), [1], [2], alignment=[3])
    assert isinstance(caught.value.__cause__, InputStreamCountError)
    with pytest.raises(ValueError, match=r"must start \(lower=0\) before it ends \(upper=0\)"):
        window(0, 0)


def test_a_function_of_numbers_gets_an_iterator():
    """None is left out, and so is an empty list."""
    tool = make("relative_apply", func=lambda numbers: next(numbers, None))
    assert try_tool(tool, [[3, 4], [], [None, 1]]) == {1: 3}
    tool = make("relative_apply", func=online_average)
    assert try_tool(tool, [[1, 2.5], (np.float64(3),)]) == {1: 1.75, 2: 3.0}


def test_a_function_of_dicts_gets_the_numbers_of_each_key():
    """Text is no number; a key without result is left out, and so is a list without keys."""
    tool = make("relative_apply", func=lambda numbers: max(numbers) or None)
    dicts = [{"a": 1, "b": "x", "c": 0}, {"a": np.int64(3), "b": 2}]
    assert try_tool(tool, [dicts, [{"b": "x"}], [{}], [{"c": 0}]]) == {1: {"a": 3, "b": 2}}


def test_items_may_be_instances():
    """As relative_window gives them if asked."""
    instances = [StreamInstance(at(n), {"a": n}) for n in (1, 2)]
    numbers = [StreamInstance(at(n), n) for n in (1, 2)]
    assert try_tool(make("relative_apply", func=sum), [instances, numbers]) == {1: {"a": 3}, 2: 3}


def test_a_function_may_get_the_key():
    """Which relative_apply2 hands to it before the numbers."""
    tool = make("relative_apply2", func=lambda key, values: None if key == "b" else [key, *values])
    assert try_tool(tool, [[{"a": 1, "b": 2}, {"a": 3}], [{"b": 1}], []]) == {1: {"a": ["a", 1, 3]}}


@pytest.mark.parametrize(
    ("name", "func", "value"),
    [
        ("relative_apply", sum, 3),
        ("relative_apply", sum, [{"a": 1}, 2]),
        ("relative_apply", len, [1]),
        ("relative_apply2", max, [1]),
    ],
)
def test_a_failure_names_time_and_value(name, func, value):
    """Dicts and numbers do not mix."""
    with pytest.raises(ToolExecutionError, match=r"at 1970-01-01T00:00:01\.000Z, for .*TypeError"):
        try_tool(make(name, func=func), [value])


def test_functions_are_needed():
    """When the tool is made."""
    for name in ("relative_apply", "relative_apply2"):
        with pytest.raises(TypeError, match="must be a function"):
            make(name, func="max")
