"""Windows: streams of time intervals, and the data that lie in them."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from hyperstream._time import MAX_MS, MIN_MS, from_ms, iso_format, to_timedelta
from hyperstream.storage.batch import INTERVAL, concatenated, intervals
from hyperstream.stream import Batch
from hyperstream.stream.stream_instance import instances
from hyperstream.time_interval import RelativeTimeInterval, TimeInterval

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hyperstream.storage.batch import Milliseconds
    from hyperstream.stream import Stream, StreamInstance

_MILLISECOND = timedelta(milliseconds=1)
_SIZE = 4096


class Offsets:
    """How far a window reaches before and after the time it is stamped with.

    Parameters
    ----------
    lower, upper : float or timedelta
        From that time to the window's start and end, in seconds if numbers;
        negative for the past; cut to milliseconds.

    Raises
    ------
    TypeError
        One of them is neither number nor timedelta.
    ValueError
        `lower` is not less than `upper`.

    Examples
    --------
    >>> Offsets(-1.0, 0.0).around(np.array([1000])).value_list()
    [TimeInterval(1970-01-01T00:00:00.000Z, 1970-01-01T00:00:01.000Z)]
    """

    def __init__(self, lower: float | timedelta, upper: float | timedelta) -> None:
        self.lower_ms = to_timedelta(lower) // _MILLISECOND
        self.upper_ms = to_timedelta(upper) // _MILLISECOND
        if self.lower_ms >= self.upper_ms:
            raise ValueError(f"A window must start (lower={lower}) before it ends (upper={upper}).")

    def around(self, stamps: Milliseconds) -> Batch:
        """Return a window for each timestamp; windows are cut at the ends of time."""
        starts = np.clip(stamps + self.lower_ms, MIN_MS, MAX_MS)
        ends = np.clip(stamps + self.upper_ms, MIN_MS, MAX_MS)
        exist = starts < ends
        return Batch(stamps[exist], intervals(starts[exist], ends[exist]))

    def reach(self, interval: TimeInterval) -> TimeInterval:
        """Return the interval together with all windows around times in it."""
        return TimeInterval.from_ms(
            max(interval.start_ms + min(self.lower_ms, 0), MIN_MS),
            min(interval.end_ms + max(self.upper_ms, 0), MAX_MS),
        )


@dataclass(frozen=True)
class Frame:
    """Some windows, and rows of data that hold everything that lies in them.

    Parameters
    ----------
    stamps : numpy.ndarray of int64
        The timestamps of the windows.
    windows : numpy.ndarray of INTERVAL
        The windows.
    rows : Batch
        The data.
    starts, stops : numpy.ndarray of int
        What lies in window k are the rows from ``starts[k]`` up to, without,
        ``stops[k]``.
    """

    stamps: Milliseconds
    windows: Any
    rows: Batch
    starts: Milliseconds
    stops: Milliseconds

    @cached_property
    def instances(self) -> list[StreamInstance]:
        """The data as instances."""
        return list(instances(self.rows))

    @cached_property
    def values(self) -> list[Any]:
        """The values of the data."""
        return self.rows.value_list()

    def cut(self, items: list[Any], part: slice) -> Iterator[list[Any]]:
        """Yield, for each of some windows, those of the items, one a row, that lie in it."""
        starts, stops = self.starts[part].tolist(), self.stops[part].tolist()
        return map(items.__getitem__, map(slice, starts, stops))


def frames(windows: Stream, data: Stream, interval: TimeInterval) -> Iterator[Frame]:
    """Read the windows of an interval, and the data that lie in them, wherever that is.

    Windows may come in any order, overlap and leave gaps; what lies in no
    window is not read. Memory holds what lies in the largest window, as many
    windows, and some thousand rows.

    Parameters
    ----------
    windows : Stream
        Its values are TimeIntervals.
    data : Stream
        The data.
    interval : TimeInterval
        Of the windows' timestamps.

    Yields
    ------
    Frame
        The windows in order of time or, where they are not, of their ends.

    Raises
    ------
    TypeError
        A value of `windows` is no TimeInterval.
    """
    return _in_groups(map(_checked, _batches(windows, interval)), data)


def frames_around(
    ticks: Stream, offsets: Offsets, data: Stream, interval: TimeInterval
) -> Iterator[Frame]:
    """Read the data that lie in a window around each tick of an interval; see `frames`."""
    windows = (offsets.around(batch.timestamps) for batch in _batches(ticks, interval))
    return _in_groups(filter(len, windows), data)


def span(windows: Stream, interval: TimeInterval) -> TimeInterval | None:
    """Return the interval from the first start to the last end of windows; None without any.

    Raises
    ------
    TypeError
        A value of `windows` is no TimeInterval.
    """
    start, end = MAX_MS, MIN_MS
    for batch in _batches(windows, interval):
        bounds = cast("Any", _checked(batch).values)
        start, end = min(start, int(bounds["start"].min())), max(end, int(bounds["end"].max()))
    return TimeInterval.from_ms(start, end) if start < end else None


def constant_reach(interval: TimeInterval, windows: Stream) -> TimeInterval | None:
    """Return what a tool needs of its windows and data, if the windows tell how far they reach.

    That is so where the tool that makes them is known, and makes each from
    its timestamp alone.
    """
    tool = windows.tool
    if getattr(tool, "name", None) not in {"sliding_window", "aligning_window"}:
        return None
    return Offsets(tool.lower, tool.upper).reach(interval)


def _checked(windows: Batch) -> Batch:
    if isinstance(windows.values, np.ndarray) and windows.values.dtype == INTERVAL:
        return windows
    values = windows.value_list()
    if set(map(type, values)) != {TimeInterval}:
        for stamp, value in zip(windows.timestamps.tolist(), values, strict=True):
            if not isinstance(value, TimeInterval) or isinstance(value, RelativeTimeInterval):
                raise TypeError(
                    "its first source must be a stream of windows (TimeIntervals), but at "
                    f"{iso_format(from_ms(stamp))} it holds {reprlib.repr(value)}."
                )
    return Batch(windows.timestamps, intervals(*TimeInterval.bounds(values)))


def _batches(stream: Stream, interval: TimeInterval) -> Iterator[Batch]:
    return stream.window(interval, force_calculation=True).batches()


def _in_groups(batches: Iterator[Batch], data: Stream) -> Iterator[Frame]:
    """Read the data for as many windows together as rows lie in a window.

    Neighbours share most of what lies in long windows, which each group reads
    anew: so it reads a few rows for each window, however long that is.
    """
    rows = 0
    while group := list(islice(batches, max(rows // _SIZE, 1))):
        for frame in _frames(concatenated(group), data):
            yield frame
            rows = len(frame.rows)


def _frames(batch: Batch, data: Stream) -> Iterator[Frame]:
    stamps, windows = batch.timestamps, cast("Any", batch.values)
    starts, ends = windows["start"], windows["end"]
    if bool((ends[1:] < ends[:-1]).any()):
        order = np.argsort(ends, kind="stable")
        starts, ends, stamps, windows = starts[order], ends[order], stamps[order], windows[order]
    # Where the rows needed by this and any later window begin.
    needed = np.minimum.accumulate(starts[::-1])[::-1]
    reader = _Reader(data, _union(starts, ends))
    done = 0
    while done < len(windows):
        rows = reader.more()
        complete = int(ends.searchsorted(reader.known, side="right"))
        if complete == done:
            continue
        part = slice(done, complete)
        positions = [
            rows.timestamps.searchsorted(each[part], side="right") for each in (starts, ends)
        ]
        yield Frame(stamps[part], windows[part], rows, *positions)
        done = complete
        if done < len(windows):
            reader.forget(needed[done])


def _union(starts: Milliseconds, ends: Milliseconds) -> list[TimeInterval]:
    """Return the shortest list of intervals that hold the windows, in order of time."""
    order = np.argsort(starts, kind="stable")
    starts, ends = starts[order], np.maximum.accumulate(ends[order])
    firsts = np.flatnonzero(np.concatenate(([True], starts[1:] > ends[:-1])))
    lasts = np.append(firsts[1:], len(starts)) - 1
    return TimeInterval.many(starts[firsts], ends[lasts])


class _Reader:
    """Reads a stream over some intervals, and holds what has been read and is needed still.

    Attributes
    ----------
    known : int
        Everything up to this time, in milliseconds, has been read.
    """

    def __init__(self, data: Stream, intervals: Sequence[TimeInterval]) -> None:
        self.known = MIN_MS
        self._rows = Batch.empty()
        self._source = (
            batch
            for interval in intervals
            for batch in data.window(interval, force_calculation=True).batches()
        )

    def more(self) -> Batch:
        """Read on, and return what is held.

        It reads as much as it holds, so that joining old and new rows costs no
        more, in the end, than the new ones.
        """
        parts = [self._rows]
        wanted = max(len(self._rows), 2 * _SIZE)
        for batch in self._source:
            parts.append(batch)
            wanted -= len(batch)
            if wanted <= 0:
                self.known = int(batch.timestamps[-1])
                break
        else:
            self.known = MAX_MS
        self._rows = concatenated([part for part in parts if len(part)])
        return self._rows

    def forget(self, until: int) -> None:
        """Let go of what lies at or before a time, in milliseconds."""
        first = int(self._rows.timestamps.searchsorted(until, side="right"))
        self._rows = self._rows.part(first, len(self._rows))
