"""A stored time interval."""

from __future__ import annotations

from mongoengine import DateTimeField, EmbeddedDocument

from hyperstream.models.base import LENIENT
from hyperstream.time_interval import TimeInterval


class TimeIntervalModel(EmbeddedDocument):
    """The interval (start, end], in UTC and milliseconds.

    Examples
    --------
    >>> interval = TimeInterval.from_ms(0, 1000)
    >>> TimeIntervalModel.of(interval).to_interval() == interval
    True
    """

    start = DateTimeField(required=True)
    end = DateTimeField(required=True)

    meta = LENIENT

    @property
    def is_empty(self) -> bool:
        """Whether it ends where it starts: release 0.3.8 stored one below a millisecond so."""
        return bool(self.start >= self.end)

    @classmethod
    def of(cls, interval: TimeInterval) -> TimeIntervalModel:
        """Return the model of an interval."""
        return cls(start=interval.start, end=interval.end)

    def to_interval(self) -> TimeInterval:
        """Return the interval.

        Raises
        ------
        ValueError
            The stored start is not before the end.
        """
        return TimeInterval(self.start, self.end)
