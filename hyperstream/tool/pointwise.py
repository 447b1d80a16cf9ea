"""Tools whose output at a time depends on one instance alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hyperstream.stream import Batch
from hyperstream.tool.base_tool import BaseTool
from hyperstream.tool.batches import Pace, collected, selected
from hyperstream.tool.tool import Tool
from hyperstream.utils.decorators import check_input_stream_count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hyperstream.stream import Stream
    from hyperstream.time_interval import TimeInterval

NOTHING: Final = object()
"""What `PointwiseTool._value` returns where there is no result."""


class TimeByTime(BaseTool):
    """Mixin of tools that need nothing of their sources but what is there at the output's time."""

    def reach(self, interval: TimeInterval, sources: Sequence[Stream] = ()) -> TimeInterval:
        """Return the interval itself: there is nothing else to look at."""
        return interval


class PointwiseTool(TimeByTime, Tool):
    """Base class of tools that make one value of one value, or leave it out.

    A tool implements ``_value(self, value)``, which returns the new value, or
    `NOTHING`; or, where it can do better for many at once or needs the
    timestamps, ``_convert(self, batch)``.

    Examples
    --------
    >>> class Root(PointwiseTool):
    ...     def _value(self, value):
    ...         return value**0.5 if value >= 0 else NOTHING
    >>> from hyperstream.testing import try_tool
    >>> try_tool(Root(), [4, -4, 9])
    {1: 2.0, 3: 3.0}
    """

    @check_input_stream_count(1)
    def _execute_batches(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[Batch]:
        pace = Pace()
        for batch in sources[0].window(interval, force_calculation=True).batches():
            for part in pace.parts(len(batch)):
                yield self._convert(batch.part(part.start, part.stop))

    def _convert(self, batch: Batch) -> Batch:
        """Return the results for a part of the source."""
        values = batch.value_list()
        results = collected(map(self._value, values), batch.timestamps, values)
        keep = [result is not NOTHING for result in results]
        if all(keep):
            return Batch.of(batch.timestamps, results)
        found = selected(Batch(batch.timestamps, results), keep)
        return Batch.of(found.timestamps, found.value_list())

    def _value(self, value: Any) -> Any:
        """Return the result for one value, or `NOTHING`."""
        raise NotImplementedError(f"Tool {self.name} has neither _value nor _convert: write one.")
