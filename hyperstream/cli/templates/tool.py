"""One value made of each value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hyperstream.stream import Stream, StreamInstance
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import Tool, check_input_stream_count


class Template(Tool):
    """Multiply each value by a factor.

    One source, of numbers. The output holds the products.

    Parameters
    ----------
    factor : float
        What to multiply by.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(Template(factor=10), [1, 2.5])
    {1: 10, 2: 25.0}
    """

    def __init__(self, factor: float = 2.0) -> None:
        super().__init__(factor=factor)
        self._factor = factor

    def reach(self, interval: TimeInterval, sources: Sequence[Stream] = ()) -> TimeInterval:
        """Return which part of the source the outputs in an interval need: the same interval."""
        return interval

    @check_input_stream_count(1)
    def _execute(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[StreamInstance]:
        for timestamp, value in sources[0].window(interval, force_calculation=True):
            yield StreamInstance(timestamp, self._factor * value)
