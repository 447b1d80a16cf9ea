"""The functions of `itertools2` for many windows of one column at once.

What a window gives depends on its content alone, to the last bit, and not on the column around
it: so results do not change with where a computation was cut. Therefore there are no running
sums here that begin with the column; each window is summed by itself, in C.

Sums are exact to rounding, but rounded in another order than by the functions themselves. Where
rounding is not all that matters (infinite values, sums that overflow, values that are no plain
numbers), the window is left to the function itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hyperstream.itertools2.itertools2 import (
    any_set,
    count,
    online_average,
    online_product,
    online_sum,
    online_variance,
)

__all__ = ["over_windows"]

Positions: TypeAlias = NDArray[np.intp]
Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
Function: TypeAlias = Callable[..., Any]
Column: TypeAlias = "NDArray[Any] | list[Any]"

_INT64 = 2**63
# How many values to gather at once where windows are laid out one after the other.
_ROOM = 1 << 18


def over_windows(
    func: Function, values: Column, starts: Positions, stops: Positions
) -> tuple[NDArray[Any], Flags] | None:
    """Apply a function of `itertools2` to many windows of a column.

    Parameters
    ----------
    func
        The function.
    values
        The column: an array of float64, int64 or bool, or a list of any values.
    starts, stops
        Window k is ``values[starts[k]:stops[k]]``; it may be empty. Windows may overlap.

    Returns
    -------
    (results, left) or None
        The results, as an array of the type that the function gives; and for which windows the
        function itself must be called. None if `func` is not one of the six.

    Examples
    --------
    >>> column = np.array([1.0, 2.0, 6.0, np.inf])
    >>> over_windows(online_average, column, np.array([0, 1, 2]), np.array([3, 3, 4]))
    (array([ 3.,  4., inf]), array([False, False,  True]))
    >>> over_windows(len, column, np.array([0]), np.array([3])) is None
    True
    """
    if func is count:
        return stops - starts, np.zeros(len(starts), dtype=bool)
    form = next((form for known, form in _FORMS if known is func), None)
    if form is None:
        return None
    numbers, foreign = _numbers(values)
    with np.errstate(all="ignore"):  # what is not finite is looked at again
        results, doubtful = form(_Windows(numbers, starts, stops))
    return results, doubtful | _any(foreign, starts, stops)


def _numbers(values: Column) -> tuple[Floats, Flags]:
    """Give the values as floats, and which of them are something else.

    Which ones are must not depend on how the column is kept: an int is a number in a list too.
    """
    if not isinstance(values, list) and values.dtype.names:
        return _numbers([None] * len(values))
    if isinstance(values, np.ndarray):
        return values.astype(np.float64, copy=False), np.zeros(0, dtype=bool)
    foreign = [not _is_number(value) for value in values]
    floats = [0.0 if other else value for value, other in zip(values, foreign, strict=True)]
    return np.array(floats, dtype=np.float64), np.array(foreign, dtype=bool)


def _is_number(value: Any) -> bool:
    kind = type(value)
    return kind is float or kind is bool or (kind is int and -_INT64 <= value < _INT64)


def _any(flags: Flags, starts: Positions, stops: Positions) -> Flags:
    """Tell which windows have a flag set."""
    if not flags.any():
        return np.zeros(len(starts), dtype=bool)
    # Whole numbers add without rounding, so that here a running sum does no harm.
    before = np.concatenate(([0], np.cumsum(flags)))
    return before[stops] > before[starts]


class _Windows:
    """Windows of a column of floats."""

    def __init__(self, values: Floats, starts: Positions, stops: Positions) -> None:
        self.values = values
        self.starts = starts
        self.stops = stops
        self.sizes = stops - starts
        self.filled = self.sizes > 0

    def reduced(self, ufunc: np.ufunc, empty: float) -> Floats:
        """Reduce each window by a ufunc, such as numpy.add."""
        results = np.full(len(self.starts), empty)
        some = self.filled
        if some.any():
            # Pairs of edges; what lies between two windows is reduced too, and left out.
            edges = np.column_stack((self.starts[some], self.stops[some])).ravel()
            # An edge may lie at the end of the column, where numpy wants an item.
            column = np.append(self.values, empty)
            results[some] = ufunc.reduceat(column, edges)[::2]
        return results

    def with_nan(self) -> Flags:
        """Tell which windows hold a NaN."""
        return _any(np.isnan(self.values), self.starts, self.stops)

    def constant(self) -> Flags:
        """Tell which windows hold one value only, be it many times."""
        changes = np.concatenate(([False], self.values[1:] != self.values[:-1]))
        some = self.filled
        constant = np.zeros(len(some), dtype=bool)
        constant[some] = ~_any(changes, self.starts[some] + 1, self.stops[some])
        return constant

    def doubtful(self, results: Floats, nan: Flags) -> Flags:
        """Tell which results are not finite without a NaN in the window."""
        return ~np.isfinite(results) & ~nan


def _any_set(windows: _Windows) -> tuple[Flags, Flags]:
    found = _any(windows.values != 0, windows.starts, windows.stops)
    return found, np.zeros(len(found), dtype=bool)


def _sum(windows: _Windows) -> tuple[Floats, Flags]:
    sums = windows.reduced(np.add, 0.0) + 0.0  # no negative zero
    return sums, windows.doubtful(sums, windows.with_nan())


def _product(windows: _Windows) -> tuple[Floats, Flags]:
    # Unlike sums, numpy multiplies one by one, as the function does, whatever comes of it.
    products = windows.reduced(np.multiply, 1.0)
    return products, np.zeros(len(products), dtype=bool)


def _average(windows: _Windows) -> tuple[Floats, Flags]:
    means = _means(windows)
    return means, windows.doubtful(means, windows.with_nan()) & windows.filled


def _means(windows: _Windows) -> Floats:
    """Give the mean of each window: NaN for nothing, and of equal values just that value."""
    means = windows.reduced(np.add, 0.0) / windows.sizes
    constant = windows.constant()
    means[constant] = windows.values[windows.starts[constant]]
    return means + 0.0


def _variance(windows: _Windows) -> tuple[Floats, Flags]:
    """Sum the squared distances from the mean, less what the rounding of the mean makes."""
    means = _means(windows)
    several = np.flatnonzero(windows.sizes > 1)
    variances = np.full(len(means), np.nan)
    for part in _groups(windows.sizes[several]):
        chosen = several[part]
        sizes = windows.sizes[chosen]
        edges = np.concatenate(([0], np.cumsum(sizes)[:-1]))
        rows = np.arange(sizes.sum()) + np.repeat(windows.starts[chosen] - edges, sizes)
        distances = windows.values[rows] - np.repeat(means[chosen], sizes)
        excess = np.add.reduceat(distances, edges)
        squares = np.add.reduceat(distances * distances, edges)
        variances[chosen] = np.maximum(squares - excess * excess / sizes, 0.0) / (sizes - 1)
    return variances, windows.doubtful(variances, windows.with_nan()) & (windows.sizes > 1)


def _groups(sizes: Positions) -> Iterator[slice]:
    """Divide windows into groups of at most `_ROOM` values, or of one window."""
    ends = np.cumsum(sizes)
    start = 0
    while start < len(sizes):
        done = int(ends[start - 1]) if start else 0
        stop = max(int(ends.searchsorted(done + _ROOM, side="right")), start + 1)
        yield slice(start, stop)
        start = stop


_Form: TypeAlias = Callable[[_Windows], tuple[NDArray[Any], Flags]]
_FORMS: Sequence[tuple[Function, _Form]] = (
    (any_set, _any_set),
    (online_sum, _sum),
    (online_product, _product),
    (online_average, _average),
    (online_variance, _variance),
)
