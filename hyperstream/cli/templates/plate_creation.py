"""The values of a plate, found in a stream."""

from __future__ import annotations

from collections.abc import Iterator

from hyperstream.stream import Stream, StreamMetaInstance
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import PlateCreationTool


class Template(PlateCreationTool):
    """Make a plate value of each value that an element of the dicts has.

    The source holds dicts. One that lacks the element is left out.

    Parameters
    ----------
    element : str
        The key of the element.

    Examples
    --------
    >>> from hyperstream.testing import try_plate_creation_tool
    >>> readings = [{"room": "hall"}, {"room": "attic"}, {"room": "hall"}]
    >>> try_plate_creation_tool(Template(element="room"), readings)
    ['hall', 'attic']
    """

    def __init__(self, element: str = "name") -> None:
        super().__init__(element=element)
        self._element = element

    def _execute(
        self, source: Stream | None, interval: TimeInterval
    ) -> Iterator[StreamMetaInstance]:
        if source is None:
            raise ValueError("it needs a source, and was given none.")
        for instance in source.window(interval, force_calculation=True):
            if self._element in instance.value:
                yield StreamMetaInstance(instance, str(instance.value[self._element]))
