"""A stored workflow that cannot be loaded is defined anew, and replaced."""

from __future__ import annotations

import pytest

from hyperstream.client import Client
from hyperstream.storage.memory import MemoryCatalogue
from hyperstream.storage.mongo import MongoStorage
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import (
    NodeAlreadyExistsError,
    WorkflowAlreadyExistsError,
    WorkflowLoadError,
    WorkflowNotFoundError,
)
from hyperstream.workflow import Workflow
from tests.workflow.managing import TEN, count, define_ticks, made_manager, ticking


@pytest.fixture
def catalogue():
    """Give where workflows are stored."""
    return MemoryCatalogue()


@pytest.fixture
def manager(catalogue):
    """Give the manager of a process that finds a workflow with a tool that is gone."""
    store(catalogue, "9.9.9")
    manager = made_manager(catalogue)
    manager.catalogue.save_requested("w", TimeIntervals([TEN]))
    return manager


def store(catalogue, version):
    """Store the workflow, with a version of its first tool."""
    if not catalogue.workflow_ids():
        writer = made_manager(catalogue)
        ticking(writer)
        writer.commit_all()
    model = catalogue.workflow("w")
    model.factors[0].tool.version = version
    catalogue.replace_workflow(model)


@pytest.mark.parametrize("is_listed", [True, False])
def test_it_is_replaced_on_request(manager, catalogue, caplog, is_listed):
    """What is requested of it stays; whether somebody has listed it before does not matter."""
    assert not is_listed or list(manager.failed) == ["w"]
    workflow = ticking(manager, stride=5)
    with pytest.raises(WorkflowAlreadyExistsError, match=r"no version 9\.9\.9.*Say replace=True"):
        manager.commit_workflow("w")
    manager.refresh()
    assert (manager.workflows, list(manager.failed)) == ({"w": workflow}, ["w"])
    manager.commit_workflow("w", replace=True)
    assert (manager.workflows, manager.failed) == ({"w": workflow}, {})
    assert [each.split(", for")[0] for each in caplog.messages] == ["Workflow w cannot be loaded"]
    again = made_manager(catalogue).workflows["w"]
    assert again.requested_intervals == TimeIntervals([TEN])
    again.execute(TEN)
    assert count(again) == 2


def test_all_are_replaced_at_once(manager):
    """With the others that are to be stored."""
    ticking(manager)
    ticking(manager, "v")
    with pytest.raises(WorkflowAlreadyExistsError, match="'w'"):
        manager.commit_all()
    assert manager.catalogue.workflow_ids() == ["w"]
    manager.commit_all(replace=True)
    assert (manager.catalogue.workflow_ids(), manager.failed) == (["v", "w"], {})


@pytest.mark.parametrize("is_added_first", [True, False])
def test_one_made_by_its_class_takes_its_place(manager, is_added_first):
    """It is added without a word, and stored on request."""
    workflow = Workflow("w", "W", "", "me")
    if is_added_first:
        manager.add_workflow(workflow)
    with pytest.raises(WorkflowAlreadyExistsError, match="Say replace=True"):
        manager.add_workflow(workflow, commit=True)
    manager.add_workflow(workflow, commit=True, replace=True)
    assert (manager.workflows["w"], manager.failed) == (workflow, {})
    assert workflow.requested_intervals == TimeIntervals([TEN])


def test_a_definition_that_fails_leaves_it_as_it_was(manager):
    """It is listed as before, and its id is free for the next try."""
    with pytest.raises(NodeAlreadyExistsError), manager.create("w", "W", "me", "") as workflow:
        _ = [workflow.create_node("a", "memory") for _ in range(2)]
    assert (manager.workflows, list(manager.failed)) == ({}, ["w"])
    with manager.create("w", "W", "me", "") as workflow:
        define_ticks(workflow)
    with pytest.raises(WorkflowAlreadyExistsError, match="safe=False"):
        manager.create("w", "W", "me", "")


def test_who_asks_for_it_hears_why_it_is_not_there(manager):
    """Also after it was defined anew, which is not lost by that."""
    with pytest.raises(WorkflowLoadError, match=r"9\.9\.9"):
        manager.create("w", "W", "me", "", safe=False)
    workflow = ticking(manager)
    with pytest.raises(WorkflowLoadError, match=r"9\.9\.9"):
        manager.load_workflow("w")
    assert manager.create("w", "W", "me", "", safe=False) is workflow


def test_what_can_be_loaded_again_is_in_the_way(manager, catalogue):
    """It is looked at when the id is wanted."""
    assert list(manager.failed) == ["w"]
    store(catalogue, "0.1.0")
    with pytest.raises(WorkflowAlreadyExistsError, match="'w' already"):
        ticking(manager)
    assert (list(manager.workflows), manager.failed) == (["w"], {})


def test_what_another_process_has_deleted_is_forgotten(manager, catalogue):
    """Its id is free in every way."""
    assert list(manager.failed) == ["w"]
    catalogue.remove_workflow("w")
    assert manager.create("w", "New", "me", "", safe=False).name == "New"
    manager.commit_workflow("w")
    assert manager.failed == {}


def test_a_new_definition_is_deleted_with_the_stored_one(manager):
    """Nothing of either is listed any more."""
    ticking(manager)
    manager.delete_workflow("w")
    assert (manager.workflows, manager.failed, manager.catalogue.workflow_ids()) == ({}, {}, [])
    assert manager.catalogue.status("w") is None


@pytest.mark.parametrize("damage", [{"factors": [1]}, {"nodes": "all"}, {"name": 1}, {"_cls": "X"}])
def test_a_damaged_document_is_replaced(mongo_config, damage):
    """The new definition is the only document of its id afterwards."""
    client = Client(mongo_config)
    catalogue = MongoStorage(client).catalogue
    client.db.workflow_definitions.insert_one({"workflow_id": "w", "name": "W", **damage})
    manager = made_manager(catalogue)
    ticking(manager)
    with pytest.raises(WorkflowAlreadyExistsError, match=r"damaged.*[^.]\. Say replace=True"):
        manager.commit_workflow("w")
    manager.commit_workflow("w", replace=True)
    assert client.db.workflow_definitions.count_documents({}) == 1
    assert list(made_manager(catalogue).workflows) == ["w"]
    client.disconnect()


@pytest.mark.parametrize("use", ["create", "load_workflow", "delete_workflow", "commit_workflow"])
def test_an_id_that_no_database_takes_is_nobodys(mongo_config, use):
    """Half of a surrogate pair ends in the error that names the id, not in one of the driver."""
    client = Client(mongo_config)
    manager = made_manager(MongoStorage(client).catalogue)
    arguments = ("W", "me", "") if use == "create" else ()
    expected = ValueError if use == "create" else WorkflowNotFoundError
    with pytest.raises(expected, match=r"'a\\udc80'") as caught:
        getattr(manager, use)("a\udc80", *arguments)
    assert not isinstance(caught.value, UnicodeError)
    client.disconnect()


@pytest.mark.parametrize("commit", [True, False])
def test_a_workflow_that_was_replaced_needs_its_plates_no_more(catalogue, commit):
    """Even where somebody still holds it."""
    manager = made_manager(catalogue)
    manager.plate_manager.meta_data_manager.insert_many([("house", "root", "1")])
    manager.plate_manager.create_plate("H", None, "house", complement=True)
    before = manager.create("w", "W", "me", "")
    before.create_node("a", "memory", ["H"])
    manager.add_workflow(Workflow("w", "W", "", "me"), commit=commit, replace=True)
    manager.plate_manager.delete_plate("H")
    assert manager.workflows["w"] is not before
