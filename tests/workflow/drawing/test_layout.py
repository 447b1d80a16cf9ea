"""What a picture of a workflow shows."""

from __future__ import annotations

import pytest

from hyperstream.workflow.drawing.layout import Box, Layout
from tests.workflow.workbench import Bench


def nested(box):
    """Return what is in a box, as titles in lists."""
    inside = [each for each in box.inside if not isinstance(each, Box)]
    return {
        "": [member.title for member in inside if member.kind != "factor"],
        "factors": [member.title for member in inside if member.kind == "factor"],
        **{each.title: nested(each) for each in box.boxes()},
    }


def only(*nodes, factors=(), **boxes):
    """Return what `nested` does for a box with these nodes."""
    return {"": list(nodes), "factors": list(factors), **boxes}


def test_plates_are_boxes_in_boxes(drawn):
    """Factors are where they are called once for each value."""
    together = {"H.R × H.W": only("merged", factors=["aligned_merge"])}
    below = {
        "H.R": only("residents", factors=["splitter_of_dict"]),
        "H.W": only("worn"),
        "rooms": only("values of rooms"),
    }
    called = ["splitter_of_dict", "splitter_from_stream", "asset_plate_generator"]
    beside = {"H × S": only("both"), "S × H.R": only("seen")}
    assert nested(Layout(drawn).root) == only(
        "clock",
        "by",
        "mean",
        factors=["clock", "splitter_from_stream", "aggregate", "index_of"],
        H=only("houses", factors=called, **below, **together),
        **beside,
        H1=only("chosen"),
    )


def test_boxes_say_how_many_values_they_have(drawn):
    """And of which tags, where the name of the plate does not say that."""
    found = {box.title: box.detail for box in Layout(drawn).root.boxes()}
    assert found == {
        "H": "2 values of house",
        "H × S": "4 values of house × sensor",
        "S × H.R": "6 values of sensor × resident",
        "H1": "1 value of house",
    }


def test_a_plate_that_is_named_as_its_tags_does_not_repeat_them(bench):
    """The number of values is enough."""
    bench.plates.create_plate("house.resident", "Who lives there", "resident", (), True, "H")
    w = bench.workflow()
    w.create_node("raw", "memory", ["house.resident"])
    (houses,) = Layout(w).root.boxes()
    (residents,) = houses.boxes()
    assert (residents.title, residents.detail) == ("house.resident", "3 values")
    assert residents.about == "Who lives there"


def test_a_plate_and_one_above_it_are_one_box(bench, w, on):
    """That of the lower plate, in any order; an empty box is around it."""
    on("first", "H", "H.R")
    on("second", "H.R.D", "H")
    on("third", "H.R")
    assert nested(Layout(w).root) == only(
        H=only(**{"H.R": only("first", "third", **{"H.R.D": only("second")})})
    )


def test_plates_in_another_order_are_the_same_box(w, on):
    """What is on them is repeated over the same values."""
    on("first", "H", "S")
    on("second", "S", "H")
    assert nested(Layout(w).root) == only(**{"H × S": only("first", "second")})


def test_plates_together_are_in_the_lowest_plate_above_all(w, on):
    """If there is one."""
    on("first", "H.R.D", "H.W")
    on("second", "H.R", "H.Ra")
    assert nested(Layout(w).root) == only(
        H=only(**{"H.R.D × H.W": only("first"), "H.R × H.Ra": only("second")})
    )


def test_arrows_lead_from_nodes_to_factors_and_on(drawn):
    """Those of alignment and splitting nodes say what they are for."""
    layout = Layout(drawn)
    names = {member.key: f"{member.kind} {member.title}" for member in layout.root.members()}
    found = [(names[arrow.tail], arrow.label, names[arrow.head]) for arrow in layout.arrows]
    assert found[:7] == [
        ("factor clock", "", "node clock"),
        ("node clock", "", "factor splitter_from_stream"),
        ("node by", "split by", "factor splitter_from_stream"),
        ("factor splitter_from_stream", "", "node houses"),
        ("node houses", "", "factor aggregate"),
        ("node by", "aligned to", "factor aggregate"),
        ("factor aggregate", "", "node mean"),
    ]
    assert ("factor asset_plate_generator", "", "values of rooms") not in found
    assert ("factor asset_plate_generator", "", "values values of rooms") in found


