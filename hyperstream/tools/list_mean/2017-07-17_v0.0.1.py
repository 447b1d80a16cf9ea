"""The mean of each list."""

from __future__ import annotations

from typing import Any

from hyperstream.tool.pointwise import NOTHING, PointwiseTool


class ListMean(PointwiseTool):
    """Give the mean of each list.

    One source, of lists of numbers. The output holds floats, and nothing for an empty list.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(ListMean(), [[1, 2], []])
    {1: 1.5}
    """

    def __init__(self) -> None:
        super().__init__()

    def _value(self, value: Any) -> Any:
        return sum(value) / len(value) if len(value) else NOTHING
