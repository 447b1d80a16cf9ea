"""The values of a plate from a document."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from hyperstream.stream import Stream, StreamInstance, StreamMetaInstance
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import PlateCreationTool
from hyperstream.tool.plates import last_word, named_in, text


class AssetPlateGenerator(PlateCreationTool):
    """Take the values of a plate from the last document of a stream.

    The source holds dicts, whose keys are the plate values, or lists of plate values. Its last
    value up to the end of the interval counts: of an asset stream from the beginning of time, of
    another one within the interval.

    Parameters
    ----------
    element : str, optional
        Look at what the document, a dict, holds under this key.
    filters : collection of str, optional
        Take only these plate values.
    use_value_instead_of_key : bool
        Whether the values of the dict are the plate values.

    Examples
    --------
    >>> from hyperstream.testing import try_plate_creation_tool
    >>> rooms = {"7": "hall", "8": "attic", "9": "porch"}
    >>> try_plate_creation_tool(AssetPlateGenerator(filters=["7", "8"]), [rooms])
    ['7', '8']
    >>> tool = AssetPlateGenerator("rooms", use_value_instead_of_key=True)
    >>> try_plate_creation_tool(tool, [{"rooms": rooms}])
    ['hall', 'attic', 'porch']
    """

    def __init__(
        self,
        element: str | None = None,
        filters: Collection[Any] | None = None,
        use_value_instead_of_key: bool = False,
    ) -> None:
        super().__init__(
            element=element, filters=filters, use_value_instead_of_key=use_value_instead_of_key
        )
        self._element = element
        self._wanted = None if filters is None else frozenset(map(text, filters))
        self._keys = not use_value_instead_of_key

    def _execute(
        self, source: Stream | None, interval: TimeInterval
    ) -> Iterator[StreamMetaInstance]:
        if source is None:
            raise ValueError("it needs a source, and was given none.")
        for plate_value in last_word(self, source, interval, self._read) or ():
            if self._wanted is None or plate_value in self._wanted:
                yield StreamMetaInstance(StreamInstance(interval.end, None), plate_value)

    def _read(self, document: Any) -> list[str]:
        if self._element is None:
            return named_in(document, self._keys)
        if self._element not in document:
            raise ValueError(f"there is no element {self._element!r}.")
        return named_in(document[self._element], self._keys)
