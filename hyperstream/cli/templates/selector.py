"""Some of the streams of a plate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hyperstream.stream import Stream, StreamMetaInstance
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import SelectorTool


class Template(SelectorTool):
    """Take the streams of some plate values.

    The sources are the streams of a plate, of any values. The outputs, on a plate of fewer values,
    hold the same instances.

    Parameters
    ----------
    selector_meta_data : str
        The meta data tag of the plate.
    values : sequence of str
        The plate values to take.

    Examples
    --------
    >>> from hyperstream.testing import try_selector_tool
    >>> tool = Template(selector_meta_data="room", values=["hall"])
    >>> try_selector_tool(tool, {"room=hall": [20.5, 21.0], "room=attic": [12.0]}, ["room=hall"])
    {'room=hall': {1: 20.5, 2: 21.0}}
    """

    def __init__(self, selector_meta_data: str, values: Sequence[str]) -> None:
        super().__init__(selector_meta_data, values=values)
        self._pairs = {(selector_meta_data, value) for value in values}

    def reach(self, interval: TimeInterval, sources: Sequence[Stream] = ()) -> TimeInterval:
        """Return which part of the sources the outputs in an interval need: the same interval."""
        return interval

    def _execute(
        self, sources: Sequence[Stream], interval: TimeInterval
    ) -> Iterator[StreamMetaInstance]:
        for source in sources:
            meta_data = source.stream_id.meta_data
            if not self._pairs.isdisjoint(meta_data):
                for instance in source.window(interval, force_calculation=True):
                    yield StreamMetaInstance(instance, meta_data)
