"""Moments at equal distances."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from hyperstream._time import to_datetimes, to_ms, to_timedelta

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperstream.storage.batch import Milliseconds
    from hyperstream.time_interval import TimeInterval

__all__ = ["Grid", "to_datetimes"]

_SIZE = 4096
_MICROSECOND = timedelta(microseconds=1)
_MILLISECOND = 1000


class Grid:
    """The moments ``first + k * stride`` for k = 0, 1, 2, …, cut to milliseconds.

    The grid is the same whatever part of it is asked for.

    Parameters
    ----------
    first : datetime
        The first moment (naive means UTC).
    stride : float or timedelta
        The distance, in seconds if a number; at least a millisecond, and exact
        to the microsecond.

    Raises
    ------
    TypeError
        `first` is no datetime, or `stride` is neither number nor timedelta.
    ValueError
        `stride` is shorter than a millisecond.

    Examples
    --------
    >>> from hyperstream.time_interval import TimeInterval
    >>> grid = Grid(datetime(1970, 1, 1), stride=1.5)
    >>> [ticks.tolist() for ticks in grid.ticks(TimeInterval.from_ms(1500, 6000))]
    [[3000, 4500, 6000]]
    """

    def __init__(self, first: datetime, stride: float | timedelta) -> None:
        self._first = to_ms(first) * _MILLISECOND
        self._stride = to_timedelta(stride) // _MICROSECOND
        if self._stride < _MILLISECOND:
            raise ValueError(f"The stride must be at least 0.001 s, not {stride!r}.")

    def ticks(self, interval: TimeInterval, size: int = _SIZE) -> Iterator[Milliseconds]:
        """Yield the moments in (start, end], in milliseconds since 1970, at most `size` at once."""
        place = max(self._position(interval.start_ms + 1), 0)
        end = self._position(interval.end_ms + 1)
        while place < end:
            until = min(place + size, end)
            yield (self._first + np.arange(place, until) * self._stride) // _MILLISECOND
            place = until

    def _position(self, ms: int) -> int:
        """Return the first k whose moment is not before this millisecond."""
        return -((self._first - ms * _MILLISECOND) // self._stride)
