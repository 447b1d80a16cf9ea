"""A clock that tests set."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from hyperstream._time import UTC, use_clock, utcnow
from hyperstream.stream import StreamInstance
from hyperstream.testing import FixedClock
from hyperstream.testing.times import START, at, over


def test_it_stands_still_until_it_is_moved():
    """A fixed clock shows what it was set to; `advance` moves it on."""
    clock = FixedClock(at(0))
    with use_clock(clock):
        assert utcnow() == utcnow() == at(0)
        clock.advance(1.5)
        assert utcnow() == at(1.5)
        clock.now = at(-10)
        assert utcnow() == at(-10)


def test_it_starts_with_2020():
    """Without an argument it shows the start of 2020, UTC."""
    assert FixedClock()() == START == datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "now",
    [
        datetime(2020, 1, 1, 12),
        datetime(2020, 1, 1, 14, tzinfo=timezone(timedelta(hours=2))),
        datetime(2020, 1, 1, 12, 0, 0, 999, tzinfo=UTC),
    ],
)
def test_it_shows_utc_and_milliseconds(now):
    """Any datetime is brought to UTC and milliseconds."""
    assert repr(FixedClock(now)) == "FixedClock(2020-01-01T12:00:00+00:00)"


def test_what_is_no_datetime_is_refused():
    """A clock shows datetimes only."""
    with pytest.raises(TypeError):
        FixedClock("2020-01-01")


def test_the_future_depends_on_it():
    """An instance may be made when its time has come."""
    clock = FixedClock(at(0))
    with use_clock(clock):
        with pytest.raises(ValueError, match="future"):
            StreamInstance(at(1), "x")
        clock.advance(1)
        assert StreamInstance(at(1), "x").value == "x"


def test_moments_by_number():
    """`at` and `over` count seconds from the start of 2020."""
    assert at(-1) == datetime(2019, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert tuple(over(1, 2.5)) == (at(1), at(2.5))
