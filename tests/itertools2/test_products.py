"""Products over many windows are right, and depend on the rows of their window alone."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream.itertools2 import products as module
from hyperstream.itertools2.products import products

EPSILON = np.finfo(float).eps


@pytest.fixture(params=[0, 2, 512], autouse=True, scope="module")
def few(request):
    """Let windows be made of parts from different sizes on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_FEW", request.param)
        yield request.param


@st.composite
def rows(draw, values):
    """Give values, their times (also long ago, close together or far apart), starts and stops."""
    column = draw(st.lists(values, max_size=40))
    first = draw(st.integers(-(2**45), 2**45) | st.integers(-40, 0))
    gaps = draw(
        st.lists(
            st.integers(1, 3) | st.integers(1, 2**40), min_size=len(column), max_size=len(column)
        )
    )
    edges = st.integers(0, len(column))
    pairs = [sorted(pair) for pair in draw(st.lists(st.tuples(edges, edges), min_size=1))]
    starts, stops = map(np.array, zip(*pairs, strict=True))
    stamps = first + np.cumsum(np.array(gaps, dtype=np.int64))
    return np.array(column), stamps, starts, stops


@given(rows(st.floats(0.25, 4.0) | st.floats(-4.0, -0.25)))
def test_a_product_is_that_of_its_rows(case):
    """To the rounding of as many steps."""
    values, _, starts, stops = case
    for found, start, stop in zip(products(*case), starts, stops, strict=True):
        expected = math.prod(map(Fraction, values[start:stop].tolist()))
        assert abs(Fraction(found) - expected) <= (stop - start) * EPSILON * abs(expected)


SPECIAL = st.sampled_from([0.0, -0.0, math.inf, -math.inf, math.nan, 1.5, -2.0, 1e300, 1e-300])


@given(rows(SPECIAL | st.floats()))
def test_a_product_does_not_depend_on_other_rows(case):
    """Each window alone gives the same bits, whatever lies around it."""
    values, stamps, starts, stops = case
    for found, start, stop in zip(products(*case), starts, stops, strict=True):
        inside = slice(start, stop)
        edges = np.array([0]), np.array([stop - start])
        (alone,) = products(values[inside], stamps[inside], *edges)
        assert (np.isnan(alone) and np.isnan(found)) or alone.tobytes() == found.tobytes()


@given(rows(st.sampled_from([0.0, -0.0, math.inf, -math.inf, math.nan, 1.5, -2.0])))
def test_zero_infinity_and_nan_are_multiplied_as_everywhere(case):
    """Zero times infinity is NaN; the rest has its sign."""
    values, _, starts, stops = case
    for found, start, stop in zip(products(*case), starts, stops, strict=True):
        expected = math.prod(values[start:stop].tolist(), start=1.0)
        assert np.array_equal(found, expected, equal_nan=True)
        assert math.isnan(expected) or math.copysign(1, found) == math.copysign(1, expected)


@given(rows(st.integers(-3, 3).map(float)))
def test_whole_numbers_are_exact(case):
    """As long as a float holds the product."""
    values, _, starts, stops = case
    for found, start, stop in zip(products(*case), starts, stops, strict=True):
        expected = math.prod(map(int, values[start:stop].tolist()))
        if abs(expected) < 2**53:
            assert found == expected


def test_a_long_product_may_leave_the_range_of_floats_on_the_way(few):
    """And comes back; what is out of range in the end is zero or infinite."""
    values = np.repeat([1e200, 1e-200, 1e200], 600)
    edges = np.array([0, 300, 600, 0, 0]), np.array([1200, 900, 1800, 600, 1800])
    expected = [1.0, 1.0, 1.0, math.inf, math.inf]
    assert products(values, np.arange(1800), *edges) == pytest.approx(expected, rel=1e-12)
    (tiny,) = products(values, np.arange(1800), np.array([600]), np.array([1200]))
    assert tiny == 0.0


def test_a_window_takes_few_steps(monkeypatch):
    """Each row becomes part of another once, and a window takes two parts of a size at most."""
    steps = []
    multiply = module._Scaled.multiply

    def counted(self, positions, factors):
        steps.append(len(positions))
        multiply(self, positions, factors)

    monkeypatch.setattr(module, "_FEW", 0)
    monkeypatch.setattr(module._Scaled, "multiply", counted)
    starts = np.arange(1000)
    products(np.ones(9000), 1000 * np.arange(9000), starts, starts + 8000)
    assert sum(steps) <= 9000 + 1000 * 2 * 13
