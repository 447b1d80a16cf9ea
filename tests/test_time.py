"""Moments become whole milliseconds in UTC and come back, and the clock can be set."""

from __future__ import annotations

import time
from contextvars import copy_context
from datetime import date, datetime, timedelta, timezone
from threading import Thread

import numpy as np
import pandas as pd
import pytest
import pytz
from dateutil import tz
from hypothesis import given
from hypothesis import strategies as st

from hyperstream._time import (
    EPOCH,
    MAX_DATE,
    MAX_MS,
    MIN_DATE,
    MIN_MS,
    UTC,
    from_ms,
    get_clock,
    in_future,
    iso_format,
    normalise,
    to_datetimes,
    to_ms,
    to_ms_array,
    to_timedelta,
    use_clock,
    utcnow,
)

ZONES = st.sampled_from(
    [
        None,
        UTC,
        timezone.utc,
        timezone(timedelta(hours=-3, minutes=-30)),
        pytz.FixedOffset(345),
        tz.tzutc(),
        tz.gettz("Europe/London"),
    ]
)
# A day away from the ends of time, so that no zone leads beyond them.
DATETIMES = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=ZONES)
MOMENTS = st.integers(MIN_MS, MAX_MS)


def milliseconds(dt: datetime) -> int:
    """Count the milliseconds since 1970 in the plainest way."""
    if dt.utcoffset() is None:
        dt = dt.replace(tzinfo=timezone.utc)
    return (dt - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(milliseconds=1)


@given(DATETIMES)
def test_a_datetime_becomes_utc_in_milliseconds(dt):
    """Any datetime becomes one in pytz.utc, cut to a millisecond, with the same ms count."""
    result = normalise(dt)
    assert result.tzinfo is UTC
    assert result.microsecond % 1000 == 0
    assert to_ms(dt) == to_ms(result) == milliseconds(dt)


@given(MOMENTS)
def test_milliseconds_survive_the_way_there_and_back(ms):
    """A count of milliseconds between the years 1 and 9999 becomes a datetime and itself again."""
    assert to_ms(from_ms(ms)) == ms
    assert from_ms(ms).tzinfo is UTC


@given(st.lists(DATETIMES))
def test_many_datetimes_of_any_zones_convert_as_each_does(datetimes):
    """The fast conversion of a list agrees with the conversion one by one."""
    result = to_ms_array(datetimes)
    assert result.dtype == np.int64
    assert result.tolist() == [milliseconds(dt) for dt in datetimes]


@given(ZONES, st.lists(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)), min_size=1))
def test_many_datetimes_of_one_zone_convert_as_each_does(zone, datetimes):
    """It agrees, too, where all items share a zone, with all microseconds."""
    datetimes = [dt.replace(tzinfo=zone) for dt in datetimes]
    assert to_ms_array(datetimes).tolist() == [milliseconds(dt) for dt in datetimes]


@given(st.lists(MOMENTS))
def test_a_column_of_milliseconds_becomes_datetimes(ms):
    """An array becomes a list of plain datetimes in pytz.utc."""
    result = to_datetimes(np.array(ms, dtype=np.int64))
    assert result == [from_ms(value) for value in ms]
    assert all(type(dt) is datetime and dt.tzinfo is UTC for dt in result)


@pytest.mark.parametrize("wrong", [date(2020, 1, 1), "2020-01-01", 0, None])
def test_what_is_no_datetime_is_refused(wrong):
    """Anything but a datetime is a TypeError that shows it, in a list as well."""
    with pytest.raises(TypeError, match="Expected a datetime"):
        normalise(wrong)
    with pytest.raises(TypeError, match="Expected a datetime"):
        to_ms_array([EPOCH, wrong])
    with pytest.raises(TypeError, match="Expected a datetime"):
        to_ms_array([wrong])


