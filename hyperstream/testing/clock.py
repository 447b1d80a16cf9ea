"""A clock that tests set."""

from __future__ import annotations

from datetime import datetime, timedelta

from hyperstream._time import normalise
from hyperstream.testing.times import START


class FixedClock:
    """A clock that stands still until it is told to move.

    Parameters
    ----------
    now : datetime
        What it shows at first; naive means UTC. The start of 2020 by default.

    Attributes
    ----------
    now : datetime
        What it shows (UTC, cut to milliseconds). It can be set, also to the past.

    Examples
    --------
    >>> from hyperstream.utils import utcnow
    >>> from hyperstream._time import use_clock
    >>> clock = FixedClock(datetime(2020, 1, 1, 12))
    >>> with use_clock(clock):
    ...     clock.advance(90)
    ...     utcnow()
    datetime.datetime(2020, 1, 1, 12, 1, 30, tzinfo=<UTC>)
    """

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    @property
    def now(self) -> datetime:
        """What the clock shows."""
        return self._now

    @now.setter
    def now(self, moment: datetime) -> None:
        self._now = normalise(moment)

    def advance(self, seconds: float) -> None:
        """Move the clock on, by milliseconds at least."""
        self.now += timedelta(seconds=seconds)

    def __call__(self) -> datetime:
        """Return what it shows, as `use_clock` asks."""
        return self._now

    def __repr__(self) -> str:
        return f"FixedClock({self._now.isoformat()})"
