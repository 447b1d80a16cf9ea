"""Windows at equal distances."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import MIN_DATE, TimeInterval
from hyperstream.tool import Tool, check_input_stream_count
from hyperstream.tool.grid import Grid
from hyperstream.tool.windows import Offsets


class SlidingWindow(Tool):
    """Give a window of time at equal distances.

    There are no sources. The output's values are TimeIntervals: at each time t of the grid
    ``first + k * increment`` (k = 0, 1, 2, …) the window (t + lower, t + upper].

    Parameters
    ----------
    first : datetime
        The first time of the grid (naive means UTC).
    lower, upper : float or timedelta
        From t to the start and the end of its window, in seconds if numbers; negative for the past.
    increment : float or timedelta
        The distance between windows, in seconds if a number; at least a millisecond.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> windows = try_tool(SlidingWindow(lower=-60, increment=30), seconds=60)
    >>> for second, window in windows.items():
    ...     print(second, window.humanized)
    30 (1969-12-31 23:59:30, 1970-01-01 00:00:30]
    60 (1970-01-01 00:00:00, 1970-01-01 00:01:00]
    """

    def __init__(
        self,
        first: datetime = MIN_DATE,
        lower: float | timedelta = -1.0,
        upper: float | timedelta = 0.0,
        increment: float | timedelta = 1.0,
    ) -> None:
        super().__init__(first=first, lower=lower, upper=upper, increment=increment)
        self._grid = Grid(first, increment)
        self._window = Offsets(lower, upper)

    @check_input_stream_count(0)
    def _execute_batches(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[Batch]:
        return map(self._window.around, self._grid.ticks(interval))
