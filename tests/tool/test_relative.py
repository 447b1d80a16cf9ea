"""Lists of numbers and dicts are taken apart."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import numpy as np
import pytest

from hyperstream.stream import StreamInstance
from hyperstream.tool.relative import by_key, contents, is_numeric, kept


def test_an_item_may_be_an_instance():
    """Then its value counts."""
    assert contents([StreamInstance(datetime(2020, 1, 1), {"a": 1}), {"a": 2}]) == [
        {"a": 1},
        {"a": 2},
    ]
    assert contents(iter(())) == []


@pytest.mark.parametrize(
    "value", [1, 1.5, True, 1j, Decimal(1), np.int8(1), np.bool_(True), np.array([1.5]), np.eye(2)]
)
def test_numbers_are_numeric(value):
    """Those of numpy, too, and arrays of them."""
    assert is_numeric(value)


@pytest.mark.parametrize("value", ["1", None, [1], {"a": 1}, np.array(["1"]), datetime(2020, 1, 1)])
def test_other_values_are_not_numeric(value):
    """Lists of numbers neither."""
    assert not is_numeric(value)


def test_values_are_collected_by_key():
    """In the order of the dicts, all or some of them."""
    dicts = [{"a": 1, "b": "x"}, {}, {"c": 2, "a": 3}]
    assert by_key(dicts) == {"a": [1, 3], "b": ["x"], "c": [2]}
    assert by_key(dicts, is_numeric) == {"a": [1, 3], "c": [2]}
    with pytest.raises(TypeError, match="one item is 7"):
        by_key([{"a": 1}, 7])


def test_results_that_are_none_are_left_out():
    """Others that are false stay."""
    results = {"a": None, "b": 0}
    assert kept(lambda key, values: results[key], {"a": [1], "b": [2]}) == {"b": 0}
