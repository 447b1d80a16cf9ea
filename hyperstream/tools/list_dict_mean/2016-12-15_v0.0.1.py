"""The mean of each list of dicts, key by key."""

from __future__ import annotations

from typing import Any

from hyperstream.tool.pointwise import PointwiseTool
from hyperstream.tool.relative import by_key


class ListDictMean(PointwiseTool):
    """Give the mean of each list of dicts, key by key.

    One source, of lists of dicts of numbers (or arrays). The output holds dicts: for each key the
    mean over the dicts that have it, and an empty dict for an empty list.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(ListDictMean(), [[{"t": 20.0, "h": 60}, {"t": 21.0}], []])
    {1: {'t': 20.5, 'h': 60.0}, 2: {}}
    """

    def __init__(self) -> None:
        super().__init__()

    def _value(self, value: Any) -> Any:
        return {key: sum(numbers) / len(numbers) for key, numbers in by_key(value).items()}
