"""The values of a plate, as given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hyperstream.stream import Stream, StreamInstance, StreamMetaInstance
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import PlateCreationTool
from hyperstream.tool.plates import named_in


class MetaInstanceFromList(PlateCreationTool):
    """Give the values of a plate.

    A source is not needed, and not read.

    Parameters
    ----------
    values : sequence of str
        The plate values; numbers become text.

    Examples
    --------
    >>> from hyperstream.testing import try_plate_creation_tool
    >>> try_plate_creation_tool(MetaInstanceFromList(values=["hall", "attic"]))
    ['hall', 'attic']
    """

    def __init__(self, values: Sequence[Any] = ()) -> None:
        super().__init__(values=values)
        self._plate_values = named_in(values, keys=True)

    def _execute(
        self, source: Stream | None, interval: TimeInterval
    ) -> Iterator[StreamMetaInstance]:
        instance = StreamInstance(interval.end, None)
        return (StreamMetaInstance(instance, value) for value in self._plate_values)
