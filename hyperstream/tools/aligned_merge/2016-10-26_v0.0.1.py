"""Several streams as one; all must have the same timestamps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import Tool
from hyperstream.tool.joins import check_names, rows, strictly_matched
from hyperstream.tool.pointwise import TimeByTime


class AlignedMerge(TimeByTime, Tool):
    """Merge streams, time by time.

    Any number of sources, of any values, with equal timestamps (ValueError otherwise).
    The output holds, for each time, the tuple of the values in the order of the sources, or a dict.

    Parameters
    ----------
    names : sequence of str, optional
        A name for each source: the output holds dicts of name to value. Another number of names
        than of sources is a TypeError.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(AlignedMerge(), [1, 2], ["a", "b"])
    {1: (1, 'a'), 2: (2, 'b')}
    >>> try_tool(AlignedMerge(names=["t", "h"]), [20.5], [60])
    {1: {'t': 20.5, 'h': 60}}
    """

    def __init__(self, names: Sequence[str] | None = None) -> None:
        super().__init__(names=names)
        self._names = names

    def _execute_batches(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[Batch]:
        check_names(self._names, sources)
        for parts in strictly_matched(sources, interval):
            yield Batch(parts[0].timestamps, rows(parts, self._names))
