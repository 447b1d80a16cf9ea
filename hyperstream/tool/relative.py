"""Lists of numbers or dicts, such as those of relative_window."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterable, Mapping
from numbers import Number
from typing import Any

import numpy as np

from hyperstream.stream import StreamInstance


def contents(items: Iterable[Any]) -> list[Any]:
    """Return the values of a list's items, each of which may be an instance.

    Examples
    --------
    >>> from datetime import datetime
    >>> contents([StreamInstance(datetime(2020, 1, 1), 20.5), 21.0])
    [20.5, 21.0]
    """
    return [item.value if isinstance(item, StreamInstance) else item for item in items]


def by_key(dicts: Iterable[Any], keep: Callable[[Any], bool] | None = None) -> dict[Any, list[Any]]:
    """Return the values that dicts have for each key, in order.

    Parameters
    ----------
    dicts : iterable of dict
        The dicts.
    keep : callable, optional
        Says of a value whether to take it; all are taken otherwise.

    Raises
    ------
    TypeError
        One is no dict.

    Examples
    --------
    >>> by_key([{"t": 20.5, "note": "dry"}, {"t": 21.0, "h": 60}], keep=is_numeric)
    {'t': [20.5, 21.0], 'h': [60]}
    """
    columns: dict[Any, list[Any]] = {}
    for each in dicts:
        if not isinstance(each, Mapping):
            raise TypeError(f"expected a list of dicts, but one item is {reprlib.repr(each)}")
        for key, value in each.items():
            if keep is None or keep(value):
                columns.setdefault(key, []).append(value)
    return columns


def kept(func: Callable[[Any, list[Any]], Any], columns: dict[Any, list[Any]]) -> dict[Any, Any]:
    """Return ``{key: func(key, values)}`` without results that are None.

    Examples
    --------
    >>> kept(lambda key, values: max(values) if key == "t" else None, {"t": [1, 2], "h": [60]})
    {'t': 2}
    """
    results = {key: func(key, values) for key, values in columns.items()}
    return {key: result for key, result in results.items() if result is not None}


def is_numeric(value: Any) -> bool:
    """Tell whether a value is a number, of Python or numpy, or an array of numbers.

    Examples
    --------
    >>> is_numeric(1.5), is_numeric(np.array([1, 2])), is_numeric("1.5")
    (True, True, False)
    """
    if isinstance(value, np.ndarray):
        return bool(np.issubdtype(value.dtype, np.number) or value.dtype == np.bool_)
    return isinstance(value, (Number, np.bool_))
