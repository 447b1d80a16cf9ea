"""Intervals of time: one, many, and relative ones.

All are half open, ``(start, end]``: open at the start, closed at the end, so that adjacent
intervals share no moment and leave none out. All times are UTC in whole milliseconds.

Examples
--------
>>> from datetime import datetime
>>> morning = TimeInterval(datetime(2020, 1, 1, 6), datetime(2020, 1, 1, 12))
>>> datetime(2020, 1, 1, 6) in morning, datetime(2020, 1, 1, 12) in morning
(False, True)
>>> pause = parse_time_tuple("2020-01-01T08:00Z", "2020-01-01T09:00Z")
>>> (TimeIntervals([morning]) - pause).humanized
'(2020-01-01 06:00:00, 2020-01-01 08:00:00] U (2020-01-01 09:00:00, 2020-01-01 12:00:00]'
"""

from __future__ import annotations

from typing import TypeVar

from hyperstream._time import MAX_DATE, MIN_DATE, UTC
from hyperstream.time_interval.interval import RelativeTimeInterval, TimeInterval
from hyperstream.time_interval.intervals import TimeIntervals
from hyperstream.time_interval.parsing import parse_time_tuple

__all__ = [
    "MAX_DATE",
    "MIN_DATE",
    "UTC",
    "RelativeTimeInterval",
    "TimeInterval",
    "TimeIntervals",
    "parse_time_tuple",
    "profile",
]

T = TypeVar("T")


def profile(ob: T) -> T:
    """Return `ob`: stands in for the decorator of the same name that line_profiler injects.

    Examples
    --------
    >>> profile(len) is len
    True
    """
    return ob
