"""The key of the largest value of each dict."""

from __future__ import annotations

from typing import Any

from hyperstream.tool.pointwise import PointwiseTool


class DictArgmax(PointwiseTool):
    """Find the key with the largest value in each dict.

    One source, of dicts of numbers. The output holds keys: of several with the largest value the
    first, and None for an empty dict.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(DictArgmax(), [{"hall": 0.2, "attic": 0.8}, {}])
    {1: 'attic', 2: None}
    """

    def __init__(self) -> None:
        super().__init__()

    def _value(self, value: Any) -> Any:
        return max(value, key=value.__getitem__, default=None)
