"""Time as HyperStream sees it: UTC, whole milliseconds, and one clock.

Everywhere in the package a moment is either an aware :class:`datetime.datetime` in UTC without
microseconds below a millisecond, or a whole number of milliseconds since 1970. The second form
is exact, compact and fast; this module turns one into the other.

Examples
--------
>>> from datetime import datetime
>>> to_ms(datetime(1970, 1, 1, 0, 0, 1, 500_999))
1500
>>> from_ms(1500)
datetime.datetime(1970, 1, 1, 0, 0, 1, 500000, tzinfo=<UTC>)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta, timezone
from numbers import Real
from operator import attrgetter, countOf
from typing import TypeAlias

import numpy as np
import pytz
from numpy.typing import NDArray

__all__ = [
    "EPOCH",
    "MAX_DATE",
    "MAX_MS",
    "MIN_DATE",
    "MIN_MS",
    "UTC",
    "Clock",
    "from_ms",
    "get_clock",
    "in_future",
    "iso_format",
    "normalise",
    "to_datetimes",
    "to_ms",
    "to_ms_array",
    "to_timedelta",
    "use_clock",
    "utcnow",
]

Clock: TypeAlias = Callable[[], datetime]

UTC = pytz.utc
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MIN_DATE = datetime(1, 1, 1, tzinfo=UTC)
MAX_DATE = datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)

_DAY_MS = 86_400_000
# The epoch in each zone that needs no conversion. Between two datetimes with the same tzinfo
# object Python subtracts without asking the zone, which is what makes the fast path fast.
_EPOCHS = tuple(EPOCH.replace(tzinfo=zone) for zone in (UTC, timezone.utc, None))
_zone_of = attrgetter("tzinfo")


def normalise(dt: datetime) -> datetime:
    """Give the same moment in UTC, cut to milliseconds.

    Parameters
    ----------
    dt
        Any datetime. A naive one is taken as UTC, an aware one is converted.

    Returns
    -------
    datetime
        Aware, its ``tzinfo`` is ``pytz.utc``, its microseconds a multiple of 1000.

    Raises
    ------
    TypeError
        If `dt` is not a datetime.
    ValueError
        If the moment lies outside the years 1 to 9999 once it is in UTC.

    Examples
    --------
    >>> normalise(datetime(2020, 1, 1, 12, 0, 0, 123_456))
    datetime.datetime(2020, 1, 1, 12, 0, 0, 123000, tzinfo=<UTC>)
    """
    if not isinstance(dt, datetime):
        raise TypeError(f"Expected a datetime, not {dt!r} of type {type(dt).__name__}.")
    if type(dt) is not datetime:
        dt = _plain(dt)
    if dt.tzinfo is not UTC:
        dt = dt.replace(tzinfo=UTC) if dt.utcoffset() is None else _to_utc(dt)
    return dt.replace(microsecond=dt.microsecond // 1000 * 1000) if dt.microsecond % 1000 else dt


def _plain(dt: datetime) -> datetime:
    """Strip a subclass such as pandas.Timestamp, whose nanoseconds would live on."""
    if dt != dt:  # noqa: PLR0124 - so it is for pandas.NaT, which else would pass for year 1
        raise ValueError(f"{dt!r} is not a moment in time.")
    return datetime.combine(datetime.date(dt), datetime.timetz(dt))


def _to_utc(dt: datetime) -> datetime:
    try:
        return dt.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{dt.isoformat()} lies outside the years 1 to 9999 in UTC.") from None


def to_ms(dt: datetime) -> int:
    """Count the milliseconds from 1970-01-01 UTC to `dt`; see :func:`normalise` for errors.

    Examples
    --------
    >>> to_ms(datetime(1969, 12, 31, 23, 59, 59))
    -1000
    """
    if not isinstance(dt, datetime) or dt.tzinfo is not UTC:
        dt = normalise(dt)
    since = dt - EPOCH
    return since.days * _DAY_MS + since.seconds * 1000 + since.microseconds // 1000


MIN_MS = to_ms(MIN_DATE)
MAX_MS = to_ms(MAX_DATE)


def from_ms(ms: int) -> datetime:
    """Give the UTC datetime `ms` milliseconds after 1970.

    Raises
    ------
    ValueError
        If that lies outside the years 1 to 9999.

    Examples
    --------
    >>> from_ms(-1)
    datetime.datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=<UTC>)
    """
    try:
        return EPOCH + timedelta(0, 0, 0, ms)
    except OverflowError:
        raise ValueError(f"{ms} milliseconds since 1970 lie outside the years 1 to 9999.") from None


def to_ms_array(datetimes: Sequence[datetime]) -> NDArray[np.int64]:
    """Do :func:`to_ms` for many datetimes at once.

    Datetimes that share one of the usual zones (UTC, or none) take a path without a Python
    call an item; any other mixture is converted one by one.

    Examples
    --------
    >>> to_ms_array([EPOCH, EPOCH.replace(year=1971)]).tolist()
    [0, 31536000000]
    """
    epoch = _shared_epoch(datetimes)
    if epoch is None:
        return np.fromiter(map(to_ms, datetimes), np.int64, len(datetimes))
    since = [dt - epoch for dt in datetimes]
    days, seconds, microseconds = (
        np.fromiter(map(attrgetter(part), since), np.int64, len(since))
        for part in ("days", "seconds", "microseconds")
    )
    return days * _DAY_MS + seconds * 1000 + microseconds // 1000


def _shared_epoch(datetimes: Sequence[datetime]) -> datetime | None:
    """Give the epoch in the usual zone that all items share, None if they do not."""
    if set(map(type, datetimes)) != {datetime}:
        return None
    zone = datetimes[0].tzinfo
    if countOf(map(_zone_of, datetimes), zone) != len(datetimes):
        return None
    return next((epoch for epoch in _EPOCHS if epoch.tzinfo is zone), None)


def to_datetimes(ms: NDArray[np.int64]) -> list[datetime]:
    """Do :func:`from_ms` for an array of milliseconds.

    Raises
    ------
    ValueError
        If any lies outside the years 1 to 9999.

    Examples
    --------
    >>> to_datetimes(np.array([0]))
    [datetime.datetime(1970, 1, 1, 0, 0, tzinfo=<UTC>)]
    """
    if not len(ms):
        return []
    # Checked on the column: numpy gives plain integers for what no datetime can hold.
    for extreme in (ms.min(), ms.max()):
        from_ms(int(extreme))
    # numpy makes the timedeltas in C and the bound method adds them in C: no Python call an item.
    since: list[timedelta] = ms.astype("timedelta64[ms]").astype(object).tolist()
    return list(map(EPOCH.__add__, since))


def iso_format(dt: datetime) -> str:
    """Write `dt` in ISO 8601 with milliseconds and ``Z`` for UTC.

    Examples
    --------
    >>> iso_format(EPOCH)
    '1970-01-01T00:00:00.000Z'
    """
    return normalise(dt).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def to_timedelta(value: float | timedelta) -> timedelta:
    """Give a duration as a timedelta.

    Parameters
    ----------
    value
        A timedelta, or a number of seconds.

    Raises
    ------
    TypeError
        If `value` is neither.
    ValueError
        If it is not a finite number, or too long for a timedelta.

    Examples
    --------
    >>> to_timedelta(1.5)
    datetime.timedelta(seconds=1, microseconds=500000)
    """
    if isinstance(value, timedelta):
        return value
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"Expected a number of seconds or a timedelta, not {value!r}.")
    try:
        return timedelta(seconds=float(value))
    except (ValueError, OverflowError):
        raise ValueError(f"{value!r} seconds is not a duration that can be represented.") from None


def _system_clock() -> datetime:
    return from_ms(time.time_ns() // 1_000_000)


# A context variable, so that a test or a run can have its own clock without touching others.
_clock: ContextVar[Clock] = ContextVar("hyperstream_clock", default=_system_clock)


def get_clock() -> Clock:
    """Give the clock in force: a function without arguments that returns a datetime."""
    return _clock.get()


def utcnow() -> datetime:
    """Read the clock in force: the current UTC time in whole milliseconds.

    Examples
    --------
    >>> utcnow().tzinfo
    <UTC>
    """
    return normalise(_clock.get()())


# The latest moment the system clock has shown: what is not after it needs no look at the clock.
_shown = [MIN_DATE]


def in_future(moment: datetime) -> bool:
    """Tell whether a UTC datetime lies after now (reads the clock only if it must).

    Examples
    --------
    >>> in_future(EPOCH), in_future(MAX_DATE)
    (False, True)
    """
    if _clock.get() is not _system_clock:
        return moment > utcnow()
    if moment > _shown[0]:
        _shown[0] = _system_clock()
    return moment > _shown[0]


@contextmanager
def use_clock(clock: Clock | datetime) -> Iterator[None]:
    """Let :func:`utcnow` read another clock inside the ``with`` block.

    It holds for the current context: threads and tasks see it if they run in a copy of it.

    Parameters
    ----------
    clock
        A function that returns a datetime, or one datetime at which time stands still.

    Examples
    --------
    >>> with use_clock(datetime(2020, 1, 1)):
    ...     utcnow()
    datetime.datetime(2020, 1, 1, 0, 0, tzinfo=<UTC>)
    """
    token = _clock.set(_standing_clock(clock) if isinstance(clock, datetime) else clock)
    try:
        yield
    finally:
        _clock.reset(token)


def _standing_clock(moment: datetime) -> Clock:
    moment = normalise(moment)
    return lambda: moment
