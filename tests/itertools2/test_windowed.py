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
from hyperstream.itertools2 import products as products_module
from hyperstream.itertools2 import windowed as module
from hyperstream.itertools2.windowed import over_windows
from hyperstream.stream import Batch

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


@pytest.fixture(params=[0, 512], autouse=True, scope="module")
def few(request):
    """Let products be made of parts from different sizes on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(products_module, "_FEW", request.param)
        yield request.param


def batch(values, first=0):
    """Give values as a batch, one a second."""
    return Batch.of(first + 1000 * np.arange(len(values)), values)


@st.composite
def windows(draw, columns=COLUMNS):
    """Give values, and windows of them in any order: the list of values, starts, stops."""
    values = draw(columns)
    edges = st.integers(0, len(values))
    pairs = [sorted(pair) for pair in draw(st.lists(st.tuples(edges, edges), min_size=1))]
    starts, stops = zip(*pairs, strict=True)
    return values, np.array(starts), np.array(stops)


def completed(function, rows, starts, stops):
    """Apply a function to windows, calling it where that is left to the caller."""
    results, left = over_windows(function, rows, starts, stops)
    plain = rows.value_list()
    return [
        function(plain[start:stop]) if by_hand else result
        for result, by_hand, start, stop in zip(results.tolist(), left, starts, stops, strict=True)
    ]


def bits(results):
    """Give the bits of numbers, of any NaN the same."""
    return [np.array(result).tobytes() if result == result else None for result in results]  # noqa: PLR0124


def error_bound(function, values):
    """Give how far two ways of rounding may be apart."""
    floats = [abs(float(value)) for value in values]
    if not all(map(math.isfinite, floats)):
        return 0.0
    largest = max(floats, default=0.0)
    scale = {
        online_product: math.prod(floats),
        online_sum: largest * len(floats),
        online_variance: largest**2 if largest < 1e100 else 0,
    }
    # Floats close to zero have few digits left.
    return 8 * EPSILON * (len(floats) + 1) * scale.get(function, largest) + 1e-300


@pytest.mark.parametrize("function", FUNCTIONS)
@given(case=windows())
def test_a_window_gives_what_the_function_gives(function, case, few):
    """Each result has the type and, to rounding, the value that the function itself gives."""
    values, starts, stops = case
    found = completed(function, batch(values), starts, stops)
    for result, start, stop in zip(found, starts, stops, strict=True):
        expected = function(values[start:stop])
        assert type(result) is type(expected)
        if function is online_product and not few and leaves_range(values[start:stop]):
            continue
        bound = error_bound(function, values[start:stop])
        same = result == expected or (math.isnan(result) and math.isnan(expected))
        assert same or abs(result - expected) <= bound


def leaves_range(values):
    """Tell whether a product is too large or too small for a float on the way."""
    running = [online_product(values[:size]) for size in range(1, len(values) + 1)]
    return any(
        not 1e-290 < abs(product) < math.inf
        for product, value in zip(running, values, strict=True)
        if value and math.isfinite(value)
    )


@pytest.mark.parametrize("function", FUNCTIONS)
@given(case=windows(), before=st.lists(NUMBERS, max_size=20), after=st.lists(NUMBERS, max_size=20))
def test_a_result_depends_on_the_content_alone(function, case, before, after):
    """The same rows give the same bits, whatever lies around them and however they are kept."""
    values, starts, stops = case
    first = 1000 * len(before)
    around = batch([*before, *values, *after])
    inside = completed(function, around, starts + len(before), stops + len(before))
    together = completed(function, batch(values, first), starts, stops)
    listed = Batch(batch(values, first).timestamps, list(values))
    alone = [
        completed(function, batch(values, first).part(*edges), np.array([0]), edges[1:] - edges[0])
        for edges in np.column_stack((starts, stops))
    ]
    expected = bits(inside)
    assert bits(together) == expected
    assert bits(completed(function, listed, starts, stops)) == expected
    assert [each for (each,) in map(bits, alone)] == expected


@given(st.integers(1, 3000), st.integers(0, 64), st.integers(0, 100))
def test_long_windows_depend_on_their_content_alone(size, shift, seed):
    """Nor does the place in memory count, where numpy sums in blocks."""
    content = np.random.default_rng(seed).normal(1e3, 1e-3, size) / 1e3
    moved = np.concatenate((np.ones(shift), content, np.ones(9)))
    rows = Batch(1000 * np.arange(len(moved)), moved)
    for function in (online_sum, online_product, online_average, online_variance):
        alone, _ = over_windows(
            function, rows.part(shift, shift + size), np.array([0]), np.array([size])
        )
        inside, _ = over_windows(function, rows, np.array([shift]), np.array([shift + size]))
        assert alone.tobytes() == inside.tobytes()
        called = function(content.tolist())
        precision = 1e-9 if function is online_variance else 1e-12
        assert inside[0] == pytest.approx(called, rel=precision, nan_ok=True)


@pytest.mark.parametrize("wild", [math.nan, math.inf, -math.inf, 1e300, "text", None, 2**70])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_nothing_leaks_from_a_window_into_another(function, wild):
    """A value that is no ordinary number changes what its windows give, and no other result."""
    values = [n / 7 for n in range(1, 41)]
    starts, stops = np.arange(31), np.arange(31) + 10
    expected, _ = over_windows(function, batch(values), starts, stops)
    values[20] = wild
    found, left = over_windows(function, batch(values), starts, stops)
    clean = (starts > 20) | (stops <= 20)
    assert found[clean].tobytes() == expected[clean].tobytes()
    assert not left[clean].any()


@given(st.lists(st.integers(-(2**70), 2**70), max_size=30), st.integers(0, 30))
def test_whole_numbers_are_exact(values, start):
    """Sums as long as a float holds them; ints of more than 64 bits are left to the function."""
    start = min(start, len(values))
    edges = np.array([start]), np.array([len(values)])
    (found,) = completed(online_sum, batch(values), *edges)
    small = [value for value in values[start:] if abs(value) < 2**53]
    if len(small) == len(values[start:]) and abs(sum(small)) < 2**53:
        assert found == sum(small)
    _, left = over_windows(online_sum, batch(values), *edges)
    assert left.tolist() == [any(not -(2**63) <= value < 2**63 for value in values[start:])]


def test_infinity_is_added_and_averaged_as_by_the_function():
    """None of it costs a call."""
    rows = batch([1.0, math.inf, 2.0, -math.inf, 3.0])
    starts, stops = np.array([0, 0, 1, 1, 2, 3, 1, 4]), np.array([2, 3, 2, 4, 4, 5, 5, 5])
    for function in (online_sum, online_average, online_variance):
        found, left = over_windows(function, rows, starts, stops)
        assert not left.any()
        plain = rows.value_list()
        called = [function(plain[start:stop]) for start, stop in zip(starts, stops, strict=True)]
        assert np.array_equal(found, called, equal_nan=True)


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=50), st.sampled_from([0.0, 1e3, 1e9, -1e12]))
@example([0.1] * 7, 1e9)
def test_a_variance_survives_a_huge_offset(values, offset):
    """The distance to the exact variance is that of one rounding of the values, not of the mean."""
    shifted = [value + offset for value in values]
    exact = [Fraction(value) for value in shifted]
    mean = sum(exact) / len(exact)
    expected = float(sum((value - mean) ** 2 for value in exact) / (len(exact) - 1))
    found = completed(online_variance, batch(shifted), np.array([0]), np.array([len(values)]))[0]
    # Floats this close to zero have few digits left.
    rounding = max((EPSILON * offset) ** 2, 1e-300)
    assert found == pytest.approx(expected, rel=1e-9, abs=rounding)


@pytest.mark.parametrize("value", [0.1, 1e9 + 0.1, -7, True])
def test_equal_values_have_themselves_as_mean_and_no_variance(value):
    """No rounding shows where there is nothing to round."""
    values, edges = batch([value] * 60), (np.array([0, 7]), np.array([60, 10]))
    assert completed(online_average, values, *edges) == [value, value]
    assert completed(online_variance, values, *edges) == [0.0, 0.0]


def test_empty_windows_have_the_defined_results():
    """An empty window is as empty data, also in an empty column."""
    for values in map(batch, ([1.0, 2.0], [], [None])):
        edges = np.array([0]), np.array([0])
        assert completed(count, values, *edges) == [0]
        assert completed(any_set, values, *edges) == [False]
        assert completed(online_sum, values, *edges) == [0.0]
        assert completed(online_product, values, *edges) == [1.0]
        assert math.isnan(completed(online_average, values, *edges)[0])
        assert math.isnan(completed(online_variance, values, *edges)[0])


def test_what_is_no_number_is_left_to_the_function():
    """Windows with other values are pointed out, and the others are computed."""
    values = batch([1.0, None, 2, np.float64(3)])
    starts, stops = np.array([0, 0, 2, 3]), np.array([1, 2, 3, 4])
    results, left = over_windows(online_sum, values, starts, stops)
    assert left.tolist() == [False, True, False, True]
    assert results[[0, 2]].tolist() == [1.0, 2.0]


def test_another_function_is_not_known():
    """A function that is none of the six, or none at all, gives nothing."""
    edges = np.array([0]), np.array([1])
    assert over_windows(sum, batch([1.0]), *edges) is None
    assert over_windows([].append, batch([1.0]), *edges) is None


@pytest.mark.parametrize("function", FUNCTIONS)
def test_windows_are_computed_part_by_part(function, monkeypatch):
    """The results do not depend on how many windows are computed at once."""
    rows = batch(np.random.default_rng(1).normal(size=300).tolist())
    starts = np.arange(200)
    stops = starts + np.arange(200) % 100
    expected, _ = over_windows(function, rows, starts, stops)
    monkeypatch.setattr(module, "_PART", 7)
    found, _ = over_windows(function, rows, starts, stops)
    assert found.tobytes() == expected.tobytes()
