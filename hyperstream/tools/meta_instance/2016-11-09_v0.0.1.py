"""The values of a plate from instances."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from hyperstream.stream import Stream, StreamInstance, StreamMetaInstance
from hyperstream.stream.stream_instance import instances
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import PlateCreationTool
from hyperstream.tool.batches import collected, function
from hyperstream.tool.plates import text


class MetaInstance(PlateCreationTool):
    """Make a plate value of each instance.

    The source holds any values.

    Parameters
    ----------
    func : callable
        Takes an instance, whose value it must not change, and returns the plate value: text, or a
        number, which becomes text.

    Examples
    --------
    >>> from hyperstream.testing import try_plate_creation_tool
    >>> tool = MetaInstance(func=lambda instance: instance.value["room"])
    >>> try_plate_creation_tool(tool, [{"room": "hall"}, {"room": "attic"}, {"room": "hall"}])
    ['hall', 'attic']
    """

    def __init__(self, func: Callable[[StreamInstance], Any]) -> None:
        super().__init__(func=func)
        self._func = function(self, func)

    def _execute(
        self, source: Stream | None, interval: TimeInterval
    ) -> Iterator[StreamMetaInstance]:
        if source is None:
            raise ValueError("it needs a source, and was given none.")
        for batch in source.window(interval, force_calculation=True).batches():
            items = list(instances(batch))
            named = collected(map(self._named, items), batch.timestamps, batch.value_list())
            yield from map(StreamMetaInstance, items, named)

    def _named(self, instance: StreamInstance) -> str:
        return text(self._func(instance))
