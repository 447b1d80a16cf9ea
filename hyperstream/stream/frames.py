"""Streams as pandas DataFrames; it needs the package pandas.

`StreamView.to_pandas` and `Node.to_pandas` are the short way here, `Stream.from_pandas` is the way
back; `hyperstream.contrib.pandas` has both for several streams at once.

What a column holds decides its dtype. Missing is what is None, a key that is not there, or, with
several streams, a time at which one of them has nothing.

==========================  =======================  =========================================
values                      dtype                    with missing ones
==========================  =======================  =========================================
float; float and int        float64                  float64, NaN
int of at most 64 bits      int64                    Int64, NA
bool                        bool                     boolean, NA
str                         str; object in pandas 2  the same, NaN; None in pandas 2
datetime (naive is in UTC)  datetime64[us, UTC]      the same, NaT
timedelta                   timedelta64[us]          the same, NaT
anything else, mixtures     object                   object, None
none at all                 float64                  float64, NaN; object where all are None
==========================  =======================  =========================================

Ints among floats make a column of floats only if none of them loses a digit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyperstream._time import EPOCH
from hyperstream.storage.batch import Batch, Column, Milliseconds, concatenated, plain
from hyperstream.stream.columns import TIMESTAMP, column_names, columns_of
from hyperstream.stream.stream_view import StreamView
from hyperstream.utils.errors import MissingExtraError

try:
    import pandas as pd
except ImportError as error:
    raise MissingExtraError(package="pandas", extra="notebook") from error

KEY = "key"  # the name of the level of columns that has the keys of dicts
_EXACT = 2**53  # up to here a float holds each int
_LONGEST = timedelta(microseconds=2**63 - 1)
_NO_TIME: Milliseconds = np.empty(0, dtype=np.int64)
_NOWHERE: NDArray[np.intp] = np.empty(0, dtype=np.intp)
_NAIVE_EPOCH = EPOCH.replace(tzinfo=None)
_FAMILIES: dict[type, type] = {
    **{kind: kind for kind in (bool, int, float, str, datetime, timedelta)},
    np.bool_: bool,
    np.str_: str,
    pd.Timestamp: datetime,
    pd.Timedelta: timedelta,
}
# What stands at a missing place of a column, by the kind of its dtype.
_MISSING: dict[str, Any] = {"f": np.nan, "i": 0, "b": False, "M": "NaT", "m": "NaT", "O": None}
_MASKED = {"i": pd.arrays.IntegerArray, "b": pd.arrays.BooleanArray}


def frame_of(view: StreamView) -> pd.DataFrame:
    """Return a stream as a DataFrame; see `StreamView.to_pandas`."""
    batch = concatenated(list(view.batches()))
    index = time_index(batch.timestamps)
    columns = columns_of(batch, column_names([batch]))
    data = {name: _series(values, index) for name, values in columns}
    return pd.DataFrame(data, index=index, copy=False)


def frame_of_many(
    views: Mapping[tuple[str, ...], StreamView], levels: Sequence[str]
) -> pd.DataFrame:
    """Return several streams side by side, over all their timestamps.

    Parameters
    ----------
    views : dict
        The streams by the labels of their columns, all of the same length.
    levels : sequence of str
        What the labels are: the names of the levels of the columns. Where all
        values are dicts, there is one level more, `KEY`: each label stands with
        each key that any stream has.
    """
    batches = {label: concatenated(list(view.batches())) for label, view in views.items()}
    stamps = np.unique(np.concatenate([_NO_TIME, *(each.timestamps for each in batches.values())]))
    index = time_index(stamps)
    names = column_names(batches.values())
    data = {}
    for label, batch in batches.items():
        rows = None if len(batch) == len(stamps) else stamps.searchsorted(batch.timestamps)
        for name, values in columns_of(batch, names):
            known = values if names is None else _with_key(name, values, batch)
            place = rows if len(known) == len(batch) else _NOWHERE
            data[label if names is None else (*label, name)] = _series(known, index, place)
    frame = pd.DataFrame(dict(enumerate(data.values())), index=index, copy=False)
    frame.columns = _labels(list(data), levels if names is None else [*levels, KEY])
    return frame


def time_index(stamps: Milliseconds) -> pd.DatetimeIndex:
    """Return milliseconds since 1970 as an index ``timestamp`` of datetime64[ms, UTC]."""
    moments = stamps.astype("datetime64[ms]")  # a copy
    return pd.DatetimeIndex(moments, name=TIMESTAMP).tz_localize("UTC")


def _with_key(name: str, values: Column, batch: Batch) -> Column:
    """Return a column of values that are dicts; nothing if none of them has the key."""
    return values if any(name in value for value in batch.values) else []


def _labels(labels: list[tuple[str, ...]], levels: Sequence[str]) -> pd.Index:
    if len(levels) == 1:
        return pd.Index([label[0] for label in labels], name=levels[0])
    return pd.MultiIndex.from_tuples(labels, names=levels) if labels else pd.Index([])


def _series(
    values: Column, index: pd.DatetimeIndex, rows: NDArray[np.intp] | None = None
) -> pd.Series:
    """Return a column over an index.

    Parameters
    ----------
    values : array or list
        The values; None is missing.
    index : pandas.DatetimeIndex
        All times.
    rows : array, optional
        At which positions of the index the values are, and at the others
        they are missing. None: at all positions.
    """
    is_text = False
    if isinstance(values, np.ndarray) and values.dtype.kind in _MISSING:
        data = values
    else:
        items = plain(values)
        there = [value is not None for value in items]
        if not all(there):
            where = np.flatnonzero(there)
            rows = where if rows is None else rows[where]
        data, is_text = _packed([value for value in items if value is not None], bool(items))
    return _spread(data, index, rows, is_text=is_text)


def _packed(items: list[Any], known: bool) -> tuple[NDArray[Any], bool]:
    """Return values without None as an array, and whether they are text."""
    families = {_family(kind) for kind in set(map(type, items))}
    if families == {datetime}:
        since = [each - (_NAIVE_EPOCH if each.tzinfo is None else EPOCH) for each in items]
        return np.array(since, dtype="timedelta64[us]").view("datetime64[us]"), False
    dtype = _dtype(families, items) if families or known else "float64"
    if dtype is not None:
        return np.array(items, dtype=dtype), False
    return np.fromiter(items, dtype=object, count=len(items)), families == {str}


def _dtype(families: set[type], items: list[Any]) -> str | None:
    """Return numpy's dtype for values of some types; None if there is none that holds them."""
    if families == {bool}:
        return "bool"
    if families == {int} and -(2**63) <= min(items) <= max(items) < 2**63:
        return "int64"
    if float in families and families <= {int, float} and all(map(_is_exact, items)):
        return "float64"
    if families == {timedelta} and all(abs(each) <= _LONGEST for each in items):
        return "timedelta64[us]"
    return None


