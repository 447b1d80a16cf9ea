"""When two values are the same, and what two at one time make."""

from __future__ import annotations

import math
from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from hyperstream.storage.values import CONFLICT, combine, same_value


class Model:
    """Compares by content, as fitted models may."""

    def __init__(self, content):
        self.content = content

    def __eq__(self, other):
        return self.content == other.content

    __hash__ = None


SAME = [
    (1, 1),
    (math.nan, math.nan),
    ([1.0, math.nan], [1.0, math.nan]),
    ({"a": (math.nan,)}, {"a": (math.nan,)}),
    ({1, 2}, {2, 1}),
    (None, None),
    (np.float64("nan"), np.float64("nan")),
    (np.array([1.0, math.nan]), np.array([1.0, math.nan])),
    (np.array(["a", "b"]), np.array(["a", "b"])),
    (np.array([math.nan, None], dtype=object), np.array([math.nan, None], dtype=object)),
    (np.array([(1, 2.0)], dtype="i4,f8"), np.array([(1, 2.0)], dtype="i4,f8")),
    ([np.array([1, 2])], [np.array([1, 2])]),
    (datetime(2020, 1, 1), datetime(2020, 1, 1)),
    (Model("a"), Model("a")),
]
DIFFERENT = [
    (1, 2),
    (1, 1.0),
    (1, True),
    (1, np.int64(1)),
    ([1], (1,)),
    ([1], [1, 2]),
    ([1], [1.0]),
    ({"a": 1}, {"a": 1, "b": 2}),
    ({"a": 1}, {"a": 1.0}),
    (None, math.nan),
    ("1", b"1"),
    (np.array([1]), np.array([1.0])),
    (np.array([1]), np.array([[1]])),
    (np.array([1]), np.array([2])),
    (Model("a"), Model("b")),
    (object(), object()),
    (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]})),
]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_the_same(left, right):
    """Equal values of one type are the same, whichever comes first."""
    assert same_value(left, right)
    assert same_value(right, left)


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_not_the_same(left, right):
    """Values of other type or content are not the same, whichever comes first."""
    assert not same_value(left, right)
    assert not same_value(right, left)


@pytest.mark.parametrize("value", [pd.DataFrame({"a": [1]}), object(), math.nan])
def test_identical_is_the_same(value):
    """An object is the same as itself, whatever it says to comparisons."""
    assert same_value(value, value)


def test_the_same_twice_is_that():
    """Combining a value with the same one gives the first."""
    old, new = [1.0], [1.0]
    assert combine(old, new) is old


@pytest.mark.parametrize(
    ("old", "new", "result"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1, "b": 2}, {"b": 2, "c": 3}, {"a": 1, "b": 2, "c": 3}),
        ({"a": math.nan}, {"a": math.nan, "b": 1}, {"a": math.nan, "b": 1}),
        ({}, {"a": 1}, {"a": 1}),
        ({"a": 1}, {}, {"a": 1}),
    ],
)
def test_dicts_that_agree_are_merged(old, new, result):
    """Two dicts whose common keys agree make a new one; they stay as they are."""
    before = repr((old, new))
    assert repr(combine(old, new)) == repr(result)
    assert repr((old, new)) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [(1, 2), (1, 1.0), ({"a": 1}, {"a": 2, "b": 1}), ({"a": {"b": 1}}, {"a": {"c": 1}}), ({}, [])],
)
def test_anything_else_is_a_conflict(old, new):
    """Values that contradict each other do not combine."""
    assert combine(old, new) is CONFLICT
