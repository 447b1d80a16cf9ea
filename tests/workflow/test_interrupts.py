"""Ctrl-C, wherever it comes: definitions are whole, or not there, and can be made again."""

from __future__ import annotations

from contextlib import suppress

import pytest

from hyperstream.storage.memory import MemoryCatalogue
from hyperstream.testing.times import over
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import (
    FactorAlreadyExistsError,
    MetaDataError,
    NodeAlreadyExistsError,
    PlateAlreadyExistsError,
    PlateNotFoundError,
    WorkflowAlreadyExistsError,
)
from hyperstream.workflow import MetaDataManager, PlateManager, Workflow
from hyperstream.workflow.specification import is_open
from tests.interrupts import interrupted
from tests.workflow.managing import made_manager
from tests.workflow.workbench import Bench, Sum

PLATE = {"meta_data_id": "guest", "description": "", "use_provided_values": True}


def made_plates(catalogue=None):
    """Make plates of houses and residents; or read them, as another process does."""
    is_new = catalogue is None
    catalogue = MemoryCatalogue() if is_new else catalogue
    manager = PlateManager(MetaDataManager(catalogue), catalogue)
    if is_new:
        houses = [("house", "root", "1"), ("house", "root", "2")]
        manager.meta_data_manager.insert_many([*houses, ("resident", "house_1", "a")])
        manager.create_plate("H1", None, "house", ["1"])
        manager.create_plate("H", None, "house", complement=True)
        manager.create_plate("H.R", None, "resident", complement=True, parent_plate="H")
    return manager


def known(manager):
    """What is known of plates and meta data, in all ways to ask for that."""
    meta_data = manager.meta_data_manager
    tree = meta_data.global_plate_definitions
    paths = meta_data.below([(), (("house", "1"),)], "resident"), meta_data.below([()], "house")
    values = {plate_id: (plate.values, plate.listed) for plate_id, plate in manager.plates.items()}
    return sorted(node.identifier for node in tree.all_nodes()), paths, values, manager.failed


@pytest.mark.parametrize(
    ("change", "done"),
    [
        (
            lambda plates: plates.meta_data_manager.insert_many(
                [("house", "root", "3"), ("resident", "house_3", "c")]
            ),
            None,
        ),
        (lambda plates: plates.meta_data_manager.delete("house_1"), MetaDataError),
        (
            lambda plates: plates.create_plate("H2", None, "house", ["2"]),
            PlateAlreadyExistsError,
        ),
        (lambda plates: plates.add_values("H1", ["2"]), None),
        (lambda plates: plates.delete_plate("H.R", delete_meta_data=True), PlateNotFoundError),
    ],
    ids=["insert", "delete", "create plate", "add values", "delete plate"],
)
def test_plates_are_known_as_they_are_stored(change, done):
    """What is known here is what is stored, and to do it again is to have done it once."""
    whole = made_plates()
    change(whole)
    for plates in interrupted(made_plates, change, step=5):
        assert known(plates) == known(made_plates(plates.catalogue))
        with suppress(done or ()):
            change(plates)
        assert known(plates) == known(made_plates(plates.catalogue)) == known(whole)


def state(graph):
    """All that a graph knows of its nodes and factors, and plates of it."""
    nodes = [(node.node_id, node.is_leaf, repr(node.factor)) for node in graph.nodes.values()]
    plates = graph.plate_manager.plates.values()
    used = [plate.plate_id for plate in plates if graph in plate.users]
    return nodes, list(map(repr, graph.factors)), list(map(repr, graph.order)), used


@pytest.fixture(scope="module")
def workbench():
    """Give channels and plates."""
    return Bench()


@pytest.mark.parametrize(
    ("define", "done"),
    [
        (lambda w: w.create_node("c", "memory", ["H.W"]), NodeAlreadyExistsError),
        (
            lambda w: w.create_factor(Sum(), [w.nodes["a"]], w.nodes["b"]),
            FactorAlreadyExistsError,
        ),
        (
            lambda w: w.create_node_creation_factor(
                {"name": "asset_plate_generator", "parameters": {"element": None}},
                None,
                {**PLATE, "plate_id": "G", "parent_plate": "H.R"},
            ),
            None,
        ),
    ],
    ids=["node", "factor", "node creation factor"],
)
def test_nodes_and_factors_are_there_or_not(workbench, define, done):
    """Nothing half made is left, which would be in the way of making it again."""

    def make():
        graph = workbench.workflow()
        for name in ("a", "b"):
            graph.create_node(name, "memory", ["H"])
        return graph

    before, after = make(), make()
    define(after)
    for graph in interrupted(make, define, step=7):
        assert state(graph) in (state(before), state(after))
        if state(graph) == state(before):
            define(graph)
        elif done:
            with pytest.raises(done):
                define(graph)
        assert state(graph) == state(after)


def test_a_block_does_not_stay_open():
    """A block that is interrupted is closed, and its workflow not kept."""
    catalogue = made_plates().catalogue
    made = []

    def define(manager):
        with manager.create("w", "W", "me", "") as workflow:
            made.append(workflow)
            workflow.create_node("a", "memory", ["H"])

    def make():
        made.clear()
        return made_manager(catalogue)

    for manager in interrupted(make, define, step=17):
        assert not any(map(is_open, made))
        if manager.workflows and not manager.workflows["w"].nodes:
            manager.delete_workflow("w")  # it came before the block was entered
        with suppress(WorkflowAlreadyExistsError):
            define(manager)
        assert list(manager.workflows["w"].nodes) == ["a"]


def test_what_is_requested_of_a_workflow_is_not_lost():
    """To add a workflow again stores what was requested of it."""
    wanted = TimeIntervals([over(0, 5)])

    def make():
        manager = made_manager(made_plates().catalogue)
        workflow = Workflow("w", "W", "", "me")
        workflow.requested_intervals = wanted
        return manager, workflow

    for manager, workflow in interrupted(make, lambda made: made[0].add_workflow(made[1]), step=3):
        manager.add_workflow(workflow)
        assert manager.workflows["w"].requested_intervals == wanted
