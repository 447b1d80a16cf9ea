"""One stream's instances in memory, as two growing columns in order of time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperstream.storage.batch import Batch, Column, combined, concatenated, plain, selected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from hyperstream.storage.batch import Milliseconds

_SMALLEST = 16


class MemorySeries:
    """Instances of one stream: sorted by time, one value a timestamp, safe between threads.

    Values are held by reference. Numbers of one type are held in an array (16
    bytes an instance), anything else in a list. Appending in order of time is
    O(1) amortised, a query O(log n + k); writing into the past copies the
    columns. What a query returned never changes afterwards.

    Parameters
    ----------
    name : object
        The stream that errors name.

    Examples
    --------
    >>> series = MemorySeries("demo")
    >>> series.write(Batch.of([1000, 2000, 3000], [1.0, 2.0, 3.0])).tolist()
    [1000, 2000, 3000]
    >>> series.rows(1000, 3000).value_list(), series.tail(0, 9000, 1).value_list()
    ([2.0, 3.0], [3.0])
    """

    __slots__ = ("_count", "_lock", "_stamps", "_values", "name")

    def __init__(self, name: object = "in memory") -> None:
        self.name = name
        self._lock = threading.RLock()
        self._replace(Batch.empty())

    def __len__(self) -> int:
        return self._count

    def write(self, batch: Batch) -> Milliseconds:
        """Store a batch; return the timestamps that were not there before, ascending.

        Raises
        ------
        DuplicateInstanceError
            A timestamp holds, or is given, two different values. Nothing is stored then.
        """
        batch = batch.in_order(self.name)
        if not len(batch):
            return batch.timestamps
        with self._lock:
            count = self._count
            if count and batch.timestamps[0] <= self._stamps[count - 1]:
                return self._insert(batch)
            self._append(batch)
            return batch.timestamps

    def check(self, batch: Batch) -> None:
        """Raise the error that writing a batch would raise now."""
        batch = batch.in_order(self.name)
        with self._lock:
            self._merged(self._part(0, self._count), batch)

    def rows(self, start: int, end: int) -> Batch:
        """Return what lies in (start, end], in milliseconds since the epoch."""
        with self._lock:
            return self._part(self._after(start), self._after(end))

    def head(self, start: int, end: int, n: int) -> Batch:
        """Return the first `n` instances in (start, end]."""
        with self._lock:
            first = self._after(start)
            return self._part(first, min(first + n, self._after(end)))

    def tail(self, start: int, end: int, n: int) -> Batch:
        """Return the last `n` instances in (start, end], in time order."""
        with self._lock:
            last = self._after(end)
            return self._part(max(last - n, self._after(start)), last)

    def count(self, start: int, end: int) -> int:
        """Return how many instances lie in (start, end]."""
        with self._lock:
            return max(self._after(end) - self._after(start), 0)

    def read(self, start: int, end: int, size: int) -> Iterator[Batch]:
        """Yield what lies in (start, end] in batches of at most `size` instances.

        Each batch is looked up when it is asked for, so that the series may
        change between two of them.
        """
        while len(batch := self.head(start, end, size)):
            yield batch
            start = int(batch.timestamps[-1])

    def find(self, stamp: int) -> Batch:
        """Return the instance at a timestamp as a batch of length 1, or 0."""
        return self.rows(stamp - 1, stamp)

    def delete(self, start: int, end: int) -> int:
        """Remove what lies in (start, end]; return how many."""
        with self._lock:
            first, last = self._after(start), self._after(end)
            if last > first:
                self._replace(concatenated([self._part(0, first), self._part(last, self._count)]))
            return max(last - first, 0)

    def delete_at(self, stamps: Milliseconds) -> int:
        """Remove the instances at these timestamps; return how many."""
        with self._lock:
            everything = self._part(0, self._count)
            keep = ~np.isin(everything.timestamps, stamps)
            self._replace(selected(everything, keep))
            return len(everything) - self._count

    def clear(self) -> None:
        """Remove everything."""
        with self._lock:
            self._replace(Batch.empty())

    def _after(self, stamp: int) -> int:
        return int(self._stamps[: self._count].searchsorted(stamp, side="right"))

    def _part(self, first: int, last: int) -> Batch:
        last = max(first, last)
        return Batch(self._stamps[first:last], self._values[first:last])

    def _replace(self, batch: Batch) -> None:
        self._stamps, self._values, self._count = batch.timestamps, batch.values, len(batch)

    def _append(self, batch: Batch) -> None:
        count, total = self._count, self._count + len(batch)
        self._values = _extended(self._values, count, batch.values)
        self._stamps = _with_room(self._stamps, count, total)
        self._stamps[count:total] = batch.timestamps
        self._count = total

    def _insert(self, batch: Batch) -> Milliseconds:
        mine = self._part(0, self._count)
        places, present, merged = self._merged(mine, batch)
        new = selected(batch, ~present)
        where = places[~present]
        if merged or len(new):
            values = _spliced(mine.values, merged, where, new.values)
            self._replace(Batch(np.insert(mine.timestamps, where, new.timestamps), values))
        return new.timestamps

    def _merged(
        self, mine: Batch, batch: Batch
    ) -> tuple[Milliseconds, NDArray[np.bool_], dict[int, Any]]:
        """Return each row's place, whether its timestamp is there, and what changes by place."""
        places = mine.timestamps.searchsorted(batch.timestamps)
        present = np.zeros(len(batch), dtype=bool)
        inside = places < len(mine)
        present[inside] = mine.timestamps[places[inside]] == batch.timestamps[inside]
        changed = {}
        for row in np.flatnonzero(present).tolist():
            place = int(places[row])
            old = plain(mine.values[place : place + 1])[0]
            value = combined(
                self.name,
                int(batch.timestamps[row]),
                old,
                plain(batch.values[row : row + 1])[0],
            )
            if value is not old:
                changed[place] = value
        return places, present, changed


def _with_room(array: Any, count: int, total: int) -> Any:
    """Return an array with room for `total` items; the first `count` are kept."""
    if total <= len(array):
        return array
    larger = np.empty(max(total, 2 * len(array), _SMALLEST), dtype=array.dtype)
    larger[:count] = array[:count]
    return larger


def _extended(values: Column, count: int, more: Column) -> Column:
    """Return the first `count` values followed by more."""
    if isinstance(more, np.ndarray):
        if count == 0:
            values = np.empty(0, dtype=more.dtype)
        if isinstance(values, np.ndarray) and values.dtype == more.dtype:
            values = _with_room(values, count, count + len(more))
            values[count : count + len(more)] = more
            return values
    if isinstance(values, np.ndarray):
        values = plain(values[:count])
    values[count:] = plain(more)  # beyond may be what an interrupt has left
    return values


def _spliced(values: Column, changed: dict[int, Any], where: Milliseconds, new: Column) -> Column:
    """Return values with some replaced and `new` ones inserted before the places given."""
    arrays = isinstance(values, np.ndarray) and isinstance(new, np.ndarray)
    if arrays and not changed and values.dtype == new.dtype:  # type: ignore[union-attr]
        return np.insert(values, where, new)
    old = plain(values)
    if changed:
        old = [changed.get(place, value) for place, value in enumerate(old)]
    result: list[Any] = []
    done = 0
    for place, value in zip(where.tolist(), plain(new), strict=True):
        result += old[done:place]
        result.append(value)
        done = place
    return result + old[done:]
