"""Which plates fit tools that split and tools that create plates, and what a node is indexed by."""

from __future__ import annotations

import pytest

from hyperstream.storage.memory import MemoryCatalogue
from hyperstream.utils.errors import IncompatiblePlatesError
from hyperstream.workflow.compatibility import (
    check_multi_output,
    check_plate_creation,
    multi_output_is_compatible,
    same_plates,
)
from hyperstream.workflow.meta_data_manager import MetaDataManager
from hyperstream.workflow.plate import PlateValue
from hyperstream.workflow.plate_manager import PlateManager
from tests.workflow.sides import PLATES, Find, Side, Split, side

# Source, splitting node, sink, and the plate that is split onto.
SPLIT = {
    "nothing, onto a root": (None, None, "m: H", "H"),
    "nothing, onto a nested plate": (None, None, "m: H.R", "H.R"),
    "nothing, onto a nested plate and its parent": (None, None, "m: H.R, H", "H.R"),
    "no plates, onto a root": ("a", None, "m: S", "S"),
    "a plate, onto its child": ("a: H", None, "m: H.R", "H.R"),
    "a plate, onto it and its child": ("a: H", None, "m: H.R, H", "H.R"),
    "a plate, onto it and a root": ("a: H", None, "m: S, H", "S"),
    "a nested plate, onto it and a root": ("a: H.R", None, "m: H.R, S", "S"),
    "a nested plate, onto its child": ("a: H.R", None, "m: H.R.D", "H.R.D"),
    "a nested plate, onto it and a sibling": ("a: H.R", None, "m: H.W, H.R", "H.W"),
    "a deep plate, onto it and a plate of an ancestor": ("a: H.R.D", None, "m: H.R.D, H.W", "H.W"),
    "two plates, onto them and a root": ("a: H.R, H.W", None, "m: S, H.W, H.R", "S"),
    "two plates, onto a child of one": ("a: S, H", None, "m: H.R, S", "H.R"),
    "two plates that overlap, onto a child of one": (
        "a: H.R, H.W",
        None,
        "m: H.W, H.R.D",
        "H.R.D",
    ),
    "by a node without plates": ("a: H", "by", "m: H.R", "H.R"),
    "by a node on the same plates": ("a: S, H", "by: H, S", "m: H.R, S", "H.R"),
    "by a node on one of the plates": ("a: H, S", "by: S", "m: H.R, S", "H.R"),
    "by a node on a parent plate": ("a: H.R", "by: H", "m: H.R.D", "H.R.D"),
    "nothing, by a node without plates": (None, "by", "m: H.R", "H.R"),
}
NOT_SPLIT = [
    pytest.param(
        (None, None, "m"),
        "node 'm' without plates from no source: without a source, the sink has one plate, not "
        "none. Put 'm' onto one plate; another factor can split it further.",
        id="nothing, onto nothing",
    ),
    pytest.param(
        (None, None, "m: H.R, S"),
        "node 'm' on plates H.R (house.resident) and S (sensor) from no source: without a source, "
        "the sink has one plate, not 2. Put 'm' onto one plate; another factor can split it "
        "further.",
        id="nothing, onto two plates",
    ),
    pytest.param(
        ("raw", None, "m: H.R"),
        "node 'm' on plate H.R (house.resident) from node 'raw' without plates: the source is not "
        "on plate H, the parent of H.R. First split onto H.",
        id="no plates, onto a nested plate",
    ),
    pytest.param(
        ("raw", None, "m"),
        "node 'm' without plates from node 'raw' without plates: the sink must have one plate more "
        "than the source, not none. Split onto one plate at a time: a root, or one whose parent "
        "the source has.",
        id="no plates, onto none",
    ),
    pytest.param(
        ("raw: H", None, "m: H.R.D"),
        "node 'm' on plate H.R.D (house.resident.device) from node 'raw' on plate H (house): the "
        "source is not on plate H.R, the parent of H.R.D. First split onto H.R.",
        id="a plate, onto its grandchild",
    ),
    pytest.param(
        ("raw: H", None, "m: S"),
        "node 'm' on plate S (sensor) from node 'raw' on plate H (house): the sink must keep plate "
        "H (house). Put it onto one plate more.",
        id="a plate, onto another root",
    ),
    pytest.param(
        ("raw: H.R, S", None, "m: H.R.D"),
        "node 'm' on plate H.R.D (house.resident.device) from node 'raw' on plates H.R "
        "(house.resident) and S (sensor): the sink must keep plates H.R (house.resident) and S "
        "(sensor). Put it onto one plate more.",
        id="two plates, onto a child of one without the other",
    ),
    pytest.param(
        ("raw: H", None, "m: H1.R"),
        "node 'm' on plate H1.R (house.resident) from node 'raw' on plate H (house): the sink must "
        "keep plate H (house). Put it onto one plate more.",
        id="a plate, onto a child of its sub-plate",
    ),
    pytest.param(
        ("raw: H.R", None, "m: H"),
        "node 'm' on plate H (house) from node 'raw' on plate H.R (house.resident): the sink must "
        "keep plate H.R (house.resident). Put it onto one plate more.",
        id="a plate, onto its parent",
    ),
    pytest.param(
        ("raw: H", None, "m: H"),
        "node 'm' on plate H (house) from node 'raw' on plate H (house): the sink must have one "
        "plate more than the source, not none. Split onto one plate at a time: a root, or one "
        "whose parent the source has.",
        id="a plate, onto itself",
    ),
    pytest.param(
        ("raw: H", None, "m: H.R, S"),
        "node 'm' on plates H.R (house.resident) and S (sensor) from node 'raw' on plate H "
        "(house): the sink must have one plate more than the source, not 2. Split onto one plate "
        "at a time: a root, or one whose parent the source has.",
        id="two plates at once",
    ),
    pytest.param(
        ("raw: H", "by: H.R", "m: H, S"),
        "node 'm' on plates H (house) and S (sensor) from node 'raw' on plate H (house), split by "
        "node 'by' on plate H.R (house.resident): a value of 'raw' does not say which stream of "
        "'by' to take, as H.R is none of its plates, nor above one. Put 'raw' onto plate H.R, too, "
        "or first aggregate 'by' onto plate H, the parent of H.R.",
        id="by a node on a plate below the source",
    ),
    pytest.param(
        ("raw", "by: H", "m: H"),
        "node 'm' on plate H (house) from node 'raw' without plates, split by node 'by' on plate H "
        "(house): a value of 'raw' does not say which stream of 'by' to take, as H is none of its "
        "plates, nor above one. Put 'raw' onto plate H, too, or first aggregate 'by' into a node "
        "without plates.",
        id="by a node on the new plate",
    ),
    pytest.param(
        (None, "by: H", "m: H.R"),
        "node 'm' on plate H.R (house.resident) from no source, split by node 'by' on plate H "
        "(house): without a source, nothing says which stream of 'by' to take. Split by a node "
        "without plates.",
        id="nothing, by a node on plates",
    ),
]
# Source, parent that is named, and parent that the new plate gets.
CREATED = {
    "of nothing": (None, None, None),
    "of nothing, below a plate": (None, "H.R", "H.R"),
    "of one stream": ("a", None, None),
    "of one stream, below a plate": ("a", "H", "H"),
    "of a plate": ("a: H.R", None, "H.R"),
    "of a plate and its parent": ("a: H, H.R", None, "H.R"),
    "of a plate, below the same": ("a: H.R", "H.R", "H.R"),
    "of a plate, below its parent": ("a: H.R", "H", "H"),
    "of two plates, below one of them": ("a: S, H", "H", "H"),
}
NOT_CREATED = [
    pytest.param(
        ("raw: H.R, S", None),
        "a plate from node 'raw' on plates H.R (house.resident) and S (sensor): a plate has one "
        "parent, and the source has several plates. Name the parent_plate.",
        id="of two plates",
    ),
    pytest.param(
        ("raw: H.R", "S"),
        "a plate below plate S (sensor) from node 'raw' on plate H.R (house.resident): S is no "
        "plate of the source, nor above one. Name one of its plates as the parent_plate, or none.",
        id="of a plate, below another one",
    ),
    pytest.param(
        ("raw: H", "H1"),
        "a plate below plate H1 (house) from node 'raw' on plate H (house): H1 is no plate of the "
        "source, nor above one. Name one of its plates as the parent_plate, or none.",
        id="of a plate, below its sub-plate",
    ),
    pytest.param(
        ("raw: H", "H.R"),
        "a plate below plate H.R (house.resident) from node 'raw' on plate H (house): H.R is no "
        "plate of the source, nor above one. Name one of its plates as the parent_plate, or none.",
        id="of a plate, below its child",
    ),
]
# A node, and the plates of the values that it is indexed by.
INDEXED = [("m", []), ("m: H.R", ["H.R"]), ("m: H, S", ["H", "S"]), ("m: H, S", ["S", "H"])]
NOT_INDEXED = [
    pytest.param(
        "m",
        ["H"],
        "node 'm' without plates cannot be defined at values of plate H (house). Index it by None.",
        id="values, without plates",
    ),
    pytest.param(
        "m: H",
        [],
        "node 'm' on plate H (house) cannot be defined at None. Index it by values of plate H "
        "(house).",
        id="none, on plates",
    ),
    pytest.param(
        "m: H, S",
        ["S"],
        "node 'm' on plates H (house) and S (sensor) cannot be defined at values of plate S "
        "(sensor). Index it by values of plates H (house) and S (sensor).",
        id="one of two",
    ),
    pytest.param(
        "m: H.R",
        ["H", "H.R"],
        "node 'm' on plate H.R (house.resident) cannot be defined at values of plates H (house) "
        "and H.R (house.resident). Index it by values of plate H.R (house.resident).",
        id="the parent, too",
    ),
    pytest.param(
        "m: H",
        ["H", "H"],
        "node 'm' on plate H (house) cannot be defined at values of plates H (house) and H "
        "(house). Index it by values of plate H (house).",
        id="one twice",
    ),
    pytest.param(
        "m: H",
        ["H1"],
        "node 'm' on plate H (house) cannot be defined at values of plate H1 (house). Index it by "
        "values of plate H (house).",
        id="a sub-plate",
    ),
]


