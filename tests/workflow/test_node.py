"""Nodes: streams of one name, by plate value."""

from __future__ import annotations

import pytest

from hyperstream.stream import StreamId
from hyperstream.testing.conformance.base import stored
from hyperstream.testing.times import over
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import (
    IncompatiblePlatesError,
    NodeDefinitionError,
    NotCalculatedWarning,
    StreamNotFoundError,
)
from hyperstream.workflow.node import Node, by_value, stream_of
from hyperstream.workflow.plate import PlateValue
from tests.workflow.sides import PLATES
from tests.workflow.workbench import data_of, fill, label

A1 = (("house", "1"), ("resident", "a"))


@pytest.fixture
def node(memory, plates):
    """Give a node on the plate of residents in houses."""
    return Node("raw", memory, [plates["H.R"]])


@pytest.mark.parametrize(
    ("ids", "values"),
    [
        ([], [""]),
        (["H"], ["1", "2"]),
        (["H.R"], ["1.a", "1.b", "2.a"]),
        (["H", "H.R"], ["1.a", "1.b", "2.a"]),
        (["H.R", "H"], ["1.a", "1.b", "2.a"]),
        (["H", "S"], ["1.s", "1.t", "2.s", "2.t"]),
        (["S", "H1"], ["s.1", "t.1"]),
        (["H.R", "H.W"], ["1.a.w", "1.b.w", "2.a.v", "2.a.w"]),
        (["H1.R", "H.Ra"], ["1.a"]),
        (["H1", "S", "R"], ["1.s.a", "1.s.b", "1.t.a", "1.t.b"]),
    ],
)
def test_a_node_has_a_stream_for_each_value_of_its_plates(memory, plates, ids, values):
    """Several plates are joined on the ancestors that they share."""
    node = Node("raw", memory, [plates[each] for each in ids])
    assert [data_of(value) for value in node.plate_values] == values
    assert [label(each) for each in node] == [f"raw[{each}]" if each else "raw" for each in values]
    assert node.plate_ids == tuple(ids)
    assert len(node) == len(values)


def test_streams_are_made_once(memory, node):
    """Two nodes of one name have the same streams."""
    again = Node("raw", memory, node.plates)
    assert [each is other for each, other in zip(node, again, strict=True)] == [True] * 3
    assert set(memory.streams) == {StreamId("raw", value) for value in node.plate_values}


def test_a_stream_is_found_by_its_plate_value(node, plates):
    """As pairs in any order, as a list of them, or as what a loop over the plate gives."""
    stream = node.streams[A1]
    assert stream.stream_id == StreamId("raw", {"house": "1", "resident": "a"})
    assert node.streams[A1[::-1]] is stream
    assert node.streams[list(map(list, A1))] is stream
    assert node.streams[PlateValue(plates["H.R"], A1)] is stream
    assert node.streams[next(iter(plates["H.R"]))] is stream
    assert A1[::-1] in node.streams


def test_the_only_stream_is_found_by_none(memory):
    """A node without plates has one stream, by None."""
    node = Node("clock", memory)
    assert list(node.streams) == [None]
    assert node.streams[None].stream_id == StreamId("clock")


@pytest.mark.parametrize("key", [None, (), (("house", "9"),), A1[:1], "1", 5, [[]]])
def test_a_value_that_the_node_does_not_have_is_an_error(node, key):
    """The error names the node, and the value; asking whether it is there is none."""
    assert key not in node.streams
    with pytest.raises(StreamNotFoundError, match="Node raw has no stream"):
        node.streams[key]


def test_streams_know_their_node(node):
    """A stream's parent node is the node."""
    assert {stream.parent_node for stream in node} == {node}


def test_new_plate_values_have_streams_the_next_time(bench, node):
    """As long as nothing changes, streams are the same object; then there are more."""
    before = node.streams
    assert node.streams is before
    bench.meta_data.insert_many([("resident", "house_2", "b")])
    assert [label(each) for each in node] == ["raw[1.a]", "raw[1.b]", "raw[2.a]", "raw[2.b]"]
    assert node.streams[A1] is before[A1]
    bench.meta_data.delete("house_2")
    assert [label(each) for each in node] == ["raw[1.a]", "raw[1.b]"]


