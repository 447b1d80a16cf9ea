"""The same instances in another stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import Tool
from hyperstream.tool.joins import merged
from hyperstream.tool.pointwise import TimeByTime


class Copy(TimeByTime, Tool):
    """Copy instances from one stream to another, for example to another channel.

    Any number of sources, of any values, which are not copied themselves: in a memory channel
    both streams hold the same objects. Where several sources have a value at one time, the values
    must be equal, or dicts that can be merged.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(Copy(), {1: "a", 3: "c"}, {2: "b"})
    {1: 'a', 2: 'b', 3: 'c'}
    """

    def __init__(self) -> None:
        super().__init__()

    def _execute_batches(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[Batch]:
        return merged(sources, interval)
