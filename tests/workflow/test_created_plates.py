"""Factors that find the values of a plate, and create the plate."""

from __future__ import annotations

import logging

import pytest

from hyperstream.stream import StreamInstance
from hyperstream.testing.times import at, over
from hyperstream.utils.errors import (
    FactorDefinitionError,
    IncompatiblePlatesError,
    PlateInUseError,
    PlateNotFoundError,
    ToolExecutionError,
    WorkflowExecutionError,
)
from tests.workflow.workbench import Find, Sum, data_of, fill, held

TEN = over(0, 10)
ROOMS = {"plate_id": "rooms", "meta_data_id": "room", "description": "All rooms"}


def values(bench, plate_id="rooms"):
    """Return the values of a plate."""
    return [data_of(value) for value in bench.plates[plate_id].values]


def test_a_plate_is_created_with_the_values_found(bench, w, on):
    """Each once; it is stored, with its description, and follows the meta data."""
    a = on("a")
    fill(a, "hall", "attic", "hall")
    factor = w.create_node_creation_factor(Find(), a, ROOMS)
    assert "rooms" not in bench.plates
    factor.execute(TEN)
    assert values(bench) == ["attic", "hall"]
    (stored,) = [each for each in bench.plates.catalogue.plates() if each.plate_id == "rooms"]
    assert (stored.description, stored.complement, stored.parent_plate) == ("All rooms", True, None)
    bench.meta_data.insert_many([("room", "root", "porch")])
    assert values(bench) == ["attic", "hall", "porch"]


def test_a_plate_may_have_the_values_found_only(bench, w, on):
    """Meta data that nobody found are none of its values."""
    bench.meta_data.insert_many([("room", "root", "porch")])
    a = on("a")
    fill(a, "hall")
    w.create_node_creation_factor(Find(), a, {**ROOMS, "use_provided_values": True}).execute(TEN)
    assert values(bench) == ["hall"]
    a.streams[None].writer(StreamInstance(at(15), "attic"))
    w.execute(over(10, 20))
    assert values(bench) == ["attic", "hall"]
    (stored,) = [each for each in bench.plates.catalogue.plates() if each.plate_id == "rooms"]
    assert (stored.values, stored.complement) == (["hall", "attic"], False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"meta_data_id": "place"}, "meta_data_id 'place', not 'room'"),
        ({"parent_plate": "H"}, "parent_plate 'H', not None"),
        ({"use_provided_values": True}, "use_provided_values True, not False"),
    ],
)
def test_two_factors_create_one_plate_alike(w, change, message):
    """Before the plate is there, too; they may describe it in other words."""
    w.create_node_creation_factor(Find(["hall"]), None, ROOMS)
    w.create_node_creation_factor(Find(["attic"]), None, {**ROOMS, "description": "Others"})
    with pytest.raises(FactorDefinitionError, match=f"creates plate rooms already.*: {message}"):
        w.create_node_creation_factor(Find(["porch"]), None, {**ROOMS, **change})
    assert len(w.factors) == 2


def test_the_plate_above_one_to_create_is_in_use(bench, w):
    """Though no node is on it."""
    plate = {**ROOMS, "parent_plate": "S"}
    w.create_node_creation_factor(Find(["hall"]), None, plate)
    with pytest.raises(PlateInUseError, match="used by the workflows 'w'"):
        bench.plates.delete_plate("S")


def test_a_plate_is_created_below_that_of_the_source(bench, w, on):
    """What is found in the stream of a house is below the house."""
    a, tool = on("a", "H"), Find()
    for stream, names in zip(a, (["hall"], ["hall", "attic"]), strict=True):
        stream.writer([StreamInstance(at(n), name) for n, name in enumerate(names, 1)])
    factor = w.create_node_creation_factor(tool, a, ROOMS)
    assert (factor.parent, factor.plates) == (bench.plates["H"], (bench.plates["H"],))
    factor.execute(TEN)
    assert tool.asked == ["a[1] (0, 10]", "a[2] (0, 10]"]
    assert values(bench) == ["1.hall", "2.attic", "2.hall"]
    assert bench.plates["rooms"].parent is bench.plates["H"]
    assert bench.meta_data.contains("house_2.room_attic")


@pytest.mark.parametrize("parent", ["H", "plate"])
def test_a_plate_is_created_below_the_plate_named(bench, w, on, parent):
    """Named by its id or itself; what is found for the residents of a house is put together."""
    a = on("a", "H.R")
    fill(a, "hall")
    above = bench.plates["H"] if parent == "plate" else parent
    w.create_node_creation_factor(Find(), a, {**ROOMS, "parent_plate": above}).execute(TEN)
    assert values(bench) == ["1.hall", "2.hall"]


