"""The same instances in another stream."""

from __future__ import annotations

from hyperstream.stream import Batch
from hyperstream.tool.pointwise import PointwiseTool


class Dummy(PointwiseTool):
    """Pass the data on as they are: the smallest tool there is.

    One source, of any values; the output holds the same.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(Dummy(), ["a", "b"])
    {1: 'a', 2: 'b'}
    """

    def _convert(self, batch: Batch) -> Batch:
        return batch
