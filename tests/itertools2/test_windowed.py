"""Many windows at once give what the functions give, whatever column they lie in."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hyperstream.itertools2 import (
    any_set,
    count,
    online_average,
    online_product,
    online_sum,
    online_variance,
)
from hyperstream.itertools2.windowed import over_windows
from hyperstream.storage.batch import column

FUNCTIONS = [any_set, count, online_average, online_product, online_sum, online_variance]
EPSILON = np.finfo(float).eps

NUMBERS = st.one_of(
    st.floats(-1e6, 1e6),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([0.0, -0.0, 0.1, math.nan, math.inf, -math.inf, 1e308, -1e308, True, 2**70]),
)
COLUMNS = st.one_of(
    st.lists(st.floats(-1e6, 1e6)),
    st.lists(st.integers(-(2**63), 2**63 - 1)),
    st.lists(st.booleans()),
    st.lists(NUMBERS),
)


@st.composite
def windows(draw, columns=COLUMNS):
    """Give values, and windows of them: the list of values, starts, stops."""
    values = draw(columns)
    edges = st.integers(0, len(values))
    pairs = [sorted(pair) for pair in draw(st.lists(st.tuples(edges, edges), min_size=1))]
    starts, stops = zip(*pairs, strict=True)
    return values, np.array(starts), np.array(stops)


def completed(function, values, starts, stops):
    """Apply a function to windows, calling it where that is left to the caller."""
    results, left = over_windows(function, values, starts, stops)
    plain = values if isinstance(values, list) else values.tolist()
    return [
        function(plain[start:stop]) if by_hand else result
        for result, by_hand, start, stop in zip(results.tolist(), left, starts, stops, strict=True)
    ]


def error_bound(function, values):
    """Give how far two ways of rounding may be apart."""
    floats = [abs(float(value)) for value in values]
    if function is online_product or not all(map(math.isfinite, floats)):
        return 0.0
    largest = max(floats, default=0.0)
    scale = {
        online_sum: largest * len(floats),
        online_variance: largest**2 if largest < 1e100 else 0,
    }
    return 8 * EPSILON * (len(floats) + 1) * scale.get(function, largest)


@pytest.mark.parametrize("function", FUNCTIONS)
@given(case=windows())
def test_a_window_gives_what_the_function_gives(function, case):
    """Each result has the type and, to rounding, the value that the function itself gives."""
    values, starts, stops = case
    found = completed(function, column(values), starts, stops)
    for result, start, stop in zip(found, starts, stops, strict=True):
        expected = function(values[start:stop])
        assert type(result) is type(expected)
        bound = error_bound(function, values[start:stop])
        same = result == expected or (math.isnan(result) and math.isnan(expected))
        assert same or abs(result - expected) <= bound


@pytest.mark.parametrize("function", FUNCTIONS)
@given(case=windows(), before=st.lists(NUMBERS, max_size=20), after=st.lists(NUMBERS, max_size=20))
def test_a_result_depends_on_the_content_alone(function, case, before, after):
    """The same values give the same bits, whatever lies around them and however they are kept."""
    values, starts, stops = case
    around = column([*before, *values, *after])
    alone = completed(function, column(values), starts, stops)
    inside = completed(function, around, starts + len(before), stops + len(before))
    listed = completed(function, list(values), starts, stops)
    single = [
        completed(function, column(values), starts[k:], stops[k:])[0] for k in range(len(starts))
    ]
    bits = [np.array(each).tobytes() for each in (alone, inside, listed, single)]
    assert bits[0] == bits[1] == bits[2] == bits[3]


@given(st.integers(1, 3000), st.integers(0, 64), st.integers(0, 100))
def test_long_windows_depend_on_their_content_alone(size, shift, seed):
    """Nor does the place in memory count, where numpy sums in blocks."""
    content = np.random.default_rng(seed).normal(1e3, 1e-3, size)
    moved = np.concatenate((np.ones(shift), content, np.ones(9)))
    for function in (online_sum, online_product, online_average, online_variance):
        alone, _ = over_windows(function, content, np.array([0]), np.array([size]))
        inside, _ = over_windows(function, moved, np.array([shift]), np.array([shift + size]))
        assert alone.tobytes() == inside.tobytes()


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=50), st.sampled_from([0.0, 1e3, 1e9, -1e12]))
@example([0.1] * 7, 1e9)
def test_a_variance_survives_a_huge_offset(values, offset):
    """The distance to the exact variance is that of one rounding of the values, not of the mean."""
    shifted = [value + offset for value in values]
    exact = [Fraction(value) for value in shifted]
    mean = sum(exact) / len(exact)
    expected = float(sum((value - mean) ** 2 for value in exact) / (len(exact) - 1))
    found = completed(online_variance, column(shifted), np.array([0]), np.array([len(values)]))[0]
    # Floats this close to zero have few digits left.
    rounding = max((EPSILON * offset) ** 2, 1e-300)
    assert found == pytest.approx(expected, rel=1e-9, abs=rounding)


@pytest.mark.parametrize("value", [0.1, 1e9 + 0.1, -7, True])
def test_equal_values_have_themselves_as_mean_and_no_variance(value):
    """No rounding shows where there is nothing to round."""
    values, edges = column([value] * 60), (np.array([0, 7]), np.array([60, 10]))
    assert completed(online_average, values, *edges) == [value, value]
    assert completed(online_variance, values, *edges) == [0.0, 0.0]


def test_empty_windows_have_the_defined_results():
    """An empty window is as empty data, also in an empty column."""
    for values in (column([1.0, 2.0]), column([]), [None]):
        edges = np.array([0]), np.array([0])
        assert completed(count, values, *edges) == [0]
        assert completed(any_set, values, *edges) == [False]
        assert completed(online_sum, values, *edges) == [0.0]
        assert completed(online_product, values, *edges) == [1.0]
        assert math.isnan(completed(online_average, values, *edges)[0])
        assert math.isnan(completed(online_variance, values, *edges)[0])


def test_what_is_no_number_is_left_to_the_function():
    """Windows with other values are pointed out, and the others are computed."""
    values = [1.0, None, 2, np.float64(3)]
    starts, stops = np.array([0, 0, 2, 3]), np.array([1, 2, 3, 4])
    results, left = over_windows(online_sum, values, starts, stops)
    assert left.tolist() == [False, True, False, True]
    assert results[[0, 2]].tolist() == [1.0, 2.0]


def test_another_function_is_not_known():
    """A function that is none of the six, or none at all, gives nothing."""
    edges = np.array([0]), np.array([1])
    assert over_windows(sum, column([1.0]), *edges) is None
    assert over_windows([].append, column([1.0]), *edges) is None


def test_many_values_are_laid_out_part_by_part(monkeypatch):
    """The results do not depend on how many values are gathered at once."""
    values = np.random.default_rng(1).normal(size=300)
    starts = np.arange(200)
    stops = starts + np.arange(200) % 100
    expected, _ = over_windows(online_variance, values, starts, stops)
    monkeypatch.setattr("hyperstream.itertools2.windowed._ROOM", 10)
    found, _ = over_windows(online_variance, values, starts, stops)
    assert found.tobytes() == expected.tobytes()
