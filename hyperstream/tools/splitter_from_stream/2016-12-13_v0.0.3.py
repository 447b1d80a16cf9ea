"""Dicts divided among the values of a plate, as another stream says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from hyperstream.stream import Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool.plates import last_word, named_in
from hyperstream.tool.splitting import Missing, SplittingTool, plate_mapping, required, without


class SplitterFromStream(SplittingTool):
    """Give each dict, or each of its items, to the plate value that a splitting stream names.

    The source holds dicts. The splitting stream holds dicts of key to plate value, or lists of
    plate values that are their own keys; its last value up to the end of the interval counts: of
    an asset stream from the beginning of time, of another one within the interval. The outputs
    hold dicts without the element or, if there is none to go by, the values of the items. What is
    unknown is left out, which is logged once for each value and execution.

    Parameters
    ----------
    element : str, optional
        The key of the element that a dict goes by. None: each item of a dict goes by its key,
        except those that are None.
    use_mapping_keys_only : bool
        Whether the keys of the splitting stream's dict are the plate values.

    Examples
    --------
    >>> from hyperstream.testing import try_multi_output_tool
    >>> tool = SplitterFromStream()
    >>> readings = [{"7": 20.5, "8": None}, {"7": 21.0, "8": 12.0}]
    >>> try_multi_output_tool(tool, readings, ["hall", "attic"], [{"7": "hall", "8": "attic"}])
    {'hall': {1: 20.5, 2: 21.0}, 'attic': {2: 12.0}}
    """

    not_chunk_invariant: ClassVar[str | None] = (
        "it takes what the splitting stream says at the end of the interval"
    )

    def __init__(self, element: str | None = None, use_mapping_keys_only: bool = False) -> None:
        super().__init__(element=element, use_mapping_keys_only=use_mapping_keys_only)
        self._element = element
        self._keys_only = use_mapping_keys_only

    def _mapping(
        self, splitting_stream: Stream | None, interval: TimeInterval
    ) -> Callable[[str], str | None] | None:
        splitting_stream = required(self, splitting_stream, "splitting stream")
        plate_values = last_word(self, splitting_stream, interval, self._read)
        return None if plate_values is None else plate_values.get

    def _read(self, document: Any) -> dict[str, str]:
        return plate_mapping(named_in(document, keys=True) if self._keys_only else document)

    def _pieces(self, value: Any) -> list[tuple[str | Missing, Any]]:
        if self._element is not None:
            return [without(value, self._element)]
        return [(str(key), item) for key, item in value.items() if item is not None]
