"""Intervals of time, one and many, as their documentation says."""
# ruff: noqa: PT009, PT027 - written for unittest, so that nosetests runs it too

from __future__ import annotations

import json
import operator
import pickle
import unittest
from copy import copy, deepcopy
from datetime import date, datetime, timedelta, timezone

import numpy as np

from hyperstream._time import use_clock
from hyperstream.time_interval import (
    MAX_DATE,
    MIN_DATE,
    UTC,
    RelativeTimeInterval,
    TimeInterval,
    TimeIntervals,
    parse_time_tuple,
    profile,
)

T0 = datetime(2016, 4, 28, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


def t(hours: float) -> datetime:
    """Give the moment so many hours after T0."""
    return T0 + hours * HOUR


def interval(start: float, end: float) -> TimeInterval:
    """Give the interval between two hours after T0."""
    return TimeInterval(t(start), t(end))


def intervals(*pairs: tuple[float, float]) -> TimeIntervals:
    """Give the union of intervals between hours after T0."""
    return TimeIntervals([interval(*pair) for pair in pairs])


class HyperStreamTimeIntervalTests(unittest.TestCase):
    """The documented tests of the values around time."""

    def test_constructors(self):
        """Intervals are made from datetimes of any kind; what makes none is refused."""
        naive = TimeInterval(datetime(2016, 4, 28, 20, 0, 0, 999), datetime(2016, 4, 28, 21))
        summer = timezone(timedelta(hours=2))
        zoned = TimeInterval(T0.astimezone(summer), t(1).astimezone(summer))
        self.assertEqual(naive, interval(0, 1))
        self.assertEqual(zoned, interval(0, 1))
        self.assertIs(zoned.start.tzinfo, UTC)
        for start, end in ((t(1), t(0)), (t(0), t(0)), (t(0), t(0) + timedelta(microseconds=9))):
            with self.assertRaisesRegex(ValueError, "2016-04-28T2.*2016-04-28T20"):
                TimeInterval(start, end)
        for wrong in (None, 0, "2016-04-28T20:00Z", date(2016, 4, 28)):
            with self.assertRaises(TypeError):
                TimeInterval(wrong, t(1))

    def test_classmethods(self):
        """All of time, time up to now, and a time before now."""
        self.assertEqual(TimeInterval.all_time().to_tuple(), (MIN_DATE, MAX_DATE))
        with use_clock(T0):
            self.assertEqual(TimeInterval.up_to_now().to_tuple(), (MIN_DATE, T0))
            self.assertEqual(TimeInterval.now_minus(hours=2), interval(-2, 0))
            units = ("weeks", "days", "hours", "minutes", "seconds", "milliseconds")
            self.assertEqual(
                TimeInterval.now_minus(*range(1, 7)).width,
                timedelta(**dict(zip(units, range(1, 7), strict=True))),
            )
            with self.assertRaises(ValueError):
                TimeInterval.now_minus()

    def test_many_at_once(self):
        """Many intervals made from columns, or taken apart into them, are as one by one."""
        several = [interval(0, 1), interval(-3, 4), TimeInterval.all_time()]
        starts, ends = TimeInterval.bounds(several)
        self.assertEqual(starts.tolist(), [each.start_ms for each in several])
        self.assertEqual(ends.tolist(), [each.end_ms for each in several])
        again = TimeInterval.many(starts, ends)
        self.assertEqual(again, several)
        self.assertEqual({type(each.start_ms) for each in again}, {int})
        self.assertEqual(TimeInterval.many(starts[:0], ends[:0]), [])
        self.assertEqual([len(column) for column in TimeInterval.bounds([])], [0, 0])
        with self.assertRaisesRegex(ValueError, "1970-01-01T00:00:00.002Z"):
            TimeInterval.many(np.array([0, 2]), np.array([1, 2]))

    def test_time_interval(self):
        """An interval is open at the start, closed at the end, immutable, ordered, hashable."""
        first = interval(0, 2)
        start, end = first
        self.assertEqual((start, end), (first.start, first.end))
        self.assertEqual((first[0], first[-1]), first.to_tuple())
        self.assertEqual(first.width, 2 * HOUR)
        self.assertNotIn(start, first)
        self.assertIn(start + timedelta(milliseconds=1), first)
        self.assertIn(end, first)
        self.assertIn(end.replace(tzinfo=None, microsecond=999), first)
        self.assertNotIn(end + timedelta(milliseconds=1), first)
        self.assertIn(first, first)
        self.assertIn(interval(0, 1), first)
        self.assertNotIn(interval(1, 3), first)
        with self.assertRaises(TypeError):
            self.assertIn(1, first)
        with self.assertRaises(AttributeError):
            first.start = t(1)
        with self.assertRaises(AttributeError):
            first.other = 1
        in_order = [interval(0, 1), first, interval(1, 2)]
        self.assertEqual(sorted([in_order[2], in_order[0], in_order[1]]), in_order)
        self.assertLessEqual(first, interval(0, 2))
        self.assertGreater(interval(0, 3), first)
        self.assertEqual(len({first, interval(0, 2), interval(0, 1)}), 2)
        self.assertNotEqual(first, first.to_tuple())
        for again in (copy(first), deepcopy(first), pickle.loads(pickle.dumps(first))):  # noqa: S301
            self.assertEqual(again, first)

    def test_time_interval_text(self):
        """An interval is shown, humanized, and written as JSON that can be read back."""
        first = TimeInterval(T0, t(1) + timedelta(milliseconds=5))
        self.assertEqual(
            repr(first), "TimeInterval(2016-04-28T20:00:00.000Z, 2016-04-28T21:00:00.005Z)"
        )
        self.assertEqual(first.humanized, "(2016-04-28 20:00:00, 2016-04-28 21:00:00.005]")
        self.assertEqual(TimeInterval.all_time().humanized, "(-inf, inf]")
        self.assertEqual(parse_time_tuple(*json.loads(first.to_json())), first)

    def test_time_interval_addition(self):
        """A timedelta shifts both ends, a relative interval each by its own, in seconds."""
        first = interval(0, 1)
        self.assertEqual(first + HOUR, interval(1, 2))
        self.assertEqual(first + RelativeTimeInterval(-7200, -3600), interval(-2, 0))
        self.assertEqual(
            first + RelativeTimeInterval(-10, 0) + timedelta(0),
            TimeInterval(T0 - timedelta(seconds=10), t(1)),
        )
        for wrong in (1, first, TimeIntervals()):
            with self.assertRaises(TypeError):
                first + wrong
        self.assertEqual((TimeInterval.all_time() + -HOUR).to_tuple(), (MIN_DATE, MAX_DATE - HOUR))
        with self.assertRaises(ValueError):
            TimeInterval(MAX_DATE - HOUR, MAX_DATE) + HOUR

    def test_relative_time_interval(self):
        """A relative interval is in seconds or timedeltas, and never in the future."""
        relative = RelativeTimeInterval(-4.5, 0)
        self.assertEqual((relative.start, relative.end), (timedelta(seconds=-4.5), timedelta(0)))
        self.assertEqual(relative, RelativeTimeInterval(timedelta(seconds=-4.5), timedelta(0)))
        self.assertEqual(tuple(relative), relative.to_tuple())
        self.assertEqual(relative.width, timedelta(seconds=4.5))
        self.assertEqual(relative.absolute(T0).to_tuple(), (T0 - timedelta(seconds=4.5), T0))
        self.assertEqual(relative.absolute(MIN_DATE + HOUR / 3600).start, MIN_DATE)
        self.assertIsInstance(relative, TimeInterval)
        self.assertIn(timedelta(0), relative)
        self.assertNotIn(timedelta(seconds=-4.5), relative)
        self.assertIn(RelativeTimeInterval(-2, -1), relative)
        self.assertLess(RelativeTimeInterval(-5, 0), relative)
        self.assertEqual(hash(relative), hash(RelativeTimeInterval(-4.5, 0)))
        self.assertEqual(repr(relative), "RelativeTimeInterval(-4.5, 0)")
        self.assertEqual(relative.humanized, "(-4.5 s, 0 s]")
        self.assertEqual(parse_time_tuple(*json.loads(relative.to_json())), relative)
        for start, end in ((-1, 1), (0, 0), (0, -1), (1, 2)):
            with self.assertRaises(ValueError):
                RelativeTimeInterval(start, end)
        for wrong in ("-1", None, T0):
            with self.assertRaises(TypeError):
                RelativeTimeInterval(wrong, 0)
        with self.assertRaises(ValueError):
            relative.absolute(MIN_DATE)

    def test_relative_is_not_absolute(self):
        """A relative and an absolute interval neither equal, order nor contain each other."""
        relative = RelativeTimeInterval(-4, -1)
        absolute = TimeInterval.from_ms(-4000, -1000)
        self.assertNotEqual(relative, absolute)
        self.assertNotEqual(absolute, relative)
        for action in (
            lambda: relative < absolute,
            lambda: absolute < relative,
            lambda: relative in absolute,
            lambda: absolute in relative,
            lambda: T0 in relative,
            lambda: relative + HOUR,
        ):
            with self.assertRaises(TypeError):
                action()

    def test_parse_time_tuple(self):
        """Every documented form is read."""
        expected = interval(0, 1)
        for pair in (
            (T0, t(1)),
            (T0.replace(tzinfo=None), t(1)),
            ("2016-04-28T20:00:00.000Z", "2016-04-28T21:00:00.000Z"),
            ("2016-04-28T20:00", "20160428T220000+0100"),
            (T0, "2016-04-28T21:00:00.000Z"),
        ):
            self.assertEqual(parse_time_tuple(*pair), expected)
        days = parse_time_tuple(date(2016, 4, 28), "2016-04-29")
        self.assertEqual(days.to_tuple(), (t(-20), t(4)))
        for pair in (
            (-4, 0),
            (-4.0, np.int64(0)),
            (timedelta(seconds=-4), timedelta(0)),
            (timedelta(seconds=-4), 0),
        ):
            self.assertEqual(parse_time_tuple(*pair), RelativeTimeInterval(-4, 0))

    def test_parse_time_tuple_errors(self):
        """Mixtures, strings that are no times, and empty intervals are ValueErrors."""
        for start, end, reason in (
            (-4, T0, "mix relative and absolute"),
            ("2016-04-28", timedelta(0), "mix relative and absolute"),
            ("yesterday", "2016-04-28", "'yesterday' is not a time in ISO 8601"),
            ("2016-04-29", "2016-04-28", "start before it ends"),
            (0, 0, "start before it ends"),
            (-4, 1, "future"),
        ):
            with self.assertRaisesRegex(ValueError, reason):
                parse_time_tuple(start, end)
        for wrong in (None, True, [T0], 1j):
            with self.assertRaisesRegex(TypeError, "Expected seconds"):
                parse_time_tuple(wrong, 0)

    def test_profile(self):
        """The stand-in decorator gives back what it is given."""
        self.assertIs(profile(interval), interval)

    def test_time_intervals_constructors(self):
        """Any order and overlap becomes sorted, merged intervals; what makes none is refused."""
        for given in (
            [interval(0, 1), interval(1, 2), interval(4, 6), interval(5, 7)],
            [interval(5, 7), interval(0, 2), interval(4, 6)],
            ((t(0), t(2)), (t(4), t(7))),
            iter([(t(4), t(7)), ("2016-04-28T20:00Z", "2016-04-28T22:00Z")]),
            intervals((0, 2), (4, 7)),
        ):
            self.assertEqual(list(TimeIntervals(given)), [interval(0, 2), interval(4, 7)])
        self.assertEqual(list(TimeIntervals(interval(0, 1))), [interval(0, 1)])
        with self.assertRaises(ValueError):
            TimeIntervals([(t(1), t(0))])
        with self.assertRaisesRegex(ValueError, "relative"):
            TimeIntervals([(-4, 0)])
        for wrong in ([t(0), t(1)], ["2016-04-28"], 1, [(1, 2, 3)]):
            with self.assertRaises(TypeError):
                TimeIntervals(wrong)

    def test_time_intervals_milliseconds(self):
        """The union comes from and goes to pairs of milliseconds."""
        union = TimeIntervals.from_ms([(5, 6), (1, 3), (2, 5)])
        self.assertEqual(union.as_ms(), [(1, 6)])
        union.as_ms().clear()
        self.assertEqual(len(union), 1)
        with self.assertRaises(ValueError):
            TimeIntervals.from_ms([(1, 2), (3, 3)])

    def test_time_intervals_as_collection(self):
        """A union has length, items, ends, and is false when empty."""
        union = intervals((0, 2), (4, 7))
        self.assertEqual(len(union), 2)
        self.assertEqual((union[0], union[-1]), (interval(0, 2), interval(4, 7)))
        self.assertEqual(union[:1], [interval(0, 2)])
        self.assertEqual((union.start, union.end, union.span), (t(0), t(7), interval(0, 7)))
        self.assertTrue(union)
        self.assertFalse(union.is_empty)
        with self.assertRaises(IndexError):
            union[2]
        empty = TimeIntervals()
        self.assertEqual((len(empty), empty.start, empty.end, empty.span), (0, None, None, None))
        self.assertFalse(empty)
        self.assertTrue(empty.is_empty)
        self.assertNotEqual(union, list(union))
        with self.assertRaises(TypeError):
            hash(union)

    def test_time_intervals_text(self):
        """A union is shown, humanized, and written as JSON that can be read back."""
        union = intervals((0, 1), (2, 3))
        first, second = (part.humanized for part in union)
        self.assertEqual(first, "(2016-04-28 20:00:00, 2016-04-28 21:00:00]")
        self.assertEqual(union.humanized, f"{first} U {second}")
        self.assertEqual(repr(union), f"TimeIntervals([{first}, {second}])")
        self.assertEqual(TimeIntervals().humanized, "Empty")
        self.assertEqual(TimeIntervals(json.loads(union.to_json())), union)

    def test_time_intervals_operators(self):
        """Union, difference and intersection are new; their operands stay as they were."""
        a, b = intervals((0, 2), (4, 6)), intervals((1, 5))
        b.split([t(3)])
        self.assertEqual(a + b, intervals((0, 6)))
        self.assertEqual(a - b, intervals((0, 1), (5, 6)))
        self.assertEqual(a & b, intervals((1, 2), (4, 5)))
        self.assertEqual(a + interval(2, 3), intervals((0, 3), (4, 6)))
        self.assertEqual(a - interval(1, 8), intervals((0, 1)))
        self.assertEqual(a & interval(5, 8), intervals((5, 6)))
        self.assertEqual(list(a), [interval(0, 2), interval(4, 6)])
        self.assertEqual(list(b), [interval(1, 3), interval(3, 5)])
        kept = a
        a += interval(8, 9)
        self.assertIsNot(kept, a)
        self.assertEqual(len(kept), 2)
        for operation in (operator.add, operator.sub, operator.and_):
            with self.assertRaises(TypeError):
                operation(a, HOUR)
            with self.assertRaisesRegex(ValueError, "relative"):
                operation(a, RelativeTimeInterval(-4, 0))

    def test_time_intervals_contain(self):
        """A moment, an interval and a union may lie in a union."""
        union = intervals((0, 2), (4, 6))
        union.split([t(1)])
        for inside in (t(2), t(1), interval(0, 2), intervals((0, 1), (5, 6)), TimeIntervals()):
            self.assertIn(inside, union)
        for outside in (t(0), t(3), interval(1, 5), intervals((0, 1), (3, 5))):
            self.assertNotIn(outside, union)
        with self.assertRaises(TypeError):
            self.assertIn(1, union)

    def test_time_intervals_split(self):
        """Splitting shows pieces and changes nothing else; compress undoes it."""
        union = intervals((0, 3), (4, 5))
        union.split([t(2), t(1), t(1), t(0), t(3.5), t(5), t(9)])
        pieces = [interval(0, 1), interval(1, 2), interval(2, 3), interval(4, 5)]
        self.assertEqual(list(union), pieces)
        self.assertEqual(len(union), 4)
        self.assertEqual(union, intervals((0, 3), (4, 5)))
        self.assertEqual(list(TimeIntervals(union)), [interval(0, 3), interval(4, 5)])
        union.compress()
        self.assertEqual(list(union), [interval(0, 3), interval(4, 5)])
        union.parse([interval(7, 8)])
        self.assertEqual(union, intervals((7, 8)))
