"""The data in a window before each tick, as a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import Tool, check_input_stream_count
from hyperstream.tool.batches import Pace
from hyperstream.tool.windows import Offsets, frames_around


class RelativeWindow(Tool):
    """Give the data in a window around each tick as a list.

    One source, of any values, and an alignment stream, whose timestamps are the ticks. The output
    holds, at each tick t, the list of the values inside (t + start, t + end] in order of time,
    which may be empty. The data are read as far back as that reaches.

    Parameters
    ----------
    relative_start, relative_end : float or timedelta
        From t to the start and the end of its window, in seconds if numbers; negative for the past.
    values_only : bool
        Whether the lists hold values, instead of instances (timestamp and value).

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> tool = RelativeWindow(relative_start=-2.0, relative_end=0.0)
    >>> try_tool(tool, ["a", "b", "c"], alignment={2: None, 2.5: None, 6: None})
    {2: ['a', 'b'], 2.5: ['a', 'b'], 6: []}
    """

    def __init__(
        self,
        relative_start: float | timedelta,
        relative_end: float | timedelta,
        values_only: bool = True,
    ) -> None:
        super().__init__(
            relative_start=relative_start, relative_end=relative_end, values_only=values_only
        )
        self._offsets = Offsets(relative_start, relative_end)
        self._values_only = values_only

    def reach(self, interval: TimeInterval, sources: Sequence[Stream] = ()) -> TimeInterval:
        """Return what the windows of an interval cover."""
        return self._offsets.reach(interval)

    @check_input_stream_count(1)
    def _execute_batches(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[Batch]:
        if alignment_stream is None:
            raise ValueError("it needs an alignment stream, and was given none.")
        pace = Pace()
        for frame in frames_around(alignment_stream, self._offsets, sources[0], interval):
            items = frame.values if self._values_only else frame.instances
            for part in pace.parts(len(frame.windows)):
                yield Batch(frame.stamps[part], list(frame.cut(items, part)))
