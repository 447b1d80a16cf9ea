"""The times of a command line."""

from __future__ import annotations

from argparse import Namespace
from datetime import timedelta

import pytest

from hyperstream._time import MIN_DATE, use_clock
from hyperstream.cli.arguments import interval, time
from hyperstream.cli.errors import UsageError
from hyperstream.time_interval import TimeInterval
from tests.cli.parts import DAY

NOON = DAY + timedelta(hours=12)
HOUR = timedelta(hours=1)


def read(start, end):
    """Return the interval at noon."""
    options = Namespace(start=start and time(start), end=end and time(end))
    with use_clock(NOON):
        return interval(options)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("-3600", None, (NOON - HOUR, NOON)),
        ("-3600", "0", (NOON - HOUR, NOON)),
        ("-7200", "-3600", (NOON - 2 * HOUR, NOON - HOUR)),
        (None, "-3600", (MIN_DATE, NOON - HOUR)),
        ("2020-01-01", None, (DAY, NOON)),
        ("2020-01", None, (DAY, NOON)),
        ("2020-01-01T01:00:00+01:00", "2020-01-01T02:00Z", (DAY, DAY + 2 * HOUR)),
        (None, "2020-01-01", (MIN_DATE, DAY)),
        ("2020-01-01", "2030-01-01", (DAY, DAY.replace(year=2030))),
    ],
)
def test_an_interval_is_absolute_or_relative(start, end, expected):
    """Both ends are in the same form, or one is left out."""
    assert read(start, end) == TimeInterval(*expected)


def test_nothing_said_is_no_interval():
    """What that means is the command's."""
    assert read(None, None) is None


@pytest.mark.parametrize(
    ("start", "end", "problem"),
    [
        ("2020-01-01", "0", "Cannot mix relative and absolute times"),
        ("-60", "2020-01-01", "Cannot mix relative and absolute times"),
        ("-60", "-120", "must start before it ends"),
        ("2020-01-02", "2020-01-01", "must start before it ends"),
        ("2030-01-01", None, "must start before it ends"),
    ],
)
def test_ends_that_make_no_interval_are_explained(start, end, problem):
    """The error names both options."""
    with pytest.raises(UsageError, match=f"^--from and --to make no interval: .*{problem}"):
        read(start, end)
