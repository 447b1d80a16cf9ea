"""One stream divided among the values of a plate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hyperstream.stream import Stream, StreamInstance, StreamMetaInstance
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import MultiOutputTool


class Template(MultiOutputTool):
    """Give each dict to the plate value that one of its elements names.

    The source holds dicts. The outputs hold dicts without that element. A dict that lacks it is
    left out.

    Parameters
    ----------
    element : str
        The key of the element.

    Examples
    --------
    >>> from hyperstream.testing import try_multi_output_tool
    >>> readings = [{"room": "hall", "t": 20.5}, {"room": "attic", "t": 12.0}]
    >>> try_multi_output_tool(Template(element="room"), readings, ["hall", "attic"])
    {'hall': {1: {'t': 20.5}}, 'attic': {2: {'t': 12.0}}}
    """

    def __init__(self, element: str = "name") -> None:
        super().__init__(element=element)
        self._element = element

    def reach(self, interval: TimeInterval, sources: Sequence[Stream] = ()) -> TimeInterval:
        """Return which part of the source the outputs in an interval need: the same interval."""
        return interval

    def _execute(
        self,
        source: Stream | None,
        splitting_stream: Stream | None,
        interval: TimeInterval,
        meta_data_id: str,
        output_plate_values: Sequence[Any],
    ) -> Iterator[StreamMetaInstance]:
        if source is None:
            raise ValueError("it needs a source, and was given none.")
        for timestamp, value in source.window(interval, force_calculation=True):
            if self._element in value:
                rest = {key: part for key, part in value.items() if key != self._element}
                plate_value = (meta_data_id, str(value[self._element]))
                yield StreamMetaInstance(StreamInstance(timestamp, rest), plate_value)
