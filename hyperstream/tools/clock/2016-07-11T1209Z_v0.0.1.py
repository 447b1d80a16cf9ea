"""Regular ticks; the stride is a timedelta."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import MIN_DATE, TimeInterval
from hyperstream.tool import Tool, check_input_stream_count
from hyperstream.tool.grid import Grid, to_datetimes


class Clock(Tool):
    """Tick at equal distances.

    There are no sources. The output's values are the timestamps themselves
    (datetimes, UTC): ``first + k * stride`` for k = 0, 1, 2, …, and nothing before.

    Parameters
    ----------
    first : datetime
        The first tick (naive means UTC).
    stride : timedelta
        The distance between ticks, at least a millisecond.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> list(try_tool(Clock(first=datetime(1970, 1, 1), stride=timedelta(seconds=2)), seconds=5))
    [2, 4]
    """

    def __init__(
        self, first: datetime = MIN_DATE, stride: timedelta = timedelta(seconds=1)
    ) -> None:
        super().__init__(first=first, stride=stride)
        self._grid = Grid(first, stride)

    @check_input_stream_count(0)
    def _execute_batches(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[Batch]:
        for ticks in self._grid.ticks(interval):
            yield Batch(ticks, to_datetimes(ticks))
