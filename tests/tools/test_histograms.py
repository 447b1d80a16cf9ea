"""histogram_from_list and percentiles_from_list agree with numpy."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream.testing import try_tool
from hyperstream.utils.errors import ToolExecutionError
from tests.tools import make

INF = math.inf
NUMBERS = st.lists(st.floats(-1e6, 1e6) | st.integers(-5, 5), max_size=30)


@given(
    values=NUMBERS,
    breaks=st.lists(
        st.integers(-6, 6) | st.floats(-1e5, 1e5), min_size=1, max_size=8, unique=True
    ).map(sorted),
)
def test_counts_are_those_of_numpy(values, breaks):
    """With everything below the first and above the last break."""
    expected, _ = np.histogram(values, bins=[-INF, *breaks, INF])
    found = try_tool(make("histogram_from_list", breaks=breaks), [values])
    assert found == {1: expected.tolist()}
    assert {type(count) for count in found[1]} == {int}


def test_breaks_are_101_by_default():
    """From 0 to 100."""
    (counts,) = try_tool(make("histogram_from_list"), [[-1, 0, 0.5, 99, 100, 1e9]]).values()
    assert len(counts) == 102
    assert {place: count for place, count in enumerate(counts) if count} == {
        0: 1,
        1: 2,
        100: 1,
        101: 2,
    }


def test_numbers_of_any_kind_are_counted():
    """Those of other types than float, too."""
    values = [Decimal("1.5"), Fraction(1, 2), True, np.int8(3), 10**30]
    assert try_tool(make("histogram_from_list", breaks=[1, 2]), [values]) == {1: [1, 2, 2]}


def test_breaks_may_be_counted():
    """From the first, at equal distances."""
    tool = make("histogram_from_list", first_break=-1, break_width=0.5, n_breaks=3)
    assert try_tool(tool, [[-2, -1, -0.5, -0.1, 0, 7], []]) == {1: [1, 1, 2, 2], 2: [0, 0, 0, 0]}
    assert try_tool(tool, [np.array([-1.0, 3.0])]) == {1: [0, 1, 0, 1]}


def test_categories_are_counted_by_name():
    """In a form that can be a key in the database; those with one name together."""
    tool = make("histogram_from_list", categorical=True)
    found = try_tool(tool, [["b", "a.b", "b", "$"], [1, "1", None], []])
    assert found == {
        1: {"b": 2, "a__dot__b": 1, "__dollar__": 1},
        2: {"1": 2, "None": 1},
        3: {},
    }
    assert type(found[1]) is dict


@given(
    values=NUMBERS.filter(bool),
    percentages=st.lists(st.floats(0, 100) | st.integers(0, 100), min_size=2, max_size=5),
)
def test_percentiles_are_those_of_numpy(values, percentages):
    """By linear interpolation."""
    found = try_tool(make("percentiles_from_list", percentiles=percentages), [values])
    assert found == {1: np.percentile(values, percentages).tolist()}


def test_segments_have_ends():
    """One more than there are segments; 100 segments by default."""
    values = [3, 1, 2, 5, 4]
    assert try_tool(make("percentiles_from_list", n_segments=2), [values]) == {1: [1.0, 3.0, 5.0]}
    (found,) = try_tool(make("percentiles_from_list"), [values]).values()
    assert found == np.percentile(values, range(101)).tolist()


@pytest.mark.parametrize("percentiles", [50, 50.0, [50], np.float64(50)])
def test_one_percentile_is_a_float(percentiles):
    """Given alone or in a list."""
    found = try_tool(make("percentiles_from_list", percentiles=percentiles), [[1, 2]])
    assert found == {1: 1.5}
    assert type(found[1]) is float


def test_an_empty_list_has_no_percentiles():
    """So there is nothing at its time; an array is a list, too."""
    tool = make("percentiles_from_list", n_segments=1)
    assert try_tool(tool, [[], np.array([2.0, 1.0]), ()]) == {2: [1.0, 2.0]}


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("histogram_from_list", {"breaks": []}),
        ("histogram_from_list", {"breaks": [2, 1]}),
        ("histogram_from_list", {"break_width": 0}),
        ("histogram_from_list", {"n_breaks": 0}),
        ("percentiles_from_list", {"n_segments": 0}),
        ("percentiles_from_list", {"percentiles": [101]}),
        ("percentiles_from_list", {"percentiles": -1}),
        ("percentiles_from_list", {"percentiles": []}),
    ],
)
def test_wrong_parameters_are_refused_at_once(name, parameters):
    """When the tool is made."""
    with pytest.raises(ValueError, match=r"histogram|segments|between 0 and 100"):
        make(name, **parameters)


@pytest.mark.parametrize("name", ["histogram_from_list", "percentiles_from_list"])
@pytest.mark.parametrize("value", [["a"], None, [None], [1, "2"], "12", 3])
def test_a_value_of_the_wrong_shape_is_an_error(name, value):
    """It shows time and value."""
    with pytest.raises(ToolExecutionError, match=r"at 1970-01-01T00:00:01\.000Z, for "):
        try_tool(make(name), [value])
