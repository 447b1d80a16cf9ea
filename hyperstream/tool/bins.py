"""Lists of numbers as histograms and percentiles: breaks, percentages, and the numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyperstream.tool.relative import is_numeric


def edges(
    first_break: float, break_width: float, n_breaks: int, breaks: Iterable[float] | None
) -> list[float]:
    """Return the edges of the bins of a histogram, which reach from end to end.

    Parameters
    ----------
    first_break, break_width, n_breaks
        The first of so many breaks, and their distance.
    breaks : iterable of float, optional
        The breaks themselves instead.

    Raises
    ------
    TypeError, ValueError
        There are no breaks, or they do not ascend.

    Examples
    --------
    >>> edges(0, 10, 3, None)
    [-inf, 0, 10, 20, inf]
    """
    if breaks is None:
        inner = [first_break + place * break_width for place in range(n_breaks)]
    else:
        inner = list(breaks)
    if not inner:
        raise ValueError("A histogram needs one break at least.")
    if not all(low < high for low, high in pairwise([-math.inf, *inner, math.inf])):
        raise ValueError(f"The breaks of a histogram must be finite and ascend, unlike {inner}.")
    return [-math.inf, *inner, math.inf]


def category(value: Any) -> str:
    """Return a category as text that can be a key in MongoDB.

    Examples
    --------
    >>> category("3.5 $")
    '3__dot__5 __dollar__'
    """
    return str(value).replace(".", "__dot__").replace("$", "__dollar__")


def percentages(n_segments: int, percentiles: float | Sequence[float] | None) -> list[float]:
    """Return percentages, from 0 to 100: given ones, or those that bound equal segments.

    Raises
    ------
    TypeError, ValueError
        There are none, or one is not between 0 and 100.

    Examples
    --------
    >>> percentages(4, None), percentages(100, 50), percentages(100, [5, 95])
    ([0.0, 25.0, 50.0, 75.0, 100.0], [50], [5, 95])
    """
    if percentiles is None:
        if n_segments < 1:
            raise ValueError(f"The number of segments must be 1 at least, not {n_segments}.")
        return [100 * place / n_segments for place in range(n_segments + 1)]
    given = list(percentiles) if isinstance(percentiles, Iterable) else [percentiles]
    if not given or not all(0 <= each <= 100 for each in given):  # noqa: PLR2004 - percent
        raise ValueError(f"Percentiles lie between 0 and 100, unlike {percentiles}.")
    return given


def numbers(items: Any) -> NDArray[Any]:
    """Return the items of a list as an array of numbers.

    Raises
    ------
    TypeError
        It is no list, or an item is no number; numpy would take text and None
        for numbers.

    Examples
    --------
    >>> numbers([1, 2.5]).tolist()
    [1.0, 2.5]
    """
    array = np.asarray(items)
    if array.ndim and array.dtype.kind in "biuf":
        return array
    if not array.ndim or not all(map(is_numeric, items)):
        raise TypeError("expected a list of numbers")
    return array.astype(float)
