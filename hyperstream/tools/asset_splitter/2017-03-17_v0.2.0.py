"""Documents divided among the values of a plate, by key."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from hyperstream.tool.plates import text
from hyperstream.tool.pointwise import TimeByTime
from hyperstream.tool.splitting import Missing, SplittingTool


class AssetSplitter(TimeByTime, SplittingTool):
    """Give each item of a document to the plate value that is its key.

    The source holds dicts, such as those of an asset stream. The outputs hold the values of the
    items. A document without the element, and an item whose key is not on the plate, are left
    out, which is logged once for each key and execution.

    Parameters
    ----------
    element : str, optional
        Divide what the document holds under this key, a dict, instead of the document itself.
    filters : collection of str, optional
        Take only these keys.

    Examples
    --------
    >>> from hyperstream.testing import try_multi_output_tool
    >>> document = {"rooms": {"hall": {"area": 12}, "attic": {"area": 30}, "porch": {}}}
    >>> tool = AssetSplitter(element="rooms", filters=["hall", "attic"])
    >>> try_multi_output_tool(tool, [document], ["hall", "attic"])
    {'hall': {1: {'area': 12}}, 'attic': {1: {'area': 30}}}
    """

    def __init__(self, element: str | None = None, filters: Collection[Any] | None = None) -> None:
        super().__init__(element=element, filters=filters)
        self._element = element
        self._wanted = None if filters is None else frozenset(map(text, filters))

    def _pieces(self, value: Any) -> list[tuple[str | Missing, Any]]:
        if self._element is not None:
            if self._element not in value:
                return [(Missing(f"element {self._element!r}"), None)]
            value = value[self._element]
        wanted = self._wanted
        items = [(str(key), item) for key, item in value.items()]
        return [pair for pair in items if wanted is None or pair[0] in wanted]
