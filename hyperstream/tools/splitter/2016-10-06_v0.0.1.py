"""Dicts divided among the values of a plate, by one of their elements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hyperstream.stream import Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool.pointwise import TimeByTime
from hyperstream.tool.splitting import Missing, SplittingTool, plate_mapping, unwanted, without


class Splitter(TimeByTime, SplittingTool):
    """Give each dict to the plate value that one of its elements stands for.

    The source holds dicts. The outputs hold dicts without that element. A dict that lacks it, or
    whose element is unknown, is left out, which is logged once for each value and execution.

    Parameters
    ----------
    element : str
        The key of the element.
    mapping : dict
        What the element may be, as text, to the plate value.

    Examples
    --------
    >>> from hyperstream.testing import try_multi_output_tool
    >>> readings = [{"sensor": 7, "t": 20.5}, {"sensor": 8, "t": 12.0}]
    >>> tool = Splitter(element="sensor", mapping={"7": "hall", "8": "attic"})
    >>> try_multi_output_tool(tool, readings, ["hall", "attic"])
    {'hall': {1: {'t': 20.5}}, 'attic': {2: {'t': 12.0}}}
    """

    def __init__(self, element: str, mapping: Mapping[Any, str]) -> None:
        super().__init__(element=element, mapping=mapping)
        self._element = element
        self._plate_values = plate_mapping(mapping)

    def _mapping(
        self, splitting_stream: Stream | None, interval: TimeInterval
    ) -> Callable[[str], str | None]:
        unwanted(self, splitting_stream)
        return self._plate_values.get

    def _pieces(self, value: Any) -> list[tuple[str | Missing, Any]]:
        return [without(value, self._element)]