@pytest.mark.parametrize("name", ["", "x" * 513, None, 5, ["raw"], StreamId("raw")])
def test_a_name_is_text_of_1_to_512_characters(memory, name):
    """Anything else is refused."""
    with pytest.raises(NodeDefinitionError, match="text of 1 to 512 characters"):
        Node(name, memory)
    assert Node("x" * 512, memory).node_id == "x" * 512


def test_a_name_is_unicode_text(memory):
    """Half of a surrogate pair is refused where the node is made, not where it is stored."""
    with pytest.raises(NodeDefinitionError, match=r"'a\\udc80'.*Half of a surrogate pair"):
        Node("a\udc80", memory)
    assert Node("Zürich", memory).streams[None].stream_id.name == "Zürich"


def test_what_is_no_plate_is_refused(memory, plates):
    """So is a plate given twice."""
    with pytest.raises(NodeDefinitionError, match="Node raw takes plates, not 'H'"):
        Node("raw", memory, ["H"])
    with pytest.raises(NodeDefinitionError, match="Node raw names a plate twice: plates H, H"):
        Node("raw", memory, [plates["H"], plates["H"]])
    assert not memory.streams


def test_plates_that_cannot_be_joined_are_refused(memory, plates):
    """A tag that is at two places of the tree would have two values."""
    with pytest.raises(IncompatiblePlatesError, match="resident"):
        Node("raw", memory, [plates["H.R"], plates["R"]])
    assert not memory.streams


def test_a_node_at_a_plate_value_is_the_node(node, plates):
    """The value may be one of the node's plates, or of a plate above, or there may be none."""
    for house in plates["H"]:
        assert node[house] is node
        for resident in plates["H.R"][house]:
            assert node[resident] is node
            assert node[house][resident] is node
            assert node[house, resident] is node
    assert node[None] is node
    assert node[()] is node


@pytest.mark.parametrize("plate_id", ["S", "R", "H.R.D", "H1", "H.Ra"])
def test_a_node_at_a_value_of_another_plate_is_an_error(node, plates, plate_id):
    """Plates below, beside, or with some of the values are other plates."""
    value = next(iter(plates[plate_id]))
    message = rf"Node raw is on plate H\.R, which plate {plate_id} is neither one of nor above"
    with pytest.raises(IncompatiblePlatesError, match=message):
        node[value]
    with pytest.raises(IncompatiblePlatesError, match=message):
        node[next(iter(plates["H"])), value]


def test_a_node_without_plates_has_no_values(memory, plates):
    """Its error says that there are no plates."""
    with pytest.raises(IncompatiblePlatesError, match="Node clock is on no plates"):
        Node("clock", memory)[next(iter(plates["H"]))]


@pytest.mark.parametrize("key", ["1", 5, A1, [5], slice(None), PLATES["H.R"]])
def test_a_node_is_indexed_by_plate_values(node, key):
    """What is no plate value is named, also a plate, which has many."""
    with pytest.raises(IncompatiblePlatesError, match="indexed by values of plates"):
        node[key]


def test_a_node_of_no_workflow_cannot_be_defined(node, plates):
    """Only `create_node` makes nodes that factors can be tied to."""
    with pytest.raises(NodeDefinitionError, match="Node raw belongs to no workflow"):
        node[next(iter(plates["H.R"]))] = "anything"


def test_a_node_is_windowed_and_purged_as_a_whole(node):
    """All streams are looked at, and emptied."""
    fill(node, 5, 6)
    views = node.window(over(0, 1), force_calculation=True)
    assert {data_of(key): view.values() for key, view in views.items()} == {
        "1.a": [5],
        "1.b": [5],
        "2.a": [5],
    }
    node.streams[A1].calculated_intervals = TimeIntervals([over(0, 5)])
    node.purge()
    assert [stored(stream) for stream in node] == [[], [], []]
    assert node.streams[A1].calculated_intervals.is_empty


