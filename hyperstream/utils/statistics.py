"""Statistics of a list of numbers, as plain Python values that a stream can hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["histogram", "percentile"]


def histogram(
    a: ArrayLike,
    bins: int | Sequence[float] = 10,
    range: tuple[float, float] | None = None,  # noqa: A002 - named as in numpy
) -> tuple[list[int], list[float]]:
    """Count the values in each bin, as :func:`numpy.histogram` does.

    Parameters
    ----------
    a
        The values.
    bins
        The number of equal bins, or their edges in ascending order; edges may be infinite. A
        bin has its lower edge and not its upper one; only the last has both.
    range
        The first and the last edge, for a number of bins; by default the extremes of `a`.

    Returns
    -------
    counts, edges
        One more edge than counts.

    Raises
    ------
    ValueError
        If edges do not ascend, or `range` is not finite.

    Examples
    --------
    >>> histogram([1, 2, 2, 5], bins=[0, 2, 4, float("inf")])
    ([1, 2, 1], [0.0, 2.0, 4.0, inf])
    """
    counts, edges = np.histogram(a, bins=bins, range=range)
    return counts.tolist(), edges.astype(float).tolist()


@overload
def percentile(a: ArrayLike, q: float) -> float: ...
@overload
def percentile(a: ArrayLike, q: Sequence[float]) -> list[float]: ...
def percentile(a: ArrayLike, q: float | Sequence[float]) -> float | list[float]:
    """Give percentiles by linear interpolation, as :func:`numpy.percentile` does.

    Parameters
    ----------
    a
        The values, in any order.
    q
        One percentage or several, from 0 to 100.

    Returns
    -------
    float or list of float
        One percentile, or one for each percentage.

    Raises
    ------
    ValueError
        If there are no values, or a percentage is not between 0 and 100.

    Examples
    --------
    >>> percentile([1, 2, 3, 4], 50), percentile([1, 2, 3, 4], [0, 100])
    (2.5, [1.0, 4.0])
    """
    values = np.asarray(a, dtype=float)
    if not values.size:
        raise ValueError("There are no percentiles of no values.")
    result: float | list[float] = np.percentile(values, q).tolist()
    return result
