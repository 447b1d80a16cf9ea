"""Apply a function to each value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hyperstream.stream import Batch
from hyperstream.tool.batches import collected, function
from hyperstream.tool.pointwise import PointwiseTool


class Apply(PointwiseTool):
    """Apply a function to each value.

    One source, of any values. The output holds what the function returns.

    Parameters
    ----------
    func : callable
        Takes a value, which it must not change, and returns the new one.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(Apply(func=lambda celsius: celsius + 273.15), [20.0, 21.0])
    {1: 293.15, 2: 294.15}
    """

    def __init__(self, func: Callable[[Any], Any]) -> None:
        super().__init__(func=func)
        self._func = function(self, func)

    def _convert(self, batch: Batch) -> Batch:
        values = batch.value_list()
        results = map(self._func, values)
        return Batch.of(batch.timestamps, collected(results, batch.timestamps, values))
