"""Several streams as one DataFrame, and back."""

from __future__ import annotations

import pandas as pd
import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.contrib.pandas import from_pandas, to_pandas
from hyperstream.stream import StreamId
from hyperstream.testing.conformance.base import stored, write
from hyperstream.testing.times import at, over
from hyperstream.utils.errors import DuplicateInstanceError, StreamNotFoundError
from hyperstream.workflow.node import Node
from tests.workflow.workbench import Bench, data_of

NAN = float("nan")
TEN = over(0, 10)
TWO = pd.DatetimeIndex([at(1), at(2)])


@pytest.fixture
def channel():
    """Give a memory channel."""
    return MemoryChannel("memory")


@pytest.fixture
def pair(channel):
    """Give two streams by name."""
    return {name: channel.create_stream(name) for name in "ab"}


@pytest.fixture
def node_on():
    """Give a function that makes a node on plates."""
    bench = Bench()

    def make(*plate_ids, name="raw"):
        return Node(name, bench.channels.memory, [bench.plates.plates[each] for each in plate_ids])

    return make


def held(node):
    """Return what each stream of a node holds, by the data of its plate value."""
    return {data_of(stream.stream_id.meta_data): stored(stream) for stream in node}


def test_streams_are_columns_named_by_a_dict(pair):
    """Over all their timestamps."""
    write(pair["a"], {1: 1, 2: 2})
    write(pair["b"], {2: 0.5})
    frame = to_pandas(pair, TEN, force_calculation=True)
    assert (frame.columns.name, frame.columns.tolist()) == ("stream", ["a", "b"])
    assert frame["a"].tolist() == [1, 2]
    assert frame["b"].isna().tolist() == [True, False]


def test_streams_without_names_have_their_ids(channel):
    """As text; what `find_streams` gives is named so, too."""
    for house in "12":
        write(channel.create_stream(StreamId("t", {"house": house})), {1: int(house)})
    found = channel.find_streams(name="t")
    for streams in (found, found.values(), iter(found.values())):
        frame = to_pandas(streams, TEN, force_calculation=True)
        assert frame.columns.tolist() == ["t[house=1]", "t[house=2]"]


def test_two_streams_of_one_id_need_names(channel):
    """They would have one column."""
    streams = [channel.create_stream("a"), MemoryChannel("other").create_stream("a")]
    with pytest.raises(ValueError, match="same id"):
        to_pandas(streams, TEN)


def test_columns_are_written_into_their_streams(pair):
    """What is missing is no instance; what is not named is left alone."""
    frame = pd.DataFrame({"a": [0.5, NAN]}, index=TWO)
    from_pandas(pair, frame)
    assert (stored(pair["a"]), stored(pair["b"])) == ([(1, 0.5)], [])
    from_pandas(pair, frame.assign(b=pd.array([None, 5], dtype="Int64")))
    assert (stored(pair["a"]), stored(pair["b"])) == ([(1, 0.5)], [(2, 5)])


@pytest.mark.parametrize("plate_ids", [[], ["H"], ["H.R"], ["S", "H"]])
@pytest.mark.parametrize(
    "values",
    [
        [0.5, 1.5, 2.5],
        [1, None, 3],
        [True, None, False],
        [None, "a", "b"],
        [[1], None, [2]],
        [{"t": 1}, {"t": 2, "u": "x"}, None],
    ],
)
def test_a_node_comes_back_from_its_frame(node_on, plate_ids, values):
    """Whatever its plates, values, and holes."""
    node, again = node_on(*plate_ids), node_on(*plate_ids, name="again")
    for number, stream in enumerate(node):
        its = {i + number: value for i, value in enumerate(values) if value is not None}
        write(stream, its)
    from_pandas(again, node.to_pandas(over(-1, 100), force_calculation=True))
    assert held(again) == held(node)
    pd.testing.assert_frame_equal(
        to_pandas(again, over(-1, 100), True), to_pandas(node, over(-1, 100), True)
    )


def test_levels_are_found_by_their_names(node_on):
    """In any order; or, where they have other names, by their places."""
    node, frame = node_on("H.R"), pd.DataFrame([[1, 2]], TWO[:1])
    labels = [("1", "a"), ("2", "a")]
    frame.columns = pd.MultiIndex.from_tuples(labels, names=["house", "resident"]).swaplevel()
    from_pandas(node, frame)
    assert held(node) == {"1.a": [(1, 1)], "1.b": [], "2.a": [(1, 2)]}
    frame.index = TWO[1:]
    frame.columns = pd.MultiIndex.from_tuples(labels)
    from_pandas(node, frame)
    assert held(node) == {"1.a": [(1, 1), (2, 1)], "1.b": [], "2.a": [(1, 2), (2, 2)]}


def test_labels_are_compared_as_text(node_on):
    """As plate values are."""
    node = node_on("H")
    from_pandas(node, pd.DataFrame({1: [0.5, 1.5]}, index=TWO))
    assert held(node) == {"1": [(1, 0.5), (2, 1.5)], "2": []}


def test_a_column_for_no_stream_is_told(node_on):
    """And nothing is written."""
    node = node_on("H.R")
    columns = pd.MultiIndex.from_tuples([("1", "a"), ("3", "a")])
    with pytest.raises(StreamNotFoundError, match=r"column 3, a: .*by house, resident"):
        from_pandas(node, pd.DataFrame([[1, 2]], TWO[:1], columns))
    assert not any(held(node).values())


@pytest.mark.parametrize(
    ("frame", "error", "text"),
    [
        (pd.Series([1, 2], index=TWO), TypeError, "written from a DataFrame"),
        (pd.DataFrame({"a": [1, 2]}), TypeError, "set_index"),
        (pd.DataFrame([[1, 2]] * 2, TWO, ["a", "a"]), ValueError, "more than one column a"),
        (pd.DataFrame({("a", "b", "c"): [1, 2]}, index=TWO), ValueError, "not 3 in all"),
        (pd.DataFrame({("a", 0): [1, 2]}, index=TWO), ValueError, "keys of dicts"),
    ],
)
def test_what_cannot_be_written_is_told(pair, frame, error, text):
    """In one sentence."""
    with pytest.raises(error, match=text):
        from_pandas(pair, frame)


def test_a_stream_that_refuses_ends_it(pair):
    """Those before it are written, as documented."""
    write(pair["b"], {1: 5})
    with pytest.raises(DuplicateInstanceError, match="memory:b"):
        from_pandas(pair, pd.DataFrame({"a": [1, 2], "b": [1, 2]}, index=TWO))
    assert (stored(pair["a"]), stored(pair["b"])) == ([(1, 1), (2, 2)], [(1, 5)])
