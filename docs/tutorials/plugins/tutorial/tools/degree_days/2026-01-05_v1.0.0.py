"""How much a day calls for heating."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hyperstream.stream import Stream, StreamInstance
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import Tool, check_input_stream_count


class DegreeDays(Tool):
    """Say how many degrees each day is too cold.

    One source, of dicts with ``coldest`` and ``warmest`` (°C), one for each day. The output holds
    how far the mean of the two lies below the temperature of a room: 0 where it does not.

    Parameters
    ----------
    base : float
        The temperature of the room (°C).

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> days = [{"coldest": 2.0, "warmest": 8.0}, {"coldest": 15.0, "warmest": 25.0}]
    >>> try_tool(DegreeDays(base=18.0), days)
    {1: 13.0, 2: 0.0}
    """

    def __init__(self, base: float = 18.0) -> None:
        super().__init__(base=base)
        self._base = base

    def reach(self, interval: TimeInterval, sources: Sequence[Stream] = ()) -> TimeInterval:
        """Return which part of the source the outputs in an interval need: the same interval."""
        return interval

    @check_input_stream_count(1)
    def _execute(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[StreamInstance]:
        for timestamp, day in sources[0].window(interval, force_calculation=True):
            mean = (day["coldest"] + day["warmest"]) / 2
            yield StreamInstance(timestamp, max(0.0, self._base - mean))
