"""The functions of `itertools2` for many windows of one column at once.

A window costs the same however much lies in it (a product: as many steps as its length has digits).
Still, what it gives depends on its content alone, to the last bit, and not on what was read
together with it: so results do not change with where a computation was cut. Running sums, from
which both follow, are therefore kept exact; see `exact`, and `products` for what has no such sums.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hyperstream.itertools2.exact import LIMIT, Exact
from hyperstream.itertools2.itertools2 import (
    any_set,
    count,
    online_average,
    online_product,
    online_sum,
    online_variance,
)
from hyperstream.itertools2.products import products
from hyperstream.storage.batch import Batch, Column

__all__ = ["over_windows"]

Positions: TypeAlias = NDArray[np.intp]
Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
Function: TypeAlias = Callable[..., Any]

_INT64 = 2**63
# So many windows are computed at once that what they need stays in the processor's cache.
_PART = 8192


def over_windows(
    func: Function, rows: Batch, starts: Positions, stops: Positions
) -> tuple[NDArray[Any], Flags] | None:
    """Apply a function of `itertools2` to many windows of a column.

    Parameters
    ----------
    func
        The function.
    rows
        The column, with any values, in order of time.
    starts, stops
        Window k holds the rows from ``starts[k]`` up to, without, ``stops[k]``; it may be empty.
        Windows may overlap.

    Returns
    -------
    (results, left) or None
        The results, as an array of the type that the function gives; and for which windows the
        function itself must be called, as they hold values that are no plain numbers or, except for
        products, are beyond 3e144. None if `func` is not one of the six.

    Notes
    -----
    `count` and `any_set` give what the functions give. Sums, means and variances are rounded once,
    at the end, and the functions round for each value: with n values, of which the largest is m,
    results differ by at most about ``n * 2e-16`` times n m, m and m² respectively. Whole numbers
    are exact as long as a float can hold them. Products of n values differ by at most a part of
    ``n * 2e-16``; above 512 values they also come out right where the function's product is too
    large or too small for a float only on the way.

    Examples
    --------
    >>> rows = Batch.of([0, 1, 2, 3], [1.0, 2.0, 6.0, "a"])
    >>> over_windows(online_average, rows, np.array([0, 1, 2]), np.array([3, 3, 4]))
    (array([3., 4., 3.]), array([False, False,  True]))
    >>> over_windows(len, rows, np.array([0]), np.array([3])) is None
    True
    """
    if func is count:
        return stops - starts, np.zeros(len(starts), dtype=bool)
    known = next((each for each in _FORMS if each[0] is func), None)
    if known is None:
        return None
    _, form, limit = known
    numbers, foreign = _numbers(rows.values)
    with np.errstate(all="ignore"):  # no result is worth a warning
        foreign |= (np.abs(numbers) >= limit) & np.isfinite(numbers)
        windows = _Windows(np.where(foreign, 0.0, numbers), rows.timestamps, starts, stops)
        results = form(windows)
        results[np.isnan(results)] = nan  # there are many, with different bits
        return results, windows.with_any(foreign)


def _numbers(values: Column) -> tuple[Floats, Flags]:
    """Give the values as floats, and which of them are something else.

    Which ones are must not depend on how the column is kept: an int is a number in a list too.
    """
    if not isinstance(values, list) and values.dtype.names:
        values = [None] * len(values)
    if isinstance(values, np.ndarray):
        return values.astype(np.float64, copy=False), np.zeros(len(values), dtype=bool)
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
    before = np.concatenate(([0], np.cumsum(flags)))
    return before[stops] > before[starts]


class _Windows:
    """Windows of a column of floats."""

    def __init__(
        self, values: Floats, stamps: NDArray[np.int64], starts: Positions, stops: Positions
    ) -> None:
        self.values = values
        self.stamps = stamps
        self.starts = starts
        self.stops = stops
        self.sizes = stops - starts

    def with_any(self, flags: Flags) -> Flags:
        """Tell which windows have a flag set for any of their values."""
        return _any(flags, self.starts, self.stops)

    def exact(self) -> Exact:
        """Give the values as exact numbers; zero for infinite ones and NaN."""
        return Exact.of(np.where(np.isfinite(self.values), self.values, 0.0))

    def in_parts(self, compute: Callable[[Positions, Positions], Floats]) -> Floats:
        """Compute a number for each window, from starts and stops of some of them at a time."""
        results = np.empty(len(self.starts))
        for place in range(0, len(results), _PART):
            part = slice(place, place + _PART)
            results[part] = compute(self.starts[part], self.stops[part])
        return results

    def sums(self) -> Floats:
        """Sum the finite values of each window."""
        before = self.exact().running()
        return self.in_parts(lambda starts, stops: (before[stops] - before[starts]).floats())

    def constant(self) -> Flags:
        """Tell which windows hold one value only, be it many times."""
        changes = np.concatenate(([False], self.values[1:] != self.values[:-1]))
        if changes[1:].all():
            alone: Flags = self.sizes == 1
            return alone
        constant = self.sizes > 0
        constant[constant] = ~_any(changes, self.starts[constant] + 1, self.stops[constant])
        return constant


def _any_set(windows: _Windows) -> Flags:
    return windows.with_any(windows.values != 0)


def _sum(windows: _Windows) -> Floats:
    sums = windows.sums()
    for infinite in (inf, -inf):
        sums[windows.with_any(windows.values == infinite)] += infinite
    sums[windows.with_any(np.isnan(windows.values))] = nan
    return sums


def _product(windows: _Windows) -> Floats:
    return products(windows.values, windows.stamps, windows.starts, windows.stops)


def _average(windows: _Windows) -> Floats:
    means = windows.sums() / windows.sizes
    infinite = ~np.isfinite(windows.values)
    lost = windows.with_any(infinite)
    means[lost] = nan
    # The mean of equal values is just that value. And a mean reaches infinity with the last value
    # only: the function makes NaN of one that lies there before.
    before_last = _any(infinite, windows.starts, windows.stops - 1)
    as_last = np.where(lost, ~before_last, windows.constant())
    means[as_last] = windows.values[windows.stops[as_last] - 1]
    return means + 0.0  # no negative zero


def _variance(windows: _Windows) -> Floats:
    column = windows.exact()
    sums, squares = column.running(), column.squared().running()

    def compute(starts: Positions, stops: Positions) -> Floats:
        sizes = stops - starts
        spread = (squares[stops] - squares[starts]) * sizes - (sums[stops] - sums[starts]).squared()
        return spread.floats() / (sizes * (sizes - 1))

    variances = windows.in_parts(compute)
    variances[windows.with_any(~np.isfinite(windows.values))] = nan
    return variances


_FORMS: tuple[tuple[Function, Callable[[_Windows], NDArray[Any]], float], ...] = (
    (any_set, _any_set, inf),
    (online_sum, _sum, LIMIT),
    (online_product, _product, inf),
    (online_average, _average, LIMIT),
    (online_variance, _variance, LIMIT),
)
