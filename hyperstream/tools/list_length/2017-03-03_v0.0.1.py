"""The length of each list."""

from __future__ import annotations

from typing import Any

from hyperstream.tool.pointwise import PointwiseTool


class ListLength(PointwiseTool):
    """Count the items of each list.

    One source, of lists (or anything else that has a length). The output holds ints.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(ListLength(), [["a", "b"], []])
    {1: 2, 2: 0}
    """

    def __init__(self) -> None:
        super().__init__()

    def _value(self, value: Any) -> Any:
        return len(value)
