"""Plates, nodes and what manages them in notebooks."""

from __future__ import annotations

import datetime as dt

import pytest

from hyperstream.models import EngineStatusModel
from hyperstream.storage.memory import MemoryCatalogue
from hyperstream.testing.times import over
from hyperstream.workflow import MetaDataManager, PlateManager
from hyperstream.workflow.node import Node
from hyperstream.workflow.values_tree import values_tree
from tests.shown import shown
from tests.workflow.managing import made_manager
from tests.workflow.workbench import Sum, fill

NOW = dt.datetime(2020, 1, 2, tzinfo=dt.timezone.utc)


@pytest.fixture
def catalogue():
    """Give an empty catalogue."""
    return MemoryCatalogue()


def test_values_share_what_is_above_them():
    """Each node is there once."""
    paths = [(("house", "1"),), (("house", "1"), ("room", "a")), (("house", "1"), ("room", "b"))]
    tree = values_tree(paths)
    assert (tree.count("house 1"), tree.count("<li>")) == (1, 3)
    assert values_tree([]) == ""


def test_a_plate_is_a_tree_of_its_values(plates):
    """With what it is, and which values it has."""
    assert shown(plates["H.R"]) == [
        "Plate H.R",
        "tag|resident",
        "below plate|H",
        "values|3, all that there are",
        "house 1",
        "  resident a",
        "  resident b",
        "house 2",
        "  resident a",
    ]


def test_a_plate_says_how_its_values_were_chosen(bench):
    """By a list, or by a list of others."""
    some = bench.plates.create_plate("some", "Some houses", "house", ["1"])
    assert shown(some)[1:4] == ["description|Some houses", "tag|house", "values|1, those of ['1']"]
    others = bench.plates.create_plate("others", None, "house", ["1"], complement=True)
    assert shown(others)[2] == "values|1, all but ['1']"


def test_the_plate_manager_is_a_tree_of_plates(bench):
    """Each with the number of its values; and those that cannot be used."""
    lines = shown(bench.plates)
    place = lines.index("H: 2 houses")
    assert "  H.R: 3 residents" in lines[place:]
    assert repr(bench.plates).startswith("PlateManager(")


def test_plates_that_cannot_be_used_are_named(catalogue):
    """With the reason."""
    meta_data = MetaDataManager(catalogue)
    meta_data.insert_many([("house", "root", "1"), ("room", "house_1", "a")])
    manager = PlateManager(meta_data, catalogue)
    manager.create_plate("H", None, "house", complement=True)
    manager.create_plate("H.R", None, "room", complement=True, parent_plate="H")
    catalogue.remove_plate("H")
    manager.refresh()
    lines = shown(manager)
    assert lines[1] == "not usable|because"
    assert lines[2].startswith("H.R|Plate 'H.R' needs plate 'H', which is not there")


def test_meta_data_are_a_tree(catalogue):
    """In natural order."""
    manager = MetaDataManager(catalogue)
    assert repr(manager) == "MetaDataManager(not read yet)"
    manager.insert_many(("house", "root", str(number)) for number in range(40))
    lines = shown(manager)
    assert lines[1:4] == ["40 nodes", "house 0", "house 1"]
    assert lines[-1] == "… and 30 more"
    assert repr(manager) == "MetaDataManager(40 nodes)"


def test_a_node_shows_its_plate_values(w, on):
    """And what of each stream is calculated."""
    raw, double = on("raw", "H.R"), on("double", "H.R")
    w.create_factor(Sum(), [raw, raw], double)
    lines = shown(double)
    assert lines[:5] == [
        "Node double",
        "channel|memory",
        "plates|H.R",
        "computed by|Sum(mark='')",
        "streams|3",
    ]
    assert lines[-1] == "house 2, resident a|nothing"
    fill(raw, 1, 2)
    w.execute(over(0, 10))
    assert shown(double)[-1] == f"house 2, resident a|{over(0, 10).humanized}"
    assert shown(double.streams)[-1] == f"house 2, resident a|{over(0, 10).humanized}"


def test_to_show_a_node_makes_no_streams(memory, plates):
    """Those of a node that was just loaded are made when somebody needs them."""
    assert shown(Node("alone", memory))[-1] == "(no plates)|not made yet"
    assert shown(Node("many", memory, [plates["H.R"]]))[-1] == "house 2, resident a|not made yet"
    assert not memory.streams


def test_the_workflow_manager_is_a_table(catalogue):
    """Of what can be used, and of what cannot, with the reason."""
    manager = made_manager(catalogue)
    assert shown(manager) == ["WorkflowManager ", "no workflows"]
    for name in ("one", "two"):
        manager.create(name, f"The {name}", "me", "x", online=name == "two")
        manager.workflows[name].create_node("ticks", "memory")
        manager.commit_workflow(name)

    def note(status):
        status.engine = EngineStatusModel(completed=NOW)
        return True

    catalogue.change_status("two", note)
    assert shown(manager)[1:] == [
        "workflow|name|nodes|factors|online|last executed by the engine",
        "one|The one|1|0|no|",
        "two|The two|1|0|yes|2020-01-02 00:00:00",
    ]


def test_workflows_that_cannot_be_loaded_are_named(catalogue):
    """With the reason."""
    manager = made_manager(catalogue)
    workflow = manager.create("w", "W", "me", "x")
    workflow.create_node("ticks", "memory")
    manager.commit_workflow("w")
    model = catalogue.workflow("w")
    model.nodes[0].channel_id = "gone"
    catalogue.replace_workflow(model)
    lines = shown(made_manager(catalogue))
    assert lines[1:3] == ["no workflows", "not usable|because"]
    assert "gone" in lines[3]


def test_a_tag_of_many_values_is_cut(catalogue):
    """A plate of thousands is shown in some lines."""
    meta_data = MetaDataManager(catalogue)
    meta_data.insert_many(("house", "root", str(number)) for number in range(3000))
    plate = PlateManager(meta_data, catalogue).create_plate("H", None, "house", complement=True)
    assert shown(plate)[-1] == "… and 2990 more"