def test_a_pandas_timestamp_becomes_a_plain_datetime():
    """A Timestamp loses its nanoseconds and its type; NaT is refused."""
    stamp = pd.Timestamp("2020-01-01T01:00:00.123456789+01:00")
    assert type(normalise(stamp)) is datetime
    assert normalise(stamp) == datetime(2020, 1, 1, 0, 0, 0, 123_000, tzinfo=UTC)
    assert to_ms_array([stamp, EPOCH]).tolist() == [to_ms(stamp), 0]
    with pytest.raises(ValueError, match="NaT is not a moment"):
        to_ms(pd.NaT)


def test_the_ends_of_time_are_the_years_1_and_9999():
    """The first and the last moment are kept exactly; beyond them is a ValueError."""
    assert (from_ms(MIN_MS), from_ms(MAX_MS)) == (MIN_DATE, MAX_DATE)
    for beyond in (MIN_MS - 1, MAX_MS + 1, 10**30):
        with pytest.raises(ValueError, match="years 1 to 9999"):
            from_ms(beyond)
    with pytest.raises(ValueError, match="years 1 to 9999"):
        to_datetimes(np.array([0, MAX_MS + 1]))
    with pytest.raises(ValueError, match="years 1 to 9999"):
        to_ms(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))))


def test_a_moment_is_written_in_iso_8601():
    """The text has three digits of a second, and Z."""
    moment = datetime(2020, 1, 1, 1, 0, 0, 5999, tzinfo=timezone(timedelta(hours=1)))
    assert iso_format(moment) == "2020-01-01T00:00:00.005Z"


def test_a_duration_is_a_timedelta_or_seconds():
    """Seconds become a timedelta; what is no number is refused."""
    assert to_timedelta(np.float64(1.5)) == to_timedelta(timedelta(seconds=1.5))
    assert to_timedelta(np.int64(2)) == timedelta(seconds=2)
    for wrong in ("1", None, True, 1j):
        with pytest.raises(TypeError, match="seconds or a timedelta"):
            to_timedelta(wrong)
    for wrong in (float("nan"), float("inf"), 1e300):
        with pytest.raises(ValueError, match="not a duration"):
            to_timedelta(wrong)


def test_the_system_clock_is_the_default():
    """Without more, now is what the system says, in UTC and whole milliseconds."""
    before = time.time_ns() // 1_000_000
    now = utcnow()
    assert before <= to_ms(now) <= time.time_ns() // 1_000_000
    assert now == normalise(now)


def test_the_future_begins_after_now():
    """A moment is in the future if it is later than the clock in force says."""
    assert in_future(utcnow() + timedelta(hours=1))
    assert not in_future(utcnow())
    with use_clock(EPOCH):
        assert in_future(EPOCH + timedelta(milliseconds=1))
        assert not in_future(EPOCH)


def test_another_clock_rules_inside_its_block():
    """A function or a standing moment replaces the clock in a block, and only there."""
    outer = get_clock()
    moments = iter([datetime(2020, 1, 1, 0, 0, 0, 1999), datetime(2021, 1, 1)])
    with use_clock(lambda: next(moments)):
        assert utcnow() == datetime(2020, 1, 1, 0, 0, 0, 1000, tzinfo=UTC)
        with use_clock(datetime(1999, 1, 1)):
            assert utcnow() == utcnow() == datetime(1999, 1, 1, tzinfo=UTC)
        assert utcnow() == datetime(2021, 1, 1, tzinfo=UTC)
    assert get_clock() is outer


def test_the_clock_ends_with_its_block_after_an_error():
    """An error in the block does not leave the clock behind."""
    outer = get_clock()
    with pytest.raises(KeyError), use_clock(EPOCH):
        raise KeyError
    assert get_clock() is outer


def test_a_thread_sees_the_clock_if_it_runs_in_the_context():
    """The clock goes along with a copy of the context."""
    seen = []
    with use_clock(EPOCH):
        thread = Thread(target=copy_context().run, args=(lambda: seen.append(utcnow()),))
        thread.start()
        thread.join()
    assert seen == [EPOCH]
