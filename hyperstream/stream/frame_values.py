"""What stands in DataFrames as values of streams; it needs the package pandas.

The other direction is in `hyperstream.stream.frames`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hyperstream._time import EPOCH, MAX_MS, MIN_MS, from_ms
from hyperstream.storage.batch import Batch, Column, Milliseconds, column, plain
from hyperstream.stream.columns import TIMESTAMP, VALUE
from hyperstream.stream.stream_instance import StreamInstance, instances
from hyperstream.utils.errors import MissingExtraError

try:
    import pandas as pd
except ImportError as error:
    raise MissingExtraError(package="pandas", extra="notebook") from error

if TYPE_CHECKING:
    from hyperstream.stream.stream import Stream

# How many of a unit make a millisecond; there are 1000 milliseconds in a second.
_PER_MS = {"ms": 1, "us": 1_000, "ns": 1_000_000}
_PER_US = {"us": 1, "ns": 1_000}
_US_PER = {"s": 1_000_000, "ms": 1_000}


def write_frame(stream: Stream, frame: pd.DataFrame | pd.Series) -> None:
    """Write a DataFrame or Series into a stream; see `Stream.from_pandas`."""
    write_batch(stream, batch_of(frame))


def write_batch(stream: Stream, batch: Batch) -> None:
    """Store a batch by the stream's own writer, under its rules."""
    if len(batch):
        last = int(batch.timestamps.argmax())
        # Made for its check that nothing lies in the future.
        StreamInstance(from_ms(int(batch.timestamps[last])), plain(batch.values[last:][:1])[0])
    write: Any = stream.writer
    # A channel of a plugin may have a writer that takes instances only.
    write_all: Callable[[Batch], None] = getattr(
        write, "write_batch", lambda whole: write(list(instances(whole)))
    )
    write_all(batch)


def batch_of(frame: pd.DataFrame | pd.Series) -> Batch:
    """Return a row as an instance each: what is in column ``value``, or a dict of the columns.

    Raises
    ------
    TypeError
        It is neither DataFrame nor Series, or the index is none of times.
    ValueError
        A time is missing or outside of the years 1 to 9999, or names of columns
        cannot be keys of dicts.
    """
    if isinstance(frame, pd.Series):
        return _batch(frame.index, values_of(frame))
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"A stream is written from a DataFrame or Series, not {frame!r}.")
    names = frame.columns.tolist()
    if names == [VALUE]:
        return _batch(frame.index, values_of(frame[VALUE]))
    return dict_batch_of(frame)


def dict_batch_of(frame: pd.DataFrame) -> Batch:
    """Return a row as a dict each, without what is missing."""
    names = _checked_names(frame)
    columns = [_known(frame.iloc[:, place]) for place in range(len(names))]
    if not columns:
        return _batch(frame.index, [{} for _ in range(len(frame))])
    rows = (zip(names, row, strict=True) for row in zip(*columns, strict=True))
    return _batch(
        frame.index,
        [{name: value for name, value in row if value is not None} for row in rows],
    )


def batches_of_many(
    frame: pd.DataFrame, levels: Sequence[str]
) -> Iterator[tuple[tuple[str, ...], Batch]]:
    """Return what is there of each stream in a wide frame, by the labels of its columns.

    Parameters
    ----------
    frame : pandas.DataFrame
        As `hyperstream.stream.frames.frame_of_many` makes it.
    levels : sequence of str
        What the labels are; levels of columns with other names are taken in
        their order. One level more has the keys of dicts.

    Raises
    ------
    TypeError
        It is no DataFrame, or the index is none of times.
    ValueError
        As by `batch_of`; or there are more or fewer levels, or a column twice.
    """
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"Several streams are written from a DataFrame, not {frame!r}.")
    places, keys = _levels(frame.columns, levels)
    groups: dict[tuple[str, ...], list[int]] = {}
    for position, name in enumerate(frame.columns.tolist()):
        parts = name if isinstance(name, tuple) else (name,)
        groups.setdefault(tuple(str(parts[place]) for place in places), []).append(position)
    for label, positions in groups.items():
        part = frame.iloc[:, positions].dropna(how="all")
        if keys is not None:
            yield label, dict_batch_of(part.set_axis(part.columns.get_level_values(keys), axis=1))
        elif len(positions) == 1:
            yield label, batch_of(part.iloc[:, 0])
        else:
            raise ValueError(f"There is more than one column {', '.join(label)}.")