def test_the_parent_may_be_nested(bench, w, on):
    """The plate is below a plate that is below another one."""
    a = on("a", "H.R")
    fill(a, "hall")
    w.create_node_creation_factor(Find(), a, ROOMS).execute(TEN)
    assert values(bench) == ["1.a.hall", "1.b.hall", "2.a.hall"]
    assert bench.plates["rooms"].ancestor_meta_data_ids == ("house", "resident", "room")


def test_without_a_source_the_tool_is_called_for_each_value_of_the_parent(bench, w):
    """Or once, if no parent is named."""
    tool = Find(["hall", "attic"])
    w.create_node_creation_factor(tool, None, {**ROOMS, "parent_plate": "H"}).execute(TEN)
    assert tool.asked == [" (0, 10]", " (0, 10]"]
    assert values(bench) == ["1.attic", "1.hall", "2.attic", "2.hall"]
    other = {"plate_id": "floors", "meta_data_id": "floor"}
    w.create_node_creation_factor(Find(["0", "1"]), None, other).execute(TEN)
    assert values(bench, "floors") == ["0", "1"]


def test_a_source_without_plates_serves_all_values_of_the_parent_named(bench, w, on):
    """What is found in its only stream is below each of them."""
    a = on("a")
    fill(a, "hall")
    w.create_node_creation_factor(Find(), a, {**ROOMS, "parent_plate": "H"}).execute(TEN)
    assert values(bench) == ["1.hall", "2.hall"]


def test_nothing_found_is_no_plate(bench, w, on, caplog):
    """It is said, and looked for again at the next execution."""
    a = on("a")
    factor = w.create_node_creation_factor(Find(), a, ROOMS)
    with caplog.at_level(logging.WARNING):
        factor.execute(TEN)
    assert "Tool find found no values for plate rooms" in caplog.text
    assert "rooms" not in bench.plates
    fill(a, "hall")
    factor.execute(TEN)
    assert values(bench) == ["hall"]


def test_nodes_on_the_plate_get_streams_for_values_found_later(bench, w, on):
    """In the execution that finds them, since plates are created before their nodes."""
    a, numbers = on("a"), on("numbers")
    fill(a, "hall")
    fill(numbers, 5)
    plate = {**ROOMS, "use_provided_values": True}
    w.create_node_creation_factor(Find(), a, plate).execute(TEN)
    z = on("z", "rooms")
    by_room = {room: {"hall": 1, "attic": 2} for room in ("hall", "attic")}
    w.create_multi_output_factor(
        bench.tools.splitter_of_dict(mapping={"hall": "hall", "attic": "attic"}),
        on("dicts"),
        None,
        z,
    )
    w.create_factor(bench.tools.apply(func=lambda _: by_room["hall"]), [numbers], w.nodes["dicts"])
    w.execute(TEN)
    assert held(z) == {"hall": [1]}
    a.streams[None].writer(StreamInstance(at(5), "attic"))
    w.execute(TEN)
    assert held(z) == {"attic": [2], "hall": [1]}


WRONG = [
    (5, "The output_plate of a factor is a dict, not 5"),
    ({**ROOMS, "values": []}, "output_plate has no key 'values'"),
    ({"plate_id": "rooms"}, "output_plate needs 'meta_data_id'"),
    ({**ROOMS, "plate_id": ""}, "output_plate needs 'plate_id', text of 1 to 512"),
    ({**ROOMS, "meta_data_id": "x" * 513}, "output_plate needs 'meta_data_id', text"),
    ({**ROOMS, "plate_id": "a\udc80"}, r"'a\\udc80' cannot be .*Half of a surrogate pair"),
    ({**ROOMS, "parent_plate": "a\udc80"}, "a text of output_plate"),
    ({**ROOMS, "description": "x" * 513}, "'description'"),
    ({**ROOMS, "description": 5}, "'description'"),
    ({**ROOMS, 5: 1, "x": 2, None: 3}, "output_plate has no key 'x'"),
    ({**ROOMS, None: 3}, "output_plate has no key None"),
    ({**ROOMS, "use_provided_values": "no"}, "'use_provided_values' .* True or False, not 'no'"),
    ({**ROOMS, "parent_plate": ["H"]}, r"'parent_plate' .* a plate or its id, not \['H'\]"),
    ({**ROOMS, "parent_plate": 5}, "'parent_plate' .* a plate or its id, not 5"),
    ({**ROOMS, "meta_data_id": "house", "parent_plate": "H.R"}, "'house' is that of a plate above"),
    ({"plate_id": "S", "meta_data_id": "room"}, "Plate S is there already.*sensor"),
    ({"plate_id": "H.R", "meta_data_id": "resident"}, "Plate H.R is there already.*house.resident"),
]


