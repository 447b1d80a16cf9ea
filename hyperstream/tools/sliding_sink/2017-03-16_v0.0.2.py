"""Computing the data in windows and keeping nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import Tool, check_input_stream_count
from hyperstream.tool.windows import constant_reach, span


class SlidingSink(Tool):
    """Have the data computed from the first start to the last end of the windows.

    Two sources: windows (TimeIntervals, such as those of sliding_window), and data of any values.
    The output is empty.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(SlidingSink(), {2: TimeInterval.from_ms(0, 2000)}, ["a", "b"])
    {}
    """

    def __init__(self) -> None:
        super().__init__()

    def reach(self, interval: TimeInterval, sources: Sequence[Stream] = ()) -> TimeInterval | None:
        """Return what the windows of an interval cover; None where they do not tell."""
        return constant_reach(interval, sources[0]) if sources else None

    @check_input_stream_count(2)
    def _execute_batches(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[Batch]:
        windows, data = sources
        covered = span(windows, interval)
        if covered is not None:
            # To read one instance is enough: the whole window is computed before.
            data.window(covered, force_calculation=True).first()
        return iter(())
