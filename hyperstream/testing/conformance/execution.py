"""What tools find and leave in a channel."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.stream import Batch, StreamInstance
from hyperstream.testing.conformance.base import Conformance, stored, write
from hyperstream.testing.times import START, at, over
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.tool import Tool
from hyperstream.utils.errors import ToolExecutionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hyperstream.channels import BaseChannel
    from hyperstream.stream import Stream


class Seconds(Tool):
    """Gives every whole second its number, counted from the start of 2020.

    Attributes
    ----------
    asked : list of TimeInterval
        What it was asked to compute, call by call.
    failing_at : int or None
        The second at which it fails.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[TimeInterval] = []
        self.failing_at: int | None = None

    def _execute(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[StreamInstance]:
        self.asked.append(TimeInterval(interval.start, interval.end))
        first, last = (
            math.floor((moment - START).total_seconds())
            for moment in (interval.start, interval.end)
        )
        for second in range(first + 1, last + 1):
            if second == self.failing_at:
                msg = f"second {second} is broken"
                raise RuntimeError(msg)
            yield StreamInstance(at(second), second)


class Doubled(Tool):
    """Doubles the values of its source."""

    def _execute_batches(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[Batch]:
        for batch in sources[0].window(interval, force_calculation=True).batches():
            yield Batch.of(batch.timestamps, [2 * value for value in batch.value_list()])

    def reach(self, interval: TimeInterval, sources: Sequence[Stream] = ()) -> TimeInterval:
        """Need no more of the source than the interval."""
        return interval


def seconds(first: int, last: int, factor: int = 1) -> list[tuple[float, Any]]:
    """Return what a stream of `Seconds` holds from one second to another."""
    return [(second, factor * second) for second in range(first, last + 1)]


class ExecutionConformance(Conformance):
    """What is computed into a channel is computed once, and complete where it is marked."""

    @pytest.fixture
    def source(self, channel: BaseChannel) -> Stream:
        """Another stream of the channel, to be read by tools."""
        return channel.get_or_create_stream("source")

    def calculated(self, stream: Stream) -> TimeIntervals:
        """Return what the channel remembers to be calculated."""
        return stream.channel.ledger.calculated([stream.address])[0]

    def test_it_is_computed_once(self, stream: Stream) -> None:
        """What is computed is stored and marked; a second request computes nothing."""
        tool = Seconds()
        for _ in range(2):
            tool.execute(sources=[], sink=stream, interval=over(0, 10))
        assert tool.asked == [over(0, 10)]
        assert stored(stream) == seconds(1, 10)
        assert self.calculated(stream) == TimeIntervals([over(0, 10)])

    def test_only_what_is_missing_is_computed(self, stream: Stream) -> None:
        """A larger request computes what is missing before, between and after."""
        tool = Seconds()
        for interval in (over(10, 20), over(30, 40), over(0, 50)):
            tool.execute(sources=[], sink=stream, interval=interval)
        assert tool.asked[2:] == [over(0, 10), over(20, 30), over(40, 50)]
        assert stored(stream) == seconds(1, 50)
        assert self.calculated(stream) == TimeIntervals([over(0, 50)])

    def test_many_are_computed(self, stream: Stream) -> None:
        """More than fits in one batch is computed, stored and marked."""
        Seconds().execute(sources=[], sink=stream, interval=over(0, 2500))
        assert stored(stream) == seconds(1, 2500)

    def test_what_is_read_is_computed(self, source: Stream, stream: Stream) -> None:
        """A tool's source is computed where its reader needs it, and no further."""
        Seconds().execute(sources=[], sink=source, interval=over(0, 2))
        tool = Doubled()
        tool.execute(sources=[source], sink=stream, interval=over(5, 8))
        assert stored(stream) == seconds(6, 8, factor=2)
        assert self.calculated(source) == TimeIntervals([over(0, 2), over(5, 8)])

    def test_a_stream_computes_itself_on_request(self, source: Stream, stream: Stream) -> None:
        """A forced view computes what is missing, upstream included."""
        Seconds().execute(sources=[], sink=source, interval=over(0, 2))
        Doubled().execute(sources=[source], sink=stream, interval=over(0, 2))
        found = stream.window(over(1, 5), force_calculation=True)
        assert found.values() == [4, 6, 8, 10]
        assert self.calculated(source) == TimeIntervals([over(0, 5)])

    def test_memory_and_this_work_together(self, stream: Stream) -> None:
        """A tool reads from here and writes to memory, and the other way round."""
        memory = MemoryChannel("other")
        inside, outside = memory.get_or_create_stream("in"), memory.get_or_create_stream("out")
        Seconds().execute(sources=[], sink=inside, interval=over(0, 1))
        Doubled().execute(sources=[inside], sink=stream, interval=over(0, 5))
        Doubled().execute(sources=[stream], sink=outside, interval=over(0, 5))
        assert stored(outside) == seconds(1, 5, factor=4)

    def test_a_failure_leaves_no_mark(self, stream: Stream) -> None:
        """What a tool failed to compute is not marked; what was marked before stays."""
        tool = Seconds()
        tool.execute(sources=[], sink=stream, interval=over(0, 10))
        tool.failing_at = 15
        with pytest.raises(ToolExecutionError, match="second 15 is broken"):
            tool.execute(sources=[], sink=stream, interval=over(0, 20))
        assert self.calculated(stream) == TimeIntervals([over(0, 10)])
        assert stored(stream)[:10] == seconds(1, 10)
        tool.failing_at = None
        tool.execute(sources=[], sink=stream, interval=over(0, 20))
        assert stored(stream) == seconds(1, 20)


class CleaningConformance(ExecutionConformance):
    """What a channel does, besides, that can remove single instances."""

    def test_a_failure_leaves_no_data(self, stream: Stream) -> None:
        """Nothing of what a failing tool wrote stays, but all that was there before does."""
        write(stream, {5: 5, 6.5: "by hand"})
        tool = Seconds()
        tool.failing_at = 3000
        with pytest.raises(ToolExecutionError):
            tool.execute(sources=[], sink=stream, interval=over(0, 4000))
        assert stored(stream) == [(5, 5), (6.5, "by hand")]

    def test_what_is_void_is_cleared_before_it_is_computed_again(self, stream: Stream) -> None:
        """After `invalidate`, a computed stream's data are removed when it is computed again."""
        tool = Seconds()
        tool.execute(sources=[], sink=stream, interval=over(0, 10))
        stream.writer(StreamInstance(at(4.5), "stale"))
        stream.writer(StreamInstance(at(8.5), "kept"))
        stream.invalidate(over(4, 6))
        assert self.calculated(stream) == TimeIntervals([over(0, 4), over(6, 10)])
        tool.execute(sources=[], sink=stream, interval=over(0, 10))
        assert tool.asked == [over(0, 10), over(4, 6)]
        assert stored(stream) == sorted([*seconds(1, 10), (8.5, "kept")])

    def test_late_data_are_computed_again(self, source: Stream, stream: Stream) -> None:
        """What comes late to a source makes its reader void where that is calculated."""
        write(source, {1: 1, 9: 9})
        tool = Doubled()
        tool.execute(sources=[source], sink=stream, interval=over(0, 10))
        write(source, {5: 5})
        assert 5 not in dict(stored(stream))
        assert self.calculated(stream) == TimeIntervals([over(0, 4.999), over(5, 10)])
        tool.execute(sources=[source], sink=stream, interval=over(0, 10))
        assert stored(stream) == [(1, 2), (5, 10), (9, 18)]
