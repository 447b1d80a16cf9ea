"""The data in each window as a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import Tool, check_input_stream_count
from hyperstream.tool.batches import Pace, selected
from hyperstream.tool.windows import constant_reach, frames


class SlidingListify(Tool):
    """Give the data in each window as a list.

    Two sources: windows (TimeIntervals, such as those of sliding_window), and data of any values.
    The output holds, at the timestamp of each window, the list of the values inside (start, end]
    in order of time, and nothing for an empty window. Windows may come in any order, overlap, and
    reach to any time: the data are read there.

    Parameters
    ----------
    include_time : bool
        Whether the lists hold instances (timestamp and value) instead of values.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> windows = {2: TimeInterval.from_ms(0, 2000), 3: TimeInterval.from_ms(1000, 3000)}
    >>> try_tool(SlidingListify(), windows, ["a", "b", "c"])
    {2: ['a', 'b'], 3: ['b', 'c']}
    """

    def __init__(self, include_time: bool = False) -> None:
        super().__init__(include_time=include_time)
        self._include_time = include_time

    def reach(self, interval: TimeInterval, sources: Sequence[Stream] = ()) -> TimeInterval | None:
        """Return what the windows of an interval cover; None where they do not tell."""
        return constant_reach(interval, sources[0]) if sources else None

    @check_input_stream_count(2)
    def _execute_batches(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[Batch]:
        pace = Pace()
        for frame in frames(sources[0], sources[1], interval):
            items = frame.instances if self._include_time else frame.values
            filled = frame.stops > frame.starts
            for part in pace.parts(len(frame.windows)):
                lists = Batch(frame.stamps[part], list(frame.cut(items, part)))
                yield selected(lists, filled[part])
