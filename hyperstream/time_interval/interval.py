"""One interval of time, absolute or relative."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import total_ordering
from itertools import repeat
from typing import NoReturn, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray

from hyperstream._time import (
    MAX_MS,
    MIN_DATE,
    MIN_MS,
    from_ms,
    iso_format,
    to_ms,
    to_timedelta,
    utcnow,
)

__all__ = ["RelativeTimeInterval", "TimeInterval"]

Milliseconds: TypeAlias = NDArray[np.int64]

_MILLISECOND = timedelta(milliseconds=1)


@total_ordering
class TimeInterval:
    """The time after `start` up to and including `end`: ``(start, end]``.

    Immutable and hashable; ordered by start, then end; unpacks into start and end.

    Parameters
    ----------
    start, end
        Datetimes: naive ones are taken as UTC, others are converted; microseconds are cut to
        milliseconds.

    Raises
    ------
    ValueError
        If `start` is not before `end`.
    TypeError
        If either is not a datetime.

    Examples
    --------
    >>> interval = TimeInterval(datetime(2020, 1, 1), datetime(2020, 1, 2))
    >>> start, end = interval
    >>> start in interval, end in interval
    (False, True)
    >>> interval + timedelta(hours=1)
    TimeInterval(2020-01-01T01:00:00.000Z, 2020-01-02T01:00:00.000Z)
    """

    __slots__ = ("_end_ms", "_start_ms")

    _start_ms: int
    _end_ms: int

    def __init__(self, start: datetime, end: datetime) -> None:
        self._set(to_ms(start), to_ms(end))

    def _set(self, start_ms: int, end_ms: int) -> None:
        if start_ms >= end_ms:
            raise ValueError(
                f"An interval must start before it ends, but its start {self._show(start_ms)} "
                f"is not before its end {self._show(end_ms)}."
            )
        self._start_ms = start_ms
        self._end_ms = end_ms

    @classmethod
    def from_ms(cls, start_ms: int, end_ms: int) -> TimeInterval:
        """Make an interval from milliseconds since 1970, without the cost of datetimes.

        Raises
        ------
        ValueError
            If `start_ms` is not less than `end_ms`.

        Examples
        --------
        >>> TimeInterval.from_ms(0, 1000).end_ms
        1000
        """
        interval = cls.__new__(cls)
        interval._set(start_ms, end_ms)  # noqa: SLF001 - of this class
        return interval

    @staticmethod
    def many(starts_ms: Milliseconds, ends_ms: Milliseconds) -> list[TimeInterval]:
        """Make many intervals from arrays of milliseconds since 1970, at less cost each.

        Raises
        ------
        ValueError
            If a start is not less than its end.

        Examples
        --------
        >>> len(TimeInterval.many(np.array([0, 5]), np.array([10, 20])))
        2
        """
        starts, ends = starts_ms.tolist(), ends_ms.tolist()
        for wrong in np.flatnonzero(starts_ms >= ends_ms).tolist():
            TimeInterval.from_ms(starts[wrong], ends[wrong])
        intervals = list(map(object.__new__, repeat(TimeInterval, len(starts))))
        for interval, start, end in zip(intervals, starts, ends, strict=True):
            interval._start_ms = start  # noqa: SLF001 - of this class
            interval._end_ms = end  # noqa: SLF001 - of this class
        return intervals

    @staticmethod
    def bounds(intervals: Sequence[TimeInterval]) -> tuple[Milliseconds, Milliseconds]:
        """Give the starts and the ends of many intervals, in milliseconds since 1970.

        Examples
        --------
        >>> starts, ends = TimeInterval.bounds([TimeInterval.from_ms(0, 10)])
        >>> starts.tolist(), ends.tolist()
        ([0], [10])
        """
        starts = np.array([each._start_ms for each in intervals], dtype=np.int64)  # noqa: SLF001
        ends = np.array([each._end_ms for each in intervals], dtype=np.int64)  # noqa: SLF001
        return starts, ends

    @classmethod
    def all_time(cls) -> TimeInterval:
        """Give the interval from :data:`MIN_DATE` to :data:`MAX_DATE`."""
        return TimeInterval.from_ms(MIN_MS, MAX_MS)

    @classmethod
    def up_to_now(cls) -> TimeInterval:
        """Give the interval from :data:`MIN_DATE` to now (reads the clock)."""
        return TimeInterval(MIN_DATE, utcnow())

    @classmethod
    def now_minus(
        cls,
        weeks: float = 0,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
        milliseconds: float = 0,
    ) -> TimeInterval:
        """Give the interval of this length that ends now (reads the clock).

        Raises
        ------
        ValueError
            If the length is not positive.

        Examples
        --------
        >>> TimeInterval.now_minus(minutes=1).width
        datetime.timedelta(seconds=60)
        """
        now = utcnow()
        length = timedelta(
            weeks=weeks,
            days=days,
            hours=hours,
            minutes=minutes,
            seconds=seconds,
            milliseconds=milliseconds,
        )
        return TimeInterval(now - length, now)

    @property
    def start(self) -> datetime:
        """The moment after which the interval begins."""
        return from_ms(self._start_ms)

    @property
    def end(self) -> datetime:
        """The last moment of the interval."""
        return from_ms(self._end_ms)

    @property
    def start_ms(self) -> int:
        """The start in milliseconds since 1970."""
        return self._start_ms

    @property
    def end_ms(self) -> int:
        """The end in milliseconds since 1970."""
        return self._end_ms

    @property
    def width(self) -> timedelta:
        """The length."""
        return timedelta(milliseconds=self._end_ms - self._start_ms)

    @property
    def humanized(self) -> str:
        """The interval as people write it; the ends of time are infinite.

        Examples
        --------
        >>> TimeInterval(MIN_DATE, datetime(2020, 1, 1, 12, 30)).humanized
        '(-inf, 2020-01-01 12:30:00]'
        """
        start = "-inf" if self._start_ms <= MIN_MS else _readable(self.start)
        end = "inf" if self._end_ms >= MAX_MS else _readable(self.end)
        return f"({start}, {end}]"

    def to_tuple(self) -> tuple[datetime, datetime]:
        """Give start and end."""
        return self.start, self.end

    def to_json(self) -> str:
        """Write start and end as a JSON list, which ``parse_time_tuple(*json.loads(s))`` reads.

        Examples
        --------
        >>> TimeInterval(datetime(2020, 1, 1), datetime(2020, 1, 2)).to_json()
        '["2020-01-01T00:00:00.000Z", "2020-01-02T00:00:00.000Z"]'
        """
        return json.dumps([iso_format(self.start), iso_format(self.end)])

    def __contains__(self, item: datetime | TimeInterval) -> bool:
        if isinstance(item, datetime):
            return self._start_ms < to_ms(item) <= self._end_ms
        if isinstance(item, TimeInterval) and not isinstance(item, RelativeTimeInterval):
            return self._start_ms <= item.start_ms and item.end_ms <= self._end_ms
        raise TypeError(
            f"Only a datetime or a TimeInterval can lie in a TimeInterval, not {item!r}."
        )

    def __add__(self, other: timedelta | RelativeTimeInterval) -> TimeInterval:
        """Shift both ends, or each by that of a relative interval; time ends at year 1 and 9999."""
        if isinstance(other, RelativeTimeInterval):
            start_ms, end_ms = other.start_ms, other.end_ms
        elif isinstance(other, timedelta):
            start_ms = end_ms = other // _MILLISECOND
        else:
            return NotImplemented
        return TimeInterval.from_ms(_clip(self._start_ms + start_ms), _clip(self._end_ms + end_ms))

    def __iter__(self) -> Iterator[datetime]:
        yield self.start
        yield self.end

    def __getitem__(self, index: int) -> datetime:
        return self.to_tuple()[index]

    def __eq__(self, other: object) -> bool:
        if not self._is_comparable(other):
            return NotImplemented
        return self._start_ms == other.start_ms and self._end_ms == other.end_ms

    def __lt__(self, other: TimeInterval) -> bool:
        if not self._is_comparable(other):
            return NotImplemented
        return (self._start_ms, self._end_ms) < (other.start_ms, other.end_ms)

    def __hash__(self) -> int:
        return hash((self._start_ms, self._end_ms))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._show(self._start_ms)}, {self._show(self._end_ms)})"

    def _is_comparable(self, other: object) -> TypeGuard[TimeInterval]:
        """Tell whether both are absolute or both relative."""
        return isinstance(other, TimeInterval) and (
            isinstance(other, RelativeTimeInterval) is isinstance(self, RelativeTimeInterval)
        )

    @staticmethod
    def _show(ms: int) -> str:
        return iso_format(from_ms(ms))


# Start and end are durations here. That is no true kind of TimeInterval, but the documented one.
class RelativeTimeInterval(TimeInterval):
    """An interval before some moment that is not known yet, such as the last 30 seconds.

    Parameters
    ----------
    start, end
        Seconds or timedeltas, counted from that moment: negative for the past; cut to
        milliseconds.

    Raises
    ------
    ValueError
        If `start` is not before `end`, or `end` lies in the future.
    TypeError
        If either is neither a number nor a timedelta.

    Examples
    --------
    >>> RelativeTimeInterval(-30, 0).absolute(datetime(2020, 1, 1, 0, 1))
    TimeInterval(2020-01-01T00:00:30.000Z, 2020-01-01T00:01:00.000Z)
    """

    __slots__ = ()

    def __init__(self, start: float | timedelta, end: float | timedelta) -> None:
        self._set(to_timedelta(start) // _MILLISECOND, to_timedelta(end) // _MILLISECOND)

    def _set(self, start_ms: int, end_ms: int) -> None:
        super()._set(start_ms, end_ms)
        if end_ms > 0:
            raise ValueError(
                "A relative interval must not reach into the future, "
                f"but this one ends {end_ms / 1000:g} s after now."
            )

    @property
    def start(self) -> timedelta:  # type: ignore[override]
        """The start, relative to a moment to come."""
        return self._start_ms * _MILLISECOND

    @property
    def end(self) -> timedelta:  # type: ignore[override]
        """The end, relative to a moment to come; zero or negative."""
        return self._end_ms * _MILLISECOND

    @property
    def humanized(self) -> str:
        """The interval as people write it.

        Examples
        --------
        >>> RelativeTimeInterval(-30, 0).humanized
        '(-30 s, 0 s]'
        """
        return f"({self._show(self._start_ms)} s, {self._show(self._end_ms)} s]"

    def absolute(self, dt: datetime) -> TimeInterval:
        """Give the interval as seen from `dt`; it is cut at the years 1 and 9999.

        Raises
        ------
        ValueError
            If nothing of it lies after year 1.
        """
        moment_ms = to_ms(dt)
        return TimeInterval.from_ms(
            _clip(moment_ms + self._start_ms), _clip(moment_ms + self._end_ms)
        )

    def to_json(self) -> str:
        """Write start and end in seconds as a JSON list.

        Examples
        --------
        >>> RelativeTimeInterval(-30, 0).to_json()
        '[-30.0, 0.0]'
        """
        return json.dumps([self._start_ms / 1000, self._end_ms / 1000])

    def __contains__(self, item: timedelta | RelativeTimeInterval) -> bool:  # type: ignore[override]
        if isinstance(item, timedelta):
            return self._start_ms < item // _MILLISECOND <= self._end_ms
        if isinstance(item, RelativeTimeInterval):
            return self._start_ms <= item.start_ms and item.end_ms <= self._end_ms
        raise TypeError(f"Only a timedelta or a RelativeTimeInterval can lie in one, not {item!r}.")

    def __add__(self, other: object) -> NoReturn:
        raise TypeError(
            f"Nothing can be added to a relative interval; use {self!r}.absolute(datetime) first."
        )

    @staticmethod
    def _show(ms: int) -> str:
        return f"{ms / 1000:g}"


def _clip(ms: int) -> int:
    """Cut at the ends of time, so that a window before the first moment is simply shorter."""
    return min(max(ms, MIN_MS), MAX_MS)


def _readable(dt: datetime) -> str:
    timespec = "milliseconds" if dt.microsecond else "seconds"
    return dt.replace(tzinfo=None).isoformat(" ", timespec)
