"""The dicts with certain values."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from hyperstream.tool.pointwise import NOTHING, PointwiseTool


class ComponentFilter(PointwiseTool):
    """Keep the dicts in which one item has certain values.

    One source, of dicts. The output holds some of these dicts.

    Parameters
    ----------
    key : object
        The key of the item.
    values : collection
        The values wanted. A dict without the key counts as having none of them.
    complement : bool
        Keep the other dicts instead.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> rooms = [{"room": "hall"}, {"room": "attic"}]
    >>> try_tool(ComponentFilter(key="room", values=["hall"]), rooms)
    {1: {'room': 'hall'}}
    """

    def __init__(self, key: Any, values: Collection[Any], complement: bool = False) -> None:
        super().__init__(key=key, values=values, complement=complement)
        self._key = key
        self._values = values
        self._complement = complement

    def _value(self, value: Any) -> Any:
        found = self._key in value and value[self._key] in self._values
        return value if found is not self._complement else NOTHING
