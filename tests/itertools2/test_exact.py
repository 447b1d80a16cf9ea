"""Exact numbers add, multiply and square without rounding, and are rounded once."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hyperstream.itertools2.exact import LIMIT, Exact

EPSILON = np.finfo(float).eps
LARGEST = math.nextafter(LIMIT, 0.0)
FLOATS = st.floats(-LARGEST, LARGEST)
COLUMNS = st.lists(FLOATS, max_size=12) | st.lists(st.floats(-1e6, 1e6), max_size=40)


def fractions(column):
    """Give what each row of a column stands for."""
    places = [Fraction(2) ** (24 * (column.power + k)) for k in range(len(column.digits))]
    rows = zip(*(digit.tolist() for digit in column.digits), strict=True)
    return [sum(map(Fraction.__mul__, places, map(Fraction, row))) for row in rows]


@given(COLUMNS)
@example([5e-324, -LARGEST, 0.0])
@example([2.0**23 - 2.0**-30, 2.0**47 - 2.0**-6, -(2.0**71) + 2.0**18])
def test_a_column_holds_its_floats(values):
    """To the last bit, from the smallest to the largest, and gives them back."""
    column = Exact.of(np.array(values))
    carried = column * np.ones(len(values), dtype=int)
    assert fractions(column) == fractions(carried) == list(map(Fraction, values))
    assert column.floats().tolist() == carried.floats().tolist() == values


@given(COLUMNS, st.data())
def test_differences_of_running_sums_are_sums(values, data):
    """Exactly, and rounded to the float next to it."""
    before = Exact.of(np.array(values)).running()
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, len(values))] * 2)))
    total = before[np.array([stop])] - before[np.array([start])]
    expected = sum(map(Fraction, values[start:stop]))
    assert fractions(total) == [expected]
    (rounded,) = total.floats().tolist()
    assert rounded == pytest.approx(math.fsum(values[start:stop]), rel=EPSILON, abs=0)
    if Fraction(float(expected)) == expected:
        assert rounded == expected


@given(COLUMNS)
def test_squares_are_exact(values):
    """Also of sums."""
    column = Exact.of(np.array(values))
    assert fractions(column.squared()) == [Fraction(value) ** 2 for value in values]
    before = column.running()
    sums = before[np.arange(len(values) + 1)] - before[np.zeros(len(values) + 1, dtype=int)]
    assert fractions(sums.squared()) == [value**2 for value in fractions(before)]


@given(COLUMNS, st.integers(0, 2**31 - 1))
def test_products_with_counts_are_exact(values, count):
    """For any number of rows that a column may have."""
    column = Exact.of(np.array(values)) * np.full(len(values), count)
    assert fractions(column) == [Fraction(value) * count for value in values]


@pytest.mark.parametrize("value", [LARGEST, -LARGEST, 2.0**24 - 2**-29, 5e-324])
def test_there_is_room_for_many_rows(value):
    """Nothing runs over where 2**31 rows are the same, nor does a float."""
    count = 2**31 - 1
    column = Exact.of(np.array([value]))
    running = Exact([digit * count for digit in column.digits], column.power)
    squared = column.squared()
    squares = Exact([digit * count for digit in squared.digits], squared.power)
    zero = Exact.of(np.array([0.0]))
    total = running - Exact(zero.digits, column.power)
    square = (squares - Exact(zero.digits, squared.power)) * np.array([count])
    assert fractions(total) == [Fraction(value) * count]
    assert fractions(square) == [(Fraction(value) * count) ** 2]
    assert fractions(square - total.squared()) == [0]
    assert math.isfinite(square.floats()[0])


def test_a_sum_does_not_depend_on_what_was_added_before():
    """The same rows give the same bits wherever counting began."""
    values = np.random.default_rng(1).normal(1e9, 1e-3, 1000)
    found = set()
    for first in range(0, 900, 100):
        before = Exact.of(values[first:]).running()
        total = before[np.array([1000 - first])] - before[np.array([900 - first])]
        found.add(total.floats().tobytes())
    assert found == {np.float64(math.fsum(values[900:])).tobytes()}
