"""The sum of each list."""

from __future__ import annotations

from typing import Any

from hyperstream.tool.pointwise import PointwiseTool


class ListSum(PointwiseTool):
    """Add the items of each list.

    One source, of lists of numbers. The output holds their sums: 0 for an empty list.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(ListSum(), [[1, 2.5], []])
    {1: 3.5, 2: 0}
    """

    def __init__(self) -> None:
        super().__init__()

    def _value(self, value: Any) -> Any:
        return sum(value)
