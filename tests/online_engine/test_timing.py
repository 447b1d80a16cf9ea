"""When the engine works, and over which intervals."""

from __future__ import annotations

import pytest

from hyperstream._time import use_clock
from hyperstream.online_engine.timing import ClockWatch, Schedule, lag, pause_after, steps
from hyperstream.testing import FixedClock
from hyperstream.testing.times import START, at
from hyperstream.time_interval import RelativeTimeInterval

WANTED = RelativeTimeInterval(-60, -10)


@pytest.fixture
def clock():
    """A clock in force, which shows 1000 s."""
    with use_clock(found := FixedClock(at(1000))):
        yield found


def requests(completed, longest=None, wanted=WANTED):
    """Return what is requested: (start, end, is_last), in seconds."""
    found = steps(None if completed is None else at(completed), wanted, longest)
    return [
        (*((moment - START).total_seconds() for moment in each.interval), each.is_last)
        for each in found
    ]


def test_the_first_request_is_the_relative_interval(clock):
    """Where nothing was ever completed, it begins at its start."""
    assert requests(None) == [(940, 990, True)]


def test_a_request_goes_back_to_where_the_last_one_ended(clock):
    """After a pause nothing is left out."""
    assert requests(700) == [(700, 990, True)]


def test_a_request_has_the_whole_relative_interval(clock):
    """What was requested recently is requested again, for late data."""
    assert requests(985) == [(940, 990, True)]


def test_a_long_gap_is_made_up_in_steps(clock):
    """No request asks for more than is allowed, and together they leave nothing out."""
    assert requests(500, longest=200) == [(500, 700, False), (700, 900, False), (900, 990, True)]


def test_an_interval_longer_than_a_step_is_requested_in_steps(clock):
    """That holds for the relative interval itself."""
    assert requests(None, longest=30) == [(940, 970, False), (970, 990, True)]


def test_a_clock_that_was_set_back_asks_for_nothing_new(clock):
    """Up to where it was before, there is only the relative interval to look after."""
    clock.advance(-500)
    assert requests(990) == [(440, 490, True)]


def test_a_clock_that_is_set_back_meanwhile_ends_the_steps(clock):
    """Steps towards a future that was none are not gone on with."""
    clock.advance(10_000_000)
    found = steps(at(990), WANTED, 100)
    assert next(found).interval.end == at(1090)
    clock.now = at(1110)
    assert next(found).interval.end == at(1100)
    assert list(found) == []


def test_a_clock_that_goes_on_meanwhile_adds_no_steps(clock):
    """The end is where it was when the first step was made; more is for the next iteration."""
    found = steps(at(500), WANTED, 200)
    ends = [(each.interval.end, clock.advance(100)) for each in found]
    assert ends[-1][0] == at(990)


def test_lag_is_what_is_missing_of_the_interval(clock):
    """It is counted from the end of what is wanted, is never negative, and unknown at first."""
    assert (lag(at(985), WANTED), lag(at(995), WANTED), lag(None, WANTED)) == (5, 0, None)


def test_a_schedule_does_not_drift():
    """Each moment is a multiple of the period after the first, however late work begins."""
    now = [0.0]
    schedule = Schedule(0.1, lambda: now[0])
    for _ in range(100_000):
        now[0] += schedule.seconds_left() + 0.03
        schedule.advance()
    now[0] += schedule.seconds_left()
    assert now[0] == pytest.approx(10_000, abs=1e-6)


def test_a_schedule_leaves_out_what_has_passed():
    """Work that takes longer than the period does not make the next iterations come at once."""
    now = [0.0]
    schedule = Schedule(5, lambda: now[0])
    schedule.advance()
    assert schedule.seconds_left() == 5
    now[0] = 12
    assert schedule.seconds_left() == 0
    schedule.advance()
    assert schedule.seconds_left() == 3


def test_a_period_of_nothing_is_a_short_one():
    """Even without a pause between iterations, a processor is not kept busy with asking."""
    schedule = Schedule(0, lambda: 0.0)
    schedule.advance()
    assert 0 < schedule.seconds_left() < 0.1


def test_pauses_grow_to_a_bound():
    """The first is one period, but never less than a second; the longest is five minutes."""
    assert [pause_after(n, 2) for n in (1, 2, 3)] == [2, 4, 8]
    assert pause_after(1, 0) == 1
    assert pause_after(10**9, 0.1) == 300


def test_a_clock_that_is_set_is_noticed(clock):
    """Time that goes by as it should is no jump."""
    now = [0.0]
    watch = ClockWatch(lambda: now[0])
    jumps = []
    for seconds, shown in ((1, 1), (1, 3601), (1, 1), (5, -3595)):
        now[0] += seconds
        clock.advance(shown)
        jumps.append(watch.jump())
    assert jumps == pytest.approx([0, 3600, 0, -3600], abs=1e-3)