@pytest.mark.parametrize(("plate", "message"), WRONG)
def test_a_plate_that_is_described_wrongly_is_refused(w, plate, message):
    """At once, and nothing is left behind."""
    with pytest.raises(FactorDefinitionError, match=message):
        w.create_node_creation_factor(Find(["1"]), None, plate)
    assert w.factors == []


def test_a_parent_that_is_not_there_is_refused(w, on):
    """So is one that the source is not on, or several, where none is named."""
    a = on("a", "H")
    with pytest.raises(PlateNotFoundError, match="There is no plate 'Z'"):
        w.create_node_creation_factor(Find(), a, {**ROOMS, "parent_plate": "Z"})
    with pytest.raises(IncompatiblePlatesError, match="S is no plate of the source"):
        w.create_node_creation_factor(Find(), a, {**ROOMS, "parent_plate": "S"})
    with pytest.raises(IncompatiblePlatesError, match="Name the parent_plate"):
        w.create_node_creation_factor(Find(), on("b", "H", "S"), ROOMS)
    assert w.factors == []
    assert a.is_leaf


def test_a_parent_that_is_not_there_any_more_is_refused(bench, w):
    """A plate of the same name is another one."""
    former = bench.plates["R"]
    bench.plates.delete_plate("R")
    bench.plates.create_plate("R", None, "resident", ["a"])
    with pytest.raises(PlateNotFoundError, match=r"Plate\('R', 'resident'\) was deleted, or"):
        w.create_node_creation_factor(Find(), None, {**ROOMS, "parent_plate": former})


def test_what_creates_plates_is_a_plate_manager(w):
    """Anything else is refused."""
    with pytest.raises(FactorDefinitionError, match=r"such as hs.plate_manager, not 'hs'"):
        w.create_node_creation_factor(Find(), None, ROOMS, "hs")


def test_a_plate_that_was_made_otherwise_meanwhile_is_left_alone(bench, w):
    """The failure names it, and nothing is added to it, nor to the meta data."""
    bench.meta_data.insert_many([("floor", "root", "1")])
    plate = {**ROOMS, "use_provided_values": True}
    factor = w.create_node_creation_factor(Find(["hall"]), None, plate)
    bench.plates.create_plate("rooms", None, "floor", ["1"])
    with pytest.raises(ToolExecutionError, match=r"Plate rooms is there already, with .* floor"):
        factor.execute(TEN)
    assert bench.plates["rooms"].listed == ("1",)
    assert not bench.meta_data.contains("room_hall")


def test_a_plate_that_is_there_as_described_is_extended(bench, w):
    """Its definition stays as it is."""
    plate = {"plate_id": "S", "meta_data_id": "sensor", "use_provided_values": True}
    w.create_node_creation_factor(Find(["u"]), None, plate).execute(TEN)
    assert values(bench, "S") == ["s", "t", "u"]
    assert bench.plates["S"].complement


def test_a_failure_for_one_value_is_no_obstacle_for_others(bench, w, on):
    """What is found for the other houses is added; the failure names tool and house."""
    a, tool = on("a", "H"), Find()
    fill(a, "hall")
    tool.broken = {"a[1]"}
    factor = w.create_node_creation_factor(tool, a, ROOMS)
    with pytest.raises(ToolExecutionError, match=r"Tool find failed .* for \{'house': '1'\}"):
        factor.execute(TEN)
    assert values(bench) == ["2.hall"]
    with pytest.raises(WorkflowExecutionError) as caught:
        w.execute(TEN)
    assert len(caught.value.exceptions) == 1


@pytest.mark.parametrize("name", ["", "x" * 513])
def test_a_value_that_is_no_plate_value_is_a_failure_of_the_tool(bench, w, on, name):
    """Nothing is added then; what does not depend on it is computed."""
    a, b, z = on("a"), on("b"), on("z")
    fill(a, "hall", name)
    fill(b, 5)
    w.create_node_creation_factor(Find(), a, ROOMS)
    w.create_factor(Sum(), [b], z)
    with pytest.raises(WorkflowExecutionError, match=r"find failed .* text of 1 to 512 char"):
        w.execute(TEN)
    assert "rooms" not in bench.plates
    assert not bench.meta_data.contains("room_hall")
    assert held(z) == {"": [5]}


def test_it_is_printed_with_the_plate(w, on):
    """And with the source, if there is one."""
    factor = w.create_node_creation_factor(Find(), on("a"), ROOMS)
    assert repr(factor) == "NodeCreationFactor(find: a -> plate rooms)"
    factor = w.create_node_creation_factor(Find(), None, ROOMS)
    assert repr(factor) == "NodeCreationFactor(find: -> plate rooms)"
    assert (factor.sources, factor.sink, factor.plates) == ((), None, ())
