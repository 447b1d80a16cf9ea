"""Moments at equal distances."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream.time_interval import MIN_DATE, UTC, TimeInterval
from hyperstream.tool.grid import Grid, to_datetimes

MINUTE = TimeInterval.from_ms(0, 60_000)


def ticks(grid: Grid, interval: TimeInterval, size: int = 4096) -> list[int]:
    """Return all moments in an interval."""
    return [tick for part in grid.ticks(interval, size) for tick in part.tolist()]


def moment(ms: int) -> datetime:
    """Return a datetime."""
    return to_datetimes(np.array([ms]))[0]


@given(
    first=st.integers(-100_000, 100_000),
    stride_us=st.integers(1000, 20_000_000),
    start=st.integers(-100_000, 100_000),
    length=st.integers(1, 100_000),
    size=st.integers(1, 50),
)
def test_the_grid_is_the_formula(first, stride_us, start, length, size):
    """Exactly the moments first + k * stride inside (start, end] are there, cut to milliseconds."""
    grid = Grid(moment(first), timedelta(microseconds=stride_us))
    interval = TimeInterval.from_ms(start, start + length)
    # Enough of the grid to reach beyond the interval.
    last = (start + length - first) * 1000 // stride_us + 2
    expected = [first + int(Fraction(k * stride_us, 1000)) for k in range(max(last, 0))]
    inside = [tick for tick in expected if start < tick <= start + length]
    assert ticks(grid, interval, size) == inside


def test_a_stride_in_seconds_is_exact_to_the_microsecond():
    """A third of a second does not drift."""
    found = ticks(Grid(moment(0), stride=1 / 3), TimeInterval.from_ms(999_000, 1_000_000))
    assert found == [999_332, 999_665, 999_999]  # 333333 µs apart
    assert ticks(Grid(moment(0), stride=0.25), TimeInterval.from_ms(0, 1000)) == [
        250,
        500,
        750,
        1000,
    ]


def test_nothing_lies_before_the_first_moment():
    """The first moment itself does belong to the grid."""
    assert ticks(Grid(moment(30_000), 20), MINUTE) == [30_000, 50_000]
    assert ticks(Grid(moment(60_001), 20), MINUTE) == []


def test_a_naive_first_moment_is_utc():
    """As everywhere."""
    naive = Grid(datetime(1970, 1, 1), 30)
    assert ticks(naive, MINUTE) == ticks(Grid(datetime(1970, 1, 1, tzinfo=UTC), 30), MINUTE)


def test_the_default_grid_reaches_from_the_beginning_of_time():
    """Its ticks are whole seconds, today and at the end of time."""
    end = TimeInterval.all_time().end_ms
    assert ticks(Grid(MIN_DATE, 1.0), TimeInterval.from_ms(end - 2000, end)) == [
        end - 1999,
        end - 999,
    ]


@pytest.mark.parametrize("stride", [0, -1, 0.0009, timedelta(0), timedelta(seconds=-1)])
def test_a_stride_has_a_length(stride):
    """One of less than a millisecond is refused."""
    with pytest.raises(ValueError, match=r"stride must be at least 0\.001 s"):
        Grid(MIN_DATE, stride)


@pytest.mark.parametrize(
    ("first", "stride"), [("2020-01-01", 1), (MIN_DATE, "1"), (MIN_DATE, None)]
)
def test_wrong_types_are_refused(first, stride):
    """A date is a datetime, and a stride a number or a timedelta."""
    with pytest.raises(TypeError):
        Grid(first, stride)
