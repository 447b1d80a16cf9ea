"""What all streams of a plate hold at a time, as a dict, after applying a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import AggregateTool
from hyperstream.tool.batches import Pace, collected, function
from hyperstream.tool.plates import grouped_with_sources, of_stream
from hyperstream.tool.pointwise import TimeByTime


class AggregateIntoDictAndApply(TimeByTime, AggregateTool):
    """Apply a function to each value that the streams of a plate have at one time.

    The sources are the streams of the plate, of any values. The output holds, at each time that
    any of them has, a dict of plate value to what the function returns, in the order of the
    sources. Two sources of one plate value must not have values at one time (ValueError).

    Parameters
    ----------
    func : callable
        Takes a value, which it must not change, and returns the new one.
    aggregation_meta_data : str
        The meta data tag of the plate that is aggregated away.

    Examples
    --------
    >>> from hyperstream.testing import try_aggregate_tool
    >>> tool = AggregateIntoDictAndApply(func=round, aggregation_meta_data="room")
    >>> try_aggregate_tool(tool, {"hall": [20.6, 21.2], "attic": {2: 12.4}})
    {1: {'hall': 21}, 2: {'hall': 21, 'attic': 12}}
    """

    def __init__(self, func: Callable[[Any], Any], aggregation_meta_data: str) -> None:
        super().__init__(aggregation_meta_data, func=func)
        self._func = function(self, func)

    def _execute_batches(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[Batch]:
        names = {source: of_stream(source, self.aggregation_meta_data) for source in sources}
        pace = Pace()
        for stamps, groups in grouped_with_sources(sources, interval):
            for part in pace.parts(len(stamps)):
                some = groups[part]
                results = map(partial(self._dict, names), some)
                yield Batch(stamps[part], collected(results, stamps[part], some))

    def _dict(self, names: dict[Stream, str], group: list[tuple[Stream, Any]]) -> dict[str, Any]:
        made = {names[source]: self._func(value) for source, value in group}
        if len(made) < len(group):
            there = ", ".join(str(source) for source, _ in group)
            raise ValueError(f"two sources have the same {self.aggregation_meta_data}: {there}.")
        return made
