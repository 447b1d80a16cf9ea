"""Batches: how instances move between stores and tools."""

from __future__ import annotations

import reprlib
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from hyperstream._time import from_ms
from hyperstream.storage.values import CONFLICT, combine
from hyperstream.time_interval import TimeInterval
from hyperstream.utils.errors import DuplicateInstanceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

Milliseconds: TypeAlias = "NDArray[np.int64]"
Column: TypeAlias = "NDArray[Any] | list[Any]"

# TimeIntervals as their bounds, in milliseconds since 1970: as objects they would cost ten times as
# much time and memory, and windows come by the million.
INTERVAL = np.dtype([("start", np.int64), ("end", np.int64)])

# Shows values in messages: enough to tell them apart, not megabytes.
_short = reprlib.Repr()
_short.maxstring = _short.maxother = 200
_short.maxdict = _short.maxlist = _short.maxtuple = _short.maxset = 20

_COMPACT = {float: np.float64, int: np.int64, bool: np.bool_}


class Batch:
    """A column of timestamps and a column of values, of equal length.

    Parameters
    ----------
    timestamps : numpy.ndarray of int64
        Milliseconds since the epoch (UTC).
    values : numpy.ndarray or list
        A float64, int64 or bool array where every value is exactly a Python
        float, an int of at most 64 bits, or a bool; for TimeIntervals an array
        of `INTERVAL`; else a list. So what was written comes back with its type:
        see `value_list`.

    Notes
    -----
    What a store yields is in strictly ascending order of time. Columns are
    shared, not copied: nobody changes them.

    Examples
    --------
    >>> batch = Batch.of([1000, 2000], [0.5, 1.5])
    >>> len(batch), batch.values.dtype.name, batch.value_list()
    (2, 'float64', [0.5, 1.5])
    """

    __slots__ = ("timestamps", "values")

    def __init__(self, timestamps: Milliseconds, values: Column) -> None:
        self.timestamps = timestamps
        self.values = values

    @classmethod
    def of(cls, timestamps: Sequence[int] | Milliseconds, values: Sequence[Any]) -> Batch:
        """Make a batch from milliseconds and plain values, in their compact form."""
        return cls(np.asarray(timestamps, dtype=np.int64), column(values))

    @classmethod
    def empty(cls) -> Batch:
        """Make a batch of length 0."""
        return cls(np.empty(0, dtype=np.int64), [])

    def __len__(self) -> int:
        return len(self.timestamps)

    def __repr__(self) -> str:
        return f"Batch({len(self)} instances)"

    def part(self, start: int, stop: int) -> Batch:
        """Return the rows from position `start` up to, without, `stop`."""
        return Batch(self.timestamps[start:stop], self.values[start:stop])

    def value_list(self) -> list[Any]:
        """Return the values as Python objects, as they were written."""
        return plain(self.values)

    def is_ascending(self) -> bool:
        """Tell whether the timestamps are in strictly ascending order."""
        stamps = self.timestamps
        return len(stamps) < 2 or bool((stamps[1:] > stamps[:-1]).all())  # noqa: PLR2004 - pairs

    def in_order(self, stream: object) -> Batch:
        """Return the batch in strictly ascending order, equal timestamps combined.

        Parameters
        ----------
        stream : object
            What the error names.

        Raises
        ------
        DuplicateInstanceError
            Two different values at one timestamp.
        """
        if self.is_ascending():
            return self
        order = np.argsort(self.timestamps, kind="stable")
        stamps, values = self.timestamps[order].tolist(), self.value_list()
        merged: dict[int, Any] = {}
        for stamp, position in zip(stamps, order.tolist(), strict=True):
            value = values[position]
            merged[stamp] = (
                combined(stream, stamp, merged[stamp], value) if stamp in merged else value
            )
        return Batch.of(list(merged), list(merged.values()))


def column(values: Sequence[Any]) -> Column:
    """Return values in their compact form: an array where no type is lost, else a list.

    Examples
    --------
    >>> column([1, 2]).dtype.name, column([1, 2.0])
    ('int64', [1, 2.0])
    """
    items = values if isinstance(values, list) else list(values)
    kinds = set(map(type, items))
    if kinds == {TimeInterval}:
        return intervals(*TimeInterval.bounds(items))
    if len(kinds) == 1:
        dtype = _COMPACT.get(kinds.pop())
        if dtype is not None:
            try:
                return np.array(items, dtype=dtype)
            except OverflowError:  # an int of more than 64 bits stays a Python object
                return items
    return items


def intervals(starts: Milliseconds, ends: Milliseconds) -> Column:
    """Return TimeIntervals in their compact form; each start must be less than its end."""
    values = np.empty(len(starts), dtype=INTERVAL)
    values["start"], values["end"] = starts, ends
    return values


def concatenated(batches: Sequence[Batch]) -> Batch:
    """Join batches end to end."""
    if not batches:
        return Batch.empty()
    if len(batches) == 1:
        return batches[0]
    stamps = np.concatenate([batch.timestamps for batch in batches])
    return Batch(stamps, joined([batch.values for batch in batches]))


def joined(columns: Sequence[Column]) -> Column:
    """Join value columns end to end; columns of different kinds become a list."""
    arrays = [part for part in columns if isinstance(part, np.ndarray)]
    if len(arrays) == len(columns) and len({part.dtype for part in arrays}) == 1:
        return np.concatenate(arrays)
    return [value for part in columns for value in plain(part)]


def plain(values: Column) -> list[Any]:
    """Return a column as a list of Python objects."""
    if isinstance(values, list):
        return values
    if values.dtype == INTERVAL:
        return TimeInterval.many(values["start"], values["end"])
    return cast("list[Any]", values.tolist())


def combined(stream: object, stamp: int, old: Any, new: Any) -> Any:
    """Return what one timestamp holds after `new` was written over `old`.

    Raises
    ------
    DuplicateInstanceError
        The two values contradict each other.
    """
    value = combine(old, new)
    if value is CONFLICT:
        moment = from_ms(stamp)
        msg = (
            f"Stream {stream} already holds {_short.repr(old)} at {moment.isoformat()}; "
            f"{_short.repr(new)} differs. "
            "One timestamp holds one value: delete the old one first (stream.purge), "
            "or write at another time."
        )
        raise DuplicateInstanceError(msg, stream=stream, timestamp=moment, old=old, new=new)
    return value


def selected(batch: Batch, keep: ArrayLike) -> Batch:
    """Return the rows for which `keep` is true.

    Examples
    --------
    >>> selected(Batch.of([0, 1, 2], ["a", "b", "c"]), [True, False, True]).value_list()
    ['a', 'c']
    """
    return taken(batch, np.flatnonzero(keep))


def taken(batch: Batch, rows: NDArray[np.intp]) -> Batch:
    """Return the rows at these positions, an array."""
    if len(rows) == len(batch) and bool((rows == np.arange(len(rows))).all()):
        return batch
    if isinstance(batch.values, np.ndarray):
        return Batch(batch.timestamps[rows], batch.values[rows])
    return Batch(batch.timestamps[rows], [batch.values[row] for row in rows.tolist()])
