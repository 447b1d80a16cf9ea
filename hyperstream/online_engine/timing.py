"""When the online engine works, and over which intervals: nothing here waits or stores."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from hyperstream._time import to_ms, utcnow
from hyperstream.time_interval import RelativeTimeInterval, TimeInterval

# A failure is tried again after twice as long each time, up to this.
_LONGEST_PAUSE = 300.0
_SHORTEST_PAUSE = 1.0
# However often somebody wants it, nothing is to keep a processor busy with asking.
_SHORTEST_PERIOD = 0.01


class Step(NamedTuple):
    """One request to a workflow.

    Attributes
    ----------
    interval : TimeInterval
        What is requested.
    is_last : bool
        Whether the workflow has caught up with it.
    """

    interval: TimeInterval
    is_last: bool


def steps(
    completed: datetime | None, wanted: RelativeTimeInterval, longest: float | None
) -> Iterator[Step]:
    """Yield what to request of a workflow, one after the other, until it is where it should be.

    A request goes from where the last one ended to the end of the relative interval. It always
    has the whole relative interval: what is calculated there costs nothing, and what late data
    have made void there is computed again.

    The clock is read at each step. While it shows an earlier time than before, nothing beyond that
    is requested.

    Parameters
    ----------
    completed : datetime or None
        Where the last request ended; None where there was none.
    wanted : RelativeTimeInterval
        What is to be computed, relative to now.
    longest : float or None
        Seconds of data that one request may ask for; None for any.

    Examples
    --------
    >>> from hyperstream._time import use_clock
    >>> with use_clock(datetime(2020, 1, 1, 12)):
    ...     for step in steps(datetime(2020, 1, 1, 9), RelativeTimeInterval(-60, -10), 2 * 3600):
    ...         print(step.interval.humanized)
    (2020-01-01 09:00:00, 2020-01-01 11:00:00]
    (2020-01-01 11:00:00, 2020-01-01 11:59:50]
    """
    window = wanted.absolute(utcnow())
    start, until = window.start_ms, window.end_ms
    if completed is not None:
        start = min(start, to_ms(completed))
    width = until - start if longest is None else max(int(longest * 1000), 1)
    while start < until:
        end = min(start + width, until)
        yield Step(TimeInterval.from_ms(start, end), is_last=end == until)
        start = end
        until = min(until, wanted.absolute(utcnow()).end_ms)


def lag(completed: datetime | None, wanted: RelativeTimeInterval) -> float | None:
    """Return how many seconds of data a workflow is behind (reads the clock).

    Examples
    --------
    >>> from hyperstream._time import use_clock
    >>> with use_clock(datetime(2020, 1, 1, 12)):
    ...     lag(datetime(2020, 1, 1, 11, 59), RelativeTimeInterval(-60, -10))
    50.0
    """
    if completed is None:
        return None
    behind = wanted.absolute(utcnow()).end_ms - to_ms(completed)
    return max(behind, 0) / 1000


def pause_after(failures: int, period: float) -> float:
    """Return how many seconds to wait after so many failures in a row.

    Examples
    --------
    >>> [pause_after(failures, 5) for failures in (1, 2, 3, 9, 10_000)]
    [5.0, 10.0, 20.0, 300.0, 300.0]
    """
    doublings = min(failures - 1, 20)
    return min(max(period, _SHORTEST_PAUSE) * 2.0**doublings, _LONGEST_PAUSE)


class Schedule:
    """Moments at equal distances, the first one now.

    They do not depend on how long the work between them takes; those that it takes up are left
    out. They are those of a clock that nobody sets, so that a jump of the system's changes nothing.

    Parameters
    ----------
    period : float
        Seconds between two of them.
    monotonic : callable
        Returns seconds, as `time.monotonic`.

    Examples
    --------
    >>> now = 100.0
    >>> schedule = Schedule(5, lambda: now)
    >>> schedule.seconds_left()
    0.0
    >>> schedule.advance()
    >>> now = 117.0
    >>> schedule.advance()
    >>> schedule.seconds_left()
    3.0
    """

    def __init__(self, period: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._period = max(period, _SHORTEST_PERIOD)
        self._monotonic = monotonic
        self._begin = monotonic()
        self._number = 0

    def seconds_left(self) -> float:
        """Return how long it is until the next moment; 0 if that is now or past."""
        # A product, not a sum: thousands of additions would drift.
        return max(self._begin + self._number * self._period - self._monotonic(), 0.0)

    def advance(self) -> None:
        """Go on to the first moment that is still to come."""
        passed = math.floor((self._monotonic() - self._begin) / self._period)
        self._number = max(self._number, passed) + 1


class ClockWatch:
    """Notices when the system's clock is set.

    Parameters
    ----------
    monotonic : callable
        Returns seconds of a clock that nobody sets.

    Examples
    --------
    >>> from hyperstream.testing import FixedClock
    >>> from hyperstream._time import use_clock
    >>> with use_clock(clock := FixedClock()):
    ...     watch = ClockWatch(lambda: 0.0)
    ...     clock.advance(3600)
    ...     watch.jump(), watch.jump()
    (3600.0, 0.0)
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._offset = self._now()

    def jump(self) -> float:
        """Return by how many seconds the clock was set forward since this was last asked."""
        before, self._offset = self._offset, self._now()
        return self._offset - before

    def _now(self) -> float:
        return to_ms(utcnow()) / 1000 - self._monotonic()
