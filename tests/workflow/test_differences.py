"""In what a workflow differs from what is stored of it."""

from __future__ import annotations

import pytest

from hyperstream.models import WorkflowDefinitionModel
from hyperstream.storage.memory import MemoryCatalogue
from hyperstream.workflow.differences import differences
from hyperstream.workflow.stored import to_model
from tests.workflow.managing import made_manager
from tests.workflow.sides import DEFINED, META_DATA

FOUND = {"name": "meta_instance_from_list", "parameters": {"values": ["x"]}}
PLATE = {"plate_id": "D", "meta_data_id": "device", "description": "Devices"}
OF_D = "the factor of plate D"
CREATES_D = "NodeCreationFactor of nothing, plate_id D, meta_data_id device, description Devices"


@pytest.fixture
def manager():
    """Give a manager, with all plates of `sides`."""
    made = made_manager(MemoryCatalogue())
    made.plate_manager.meta_data_manager.insert_many(META_DATA)
    for plate_id, tag, values, parent in DEFINED:
        made.plate_manager.create_plate(plate_id, None, tag, values, not values, parent)
    return made


def define(manager, workflow_id, text=str, source="a", found=FOUND, plate=PLATE):
    """Define a workflow with two factors that compute nodes, and one that creates a plate."""
    workflow = manager.create(workflow_id, "W", "me", "")
    a, b, c = (workflow.create_node(name, "memory", ["H"]) for name in "abc")
    nodes = {"a": a, "b": b}
    func = {"name": "apply", "parameters": {"func": text}}
    workflow.create_factor({"name": "copy"}, [a], b)
    workflow.create_factor(func, [nodes[source]], c)
    workflow.create_node_creation_factor(found, None, plate)
    return workflow


@pytest.fixture
def stored(manager):
    """Give what is stored of the workflow."""
    workflow = define(manager, "first")
    return to_model(workflow, manager.channel_manager, manager.plate_manager)


@pytest.fixture
def compare(manager, stored):
    """Give a function that says in what a workflow differs from what is stored."""
    return lambda workflow: differences(stored, workflow, manager.channel_manager)


def test_equal_workflows_do_not_differ(manager, compare):
    """The ids do not count, for they are what workflows are compared by."""
    assert compare(define(manager, "second")) == []


def test_the_order_means_nothing(manager, stored, compare):
    """Neither that of nodes, nor that of factors, nor that of parameters."""
    for items in (stored.nodes, stored.factors, stored.factors[1].tool.parameters):
        items.reverse()
    assert compare(define(manager, "second")) == []


def test_what_is_not_stored_has_its_default(manager, stored, compare):
    """Release 0.3.8 stored no version; a tool may have got a parameter since."""
    stored.factors[1].tool.parameters = [
        each for each in stored.factors[1].tool.parameters if each.key != "include_timestamps"
    ]
    for factor in stored.factors:
        factor.tool.version = "0.0.0"
    assert compare(define(manager, "second")) == []


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"text": repr}, ["the factor of node c has another func of tool apply"]),
        ({"text": lambda _: 1}, ["the factor of node c has another func of tool apply"]),
        ({"source": "b"}, ["the factor of node c is a Factor of b, not a Factor of a"]),
        (
            {"found": {"name": "meta_instance", "parameters": {"func": str}}},
            [f"{OF_D} has tool meta_instance 0.0.1, not meta_instance_from_list 0.0.1"],
        ),
        (
            {"plate": {**PLATE, "plate_id": "E"}},
            [f"{OF_D} is gone", "the factor of plate E is new"],
        ),
        (
            {"plate": {**PLATE, "use_provided_values": True}},
            [f"{OF_D} is a {CREATES_D}, use_provided_values True, not a {CREATES_D}"],
        ),
    ],
)
def test_other_factors_differ(manager, compare, changed, found):
    """In tool, parameters, sources or plate."""
    assert compare(define(manager, "second", **changed)) == found


def test_what_a_function_takes_along_counts(manager, monkeypatch):
    """Globals of a function without a name are stored with it, and may have changed since."""
    monkeypatch.setitem(globals(), "LIMIT", 1)
    first = define(manager, "first", text=lambda value: LIMIT + value)  # noqa: F821 - set above
    before = to_model(first, manager.channel_manager, manager.plate_manager)
    assert differences(before, first, manager.channel_manager) == []
    monkeypatch.setitem(globals(), "LIMIT", 2)
    found = differences(before, first, manager.channel_manager)
    assert found == ["the factor of node c has another func of tool apply"]
    assert differences(before, first, manager.channel_manager, with_globals=False) == []


def test_other_nodes_and_texts_differ(manager, compare):
    """New ones, those that are gone, and those elsewhere."""
    workflow = define(manager, "second")
    workflow.create_node("d", "memory")
    workflow.nodes["a"].plates = (manager.plate_manager["H1"],)
    workflow.online, workflow.owner = True, "you"
    assert compare(workflow) == [
        "owner is 'you', not 'me'",
        "online is True, not False",
        "node a is in channel memory on H1, not in channel memory on H",
        "node d is new",
    ]


def test_helpers_differ(manager):
    """So do the nodes that align and split."""
    one, other = (manager.create(name, "W", "me", "") for name in ("one", "other"))
    for workflow in (one, other):
        a, b, c, d = (workflow.create_node(name, "memory") for name in "abcd")
        align = b if workflow is one else c
        window = {
            "name": "relative_window",
            "parameters": {"relative_start": -1, "relative_end": 0},
        }
        workflow.create_factor(window, [a], d, align)
    stored = to_model(one, manager.channel_manager, manager.plate_manager)
    (found,) = differences(stored, other, manager.channel_manager)
    factor = "a Factor of a, alignment_node"
    assert found == f"the factor of node d is {factor} c, not {factor} b"


def test_two_factors_for_one_plate_are_told_apart(manager):
    """They are compared in their order."""
    one, other = (manager.create(name, "W", "me", "") for name in ("one", "other"))
    for workflow, names in ((one, "xy"), (other, "xz")):
        for name in names:
            found = {**FOUND, "parameters": {"values": [name]}}
            workflow.create_node_creation_factor(found, None, PLATE)
    stored = to_model(one, manager.channel_manager, manager.plate_manager)
    assert differences(stored, other, manager.channel_manager) == [
        "the factor of plate D (2) has another values of tool meta_instance_from_list"
    ]


def test_what_cannot_be_loaded_differs(manager, stored, compare):
    """A tool that cannot be made may be any; a document that is damaged may say anything."""
    stored.factors[0].tool.name = "cop"
    (found,) = compare(define(manager, "second"))
    assert found.startswith(
        "the factor of node b has another tool than the stored one, which cannot be made (There is "
    )
    damaged = WorkflowDefinitionModel(workflow_id="w")
    (found,) = differences(damaged, manager.workflows["second"], manager.channel_manager)
    assert found == "what is stored is damaged (name: Field is required)"
