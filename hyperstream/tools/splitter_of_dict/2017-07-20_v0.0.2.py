"""Each item of a dict to its plate value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hyperstream.stream import Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool.pointwise import TimeByTime
from hyperstream.tool.splitting import Missing, SplittingTool, plate_mapping, unwanted


class SplitterOfDict(TimeByTime, SplittingTool):
    """Give each item of a dict to the plate value that its key stands for.

    The source holds dicts. The outputs hold the values of the items. An item whose key is unknown
    is left out, which is logged once for each key and execution.

    Parameters
    ----------
    mapping : dict
        Key, as text, to plate value.

    Examples
    --------
    >>> from hyperstream.testing import try_multi_output_tool
    >>> tool = SplitterOfDict(mapping={"7": "hall", "8": "attic"})
    >>> try_multi_output_tool(tool, [{"7": 20.5, "8": 12.0}, {"7": 21.0}], ["hall", "attic"])
    {'hall': {1: 20.5, 2: 21.0}, 'attic': {1: 12.0}}
    """

    def __init__(self, mapping: Mapping[Any, str]) -> None:
        super().__init__(mapping=mapping)
        self._plate_values = plate_mapping(mapping)

    def _mapping(
        self, splitting_stream: Stream | None, interval: TimeInterval
    ) -> Callable[[str], str | None]:
        unwanted(self, splitting_stream)
        return self._plate_values.get

    def _pieces(self, value: Any) -> list[tuple[str | Missing, Any]]:
        return [(str(key), item) for key, item in value.items()]
