"""Apply a function to each list of numbers, or to each key of a list of dicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hyperstream.tool.batches import function
from hyperstream.tool.pointwise import NOTHING, PointwiseTool
from hyperstream.tool.relative import by_key, contents, is_numeric, kept


class RelativeApply(PointwiseTool):
    """Apply a function to each list, such as those of relative_window.

    One source, of lists of numbers or dicts, or of instances that hold these. For numbers the
    output holds what the function returns; for dicts, a dict of key to what it returns for the
    numeric values (numbers, arrays of numbers) of that key. None is left out; where nothing
    remains, and for an empty list, there is no output.

    Parameters
    ----------
    func : callable
        Takes an iterator of numbers; for dicts, the list of numbers of a key.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(RelativeApply(func=max), [[20.5, 21.0], [{"t": 20.5, "h": 60}, {"t": 21.0}]])
    {1: 21.0, 2: {'t': 21.0, 'h': 60}}
    """

    def __init__(self, func: Callable[[Any], Any]) -> None:
        super().__init__(func=func)
        self._func = function(self, func)

    def _value(self, value: Any) -> Any:
        items = contents(value)
        if not items:
            return NOTHING
        if any(isinstance(item, Mapping) for item in items):
            columns = by_key(items, is_numeric)
            return kept(lambda _, numbers: self._func(numbers), columns) or NOTHING
        result = self._func(iter(items))
        return NOTHING if result is None else result
