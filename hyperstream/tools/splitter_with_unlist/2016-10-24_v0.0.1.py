"""The items of a list inside of a dict, each to its plate value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hyperstream.stream import Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool.pointwise import TimeByTime
from hyperstream.tool.splitting import Missing, SplittingTool, plate_mapping, unwanted, without


class SplitterWithUnlist(TimeByTime, SplittingTool):
    """Give each item of a list in a dict to the plate value that the item stands for.

    The source holds dicts with a list of dicts. The outputs hold dicts: each an item without the
    element that it goes by, together with what stands beside the list (the item wins where both
    have a key). What lacks the list or the element, or is unknown, is left out, which is
    logged once for each value and execution.

    Parameters
    ----------
    element : str
        The key of the list.
    subelement : str
        The key, in each item, of the element that the item goes by.
    mapping : dict
        What that element may be, as text, to the plate value.

    Examples
    --------
    >>> from hyperstream.testing import try_multi_output_tool
    >>> tool = SplitterWithUnlist("heard", "by", {"7": "hall", "8": "attic"})
    >>> heard = [{"by": 7, "rssi": -60}, {"by": 8, "rssi": -90}]
    >>> found = try_multi_output_tool(tool, [{"x": 1, "heard": heard}], ["hall", "attic"])
    >>> for room, values in found.items():
    ...     print(room, values)
    hall {1: {'x': 1, 'rssi': -60}}
    attic {1: {'x': 1, 'rssi': -90}}
    """

    def __init__(self, element: str, subelement: str, mapping: Mapping[Any, str]) -> None:
        super().__init__(element=element, subelement=subelement, mapping=mapping)
        self._element = element
        self._subelement = subelement
        self._plate_values = plate_mapping(mapping)

    def _mapping(
        self, splitting_stream: Stream | None, interval: TimeInterval
    ) -> Callable[[str], str | None]:
        unwanted(self, splitting_stream)
        return self._plate_values.get

    def _pieces(self, value: Any) -> list[tuple[str | Missing, Any]]:
        rest = {**value}
        if self._element not in rest:
            return [(Missing(f"element {self._element!r}"), None)]
        keyed = [without(item, self._subelement) for item in rest.pop(self._element)]
        return [(key, {**rest, **item}) for key, item in keyed]