def test_keys_are_unique(drawn):
    """Of members and of boxes."""

    def keys(box):
        for each in box.inside:
            yield each.key
            if isinstance(each, Box):
                yield from keys(each)

    found = list(keys(Layout(drawn).root))
    assert len(set(found)) == len(found) == 10 + 9 + 1 + 8
    assert all(key.isascii() and key.isalnum() for key in found)


@pytest.mark.parametrize("plate_id", ["H.W", "S"])
def test_a_created_plate_that_is_there_already_has_its_values(bench, w, on, plate_id):
    """In its own box, where nodes are that use it; a second factor adds nothing but an arrow."""
    if plate_id == "S":
        on("seen", "S")
    plate = bench.plates[plate_id]
    created = {
        "plate_id": plate_id,
        "meta_data_id": plate.meta_data_id,
        "parent_plate": None if plate.parent is None else plate.parent.plate_id,
    }
    for place in (1, 2):
        source = on(f"source {place}", *(["H"] if plate.parent else []))
        tool = bench.tools.asset_plate_generator()
        w.create_node_creation_factor(tool, source, created)
    layout = Layout(w)
    (member,) = [each for each in layout.root.members() if each.kind == "values"]
    assert member.title == f"values of {plate_id}"
    assert [arrow.head for arrow in layout.arrows].count(member.key) == 2


def test_a_created_plate_below_another_is_in_its_box(bench, w, on):
    """Also before it is there, and where the factor has no source."""
    created = {"plate_id": "rooms", "meta_data_id": "room", "parent_plate": "H"}
    w.create_node_creation_factor(bench.tools.asset_plate_generator(), on("raw", "H"), created)
    (houses,) = Layout(w).root.boxes()
    (rooms,) = houses.boxes()
    assert (rooms.title, rooms.detail) == ("rooms", "not created yet")


def test_a_tool_shows_its_functions_and_no_other_parameters(bench, w, on):
    """A picture is shown to others, and a path or a key is not."""
    raw, sink, other = on("raw"), on("sink"), on("other")
    w.create_factor(bench.tools.apply(func=len), [raw], sink)
    w.create_factor(bench.tools.apply(func=lambda value: value), [raw], other)
    details = [each.detail for each in Layout(w).root.members() if each.kind == "factor"]
    assert details == ["len", "lambda"]
    w = Bench().workflow()
    tool = bench.tools.component(key="secret")
    w.create_factor(tool, [w.create_node("raw", "memory")], w.create_node("sink", "memory"))
    assert "secret" not in str(Layout(w).root)


def test_members_say_what_they_are(drawn):
    """In a line."""
    about = {member.key: member.about for member in Layout(drawn).root.members()}
    assert about["n2"] == "Node houses in channel memory, on H"
    assert about["n0"] == "Node clock in channel memory, on no plate"
    assert about["f2"] == "Factor with tool aggregate, called once"
    assert about["f3"] == "Factor with tool splitter_of_dict, called for each value of H"
    assert about["v0"] == "The values room of plate rooms, found by asset_plate_generator"


def test_names_are_one_line(awkward, bench):
    """What cannot be seen is written as Python writes it, also in the id of the workflow."""
    (node,) = Layout(awkward("two\nlines \x1b[31m")).root.members()
    assert node.title == "two\\nlines \\x1b[31m"
    assert Layout(bench.workflow("two\nlines \x01")).root.title == "two\\nlines \\x01"


def test_an_empty_workflow_is_empty(w):
    """Nothing is made up."""
    layout = Layout(w)
    assert (layout.root.inside, layout.arrows) == ([], [])
