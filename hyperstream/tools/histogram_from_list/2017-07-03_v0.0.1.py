"""The histogram of each list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from hyperstream.tool.bins import category, edges, numbers
from hyperstream.tool.pointwise import PointwiseTool
from hyperstream.utils import histogram


class HistogramFromList(PointwiseTool):
    """Count the items of each list, bin by bin.

    One source, of lists of numbers. The output holds lists of ints: how many are below the first
    break, how many in each bin between two breaks (the lower one belongs to it, the upper one does
    not), and how many are not below the last. Or, for lists of categories, dicts of category, as
    text, to how many there are.

    Parameters
    ----------
    first_break : float
        The first break.
    break_width : float
        The distance between breaks.
    n_breaks : int
        The number of breaks.
    breaks : sequence of float, optional
        The breaks themselves, in ascending order, instead of these three.
    categorical : bool
        Whether the lists hold categories, of any values, instead of numbers. In the keys of the
        dicts ``__dot__`` stands for ``.`` and ``__dollar__`` for ``$``.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(HistogramFromList(first_break=0, break_width=10, n_breaks=3), [[-1, 0, 9, 10, 25]])
    {1: [1, 2, 1, 1]}
    >>> try_tool(HistogramFromList(categorical=True), [["a", "b.c", "a"]])
    {1: {'a': 2, 'b__dot__c': 1}}
    """

    def __init__(
        self,
        first_break: float = 0,
        break_width: float = 1,
        n_breaks: int = 101,
        breaks: Sequence[float] | None = None,
        categorical: bool = False,
    ) -> None:
        super().__init__(
            first_break=first_break,
            break_width=break_width,
            n_breaks=n_breaks,
            breaks=breaks,
            categorical=categorical,
        )
        self._edges = edges(first_break, break_width, n_breaks, breaks)
        self._categorical = categorical

    def _value(self, value: Any) -> Any:
        if self._categorical:
            return dict(Counter(map(category, value)))
        counts, _ = histogram(numbers(value), self._edges)
        return counts
