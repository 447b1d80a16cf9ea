"""Apply a function to each key of a list of dicts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hyperstream.tool.batches import function
from hyperstream.tool.pointwise import NOTHING, PointwiseTool
from hyperstream.tool.relative import by_key, contents, is_numeric, kept


class RelativeApply2(PointwiseTool):
    """Apply a function to each key of each list of dicts, such as those of relative_window.

    One source, of lists of dicts, or of instances that hold these. The output holds dicts of key
    to what the function returns. None is left out; where nothing remains, there is no output.

    Parameters
    ----------
    func : callable
        Takes a key, and the list of its numeric values (numbers, arrays of numbers).

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> def extreme(key, values):
    ...     return max(values) if key == "t" else min(values)
    >>> try_tool(RelativeApply2(func=extreme), [[{"t": 20.5, "h": 60}, {"t": 21.0, "h": 58}], []])
    {1: {'t': 21.0, 'h': 58}}
    """

    def __init__(self, func: Callable[[Any, list[Any]], Any]) -> None:
        super().__init__(func=func)
        self._func = function(self, func)

    def _value(self, value: Any) -> Any:
        return kept(self._func, by_key(contents(value), is_numeric)) or NOTHING
