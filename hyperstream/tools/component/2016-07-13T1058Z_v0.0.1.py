"""One item of each dict."""

from __future__ import annotations

from typing import Any

from hyperstream.tool.pointwise import NOTHING, PointwiseTool


class Component(PointwiseTool):
    """Take one item out of each dict.

    One source, of dicts. The output holds ``value[key]`` of those that have the key.

    Parameters
    ----------
    key : object
        The key.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(Component(key="t"), [{"t": 20.5, "h": 60}, {"h": 61}])
    {1: 20.5}
    """

    def __init__(self, key: Any) -> None:
        super().__init__(key=key)
        self._key = key

    def _value(self, value: Any) -> Any:
        return value.get(self._key, NOTHING)
