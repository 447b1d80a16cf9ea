"""Dicts with one value for all keys."""

from __future__ import annotations

from typing import Any

from hyperstream.tool.pointwise import PointwiseTool


class DictValuesToConst(PointwiseTool):
    """Replace all values of each dict by a constant.

    One source, of dicts. The output holds dicts with the same keys.

    Parameters
    ----------
    const : object
        The value that all keys get.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(DictValuesToConst(), [{"hall": 20.5, "attic": None}, {}])
    {1: {'hall': 1, 'attic': 1}, 2: {}}
    """

    def __init__(self, const: Any = 1) -> None:
        super().__init__(const=const)
        self._const = const

    def _value(self, value: Any) -> Any:
        return dict.fromkeys(value.keys(), self._const)
