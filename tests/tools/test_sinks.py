"""plate_sink and sliding_sink have their sources computed, and keep nothing."""

from __future__ import annotations

import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.stream import StreamId
from hyperstream.testing import try_tool
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils.errors import InputStreamCountError, ToolExecutionError
from tests.tool.streams import filled
from tests.tools import make

MINUTE = TimeInterval.from_ms(0, 60_000)


def seconds(start, end):
    """Return an interval."""
    return TimeInterval.from_ms(start * 1000, end * 1000)


@pytest.fixture
def memory():
    """Return a channel."""
    return MemoryChannel("memory")


@pytest.fixture
def ticks(memory):
    """Return a stream that is computed where it is asked for."""
    stream = memory.create_stream("ticks")
    make("clock").execute([], stream, seconds(0, 1))
    return stream


def test_a_plate_sink_has_all_streams_computed(memory):
    """Over the whole interval, each of them."""
    sources = []
    for room in ("hall", "attic"):
        stream = memory.create_stream(StreamId("ticks", {"room": room}))
        make("clock").execute([], stream, seconds(0, 1))
        sources.append(stream)
    sink = memory.create_stream("sink")
    tool = make("plate_sink", selector_meta_data="room")
    tool.execute(sources, [sink], MINUTE)
    assert all(MINUTE in source.calculated_intervals for source in sources)
    assert sink.window(MINUTE).items() == []
    assert tool.selector_meta_data == "room"


def test_a_sliding_sink_has_the_span_of_the_windows_computed(memory, ticks):
    """From the first start to the last end, whatever their order."""
    windows = filled(memory, "windows", {9000: seconds(20, 22), 9500: seconds(10, 12)})
    sink = memory.create_stream("sink")
    make("sliding_sink").execute([windows, ticks], sink, MINUTE)
    assert ticks.calculated_intervals == TimeIntervals([seconds(0, 1), seconds(10, 22)])
    assert sink.window(MINUTE).items() == []


def test_windows_outside_of_the_interval_do_not_count(memory, ticks):
    """Without windows nothing is computed."""
    windows = filled(memory, "windows", {90_000: seconds(20, 22)})
    make("sliding_sink").execute([windows, ticks], memory.create_stream("sink"), MINUTE)
    assert ticks.calculated_intervals == TimeIntervals([seconds(0, 1)])


def test_a_sliding_sink_says_how_far_it_reaches(memory):
    """If the windows tell."""
    tool = make("sliding_sink")
    windows = memory.create_stream("windows")
    assert tool.reach(MINUTE) is None
    assert tool.reach(MINUTE, [windows]) is None
    make("sliding_window", lower=-10).execute([], windows, MINUTE)
    assert tool.reach(MINUTE, [windows]) == seconds(-10, 60)


def test_wrong_sources_are_an_error():
    """Two are needed, and the first holds windows."""
    with pytest.raises(ToolExecutionError) as caught:
        try_tool(make("sliding_sink"), [1])
    assert isinstance(caught.value.__cause__, InputStreamCountError)
    with pytest.raises(ToolExecutionError, match="must be a stream of windows"):
        try_tool(make("sliding_sink"), [1], [1])