def values_of(series: pd.Series) -> Column:
    """Return a column's values; None for what is missing, save for NaN among floats."""
    dtype, missing = series.dtype, series.isna().to_numpy()
    if isinstance(dtype, pd.CategoricalDtype):
        known = [*plain(values_of(pd.Series(dtype.categories))), None]
        return column([known[code] for code in series.cat.codes])
    if dtype.kind in "iuf" and (isinstance(dtype, np.dtype) or not missing.any()):
        return _numbers(series, dtype.kind)
    if dtype.kind == "b" and not missing.any():
        return _array(series, np.bool_)
    if dtype.kind == "M":
        moments = pd.DatetimeIndex(series)
        return _moments(moments if moments.tz is None else moments.tz_convert(None), EPOCH)
    if dtype.kind == "m":
        return _moments(pd.TimedeltaIndex(series), timedelta())
    items = series.tolist()
    if pd.api.types.is_object_dtype(dtype) and pd.api.types.infer_dtype(items) != "string":
        # NaN is a number here. In a column of text it is how pandas says that nothing is there.
        missing = missing & np.array([not isinstance(item, float) for item in items], bool)
    return column(
        [None if hole else item for item, hole in zip(items, missing.tolist(), strict=True)]
    )


def milliseconds(index: pd.Index) -> Milliseconds:
    """Return the times of an index in milliseconds since 1970, cut off.

    Raises
    ------
    TypeError
        It has no times.
    ValueError
        A time is missing, or outside of the years 1 to 9999.
    """
    if not isinstance(index, pd.DatetimeIndex):
        raise TypeError(
            f"The index of a DataFrame or Series for a stream holds times, not {index.dtype}: make "
            "a column of times the index (set_index), as datetimes (pandas.to_datetime)."
        )
    if index.hasnans:
        row = int(index.isna().argmax())
        raise ValueError(f"Row {row} (counted from 0) has no time in the index: take it out.")
    numbers: NDArray[np.int64] = index.asi8  # in UTC, whatever the zone
    if index.unit == "s":
        stamps = numbers.clip(MIN_MS // 1000 - 1, MAX_MS // 1000 + 1) * 1000
    else:
        stamps = numbers // _PER_MS[index.unit]
    outside = np.flatnonzero((stamps < MIN_MS) | (stamps > MAX_MS))
    if len(outside):
        raise ValueError(
            f"The time of row {outside[0]} (counted from 0) lies outside the years 1 to 9999."
        )
    return stamps


def _known(series: pd.Series) -> list[Any]:
    """Return a column's values; None for what is missing, NaN too."""
    values, missing = plain(values_of(series)), series.isna().to_numpy()
    if not missing.any():
        return values
    return [None if hole else value for value, hole in zip(values, missing.tolist(), strict=True)]


def _batch(index: pd.Index, values: Column) -> Batch:
    stamps = milliseconds(index).copy()  # the frame stays its owner's, to change at will
    return Batch(stamps, values if isinstance(values, np.ndarray) else column(values))


def _numbers(series: pd.Series, kind: str) -> Column:
    if kind == "u" and len(series) and int(series.max()) >= 2**63:
        return list(map(int, series))
    return _array(series, np.float64 if kind == "f" else np.int64)


def _array(series: pd.Series, dtype: type[np.generic]) -> NDArray[Any]:
    values: NDArray[Any] = series.to_numpy(dtype=dtype, copy=True)
    return values


def _moments(index: pd.DatetimeIndex | pd.TimedeltaIndex, zero: Any) -> list[Any]:
    """Return times as Python's, with microseconds; what is below is cut off."""
    numbers, unit = index.asi8, index.unit
    micros = numbers * _US_PER[unit] if unit in _US_PER else numbers // _PER_US[unit]
    since: list[timedelta] = micros.astype("timedelta64[us]").astype(object).tolist()
    missing = index.isna().tolist()
    return [None if hole else zero + each for each, hole in zip(since, missing, strict=True)]


def _levels(columns: pd.Index, levels: Sequence[str]) -> tuple[list[int], int | None]:
    """Return where the levels of labels are, and where the keys of dicts are, if anywhere."""
    if columns.nlevels - len(levels) not in (0, 1):
        raise ValueError(
            f"The columns have a level for each of {', '.join(levels)}, and one more for the keys "
            f"of dicts if there are any: that is not {columns.nlevels} in all."
        )
    names = list(columns.names)
    named = set(levels) <= set(names)
    places = [names.index(each) if named else place for place, each in enumerate(levels)]
    others = [place for place in range(columns.nlevels) if place not in places]
    return places, others[0] if others else None


def _checked_names(frame: pd.DataFrame) -> Sequence[str]:
    names: list[Any] = frame.columns.tolist()
    wrong = [name for name in names if not isinstance(name, str) or name == TIMESTAMP]
    if wrong:
        raise ValueError(
            f"The names of columns become keys of dicts: they are text other than {TIMESTAMP!r}, "
            f"not {wrong[0]!r}. A frame of several streams goes to "
            "hyperstream.contrib.pandas.from_pandas."
        )
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise ValueError(f"There is more than one column {twice!r}.")
    return names
