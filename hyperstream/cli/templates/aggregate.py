"""One value made of what all streams of a plate hold at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import groupby
from operator import attrgetter

from hyperstream.stream import Stream, StreamInstance
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import AggregateTool


class Template(AggregateTool):
    """Take the mean of the values that the streams of a plate have at one time.

    The sources are the streams of the plate, of numbers. The output holds a mean at each time that
    enough of them have.

    Parameters
    ----------
    aggregation_meta_data : str
        The meta data tag of the plate that is aggregated away.
    at_least : int
        How many streams must have a value.

    Examples
    --------
    >>> from hyperstream.testing import try_aggregate_tool
    >>> rooms = {"hall": [1, 2, 3], "attic": {2: 4, 4: 5}}
    >>> try_aggregate_tool(Template(aggregation_meta_data="room"), rooms)
    {1: 1.0, 2: 3.0, 3: 3.0, 4: 5.0}
    """

    def __init__(self, aggregation_meta_data: str, at_least: int = 1) -> None:
        super().__init__(aggregation_meta_data, at_least=at_least)
        self._at_least = at_least

    def reach(self, interval: TimeInterval, sources: Sequence[Stream] = ()) -> TimeInterval:
        """Return which part of the sources the outputs in an interval need: the same interval."""
        return interval

    def _execute(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[StreamInstance]:
        views = [source.window(interval, force_calculation=True) for source in sources]
        by_time = attrgetter("timestamp")
        for timestamp, instances in groupby(merge(*views, key=by_time), key=by_time):
            values = [instance.value for instance in instances]
            if len(values) >= self._at_least:
                yield StreamInstance(timestamp, sum(values) / len(values))
