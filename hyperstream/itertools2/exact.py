"""Sums without rounding, of many numbers at once.

A float is a whole number times a power of two, so whole numbers of several digits, if these are
large enough, add and multiply floats without any rounding. What is exact does not depend on the
order of adding: the sum of rows 1000 to 2000 is the sum up to 2000 less the sum up to 1000, to the
last bit, wherever counting began.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["LIMIT", "Exact"]

Floats: TypeAlias = NDArray[np.float64]
Digits: TypeAlias = Sequence[NDArray[np.int64]]

# In 63 bits there is room for products of two digits times the number of digits, and for sums of
# them, or of digits times a number of rows, over 2**31 rows.
_BITS = 24
_HALF = 1 << (_BITS - 1)
_LARGEST = 1022

LIMIT = 2.0**480
"""Numbers must be less than this, so that squares of sums fit in a float when they are rounded."""


class Exact:
    """A column of exact numbers: what is in row n is ``sum(digit[n] * 2**(24 * (power + k)))``.

    The sum is over k, the place of a digit among `digits`; the lowest one comes first.

    Parameters
    ----------
    digits : sequence of numpy.ndarray of int64
        At least one, of equal length.
    power : int
        Of the lowest digit. All columns that are computed with each other have the same.

    Examples
    --------
    >>> column = Exact.of(np.array([1e100, 0.1, 0.2, -1e100]))
    >>> before = column.running()
    >>> float((before[[4]] - before[[0]]).floats()[0])
    0.30000000000000004
    """

    __slots__ = ("digits", "power")

    def __init__(self, digits: Digits, power: int) -> None:
        self.digits = digits
        self.power = power

    @classmethod
    def of(cls, values: Floats) -> Exact:
        """Take over floats, which must be finite and within `LIMIT`."""
        power = int(np.frexp(np.abs(values).max(initial=0.0))[1]) // _BITS
        digits = []
        rest = values
        while True:
            # All of this is exact: a product with a power of two, and what rounding takes away.
            digit = np.rint(_scaled(rest, -_BITS * power))
            digits.append(digit.astype(np.int64))
            rest = rest - _scaled(digit, _BITS * power)
            if not rest.any():
                return cls(digits[::-1], power)
            power -= 1

    def running(self) -> Exact:
        """Return the sums of the first 0, 1, 2, … rows; they are there to be subtracted."""
        start = np.zeros(1, dtype=np.int64)
        return Exact([np.concatenate((start, digit.cumsum())) for digit in self.digits], self.power)

    def __getitem__(self, rows: NDArray[np.intp]) -> Exact:
        return Exact([digit[rows] for digit in self.digits], self.power)

    def __sub__(self, other: Exact) -> Exact:
        nothing = np.zeros(1, dtype=np.int64)
        pairs = zip_longest(self.digits, other.digits, fillvalue=nothing)
        return Exact(_carried([one - another for one, another in pairs]), self.power)

    def __mul__(self, counts: NDArray[np.int64]) -> Exact:
        return Exact(_carried([digit * counts for digit in self.digits]), self.power)

    def squared(self) -> Exact:
        """Return the squares; their lowest digit has twice the power."""
        products = [np.zeros_like(self.digits[0]) for _ in range(2 * len(self.digits) - 1)]
        for place, digit in enumerate(self.digits):
            products[2 * place] += digit * digit
            for lower in range(place):
                products[place + lower] += 2 * digit * self.digits[lower]
        return Exact(_carried(products), 2 * self.power)

    def floats(self) -> Floats:
        """Round to floats, in effect once; an exact result that is a float is given as it is."""
        total = np.zeros(len(self.digits[0]))
        lost = np.zeros(len(self.digits[0]))
        for place, digit in enumerate(self.digits):
            higher = _scaled(digit.astype(np.float64), _BITS * (self.power + place))
            # If it is not zero, it is larger than all below, which makes the difference exact.
            joined = higher + total
            lost += total - (joined - higher)
            total = joined
        return total + lost


def _scaled(values: Floats, exponent: int) -> Floats:
    """Multiply with a power of two; as `ldexp` does, in a fifth of the time."""
    if abs(exponent) > _LARGEST:  # the power itself is no float
        return np.ldexp(values, exponent)
    return values * 2.0**exponent


def _carried(digits: Digits) -> Digits:
    """Write numbers with digits from -2**23 to 2**23 - 1, which can be done in one way only.

    As digits have signs, all digits below the highest make up half of it at most, so that nothing
    cancels out.
    """
    small: list[NDArray[np.int64]] = []
    carry = np.zeros_like(digits[0])
    while len(small) < len(digits) or carry.any():
        full = carry + digits[len(small)] if len(small) < len(digits) else carry
        carry = (full + _HALF) >> _BITS
        small.append(full - (carry << _BITS))
    return small