def _family(kind: type) -> type:
    if issubclass(kind, np.integer):
        return int
    return float if issubclass(kind, np.floating) else _FAMILIES.get(kind, object)


def _is_exact(number: float) -> bool:
    return isinstance(number, (float, np.floating)) or -_EXACT <= number <= _EXACT


def _spread(
    data: NDArray[Any], index: pd.DatetimeIndex, rows: NDArray[np.intp] | None, *, is_text: bool
) -> pd.Series:
    kind = data.dtype.kind
    if rows is None:
        full: Any = data.copy()  # what a channel holds is never shared
    else:
        full = np.full(len(index), _MISSING[kind], dtype=data.dtype)
        full[rows] = data
        if kind in _MASKED:
            mask = np.ones(len(index), dtype=np.bool_)
            mask[rows] = False
            full = _MASKED[kind](full, mask)
    if kind == "O":
        return _objects(full, index, is_text=is_text)
    series = pd.Series(full, index=index, copy=False)
    return series.dt.tz_localize("UTC") if kind == "M" else series


def _objects(items: NDArray[Any], index: pd.DatetimeIndex, *, is_text: bool) -> pd.Series:
    if is_text:
        try:
            return pd.Series(items, index=index)  # whatever pandas has for text
        except UnicodeEncodeError:  # Arrow, which pandas keeps text in, wants valid Unicode
            pass
    return pd.Series(items, index=index, dtype=object, copy=False)
