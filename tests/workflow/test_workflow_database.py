"""Workflows in MongoDB: how often it is asked, and documents that make no sense."""

from __future__ import annotations

import pytest

from hyperstream.client import Client
from hyperstream.storage.mongo import MongoStorage
from hyperstream.utils.errors import HyperStreamError
from tests.workflow.managing import TEN, count, made_manager, ticking


class CountingClient(Client):
    """Counts the operations."""

    runs = 0

    def run(self, operation):
        """Run it, and count it."""
        self.runs += 1
        return super().run(operation)


@pytest.fixture
def storage(mongo_config):
    """Give a database."""
    client = CountingClient(mongo_config)
    yield MongoStorage(client)
    client.disconnect()


@pytest.fixture
def make(storage):
    """Give a function that makes a manager, as another process would have it."""
    return lambda: made_manager(storage.catalogue, storage)


def on_plates(manager, names):
    """Define and store workflows with streams in the database, and one whose plate is gone."""
    plates = manager.plate_manager
    for plate_id in ("H", "gone"):
        plates.meta_data_manager.insert_many([(plate_id, "root", str(n)) for n in range(50)])
        plates.create_plate(plate_id, None, plate_id, complement=True)
    for name in names:
        workflow = ticking(manager, name)
        for node_id in ("a", "b"):
            workflow.create_node(node_id, "mongo", ["gone" if name == "lost" else "H"])
        workflow.create_factor({"name": "copy"}, [workflow.nodes["a"]], workflow.nodes["b"])
    manager.commit_all()
    manager.catalogue.remove_plate("gone")


@pytest.mark.parametrize("number", [1, 12])
def test_loading_is_a_fixed_number_of_operations(storage, make, number):
    """However many workflows, nodes and plate values there are; plates are read twice at most."""
    on_plates(make(), ["lost", *map(str, range(number))])
    manager, before = make(), storage.client.runs
    assert len(manager.workflows) == number
    assert list(manager.failed) == ["lost"]
    assert storage.client.runs - before == 5
    before = storage.client.runs
    _ = manager.workflows, manager.failed
    assert storage.client.runs == before
    manager.workflows["0"].execute(TEN)


@pytest.mark.parametrize("damage", [{"factors": [1]}, {"nodes": "all"}, {"name": 1}, {"_cls": "X"}])
def test_a_document_that_makes_no_sense_stops_no_other(storage, make, damage):
    """Its workflow is listed, and can be deleted and defined anew."""
    manager = make()
    ticking(manager, "good")
    manager.commit_workflow("good")
    bad = {"workflow_id": "bad", "name": "Bad", **damage}
    storage.client.db.workflow_definitions.insert_one(bad)
    assert list(manager.workflows) == ["good"]
    assert "Workflow bad cannot be loaded" in str(manager.failed["bad"])
    assert "damaged" in str(manager.failed["bad"])
    manager.refresh()
    manager.delete_workflow("bad")
    ticking(manager, "bad")
    storage.client.db.workflow_definitions.insert_one(bad)
    with pytest.raises(HyperStreamError, match="damaged"):
        manager.commit_workflow("bad")
    manager.commit_workflow("bad", replace=True)
    again = make()
    assert sorted(again.workflows) == ["bad", "good"]
    again.workflows["bad"].execute(TEN)
    assert count(again.workflows["bad"]) == 5


def with_large_parameters(manager, workflow_id, *sizes):
    """Define a workflow with parameters of these sizes, in MB."""
    workflow = manager.create(workflow_id, "W", "me", "")
    for place, size in enumerate(sizes):
        writer = {"name": "asset_writer", "parameters": {"value": "x" * size * 1024 * 1024}}
        workflow.create_factor(writer, None, workflow.create_node(f"n{place}", "memory"))


@pytest.mark.parametrize("sizes", [[17], [9, 9]])
def test_a_definition_may_be_too_large(make, sizes):
    """One of more than the database takes is an error, and nothing is stored."""
    manager = make()
    with_large_parameters(manager, "w", *sizes)
    for replace in (False, True):
        with pytest.raises(HyperStreamError, match=r"16 MB|too large"):
            manager.commit_workflow("w", replace)
    assert make().workflows == {}


def test_workflows_may_be_large_together(make):
    """Each is a document of its own."""
    manager = make()
    for name in "ab":
        with_large_parameters(manager, name, 9)
    manager.commit_all()
    assert len(make().workflows) == 2
