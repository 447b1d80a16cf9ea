"""A union of time intervals."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TypeAlias, overload

from hyperstream._containers import Printable
from hyperstream._time import from_ms, iso_format, to_ms
from hyperstream.time_interval import sets
from hyperstream.time_interval.interval import RelativeTimeInterval, TimeInterval
from hyperstream.time_interval.parsing import TimePoint, parse_time_tuple

__all__ = ["Intervals", "TimeIntervals"]

Intervals: TypeAlias = (
    "TimeIntervals | TimeInterval | Iterable[TimeInterval | tuple[TimePoint, TimePoint]]"
)


class TimeIntervals(Printable):
    """A set of moments, written as a union of intervals: ``(t1, t2] U (t3, t4] U ...``.

    The intervals are sorted, and those that overlap or touch are merged. ``+``, ``-`` and ``&``
    with another TimeIntervals or a TimeInterval give a new object in linear time; ``in`` takes a
    datetime, a TimeInterval or a TimeIntervals (as a subset); ``==`` compares the moments.
    Iteration, indexing and ``len`` are over the intervals. An empty set is false.

    Parameters
    ----------
    intervals
        A TimeInterval, another TimeIntervals, or any number of TimeInterval objects and
        (start, end) pairs in an absolute form that :func:`parse_time_tuple` reads.

    Raises
    ------
    ValueError
        If a pair makes no interval, or a relative one.
    TypeError
        If an item is neither interval nor pair.

    Examples
    --------
    >>> days = TimeIntervals([("2020-01-01", "2020-01-02"), ("2020-01-02", "2020-01-04")])
    >>> days
    TimeIntervals([(2020-01-01 00:00:00, 2020-01-04 00:00:00]])
    >>> len(days - TimeIntervals([("2020-01-02", "2020-01-03")]))
    2
    """

    __slots__ = ("_is_split", "_pairs")

    _pairs: list[sets.Pair]
    # Whether split() has left touching pieces, which no set operation may see.
    _is_split: bool

    def __init__(self, intervals: Intervals | None = None) -> None:
        self.parse(intervals)

    def parse(self, intervals: Intervals | None) -> None:
        """Replace what is here by other intervals, given in any form that the class accepts."""
        if intervals is None:
            self._set([])
        elif isinstance(intervals, TimeIntervals):
            self._set(intervals._normal())  # noqa: SLF001 - of this class
        elif isinstance(intervals, TimeInterval):
            self._set([_pair(intervals)])
        else:
            self._set(sets.normal(map(_pair, intervals)))

    def _set(self, pairs: list[sets.Pair]) -> None:
        self._pairs = pairs
        self._is_split = False

    @classmethod
    def from_ms(cls, pairs: Iterable[sets.Pair]) -> TimeIntervals:
        """Make the union of (start, end) pairs of milliseconds since 1970, in any order.

        Raises
        ------
        ValueError
            If a start is not before its end.

        Examples
        --------
        >>> TimeIntervals.from_ms([(2, 3), (0, 2)]).as_ms()
        [(0, 3)]
        """
        pairs = list(pairs)
        for start, end in pairs:
            if start >= end:
                TimeInterval.from_ms(start, end)
        return cls._of(sets.normal(pairs))

    @classmethod
    def _of(cls, pairs: list[sets.Pair]) -> TimeIntervals:
        """Wrap pairs that are known to be normal."""
        intervals = cls.__new__(cls)
        intervals._set(pairs)  # noqa: SLF001 - of this class
        return intervals

    def as_ms(self) -> list[sets.Pair]:
        """Give the intervals as (start, end) pairs of milliseconds since 1970."""
        return list(self._pairs)

    def split(self, points: Iterable[datetime]) -> None:
        """Cut the intervals, in place, at each point that lies inside one.

        The set of moments stays the same, and so does ``==``; iteration shows the pieces until
        :meth:`compress`. Operators give merged results.

        Examples
        --------
        >>> days = TimeIntervals([("2020-01-01", "2020-01-03")])
        >>> days.split([from_ms(1577923200000)])
        >>> days.humanized
        '(2020-01-01 00:00:00, 2020-01-02 00:00:00] U (2020-01-02 00:00:00, 2020-01-03 00:00:00]'
        """
        self._pairs = sets.split(self._pairs, map(to_ms, points))
        self._is_split = True

    def compress(self) -> None:
        """Merge, in place, the pieces that :meth:`split` made."""
        self._set(self._normal())

    def _normal(self) -> list[sets.Pair]:
        return sets.normal(self._pairs) if self._is_split else self._pairs

    @property
    def is_empty(self) -> bool:
        """Whether there is no moment in it."""
        return not self._pairs

    @property
    def start(self) -> datetime | None:
        """The start of the first interval, None where there is none."""
        return from_ms(self._pairs[0][0]) if self._pairs else None

    @property
    def end(self) -> datetime | None:
        """The end of the last interval, None where there is none."""
        return from_ms(self._pairs[-1][1]) if self._pairs else None

    @property
    def span(self) -> TimeInterval | None:
        """The interval from the first start to the last end, None where there is none."""
        return TimeInterval.from_ms(self._pairs[0][0], self._pairs[-1][1]) if self._pairs else None

    @property
    def humanized(self) -> str:
        """The intervals as people write them.

        Examples
        --------
        >>> TimeIntervals().humanized
        'Empty'
        """
        return " U ".join(interval.humanized for interval in self) or "Empty"

    def to_json(self) -> str:
        """Write the intervals as a JSON list of [start, end] lists, which the class reads again.

        Examples
        --------
        >>> TimeIntervals([("2020-01-01", "2020-01-02")]).to_json()
        '[["2020-01-01T00:00:00.000Z", "2020-01-02T00:00:00.000Z"]]'
        """
        return json.dumps([[iso_format(from_ms(ms)) for ms in pair] for pair in self._pairs])

    def __add__(self, other: TimeIntervals | TimeInterval) -> TimeIntervals:
        pairs = _operand(other)
        return NotImplemented if pairs is None else self._of(sets.union(self._normal(), pairs))

    def __sub__(self, other: TimeIntervals | TimeInterval) -> TimeIntervals:
        pairs = _operand(other)
        return NotImplemented if pairs is None else self._of(sets.difference(self._normal(), pairs))

    def __and__(self, other: TimeIntervals | TimeInterval) -> TimeIntervals:
        pairs = _operand(other)
        if pairs is None:
            return NotImplemented
        return self._of(sets.intersection(self._normal(), pairs))

    def __contains__(self, item: datetime | TimeInterval | TimeIntervals) -> bool:
        if isinstance(item, datetime):
            return sets.contains(self._pairs, to_ms(item))
        pairs = _operand(item)
        if pairs is None:
            raise TypeError(f"Only a datetime or intervals can lie in TimeIntervals, not {item!r}.")
        return not sets.difference(pairs, self._normal())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TimeIntervals):
            return NotImplemented
        return self._normal() == other._normal()

    # It can be changed in place.
    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        return len(self._pairs)

    def __iter__(self) -> Iterator[TimeInterval]:
        for start, end in self._pairs:
            yield TimeInterval.from_ms(start, end)

    @overload
    def __getitem__(self, index: int) -> TimeInterval: ...
    @overload
    def __getitem__(self, index: slice) -> list[TimeInterval]: ...
    def __getitem__(self, index: int | slice) -> TimeInterval | list[TimeInterval]:
        if isinstance(index, slice):
            return [TimeInterval.from_ms(*pair) for pair in self._pairs[index]]
        return TimeInterval.from_ms(*self._pairs[index])

    def __repr__(self) -> str:
        return f"TimeIntervals([{', '.join(interval.humanized for interval in self)}])"


def _pair(item: TimeInterval | tuple[TimePoint, TimePoint]) -> sets.Pair:
    if not isinstance(item, TimeInterval):
        try:
            start, end = item
        except (TypeError, ValueError):
            raise TypeError(
                f"Expected a TimeInterval or a (start, end) pair, not {item!r}."
            ) from None
        item = parse_time_tuple(start, end)
    if isinstance(item, RelativeTimeInterval):
        raise ValueError(f"{item!r} is relative; use its absolute(datetime) here.")  # noqa: TRY004 - the type fits, but not the value
    return item.start_ms, item.end_ms


def _operand(other: object) -> list[sets.Pair] | None:
    """Give the pairs of an operand that is a set of moments, else None."""
    if isinstance(other, TimeIntervals):
        return other._normal()  # noqa: SLF001 - of this class
    return [_pair(other)] if isinstance(other, TimeInterval) else None
