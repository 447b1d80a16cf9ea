"""The percentiles of each list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hyperstream.tool.bins import numbers, percentages
from hyperstream.tool.pointwise import NOTHING, PointwiseTool
from hyperstream.utils import percentile


class PercentilesFromList(PointwiseTool):
    """Give percentiles of each list, by linear interpolation.

    One source, of lists of numbers. The output holds a list of floats, one for each percentage;
    for one percentage the float itself; and nothing for an empty list.

    Parameters
    ----------
    n_segments : int
        Give the percentiles that divide a list into so many equal parts, from 0 to 100.
    percentiles : float or sequence of float, optional
        The percentages, from 0 to 100, instead.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(PercentilesFromList(n_segments=4), [[1, 2, 3, 4, 9], []])
    {1: [1.0, 2.0, 3.0, 4.0, 9.0]}
    >>> try_tool(PercentilesFromList(percentiles=50), [[1, 2, 3, 4]])
    {1: 2.5}
    """

    def __init__(
        self, n_segments: int = 100, percentiles: float | Sequence[float] | None = None
    ) -> None:
        super().__init__(n_segments=n_segments, percentiles=percentiles)
        self._percentages = percentages(n_segments, percentiles)

    def _value(self, value: Any) -> Any:
        if not len(value):
            return NOTHING
        found = percentile(numbers(value), self._percentages)
        return found if len(found) > 1 else found[0]