@pytest.fixture
def made_empty():
    """A plate whose only value is gone."""
    catalogue = MemoryCatalogue()
    manager = PlateManager(MetaDataManager(catalogue), catalogue)
    manager.meta_data_manager.insert("attic", "attic_1", "root", "1")
    plate = manager.create_plate("E", None, "attic", ["1"])
    manager.meta_data_manager.delete("attic_1")
    return plate


def cases(table):
    """Give the rows of a table, with their names."""
    return [pytest.param(*row, id=name) for name, row in table.items()]


@pytest.mark.parametrize(("source", "splitting", "sink", "output"), cases(SPLIT))
def test_a_split_adds_one_plate(source, splitting, sink, output):
    """Which one it is, the check returns."""
    checked = check_multi_output(Split(), side(source), side(splitting), side(sink))
    assert checked is PLATES[output]


@pytest.mark.parametrize(("nodes", "message"), NOT_SPLIT)
def test_other_splits_are_refused(nodes, message):
    """The message names the tool, both sides, and what would be right."""
    source, splitting, sink = map(side, nodes)
    with pytest.raises(IncompatiblePlatesError) as caught:
        check_multi_output(Split(), source, splitting, sink)
    assert str(caught.value) == f"Tool split cannot compute {message}"


@pytest.mark.parametrize(
    ("source_plates", "sink_plates", "fits"),
    [
        ([], ["H"], True),
        ([], ["H.R"], False),
        (["H"], ["H.R"], True),
        (["H"], ["S"], False),
        (["S", "H"], ["H", "S", "H.W"], True),
    ],
)
def test_plates_alone_are_compared_as_those_of_a_source(source_plates, sink_plates, fits):
    """The answer is whether they fit."""
    before, after = ([PLATES[each] for each in ids] for ids in (source_plates, sink_plates))
    assert multi_output_is_compatible(before, after) is fits


