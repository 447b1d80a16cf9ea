"""Each item of a list to its plate value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hyperstream.tool.plates import text
from hyperstream.tool.pointwise import TimeByTime
from hyperstream.tool.splitting import Missing, SplittingTool


class SplitterOfList(TimeByTime, SplittingTool):
    """Give each item of a list to the plate value of its position.

    The source holds lists. The outputs hold their items. That a list is too short is logged, once
    for each position and execution; items that no plate value is for are left out.

    Parameters
    ----------
    mapping : list or dict
        The plate value of each position; or position, from 0, to plate value.

    Examples
    --------
    >>> from hyperstream.testing import try_multi_output_tool
    >>> tool = SplitterOfList(mapping=["hall", "attic"])
    >>> try_multi_output_tool(tool, [[20.5, 12.0], [21.0]], ["hall", "attic"])
    {'hall': {1: 20.5, 2: 21.0}, 'attic': {1: 12.0}}
    """

    def __init__(self, mapping: Sequence[str] | Mapping[Any, str]) -> None:
        super().__init__(mapping=mapping)
        pairs = mapping.items() if isinstance(mapping, Mapping) else enumerate(mapping)
        self._places = [(int(place), text(plate_value)) for place, plate_value in pairs]
        if not self._places:
            raise ValueError("The mapping to plate values is empty.")

    def _pieces(self, value: Any) -> list[tuple[str | Missing, Any]]:
        if isinstance(value, Mapping):
            raise TypeError("expected a list, not a dict")
        size = len(value)
        return [
            (plate_value, value[place]) if place < size else (Missing(f"position {place}"), None)
            for place, plate_value in self._places
        ]
