"""Apply a function to each value, or to each timestamp and value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import starmap
from typing import Any

from hyperstream.stream import Batch
from hyperstream.stream.stream_instance import instances
from hyperstream.tool.batches import collected, function
from hyperstream.tool.pointwise import PointwiseTool


class Apply(PointwiseTool):
    """Apply a function to each value.

    One source, of any values. The output holds what the function returns.

    Parameters
    ----------
    func : callable
        Takes a value, which it must not change, and returns the new one. With
        `include_timestamps` it takes the timestamp (datetime, UTC) before the value.
    include_timestamps : bool
        Whether the function wants the timestamps.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(Apply(func=lambda celsius: celsius + 273.15), [20.0, 21.0])
    {1: 293.15, 2: 294.15}
    >>> try_tool(Apply(lambda time, value: time.second * value, include_timestamps=True), [5, 6])
    {1: 5, 2: 12}
    """

    def __init__(self, func: Callable[..., Any], include_timestamps: bool = False) -> None:
        super().__init__(func=func, include_timestamps=include_timestamps)
        self._func = function(self, func)
        self._include_timestamps = include_timestamps

    def _convert(self, batch: Batch) -> Batch:
        values = batch.value_list()
        if self._include_timestamps:
            results: Iterator[Any] = starmap(self._func, instances(batch))
        else:
            results = map(self._func, values)
        return Batch.of(batch.timestamps, collected(results, batch.timestamps, values))