def test_the_first_instances_are_shown(node, plates):
    """For the values of a plate below a value, with their timestamps."""
    fill(node, 5, 6, 7)
    lines = []
    house = next(iter(plates["H"]))
    with pytest.warns(NotCalculatedWarning):
        node.print_head(house, plates["H.R"][house], over(0, 9), n=2, print_func=lines.append)
    assert lines == [
        "Plate value: (('house', '1'), ('resident', 'a'))",
        "2020-01-01 00:00:01+00:00, 5",
        "2020-01-01 00:00:02+00:00, 6",
        "Plate value: (('house', '1'), ('resident', 'b'))",
        "2020-01-01 00:00:01+00:00, 5",
        "2020-01-01 00:00:02+00:00, 6",
    ]


@pytest.mark.parametrize(
    ("parent", "values", "count"),
    [
        (A1[:1], PLATES["H.R"], 2),
        (A1, PLATES["H"], 1),
        (None, A1, 1),
        (None, [A1], 1),
        (A1[:1], A1[1:], 1),
        (A1[:1], [A1[1:], (("resident", "b"),)], 2),
        ((("house", "2"),), [A1[1:], (("resident", "b"),)], 1),
    ],
)
def test_which_streams_are_shown(node, parent, values, count):
    """Values are given whole, or below a parent's; those that the node does not have are not."""
    lines = []
    for stream in node:
        stream.calculated_intervals = TimeIntervals([over(0, 5)])
    node.print_head(parent, values, print_func=lines.append)
    assert len(lines) == 2 * count
    assert lines[1::2] == ["No data"] * count


def test_all_streams_of_a_plate_are_shown(memory, node, plates):
    """A plate stands for all of its values; None for the only stream."""
    lines = []
    clock = Node("clock", memory)
    for stream in [*node, *clock]:
        stream.calculated_intervals = TimeIntervals([over(0, 5)])
    node.print_head(None, plates["H.R"], print_func=lines.append)
    clock.print_head(None, None, print_func=lines.append)
    assert [line for line in lines if line != "No data"] == [
        "Plate value: (('house', '1'), ('resident', 'a'))",
        "Plate value: (('house', '1'), ('resident', 'b'))",
        "Plate value: (('house', '2'), ('resident', 'a'))",
        "Plate value: ()",
    ]


@pytest.mark.parametrize("value", ["1", 5, ["1"], {"house": "1"}, [(("house", "1", "2"),)]])
def test_what_is_no_plate_value_is_not_shown(node, value):
    """It is named."""
    with pytest.raises(IncompatiblePlatesError, match="A plate value is a tuple of"):
        node.print_head(None, value)
    with pytest.raises(IncompatiblePlatesError, match="A plate value is a tuple of"):
        node.print_head(value, A1)


def test_that_there_is_nothing_to_show_is_said(node):
    """Where no stream has one of the values."""
    lines = []
    node.print_head(None, [(("house", "9"),)], print_func=lines.append)
    assert lines == ["Node raw has no streams for these plate values"]


def test_a_node_is_printed_by_its_name(node, memory):
    """Its representation also has the channel and the plates."""
    assert str(node) == "raw"
    assert repr(node) == "Node('raw', channel='memory', plates=[H.R])"
    assert repr(Node("clock", memory)) == "Node('clock', channel='memory', plates=[])"
    assert bool(node)


def test_the_stream_of_another_nodes_value(memory, plates, node):
    """It is that of the value, of the one above, or the only one."""
    houses, clock = Node("houses", memory, [plates["H"]]), Node("clock", memory)
    assert label(stream_of(node, A1)) == "raw[1.a]"
    assert label(stream_of(node, (("sensor", "s"), *A1[::-1]))) == "raw[1.a]"
    assert label(stream_of(houses, A1)) == "houses[1]"
    assert label(stream_of(clock, A1)) == "clock"
    with pytest.raises(StreamNotFoundError, match="Node houses has no stream for"):
        stream_of(houses, (("house", "9"), ("resident", "a")))


def test_streams_are_grouped_by_the_values_that_they_belong_to(node, plates):
    """Each in the group of its pairs with these tags; without tags there is one group."""
    groups = by_value(node, plates["H"].values)
    found = {data_of(key): [label(each) for each in group] for key, group in groups.items()}
    assert found == {"1": ["raw[1.a]", "raw[1.b]"], "2": ["raw[2.a]"]}
    assert [label(each) for each in by_value(node, [()])[frozenset()]] == [
        "raw[1.a]",
        "raw[1.b]",
        "raw[2.a]",
    ]
