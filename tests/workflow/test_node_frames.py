"""Nodes as pandas DataFrames."""

from __future__ import annotations

import pandas as pd
import pytest

from hyperstream.testing.conformance.base import write
from hyperstream.testing.times import at, over
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import NotCalculatedWarning
from hyperstream.workflow.node import Node
from tests.workflow.workbench import Sum, fill

TEN = over(0, 10)


@pytest.fixture
def node_of(memory, plates):
    """Give a function that makes a node whose streams hold values, by second."""

    def make(*values, on=()):
        node = Node("raw", memory, [plates[each] for each in on])
        for stream, its in zip(node, values, strict=True):
            write(stream, its)
        return node

    return make


def test_a_node_without_plates_is_its_only_stream(node_of):
    """With column `value`, or a column for each key."""
    node = node_of({1: 0.5, 2: 1.5})
    frame = node.to_pandas(TEN, force_calculation=True)
    assert frame["value"].tolist() == [0.5, 1.5]
    assert frame.index.tolist() == [at(1), at(2)]


def test_plate_values_of_one_tag_are_columns(node_of):
    """Named by the tag, over the union of timestamps."""
    node = node_of({1: 0.5}, {1: 1.5, 3: 2.5}, on=["H"])
    frame = node.to_pandas(TEN, force_calculation=True)
    assert (frame.columns.name, frame.columns.tolist()) == ("house", ["1", "2"])
    assert frame.index.tolist() == [at(1), at(3)]
    assert frame["2"].tolist() == [1.5, 2.5]
    assert frame["1"].isna().tolist() == [False, True]


def test_plate_values_of_several_tags_are_levels(node_of):
    """Named by the tags."""
    node = node_of({1: 1}, {2: 2}, {3: 3}, on=["H.R"])
    columns = node.to_pandas(TEN, force_calculation=True).columns
    assert list(columns.names) == ["house", "resident"]
    assert columns.tolist() == [("1", "a"), ("1", "b"), ("2", "a")]


def test_keys_of_dicts_are_one_level_more(node_of):
    """Below the plate values."""
    node = node_of({1: {"t": 1}}, {2: {"u": 2}}, on=["H"])
    columns = node.to_pandas(TEN, force_calculation=True).columns
    assert list(columns.names) == ["house", "key"]
    assert columns.tolist() == [("1", "t"), ("1", "u"), ("2", "t"), ("2", "u")]


def test_a_plate_value_without_data_is_there(node_of):
    """As a column without values."""
    frame = node_of({1: 1}, {}, on=["H"]).to_pandas(TEN, force_calculation=True)
    assert frame.columns.tolist() == ["1", "2"]
    assert frame.dtypes.tolist() == ["int64", "float64"]


def test_a_node_of_an_empty_plate_is_an_empty_frame(memory, plates, bench):
    """Without columns."""
    node = Node("raw", memory, [plates["H"]])
    bench.meta_data.delete("house_1")
    bench.meta_data.delete("house_2")
    frame = node.to_pandas(TEN)
    assert frame.shape == (0, 0)
    assert isinstance(frame.index, pd.DatetimeIndex)


def test_the_interval_is_as_with_windows(node_of):
    """A pair, or none for what was calculated last; what is not calculated is warned of."""
    node = node_of({1: 1, 2: 2})
    node.streams[None].calculated_intervals = TimeIntervals([over(0, 1)])
    assert node.to_pandas()["value"].tolist() == [1]
    assert node.to_pandas((at(0.5), at(1)))["value"].tolist() == [1]
    with pytest.warns(NotCalculatedWarning):
        assert node.to_pandas(TEN)["value"].tolist() == [1, 2]


def test_a_forced_frame_is_computed(w, on):
    """As a window is."""
    raw, sums = on("raw", "H"), on("sums", "H")
    w.create_factor(Sum(), [raw], sums).execute(over(0, 1))
    fill(raw, 1, 2)
    frame = sums.to_pandas(TEN, force_calculation=True)
    assert frame.to_dict("list") == {"1": [1, 2], "2": [1, 2]}
