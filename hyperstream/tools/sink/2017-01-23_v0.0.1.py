"""Computing the sources and keeping nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import Tool
from hyperstream.tool.pointwise import TimeByTime


class Sink(TimeByTime, Tool):
    """Have the sources computed.

    Any number of sources, of any values. The output is empty.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(Sink(), [1, 2, 3])
    {}
    """

    def __init__(self) -> None:
        super().__init__()

    def _execute_batches(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[Batch]:
        for source in sources:
            # To read one instance is enough: the whole window is computed before.
            source.window(interval, force_calculation=True).first()
        return iter(())
