"""Tools written for release 0.3.8 run unchanged."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta

import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.stream import StreamId, StreamInstance, StreamMetaInstance
from hyperstream.testing.conformance.base import stored, write
from hyperstream.testing.times import at, over
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import (
    AggregateTool,
    MultiOutputTool,
    SelectorTool,
    Tool,
    check_input_stream_count,
)
from hyperstream.utils.errors import ToolExecutionError
from tests.execution.parts import calculated


@pytest.fixture
def channel():
    """A memory channel."""
    return MemoryChannel("memory")


@pytest.fixture
def source(channel):
    """A stream of the numbers from 1 to 9."""
    stream = channel.create_stream("source")
    write(stream, {second: second for second in range(1, 10)})
    return stream


@pytest.fixture
def sink(channel):
    """A stream to be computed."""
    return channel.create_stream("sink")


class OldClock(Tool):
    """Assigns the start of its interval to step along it."""

    def __init__(self, first, stride):
        super().__init__(first=first, stride=stride)

    @check_input_stream_count(0)
    def _execute(self, sources, alignment_stream, interval):
        interval.start = max(interval.start, self.first)
        interval.start = self.first + self.stride * ((interval.start - self.first) // self.stride)
        moment = interval.start + self.stride
        while moment <= interval.end:
            yield StreamInstance(moment, moment)
            moment += self.stride


class OldWindow(Tool):
    """Moves a copy of the interval that it was given over its source."""

    def __init__(self, lower, upper):
        super().__init__(lower=lower, upper=upper)

    @check_input_stream_count(1)
    def _execute(self, sources, alignment_stream, interval):
        wanted = TimeInterval(interval.start, interval.end)
        window = deepcopy(interval)
        for second in range(100):
            if at(second) in wanted:
                window.start = at(second + self.lower)
                window.end = at(second + self.upper)
                found = sources[0].window(window, force_calculation=True)
                yield StreamInstance(at(second), sum(found.values()))


class OldList(Tool):
    """Returns a list, and None where it finds nothing."""

    def _execute(self, sources, alignment_stream, interval):
        if sources[0].window(interval, force_calculation=True).first() is None:
            return None
        return [
            StreamInstance(time, data)
            for (time, data) in sources[0].window(interval, force_calculation=True)
        ]


class OldMean(AggregateTool):
    """An aggregate tool with a function as parameter."""

    def __init__(self, aggregation_meta_data, func):
        super().__init__(aggregation_meta_data=aggregation_meta_data, func=func)

    def _execute(self, sources, alignment_stream, interval):
        found = {}
        for stream in sources:
            for time, data in stream.window(interval, force_calculation=True):
                found.setdefault(time, []).append(data)
        for time in sorted(found):
            yield StreamInstance(time, self.func(found[time]))


class OldSelector(SelectorTool):
    """A selector without a constructor of its own."""

    @check_input_stream_count(2)
    def _execute(self, sources, interval):
        for source in sources:
            for instance in source.window(interval, force_calculation=True):
                yield StreamMetaInstance(instance, source.stream_id.meta_data)


class OldSplitter(MultiOutputTool):
    """Gives pairs of time and value, and one pair of meta data."""

    def _execute(self, source, splitting_stream, interval, meta_data_id, output_plate_values):
        for time, value in source.window(interval, force_calculation=True):
            remainder = str(value % 2)
            if remainder in output_plate_values:
                yield StreamMetaInstance((time, value), (meta_data_id, remainder))


def test_the_interval_may_be_assigned(sink):
    """A tool that assigns the start of its interval steps on its own grid; marks are as asked."""
    tool = OldClock(first=at(0), stride=timedelta(seconds=5))
    interval = over(1, 12)
    for each in (over(3, 4), interval):
        tool.execute(sources=[], sink=sink, interval=each)
    assert [second for second, _ in stored(sink)] == [5, 10]
    assert interval == over(1, 12)
    assert calculated(sink) == [(1, 12)]


def test_an_interval_that_is_moved_on_gives_what_was_asked(source, sink):
    """A tool may move copies of its interval over its source."""
    OldWindow(-2, 0).execute(sources=[source], sink=sink, interval=over(0, 5))
    assert stored(sink) == [(1, 1), (2, 3), (3, 5), (4, 7), (5, 9)]


def test_lists_and_none_are_results(source, sink):
    """`_execute` may return a list, or None."""
    tool = OldList()
    tool.execute(sources=[source], sink=sink, interval=over(0, 5))
    tool.execute(sources=[source], sink=sink, interval=over(20, 30))
    assert stored(sink) == [(second, second) for second in range(1, 6)]
    assert calculated(sink) == [(0, 5), (20, 30)]


def test_functions_are_parameters(channel, source, sink):
    """A tool with a function as parameter computes with it."""
    OldMean("house", func=max).execute(sources=[source, source], sink=sink, interval=over(0, 2))
    assert stored(sink) == [(1, 1), (2, 2)]


def test_the_number_of_sources_is_checked(source, sink):
    """`check_input_stream_count` refuses another number of sources, naming both."""
    with pytest.raises(ToolExecutionError, match="takes 1 source stream, not 2"):
        OldWindow(-2, 0).execute(sources=[source, source], sink=sink, interval=over(0, 5))


def test_selectors_select(channel):
    """An old selector's items go to the sinks of the same meta data."""
    ids = [StreamId("sources", {"room": room}) for room in "ab"]
    sources = [channel.create_stream(each) for each in ids]
    sinks = [channel.create_stream(StreamId("sinks", each.meta_data)) for each in ids]
    for place, source in enumerate(sources):
        write(source, {1: place})
    OldSelector(selector_meta_data="room").execute(
        sources=sources, sinks=sinks, interval=over(0, 5)
    )
    assert [stored(sink) for sink in sinks] == [[(1, 0)], [(1, 1)]]


def test_splitters_split(channel, source):
    """An old splitter's pairs go to the sinks of their meta data."""
    sinks = [channel.create_stream(StreamId("sinks", {"odd": odd})) for odd in "01"]
    OldSplitter().execute(
        source=source,
        splitting_stream=None,
        sinks=sinks,
        interval=over(0, 5),
        meta_data_id="odd",
        output_plate_values=["0", "1"],
    )
    assert [[value for _, value in stored(sink)] for sink in sinks] == [[2, 4], [1, 3, 5]]
