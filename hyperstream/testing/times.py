"""Moments and intervals by number, for examples and tests."""

from __future__ import annotations

from datetime import datetime, timedelta

from hyperstream._time import UTC
from hyperstream.time_interval import TimeInterval

START = datetime(2020, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """Return the moment so many seconds after the start of 2020 (UTC).

    Examples
    --------
    >>> at(1.5)
    datetime.datetime(2020, 1, 1, 0, 0, 1, 500000, tzinfo=<UTC>)
    """
    return START + timedelta(seconds=seconds)


def over(start: float, end: float) -> TimeInterval:
    """Return the interval (start, end], both in seconds after the start of 2020.

    Examples
    --------
    >>> at(0) in over(0, 10), at(10) in over(0, 10)
    (False, True)
    """
    return TimeInterval(at(start), at(end))
