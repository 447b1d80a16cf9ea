"""Dates and durations become numbers and text, and come back."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream import _time
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils import time_utils
from hyperstream.utils.time_utils import (
    MAX_DATE,
    MIN_DATE,
    UTC,
    construct_experiment_id,
    datetime2unix,
    duration2str,
    get_timedelta,
    is_naive,
    json_serial,
    reconstruct_interval,
    remove_microseconds,
    unix2datetime,
)

MOMENTS = st.integers(_time.MIN_MS, _time.MAX_MS)


def test_the_names_of_time_are_the_same_everywhere():
    """UTC, the ends of time and the clock are those of the lowest layer."""
    for name in ("UTC", "MIN_DATE", "MAX_DATE", "utcnow"):
        assert getattr(time_utils, name) is getattr(_time, name)


@given(st.lists(MOMENTS, min_size=2, max_size=2, unique=True))
def test_an_experiment_id_names_one_interval(ends):
    """The interval can be had back from its id, before 1970 too."""
    interval = TimeInterval.from_ms(*sorted(ends))
    assert reconstruct_interval(construct_experiment_id(interval)) == interval


@pytest.mark.parametrize("wrong", ["", "1000", "1-2-3", "a-b", "1000 - 2000", "1.5-2"])
def test_what_is_no_experiment_id_is_refused(wrong):
    """Another text is a ValueError that shows it."""
    with pytest.raises(ValueError, match="is not an experiment id"):
        reconstruct_interval(wrong)


@given(MOMENTS)
def test_unix_time_leads_there_and_back(ms):
    """Seconds since 1970 and datetimes are the same moments."""
    moment = _time.from_ms(ms)
    assert datetime2unix(moment) == ms / 1000
    assert unix2datetime(datetime2unix(moment)) == moment


@pytest.mark.parametrize("wrong", [1e300, float("inf"), float("nan")])
def test_unix_time_beyond_the_calendar_is_refused(wrong):
    """What is no date between the years 1 and 9999 is a ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011 - the sentence differs
        unix2datetime(wrong)


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (0, "0 s"),
        (0.25, "0.25 s"),
        (60, "1 min"),
        (timedelta(hours=25, seconds=1), "1 d 1 h 1 s"),
        (-90.5, "-1 min 30.5 s"),
        (timedelta(days=1000), "1000 d"),
    ],
)
def test_a_duration_is_written_for_people(duration, text):
    """Only the units that count are written."""
    assert duration2str(duration) == text


def test_seconds_and_timedeltas_are_durations():
    """Both become a timedelta."""
    assert get_timedelta(1.5) == get_timedelta(timedelta(seconds=1.5)) == timedelta(seconds=1.5)
    with pytest.raises(TypeError):
        get_timedelta("1.5")


def test_a_datetime_without_zone_is_naive():
    """A zone makes the difference."""
    assert is_naive(datetime(2020, 1, 1))
    assert not is_naive(datetime(2020, 1, 1, tzinfo=UTC))


def test_microseconds_are_cut_to_milliseconds():
    """The zone stays, only the digits go."""
    zone = timezone(timedelta(hours=2))
    cut = remove_microseconds(datetime(2020, 1, 1, 0, 0, 0, 123_999, tzinfo=zone))
    assert (cut.microsecond, cut.tzinfo) == (123_000, zone)
    assert remove_microseconds(datetime(2020, 1, 1)) == datetime(2020, 1, 1)


def test_json_is_written_of_more_than_json_knows():
    """Moments, durations, intervals, sets and arrays have a form in JSON."""
    interval = TimeInterval(datetime(2020, 1, 1), datetime(2020, 1, 2))
    ends = ["2020-01-01T00:00:00.000Z", "2020-01-02T00:00:00.000Z"]
    value = {
        "datetime": datetime(2020, 1, 1),
        "date": date(2020, 1, 1),
        "timedelta": timedelta(minutes=1),
        "interval": interval,
        "intervals": TimeIntervals([interval]),
        "set": {1},
        "array": np.arange(2),
        "scalar": np.float32(0.5),
    }
    assert json.loads(json.dumps(value, default=json_serial)) == {
        "datetime": ends[0],
        "date": "2020-01-01",
        "timedelta": 60.0,
        "interval": ends,
        "intervals": [ends],
        "set": [1],
        "array": [0, 1],
        "scalar": 0.5,
    }
    with pytest.raises(TypeError, match="type object cannot be written as JSON"):
        json_serial(object())


def test_the_ends_of_time_are_years_1_and_9999():
    """They are in UTC and in whole milliseconds."""
    assert (MIN_DATE.year, MAX_DATE.year) == (1, 9999)
    assert MIN_DATE.tzinfo is MAX_DATE.tzinfo is UTC
    assert remove_microseconds(MAX_DATE) == MAX_DATE
