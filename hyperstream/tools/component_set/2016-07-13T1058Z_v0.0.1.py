"""Some items of each dict."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from hyperstream.tool.pointwise import PointwiseTool


class ComponentSet(PointwiseTool):
    """Take some items out of each dict.

    One source, of dicts. The output holds dicts with those of the keys that are there.

    Parameters
    ----------
    keys : collection
        The keys.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(ComponentSet(keys=["t", "h"]), [{"t": 20.5, "h": 60, "p": 1013}, {"h": 61}])
    {1: {'t': 20.5, 'h': 60}, 2: {'h': 61}}
    """

    def __init__(self, keys: Collection[Any]) -> None:
        super().__init__(keys=keys)
        self._keys = keys

    def _value(self, value: Any) -> Any:
        return {key: value[key] for key in self._keys if key in value}
