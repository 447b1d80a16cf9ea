"""Products over many windows.

Products cannot be taken back as sums can: dividing rounds, and nothing divides by zero. So time is
halved and halved again, always at the same moments, and the numbers in each part are multiplied
once. A window is made up of a few parts, two of a size at most, found from its own rows alone; what
it gives does not depend on what lies around it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["products"]

# Up to so many rows, multiplying one by one is faster.
_FEW = 512
# Far outside of what a float can hold.
_FAR = 5000


@np.errstate(all="ignore")  # too large, too small and NaN are results
def products(
    values: NDArray[np.float64],
    stamps: NDArray[np.int64],
    starts: NDArray[np.intp],
    stops: NDArray[np.intp],
) -> NDArray[np.float64]:
    """Multiply the values in each window.

    Up to 512 values are multiplied one by one. With more, no product on the way is too large or
    too small for a float.

    Parameters
    ----------
    values
        The values.
    stamps
        Their times, in strictly ascending order.
    starts, stops
        Window k is ``values[starts[k]:stops[k]]``; it may be empty, which gives 1.

    Examples
    --------
    >>> products(np.array([2.0, 3.0, 5.0]), np.arange(3), np.array([0, 1, 3]), np.array([2, 3, 3]))
    array([ 6., 15.,  1.])
    """
    results = np.ones(len(starts))
    sizes = stops - starts
    few = np.flatnonzero((sizes > 0) & (sizes <= _FEW))
    if len(few):
        # Pairs of edges; what lies between two windows is multiplied too, and left out. An edge
        # may lie at the end of the column, where numpy wants an item.
        edges = np.column_stack((starts[few], stops[few])).ravel()
        results[few] = np.multiply.reduceat(np.append(values, 1.0), edges)[::2]
    many = np.flatnonzero(sizes > _FEW)
    if len(many):
        results[many] = _of_parts(values, stamps, starts[many], stops[many] - 1)
    return results


class _Scaled(NamedTuple):
    """Numbers with exponents of their own: ``mantissas * 2.0**exponents``."""

    mantissas: NDArray[np.float64]
    exponents: NDArray[np.int64]

    @classmethod
    def of(cls, values: NDArray[np.float64]) -> _Scaled:
        mantissas, exponents = np.frexp(values)
        return cls(mantissas, exponents.astype(np.int64))

    def at(self, rows: NDArray[np.intp]) -> _Scaled:
        return _Scaled(self.mantissas[rows], self.exponents[rows])

    def multiply(self, rows: NDArray[np.intp], factors: _Scaled) -> None:
        """Multiply some rows, in place."""
        mantissas, exponents = np.frexp(self.mantissas[rows] * factors.mantissas)
        self.mantissas[rows] = mantissas
        self.exponents[rows] += factors.exponents + exponents

    def floats(self) -> NDArray[np.float64]:
        return np.ldexp(self.mantissas, self.exponents.clip(-_FAR, _FAR).astype(np.intc))


def _of_parts(
    values: NDArray[np.float64],
    stamps: NDArray[np.int64],
    firsts: NDArray[np.intp],
    lasts: NDArray[np.intp],
) -> NDArray[np.float64]:
    """Multiply from row `first` to row `last` for each window.

    There is a row for each part of time that holds something; at first each row of data is one, and
    its number is its time. Two parts of numbers 2n and 2n + 1 make part n of double the size. If
    the first part of a window has an odd number, the window may not hold its other half, so it is
    taken now; as is the last part if its number is even. What remains are whole larger parts.
    """
    results = _Scaled.of(np.ones(len(firsts)))
    windows = np.arange(len(firsts))
    parts, numbers = _Scaled.of(values), stamps
    while len(windows):
        taken = (numbers[firsts] & 1) == 1
        results.multiply(windows[taken], parts.at(firsts[taken]))
        firsts = firsts + taken
        taken = ((numbers[lasts] & 1) == 0) & (firsts <= lasts)
        results.multiply(windows[taken], parts.at(lasts[taken]))
        lasts = lasts - taken
        unfinished = firsts <= lasts
        windows, firsts, lasts = windows[unfinished], firsts[unfinished], lasts[unfinished]
        numbers = numbers >> 1
        joins = numbers[1:] == numbers[:-1]
        if joins.any():
            parts, numbers, places = _joined(parts, numbers, joins)
            firsts, lasts = places[firsts], places[lasts]
    return results.floats()


def _joined(
    parts: _Scaled, numbers: NDArray[np.int64], joins: NDArray[np.bool_]
) -> tuple[_Scaled, NDArray[np.int64], NDArray[np.intp]]:
    """Join neighbours of equal number: return parts, their numbers, and which each row went to."""
    first = np.concatenate(([True], ~joins))
    places = first.cumsum() - 1
    joined = parts.at(np.flatnonzero(first))
    second = np.flatnonzero(joins) + 1
    joined.multiply(places[second], parts.at(second))
    return joined, numbers[first], places
