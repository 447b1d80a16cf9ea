"""One item, or some items, of each list."""

from __future__ import annotations

from typing import Any

from hyperstream.tool.pointwise import NOTHING, PointwiseTool


class Slice(PointwiseTool):
    """Take one item, or some in a row, out of each list.

    One source, of lists (or anything else with an index). The output holds ``value[index]``, and
    nothing for a list that is too short.

    Parameters
    ----------
    index : int or slice
        The position, from 0; a negative one counts from the end.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(Slice(index=1), [["a", "b"], ["c"]])
    {1: 'b'}
    """

    def __init__(self, index: Any) -> None:
        super().__init__(index=index)
        self._index = index

    def _value(self, value: Any) -> Any:
        try:
            return value[self._index]
        except LookupError:
            return NOTHING
