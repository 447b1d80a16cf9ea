"""Values as people read them."""

from __future__ import annotations

import functools
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from dateutil.parser import parse

from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils.text import brief, brief_intervals, moment, with_names


class Counted:
    """Says nothing of itself."""

    key = lambda value: value  # noqa: E731 - has the name of the class in its own

    def method(self):
        """Do nothing."""


def outer():
    """Return a function and a class that are defined in here."""

    def inner():
        """Do nothing."""

    class Inner:
        """Is nothing."""

    return inner, Inner


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (parse, "parse"),
        (sum, "sum"),
        (lambda value: value, "<lambda>"),
        (outer()[0], "inner"),
        (outer()[1], "Inner"),
        (Counted().method, "method"),
        (Counted.key, "<lambda>"),
        (Counted, "Counted"),
        ([].append, "append"),
        (functools.partial(parse, fuzzy=True), "functools.partial(parse, fuzzy=True)"),
        ([parse, {"f": parse}], "[parse, {'f': parse}]"),
    ],
)
def test_functions_and_classes_are_their_names(value, name):
    """Wherever they stand, and without addresses."""
    assert with_names(repr(value)) == name
    assert brief(value) == name


@pytest.mark.parametrize("text", ["<b>", "a < b > c", "<class>", "'function'", "<x at 0x7f>"])
def test_other_text_stays_as_it_is(text):
    """Only what Python writes of functions and classes is replaced."""
    assert with_names(text) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "True"),
        (0.1 + 0.2, "0.3"),
        (2.0, "2.0"),
        (float("nan"), "nan"),
        (10**300, "1" + "0" * 17 + "..." + "0" * 19),
        ("a\nb", r"'a\nb'"),
        (datetime(2020, 1, 1, 12), "2020-01-01 12:00:00"),
        ({"t": TimeInterval.from_ms(0, 1000)}, "{'t': (1970-01-01 00:00:00, 1970-01-01 00:00:01]}"),
        (Counted(), "Counted object"),
        ({}, "{}"),
        ({"b": 1, "a": 2}, "{'b': 1, 'a': 2}"),
    ],
)
def test_a_value_is_one_line(value, text):
    """Dictionaries keep their order."""
    assert brief(value) == text


@pytest.mark.parametrize(
    "value",
    [
        list(range(10**6)),
        dict.fromkeys(range(10**5)),
        set(range(10**5)),
        "x" * 10**6,
        b"x" * 10**6,
        np.arange(10**6),
        [["x" * 1000] * 1000] * 1000,
        {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": {}}}}}}}}},
    ],
)
def test_a_line_is_bounded(value):
    """Whatever the size and the depth of the value."""
    assert len(brief(value)) <= 80
    assert "\n" not in brief(value)
    assert len(brief(value, longest=10)) <= 10


def test_a_value_that_contains_itself_is_shown():
    """As far as it goes."""
    value = []
    value.append(value)
    assert len(brief(value)) <= 80


def test_a_value_that_cannot_be_printed_is_shown():
    """It is named by its class."""

    class Broken:
        """Cannot be printed."""

        def __repr__(self):
            raise RuntimeError

    assert "Broken" in brief(Broken())


def test_a_number_that_python_does_not_write_is_shown():
    """Of an integer with thousands of digits it is said how large it is."""
    assert brief(10**5000) == "an integer of 16610 bits"


def test_few_intervals_are_shown_and_many_are_cut():
    """The first and the last ones remain, and how many there are between."""
    many = TimeIntervals.from_ms((10_000 * each, 10_000 * each + 1000) for each in range(100))
    assert brief_intervals(TimeIntervals(list(many)[:3])).count(" U ") == 2
    text = brief_intervals(many)
    assert text.startswith("(1970-01-01 00:00:00, 1970-01-01 00:00:01] U … 97 intervals … U (")
    assert text.endswith(many[-1].humanized)
    assert text.count(" U ") == 3
    assert brief(many).startswith("(1970-01-01 00:00:00, 1970-01-01 00:00:01] U … 97")


def test_a_moment_is_in_utc():
    """With milliseconds only where there are any."""
    zone = timezone(timedelta(hours=2))
    assert moment(datetime(2020, 1, 1, 12, tzinfo=zone)) == "2020-01-01 10:00:00"
    assert moment(datetime(2020, 1, 1, 12, 0, 0, 5000)) == "2020-01-01 12:00:00.005"
