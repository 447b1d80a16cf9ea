"""Intervals from the many ways in which people write them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from numbers import Real
from typing import TypeAlias

import ciso8601

from hyperstream.time_interval.interval import RelativeTimeInterval, TimeInterval

__all__ = ["TimePoint", "parse_time_tuple"]

TimePoint: TypeAlias = float | timedelta | date | datetime | str


def parse_time_tuple(start: TimePoint, end: TimePoint) -> TimeInterval | RelativeTimeInterval:
    """Make an interval from a pair of times.

    Parameters
    ----------
    start, end
        Both relative: seconds or timedeltas, negative for the past. Or both absolute: datetimes,
        dates (their midnight), or ISO 8601 strings; without zone they are in UTC.

    Returns
    -------
    TimeInterval or RelativeTimeInterval
        The interval ``(start, end]``.

    Raises
    ------
    ValueError
        If one is relative and the other absolute, if a string is not ISO 8601, or if they make
        no interval.
    TypeError
        If either is something else.

    Examples
    --------
    >>> parse_time_tuple(-4, 0)
    RelativeTimeInterval(-4, 0)
    >>> parse_time_tuple(timedelta(seconds=-4), timedelta(0))
    RelativeTimeInterval(-4, 0)
    >>> parse_time_tuple("2016-04-28T20:00:00.000Z", datetime(2016, 4, 29))
    TimeInterval(2016-04-28T20:00:00.000Z, 2016-04-29T00:00:00.000Z)
    """
    first, last = _parse(start), _parse(end)
    if isinstance(first, datetime) and isinstance(last, datetime):
        return TimeInterval(first, last)
    if isinstance(first, datetime) or isinstance(last, datetime):
        raise ValueError(  # noqa: TRY004 - both types are right, but not together
            f"Cannot mix relative and absolute times in one interval: {start!r}, {end!r}."
        )
    return RelativeTimeInterval(first, last)


def _parse(point: TimePoint) -> datetime | timedelta | float:
    """Read one time: a datetime if it is absolute, else a timedelta or seconds."""
    if isinstance(point, (datetime, timedelta)):
        return point
    if isinstance(point, date):
        return datetime(point.year, point.month, point.day)  # noqa: DTZ001 - naive means UTC
    if isinstance(point, str):
        try:
            return ciso8601.parse_datetime(point)
        except ValueError as error:
            raise ValueError(f"{point!r} is not a time in ISO 8601: {error}.") from error
    if isinstance(point, bool) or not isinstance(point, Real):
        raise TypeError(
            f"Expected seconds, a timedelta, a datetime or an ISO 8601 string, not {point!r}."
        )
    return float(point)
