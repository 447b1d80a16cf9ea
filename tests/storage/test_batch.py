"""Batches: columns of timestamps and values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream.storage.batch import INTERVAL, Batch, column, concatenated, joined, plain
from hyperstream.testing.times import over
from hyperstream.time_interval import TimeInterval
from hyperstream.utils.errors import DuplicateInstanceError

scalars = st.one_of(
    st.integers(), st.floats(), st.booleans(), st.none(), st.text(max_size=3), st.just({"a": 1})
)


@given(
    st.one_of(
        st.lists(scalars),
        st.lists(st.floats()),
        st.lists(st.integers()),
        st.lists(st.booleans()),
    )
)
def test_no_type_is_lost(values):
    """What goes into a column comes out with the same types and values."""
    back = Batch.of(range(len(values)), values).value_list()
    assert list(map(type, back)) == list(map(type, values))
    assert repr(back) == repr(values)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [([1.0, math.nan], "float64"), ([1, -(2**63)], "int64"), ([True, False], "bool")],
)
def test_numbers_of_one_type_are_an_array(values, dtype):
    """Floats, ints of 64 bits and bools are held in an array of their own kind."""
    assert column(values).dtype.name == dtype


def test_intervals_are_an_array_of_their_bounds():
    """TimeIntervals are held as two numbers each, and come back as equal ones."""
    intervals = [over(0, 1), over(5, 60)]
    values = column(intervals)
    assert values.dtype == INTERVAL
    assert plain(values) == intervals
    assert {type(each) for each in plain(values)} == {TimeInterval}


@pytest.mark.parametrize(
    "values",
    [
        [],
        [1, 1.0],
        [True, 1],
        [2**63],
        [None, 1.0],
        ["a"],
        [np.float64(1)],
        [np.int64(1), 1],
        [over(0, 1), 1],
    ],
    ids=repr,
)
def test_anything_else_is_a_list(values):
    """A column stays a list where an array would lose a type."""
    assert column(values) is values


def test_other_sequences_become_a_column():
    """A column is made of any sequence."""
    assert column((1, 2)).tolist() == [1, 2]
    assert column(("a", 1)) == ["a", 1]


def test_a_part_holds_some_rows():
    """`part` takes the rows from one position up to another."""
    part = Batch.of([1, 2, 3, 4], ["a", "b", "c", "d"]).part(1, 3)
    assert (part.timestamps.tolist(), part.value_list()) == ([2, 3], ["b", "c"])
    assert len(Batch.of([1, 2], [1.0, 2.0]).part(5, 9)) == 0


def test_an_empty_batch_has_no_rows():
    """An empty batch has length 0 and is in order."""
    assert len(Batch.empty()) == 0
    assert Batch.empty().value_list() == []
    assert Batch.empty().is_ascending()


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [([], True), ([5], True), ([1, 2], True), ([2, 1], False), ([1, 1], False), ([1, 3, 2], False)],
)
def test_ascending_is_strict(stamps, expected):
    """A batch is ascending if every timestamp is later than the one before."""
    assert Batch.of(stamps, [0] * len(stamps)).is_ascending() is expected


def test_what_is_in_order_is_not_copied():
    """A batch in order is returned as it is."""
    batch = Batch.of([1, 2], ["a", "b"])
    assert batch.in_order("s") is batch


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 1)), max_size=20))
def test_in_order_is_a_dictionary(items):
    """Bringing into order keeps one value a timestamp, or names the contradiction."""
    expected = {}
    contradiction = False
    for stamp, value in items:
        contradiction |= expected.setdefault(stamp, value) != value
    batch = Batch.of([stamp for stamp, _ in items], [value for _, value in items])
    if contradiction:
        with pytest.raises(DuplicateInstanceError):
            batch.in_order("s")
    else:
        result = batch.in_order("s")
        assert dict(zip(result.timestamps.tolist(), result.value_list(), strict=True)) == expected
        assert result.is_ascending()


def test_bringing_into_order_merges_dicts():
    """Dicts at one timestamp that agree become one; the originals stay as they are."""
    first, second = {"a": 1}, {"b": 2}
    result = Batch.of([5, 1, 5], [first, 0, second]).in_order("s")
    assert result.value_list() == [0, {"a": 1, "b": 2}]
    assert (first, second) == ({"a": 1}, {"b": 2})


def test_a_contradiction_is_explained():
    """The error names the stream and the moment, shows both values, and carries them."""
    with pytest.raises(DuplicateInstanceError) as caught:
        Batch.of([0, 0], ["old", "new"]).in_order("weather")
    message = str(caught.value)
    assert "weather" in message
    assert "1970-01-01T00:00:00" in message
    assert (caught.value.old, caught.value.new) == ("old", "new")
    assert "'old'" in message
    assert "'new'" in message


@given(st.lists(st.lists(st.one_of(st.integers(-5, 5), st.floats(0, 1)), max_size=4), max_size=4))
def test_joining_is_concatenating(columns):
    """Joined columns hold all values, with their types, in order."""
    values = [value for each in columns for value in each]
    batches = [Batch.of([0] * len(each), each) for each in columns]
    assert repr(concatenated(batches).value_list()) == repr(values)
    assert len(concatenated(batches)) == len(values)


def test_joining_like_arrays_gives_an_array():
    """Columns of one kind stay compact when they are joined."""
    assert joined([np.array([1.0]), np.array([2.0])]).dtype == np.float64
    assert joined([np.array([1.0]), [2.0]]) == [1.0, 2.0]
    assert joined([np.array([1]), np.array([2.0])]) == [1, 2.0]


def test_a_batch_says_how_long_it_is():
    """The repr of a batch does not print its rows."""
    assert repr(Batch.of(range(3), range(3))) == "Batch(3 instances)"
