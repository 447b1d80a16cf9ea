"""Functions that take the values of a window one after the other and give one number.

Each takes StreamInstances or plain values, all of one kind, from any iterable, once. Values may
be numpy arrays. The further arguments are the state after data already seen, so that a
computation can go on: ``online_sum(b, total=online_sum(a))`` is ``online_sum`` of both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from math import nan, prod
from operator import attrgetter
from typing import Any

__all__ = [
    "any_set",
    "count",
    "online_average",
    "online_product",
    "online_sum",
    "online_variance",
]


def _values(data: Iterable[Any]) -> Iterator[Any]:
    """Give the values of instances, and plain values as they are.

    The first item tells for all: a test of each would cost more than the sums themselves.
    """
    items = iter(data)
    for first in items:
        everything = chain((first,), items)
        is_instance = isinstance(first, tuple) and "timestamp" in getattr(first, "_fields", ())
        return map(attrgetter("value"), everything) if is_instance else everything
    return items


def any_set(data: Iterable[Any]) -> bool:
    """Tell whether any value is true; False for no data.

    Examples
    --------
    >>> any_set([0, 1]), any_set([])
    (True, False)
    """
    return any(_values(data))


def count(data: Iterable[Any]) -> int:
    """Count the items.

    Examples
    --------
    >>> count(iter("abc"))
    3
    """
    return sum(1 for _ in data)


def online_sum(data: Iterable[Any], total: Any = 0.0) -> Any:
    """Add all values to `total`.

    Examples
    --------
    >>> online_sum([1, 2]), online_sum([])
    (3.0, 0.0)
    """
    return sum(_values(data), total)


def online_product(data: Iterable[Any], total: Any = 1.0) -> Any:
    """Multiply `total` by all values.

    Examples
    --------
    >>> online_product([2, 3]), online_product([])
    (6.0, 1.0)
    """
    return prod(_values(data), start=total)


def online_average(data: Iterable[Any], n: int = 0, mean: Any = 0.0) -> Any:
    """Give the mean; NaN for no data.

    Parameters
    ----------
    data
        The values, or instances that hold them.
    n, mean
        The number and the mean of the values already seen.

    Examples
    --------
    >>> online_average([1, 2]), online_average([]), online_average([6], n=2, mean=1.5)
    (1.5, nan, 3.0)
    """
    for value in _values(data):
        n += 1
        # Not in place: it may be the caller's array.
        mean = mean + (value - mean) / n
    return mean if n else nan


def online_variance(data: Iterable[Any], n: int = 0, mean: Any = 0.0, m2: Any = 0.0) -> Any:
    """Give the sample variance (divided by one less than the number); NaN below two values.

    Parameters
    ----------
    data
        The values, or instances that hold them.
    n, mean, m2
        The number of the values already seen, their mean, and the sum of their squared
        distances from it.

    Examples
    --------
    >>> online_variance([1, 2, 3]), online_variance([1])
    (1.0, nan)
    """
    for value in _values(data):
        n += 1
        delta = value - mean
        mean = mean + delta / n
        m2 = m2 + delta * (value - mean)
    return m2 / (n - 1) if n > 1 else nan
