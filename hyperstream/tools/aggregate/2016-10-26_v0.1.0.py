"""Apply a function to what all streams of a plate hold at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import AggregateTool
from hyperstream.tool.batches import Pace, collected, function
from hyperstream.tool.joins import grouped
from hyperstream.tool.pointwise import TimeByTime


class Aggregate(TimeByTime, AggregateTool):
    """Apply a function to the values that the streams of a plate have at one time.

    The sources are the streams of the plate, of any values. The output holds, at each time that
    any of them has, what the function returns.

    Parameters
    ----------
    func : callable
        Takes the list of the values that are there at one time, in the order of the sources.
    aggregation_meta_data : str
        The meta data tag of the plate that is aggregated away.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(Aggregate(func=sum, aggregation_meta_data="room"), [1, 2, 3], {2: 40, 4: 50})
    {1: 1, 2: 42, 3: 3, 4: 50}
    """

    def __init__(self, func: Callable[[list[Any]], Any], aggregation_meta_data: str) -> None:
        super().__init__(aggregation_meta_data, func=func)
        self._func = function(self, func)

    def _execute_batches(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[Batch]:
        pace = Pace()
        for stamps, lists in grouped(sources, interval):
            for part in pace.parts(len(stamps)):
                values = lists[part]
                results = collected(map(self._func, values), stamps[part], values)
                yield Batch.of(stamps[part], results)
