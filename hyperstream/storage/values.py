"""When two values count as the same, and what becomes of two at one timestamp."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

CONFLICT: Final = object()


def same_value(left: Any, right: Any) -> bool:
    """Tell whether two values are the same.

    They are if they are identical, if they have one type and compare equal,
    or if they are arrays of equal content; NaN equals NaN. Containers are
    compared item by item under the same rule.

    Examples
    --------
    >>> same_value(float("nan"), float("nan")), same_value(1, 1.0), same_value([1.0], [1.0])
    (True, False, True)
    """
    if left is right:
        return True
    if type(left) is not type(right):
        return False
    if isinstance(left, np.ndarray):
        return _same_array(left, right)
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same_value(v, right[k]) for k, v in left.items())
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same_value, left, right))
    return _equal(left, right)


def combine(old: Any, new: Any) -> Any:
    """Return the value that `old` and `new`, written at one timestamp, make together.

    The same value twice is that value; two dicts whose common keys agree are
    merged into a new dict; anything else is `CONFLICT`.

    Examples
    --------
    >>> combine({"a": 1}, {"b": 2}), combine(1, 1), combine(1, 2) is CONFLICT
    ({'a': 1, 'b': 2}, 1, True)
    """
    if same_value(old, new):
        return old
    if isinstance(old, dict) and isinstance(new, dict):
        common = old.keys() & new.keys()
        if all(same_value(old[key], new[key]) for key in common):
            return {**old, **new}
    return CONFLICT


def _equal(left: Any, right: Any) -> bool:
    try:
        # NaN is the one value that differs from itself
        return bool(left == right or (left != left and right != right))  # noqa: PLR0124
    except ValueError:  # tables and the like compare cell by cell, which is no answer
        return False


def _same_array(left: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> bool:
    if left.dtype != right.dtype or left.shape != right.shape:
        return False
    if left.dtype == object:
        return all(map(same_value, left.ravel().tolist(), right.ravel().tolist()))
    try:
        return bool(np.array_equal(left, right, equal_nan=True))
    except TypeError:  # text and structured arrays know no NaN
        return bool(np.array_equal(left, right))
