"""Small helpers around dates and durations."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from hyperstream._time import (
    MAX_DATE,
    MIN_DATE,
    UTC,
    from_ms,
    iso_format,
    to_ms,
    to_timedelta,
    utcnow,
)
from hyperstream.time_interval import TimeInterval, TimeIntervals

__all__ = [
    "MAX_DATE",
    "MIN_DATE",
    "UTC",
    "construct_experiment_id",
    "datetime2unix",
    "duration2str",
    "get_timedelta",
    "is_naive",
    "json_serial",
    "reconstruct_interval",
    "remove_microseconds",
    "unix2datetime",
    "utcnow",
]

_EXPERIMENT_ID = re.compile(r"(-?\d+)-(-?\d+)", re.ASCII)


def construct_experiment_id(time_interval: TimeInterval) -> str:
    """Name an interval by its ends, in milliseconds since 1970.

    Examples
    --------
    >>> construct_experiment_id(TimeInterval.from_ms(1000, 2000))
    '1000-2000'
    """
    return f"{time_interval.start_ms}-{time_interval.end_ms}"


def reconstruct_interval(experiment_id: str) -> TimeInterval:
    """Give the interval that :func:`construct_experiment_id` named.

    Raises
    ------
    ValueError
        If `experiment_id` is no such name.

    Examples
    --------
    >>> reconstruct_interval("1000-2000")
    TimeInterval(1970-01-01T00:00:01.000Z, 1970-01-01T00:00:02.000Z)
    """
    match = _EXPERIMENT_ID.fullmatch(experiment_id)
    if match is None:
        raise ValueError(
            f"{experiment_id!r} is not an experiment id: two numbers of milliseconds, as 1000-2000."
        )
    start_ms, end_ms = map(int, match.groups())
    return TimeInterval.from_ms(start_ms, end_ms)


def datetime2unix(dt: datetime) -> float:
    """Give the seconds since 1970-01-01 UTC, to the millisecond.

    Examples
    --------
    >>> datetime2unix(datetime(1970, 1, 2))
    86400.0
    """
    return to_ms(dt) / 1000


def unix2datetime(u: float) -> datetime:
    """Give the UTC datetime `u` seconds after 1970, to the nearest millisecond.

    Raises
    ------
    ValueError
        If that is not a date between the years 1 and 9999.

    Examples
    --------
    >>> unix2datetime(86400.5)
    datetime.datetime(1970, 1, 2, 0, 0, 0, 500000, tzinfo=<UTC>)
    """
    try:
        return from_ms(round(u * 1000))
    except OverflowError:
        raise ValueError(f"{u} seconds since 1970 are not a date.") from None


def duration2str(x: float | timedelta) -> str:
    """Write a duration, in seconds or as a timedelta, for people.

    Examples
    --------
    >>> duration2str(93784.5), duration2str(timedelta(minutes=-2)), duration2str(0)
    ('1 d 2 h 3 min 4.5 s', '-2 min', '0 s')
    """
    ms = to_timedelta(x) // timedelta(milliseconds=1)
    sign = "-" if ms < 0 else ""
    seconds, ms = divmod(abs(ms), 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds + ms / 1000, "s")]
    return sign + (" ".join(f"{number:g} {unit}" for number, unit in parts if number) or "0 s")


def get_timedelta(value: float | timedelta) -> timedelta:
    """Give a duration as a timedelta.

    Parameters
    ----------
    value
        A number of seconds, or a timedelta.

    Raises
    ------
    TypeError
        If `value` is neither.

    Examples
    --------
    >>> get_timedelta(0.5)
    datetime.timedelta(microseconds=500000)
    """
    return to_timedelta(value)


def is_naive(dt: datetime) -> bool:
    """Tell whether a datetime has no time zone.

    Examples
    --------
    >>> is_naive(datetime(2020, 1, 1)), is_naive(MIN_DATE)
    (True, False)
    """
    return dt.utcoffset() is None


def json_serial(obj: object) -> Any:
    """Turn what JSON does not know into what it does: the ``default`` of :func:`json.dumps`.

    Datetimes and dates become ISO 8601 strings, timedeltas seconds, a TimeInterval its start and
    end, TimeIntervals and sets lists, numpy arrays and scalars lists and numbers.

    Raises
    ------
    TypeError
        If `obj` is something else.

    Examples
    --------
    >>> import json
    >>> json.dumps({"at": datetime(2020, 1, 1), "every": timedelta(minutes=1)}, default=json_serial)
    '{"at": "2020-01-01T00:00:00.000Z", "every": 60.0}'
    """
    if isinstance(obj, datetime):
        return iso_format(obj)
    if isinstance(obj, date):
        return obj.isoformat()
    if isinstance(obj, timedelta):
        return obj.total_seconds()
    if isinstance(obj, (TimeInterval, TimeIntervals, set, frozenset)):
        return list(obj)
    if isinstance(obj, (np.ndarray, np.generic)):
        return obj.tolist()
    raise TypeError(f"{obj!r} of type {type(obj).__name__} cannot be written as JSON.")


def remove_microseconds(ts: datetime) -> datetime:
    """Cut a datetime to milliseconds, in its own time zone.

    Examples
    --------
    >>> remove_microseconds(datetime(2020, 1, 1, 0, 0, 0, 123_456)).microsecond
    123000
    """
    return ts.replace(microsecond=ts.microsecond // 1000 * 1000)
