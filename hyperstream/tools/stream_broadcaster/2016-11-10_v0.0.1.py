"""Each value to all values of a plate."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import MultiOutputTool
from hyperstream.tool.batches import Pace, collected, function
from hyperstream.tool.plates import own_values
from hyperstream.tool.pointwise import TimeByTime
from hyperstream.tool.splitting import required, unwanted


class StreamBroadcaster(TimeByTime, MultiOutputTool):
    """Give what a function makes of each value to all values of a plate.

    The source holds any values. All outputs hold what the function returns.

    Parameters
    ----------
    func : callable
        Takes a deep copy of the value, which it may change, and returns the new one; it is called
        once for all plate values.

    Examples
    --------
    >>> from hyperstream.testing import try_multi_output_tool
    >>> tool = StreamBroadcaster(func=lambda celsius: celsius + 273.15)
    >>> try_multi_output_tool(tool, [20.0, 21.0], ["hall", "attic"])
    {'hall': {1: 293.15, 2: 294.15}, 'attic': {1: 293.15, 2: 294.15}}
    """

    def __init__(self, func: Callable[[Any], Any]) -> None:
        super().__init__(func=func)
        self._func = function(self, func)

    def _execute_batches(
        self,
        source: Stream | None,
        splitting_stream: Stream | None,
        interval: TimeInterval,
        meta_data_id: str,
        output_plate_values: Sequence[Any],
    ) -> Iterator[tuple[tuple[str, str], Batch]]:
        data = required(self, source, "source")
        unwanted(self, splitting_stream)
        plate_values = own_values(output_plate_values, meta_data_id)
        pace = Pace()
        for batch in data.window(interval, force_calculation=True).batches():
            for part in pace.parts(len(batch)):
                made = self._made(batch.part(part.start, part.stop))
                for plate_value in plate_values:
                    yield (meta_data_id, plate_value), made

    def _made(self, batch: Batch) -> Batch:
        values = batch.value_list()
        results = map(self._func, map(copy.deepcopy, values))
        return Batch.of(batch.timestamps, collected(results, batch.timestamps, values))
