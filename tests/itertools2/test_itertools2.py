"""The functions for windows agree with the plain formulas, from any point on."""

from __future__ import annotations

import math
import statistics
from collections import namedtuple
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream import itertools2 as package
from hyperstream.itertools2 import (
    any_set,
    count,
    itertools2,
    online_average,
    online_product,
    online_sum,
    online_variance,
)

Instance = namedtuple("Instance", "timestamp value")  # noqa: PYI024 - as StreamInstance is one
NUMBERS = st.lists(st.integers(-1000, 1000) | st.floats(-1000, 1000), max_size=30)
FORMS = {
    "values": list,
    "iterator": iter,
    "instances": lambda values: [Instance(datetime(2020, 1, 1), value) for value in values],
    "generator": lambda values: (Instance(datetime(2020, 1, 1), value) for value in values),
}


@pytest.fixture(params=FORMS)
def form(request):
    """Give a function that brings values into one of the forms that data may have."""
    return FORMS[request.param]


@pytest.mark.parametrize("function", itertools2.__all__)
def test_the_package_hands_on_the_functions(function):
    """The package and its module have the same functions."""
    assert getattr(package, function) is getattr(itertools2, function)


def test_empty_data_have_defined_results(form):
    """No data are 0, False, 0.0, 1.0 and NaN."""
    assert count(form([])) == 0
    assert any_set(form([])) is False
    assert online_sum(form([])) == 0.0
    assert online_product(form([])) == 1.0
    assert math.isnan(online_average(form([])))
    assert math.isnan(online_variance(form([])))
    assert math.isnan(online_variance(form([1])))


def test_results_follow_from_the_values(form):
    """Instances count by their values, and plain values by themselves."""
    assert count(form([5, 6, 7])) == 3
    assert any_set(form([0, 0.0, 3])) is True
    assert any_set(form([0, None, ""])) is False
    assert online_sum(form([1, 2, 3])) == 6.0
    assert online_product(form([2, 3, 4])) == 24.0
    assert online_average(form([1, 2, 6])) == 3.0
    assert online_variance(form([1, 2, 6])) == 7.0


@given(NUMBERS.filter(bool))
def test_results_agree_with_the_plain_formulas(values):
    """Mean, variance and sum are those of the standard library."""
    assert online_sum(values) == pytest.approx(math.fsum(values), abs=1e-9)
    assert online_average(values) == pytest.approx(statistics.fmean(values), abs=1e-9)
    if len(values) > 1:
        assert online_variance(values) == pytest.approx(np.var(values, ddof=1), abs=1e-6)


@given(NUMBERS, NUMBERS)
def test_a_computation_goes_on_from_its_state(first, second):
    """The result over both parts is that of the second part from the state after the first."""
    n = len(first)
    mean = online_average(first) if n else 0.0
    m2 = online_variance(first) * (n - 1) if n > 1 else 0.0
    both = first + second

    def close(result, expected):
        return result == pytest.approx(expected, rel=1e-6, abs=1e-6, nan_ok=True)

    assert close(online_sum(second, online_sum(first)), online_sum(both))
    assert close(online_average(second, n, mean), online_average(both))
    assert close(online_variance(second, n, mean, m2), online_variance(both))
    small = [value / 1000 for value in both]
    assert close(online_product(small[n:], total=online_product(small[:n])), online_product(small))


def test_arrays_are_values_as_well():
    """Sums and means of arrays are element by element, and change none of them."""
    arrays = [np.array([1.0, 2.0]), np.array([3.0, 6.0])]
    kept = [array.copy() for array in arrays]
    state = np.zeros(2)
    assert online_sum(arrays, total=state).tolist() == [4.0, 8.0]
    assert online_product(arrays).tolist() == [3.0, 12.0]
    assert online_average(arrays, n=0, mean=state).tolist() == [2.0, 4.0]
    assert online_variance(arrays, mean=state, m2=state).tolist() == [2.0, 8.0]
    assert [array.tolist() for array in [*arrays, state]] == [
        array.tolist() for array in [*kept, np.zeros(2)]
    ]


def test_tuples_without_time_are_plain_values():
    """Only a tuple with a timestamp is an instance."""
    assert count([(1, 2), (3, 4)]) == 2
    assert any_set([(), (0,)]) is True
    assert any_set([Instance(None, 0)]) is False
