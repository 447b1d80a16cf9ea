"""Values that a function makes of the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from random_tool import GeneratorTool

from hyperstream.stream import Batch
from hyperstream.tool.batches import collected, function
from hyperstream.tool.grid import to_datetimes


class Custom(GeneratorTool):
    """Call a function with the timestamp of each tick of an alignment stream.

    There are no sources; the alignment stream is required. The output holds what the function
    returns.

    Parameters
    ----------
    func : callable
        Takes the timestamp (datetime, UTC). The output does not depend on how an interval is
        divided if what it returns depends on that alone.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(Custom(func=lambda time: time.second ** 2), alignment=["tick", "tick"])
    {1: 1, 2: 4}
    """

    def __init__(self, func: Callable[[datetime], Any]) -> None:
        super().__init__(func=func)
        self._func = function(self, func)

    def _values(self, ticks: Batch) -> list[Any]:
        moments = to_datetimes(ticks.timestamps)
        return collected(map(self._func, moments), ticks.timestamps, moments)
