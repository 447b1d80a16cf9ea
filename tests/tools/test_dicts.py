"""dict_values_to_const, list_dict_mean and list_dict_sum work key by key."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from hyperstream.testing import try_tool
from hyperstream.utils.errors import ToolExecutionError
from tests.tools import make

START = {"a": 10}


def test_all_values_become_one():
    """1 by default; the keys stay."""
    assert try_tool(make("dict_values_to_const"), [{"a": 5, "b": None}, {}]) == {
        1: {"a": 1, "b": 1},
        2: {},
    }
    assert try_tool(make("dict_values_to_const", const="x"), [{"a": 5}]) == {1: {"a": "x"}}


def test_the_mean_is_over_the_dicts_with_a_key():
    """An empty list has an empty mean."""
    values = [[{"a": 1, "b": 5}, {"a": 2}], [], [{}]]
    assert try_tool(make("list_dict_mean"), values) == {1: {"a": 1.5, "b": 5.0}, 2: {}, 3: {}}


def test_the_sum_begins_with_what_is_given():
    """Which stays as it is."""
    values = [[{"a": 1, "b": 5}, {"a": 2}], []]
    assert try_tool(make("list_dict_sum"), values) == {1: {"a": 3, "b": 5}, 2: {}}
    tool = make("list_dict_sum", start_dict=START)
    assert try_tool(tool, values) == {1: {"a": 13, "b": 5}, 2: {"a": 10}}
    assert START == {"a": 10}


def test_new_keys_may_be_left_out():
    """Then only those of the start are in the sum."""
    tool = make("list_dict_sum", start_dict=START, insert_new_keys=False)
    assert try_tool(tool, [[{"a": 1, "b": 5}]]) == {1: {"a": 11}}
    assert try_tool(make("list_dict_sum", insert_new_keys=False), [[{"a": 1}]]) == {1: {}}


def test_new_keys_are_logged_once(caplog):
    """If there is a start to which they are new, and unless nobody wants to know."""
    values = [[{"b": 1}], [{"b": 2}, {"c": 3}]]
    for parameters in ({}, {"start_dict": START, "log_new_keys": False}):
        try_tool(make("list_dict_sum", **parameters), values)
    assert caplog.messages == []
    try_tool(make("list_dict_sum", start_dict=START, insert_new_keys=False), values)
    assert caplog.messages == [
        "Tool list_dict_sum found new key 'b'",
        "Tool list_dict_sum found new key 'c'",
    ]
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


def test_arrays_are_added_without_changing_them():
    """Neither those of the source nor that of the start."""
    ones, start = np.ones(2), {"a": np.zeros(2)}
    values = [[{"a": ones, "b": ones}, {"a": ones, "b": ones}]]
    (total,) = try_tool(make("list_dict_sum", start_dict=start), values).values()
    (mean,) = try_tool(make("list_dict_mean"), values).values()
    assert {key: each.tolist() for key, each in total.items()} == {"a": [2, 2], "b": [2, 2]}
    assert mean["a"].tolist() == ones.tolist() == [1, 1]
    assert start["a"].tolist() == [0, 0]


def test_numpy_scalars_are_numbers():
    """As good as others."""
    values = [[{"a": np.float32(1.5)}, {"a": np.int64(2)}]]
    assert try_tool(make("list_dict_sum"), values) == {1: {"a": 3.5}}
    assert try_tool(make("list_dict_mean"), values) == {1: {"a": 1.75}}


@pytest.mark.parametrize("name", ["dict_values_to_const", "list_dict_mean", "list_dict_sum"])
@pytest.mark.parametrize("value", [3, [3], [{"a": 1}, 3]])
def test_a_value_of_the_wrong_shape_is_an_error(name, value):
    """It shows time and value."""
    with pytest.raises(ToolExecutionError, match=r"at 1970-01-01T00:00:01\.000Z, for .*3"):
        try_tool(make(name), [value])
