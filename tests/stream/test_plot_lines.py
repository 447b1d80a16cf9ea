"""What a plot of a window shows: numbers, where lines are broken, and what cannot be drawn."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.stream import StreamInstance
from hyperstream.stream.plot_lines import lines_of
from hyperstream.testing.times import at, over
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import HyperStreamError

ALL = over(0, 100)


@pytest.fixture
def lines():
    """Give a function that makes lines of values by second, calculated in some intervals."""

    def make(values, *calculated, within=ALL):
        stream = MemoryChannel("memory").create_stream("some")
        stream.writer([StreamInstance(at(second), value) for second, value in values.items()])
        stream.calculated_intervals = TimeIntervals(calculated)
        return lines_of(stream.window(within, force_calculation=True))

    return make


def seconds(line):
    """Return the times of a line in seconds."""
    return ((line.times - over(0, 1).start_ms) // 1000).tolist()


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ([1.5, 2.5], [1.5, 2.5]),
        ([1, 2], [1, 2]),
        ([1, 2.5, True, Decimal("0.5")], [1, 2.5, 1, 0.5]),
        ([np.float32(1.5), np.int16(2)], [1.5, 2]),
        ([1, None, 3], [1, np.nan, 3]),
        ([None, None], [np.nan, np.nan]),
    ],
)
def test_numbers_are_a_line(lines, values, drawn):
    """Of whatever type they are; what is None is not there."""
    (line,) = lines(dict(enumerate(values, start=1))).values()
    assert line.kind == "number"
    assert seconds(line) == list(range(1, len(values) + 1))
    np.testing.assert_array_equal(line.values, drawn)


def test_truth_values_are_zero_and_one(lines):
    """And known to be what they are."""
    (line,) = lines({1: True, 2: False, 3: None}).values()
    assert line.kind == "truth"
    np.testing.assert_array_equal(line.values, [1, 0, np.nan])


def test_texts_stay_texts(lines):
    """Where they stand on an axis is for the axis to say."""
    (line,) = lines({1: "open", 2: None, 3: "closed"}).values()
    assert (line.kind, line.values) == ("text", ["open", None, "closed"])


def test_dicts_are_a_line_for_each_key(lines):
    """In order of first appearance, at the times that have the key."""
    found = lines({1: {"min": 1, "on": True}, 2: None, 3: {"max": 5.5, "min": None}})
    assert list(found) == ["min", "on", "max"]
    assert [seconds(line) for line in found.values()] == [[1, 3], [1], [3]]
    np.testing.assert_array_equal(found["min"].values, [1, np.nan])
    assert [line.kind for line in found.values()] == ["number", "truth", "number"]


def test_nothing_is_a_line_without_values(lines):
    """So that it has a place in a legend."""
    (line,) = lines({}).values()
    assert (len(line.times), len(line.values), len(line.breaks)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("calculated", "breaks"),
    [
        ([ALL], []),
        ([], []),  # written by hand
        ([over(0, 2), over(3, 100)], [2]),
        ([over(0, 1), over(3, 100)], []),  # something is there all the same
        ([over(0, 2), over(2.5, 2.7), over(2.8, 5), over(8, 100)], [2]),
        ([over(2, 3)], []),
    ],
)
def test_a_line_is_broken_where_nothing_is_calculated(lines, calculated, breaks):
    """Between two values with a gap between them; not where there are values in the gap."""
    (line,) = lines({1: 0.5, 2: 1.5, 4: 2.5}, *calculated).values()
    assert line.breaks.tolist() == breaks


def test_only_the_window_counts(lines):
    """What is outside of it is neither drawn, nor does it break anything."""
    (line,) = lines({1: 0.5, 5: 1.5, 6: 2.5}, over(4, 6), within=over(4, 6)).values()
    assert seconds(line) == [5, 6]
    assert line.breaks.tolist() == []


def test_a_line_of_a_key_is_broken_too(lines):
    """At its own places."""
    values = {1: {"a": 1}, 2: {"b": 2}, 5: {"a": 3, "b": 4}}
    found = lines(values, over(0, 3), over(4, 6))
    assert {key: line.breaks.tolist() for key, line in found.items()} == {"a": [1], "b": [1]}


@pytest.mark.parametrize(
    ("values", "place", "named"),
    [
        ([1.5, [1, 2]], 2, "[1, 2]"),
        ([1.5, "warm"], 2, "'warm'"),
        (["warm", 1.5], 1, "'warm'"),
        ([{"a": 1}, 5], 2, "5"),
        ([{"a": 1}, {"a": {"b": 1}}], 2, "{'b': 1}"),
        ([{"a": 1}, {"b": None}, {"b": "hall"}], 3, "'hall'"),
    ],
)
def test_what_cannot_be_drawn_is_named(lines, values, place, named):
    """The first such value, with its time and its stream."""
    with pytest.raises(HyperStreamError) as caught:
        lines(dict(enumerate(values, start=1)))
    assert f"holds {named} at 2020-01-01T00:00:0{place}.000Z, which cannot" in str(caught.value)
    assert caught.value.stream.stream_id.name == "some"


def test_too_many_texts_are_not_drawn(lines):
    """Nobody could read the axis."""
    assert lines({second: str(second) for second in range(1, 31)})[None].kind == "text"
    with pytest.raises(HyperStreamError, match=r"31 different texts .* at most 30"):
        lines({second: str(second) for second in range(1, 32)})