@pytest.mark.parametrize(("source", "named", "parent"), cases(CREATED))
def test_a_new_plate_has_one_parent(source, named, parent):
    """The one that is named, or else the plate of the source; or there is none."""
    found = check_plate_creation(Find(), side(source), PLATES.get(named))
    assert found is PLATES.get(parent)


@pytest.mark.parametrize(("given", "message"), NOT_CREATED)
def test_a_parent_that_is_unclear_is_refused(given, message):
    """The message says how to make it clear."""
    source, named = given
    with pytest.raises(IncompatiblePlatesError) as caught:
        check_plate_creation(Find(), side(source), PLATES.get(named))
    assert str(caught.value) == f"Tool find cannot create {message}"


def values_of(plate_ids):
    """Return a value of each plate."""
    return [PlateValue(PLATES[each], PLATES[each].values[0]) for each in plate_ids]


@pytest.mark.parametrize(("node", "plate_ids"), INDEXED)
def test_a_node_is_defined_at_values_of_its_plates(node, plate_ids):
    """In any order."""
    same_plates(side(node), values_of(plate_ids))


@pytest.mark.parametrize(("node", "plate_ids", "message"), NOT_INDEXED)
def test_a_node_is_not_defined_at_other_values(node, plate_ids, message):
    """The message says which it takes."""
    with pytest.raises(IncompatiblePlatesError) as caught:
        same_plates(side(node), values_of(plate_ids))
    assert str(caught.value) == f"What computes {message}"
    assert caught.value.node_id == "m"


@pytest.mark.parametrize("values", [["H"], [PLATES["H"]], [("house", "1")], [None]])
def test_only_values_of_plates_define_a_node(values):
    """Ids, plates and pairs are refused, with what was given."""
    with pytest.raises(IncompatiblePlatesError) as caught:
        same_plates(side("m: H"), values)
    assert str(caught.value) == (
        f"What computes node 'm' on plate H (house) cannot be defined at {values!r}, which a loop "
        "over a plate does not give. Index it by values of plate H (house)."
    )


def test_an_empty_plate_is_a_plate(made_empty):
    """That it has no values at the moment does not change what it is below of."""
    assert len(made_empty) == 0
    assert check_plate_creation(Find(), None, made_empty) is made_empty
    clock = Side("clock", (made_empty,))
    with pytest.raises(IncompatiblePlatesError, match="below plate E "):
        check_plate_creation(Find(), side("a: S"), made_empty)
    with pytest.raises(IncompatiblePlatesError, match="split by node 'clock' on plate E "):
        check_multi_output(Split(), None, clock, side("m: S"))
