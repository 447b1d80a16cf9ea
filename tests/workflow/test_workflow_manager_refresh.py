"""A manager follows what other processes do, when it is asked to."""

from __future__ import annotations

import logging

import pytest

from hyperstream.storage.memory import MemoryCatalogue
from hyperstream.utils.errors import WorkflowLoadError
from tests.workflow.managing import made_manager, ticking


@pytest.fixture
def catalogue():
    """Give where workflows are stored."""
    return MemoryCatalogue()


@pytest.fixture
def here(catalogue):
    """Give a manager."""
    return made_manager(catalogue)


@pytest.fixture
def there(catalogue):
    """Give the manager of another process."""
    return made_manager(catalogue)


@pytest.fixture
def shared(here, there):
    """Give a workflow that both know, as it is here."""
    ticking(there)
    there.commit_workflow("w")
    return here.workflows["w"]


def change(manager, name="Changed"):
    """Change the workflow, and store it."""
    manager.workflows["w"].name = name
    manager.commit_workflow("w", replace=True)


def test_new_and_deleted_workflows_are_noticed(here, there, shared):
    """Not at once, but when looked for."""
    ticking(there, "new")
    there.commit_all()
    there.delete_workflow("w")
    assert list(here.workflows) == ["w"]
    here.refresh()
    assert list(here.workflows) == ["new"]


def test_a_workflow_that_was_changed_is_loaded_again(here, there, shared):
    """The others stay the objects that they are."""
    ticking(here, "mine")
    here.commit_workflow("mine")
    mine = here.workflows["mine"]
    change(there)
    here.refresh()
    assert here.workflows["w"].name == "Changed"
    assert here.workflows["w"] is not shared
    assert here.workflows["mine"] is mine
    after = here.workflows["w"]
    here.refresh()
    assert here.workflows["w"] is after


def test_a_workflow_that_is_not_stored_stays(here, there):
    """Also if another process has stored one of its id meanwhile, which can be had instead."""
    mine = ticking(here, stride=5)
    here.refresh()
    assert here.workflows == {"w": mine}
    ticking(there)
    there.commit_workflow("w")
    here.refresh()
    assert here.workflows == {"w": mine}
    assert here.load_workflow("w") is not mine
    assert here.workflows["w"].factors[0].tool.stride == 2


@pytest.mark.parametrize("is_deleted", [True, False])
def test_changes_made_here_are_not_lost(here, there, shared, is_deleted, caplog):
    """A workflow that was changed here stays as it is here, which is logged."""
    shared.owner = "somebody else"
    if is_deleted:
        there.delete_workflow("w")
    else:
        change(there)
    with caplog.at_level(logging.WARNING, "hyperstream"):
        here.refresh()
    assert here.workflows["w"] is shared
    assert "replace=True" in caplog.text
    assert ("has deleted it" if is_deleted else "has stored it") in caplog.text
    here.commit_workflow("w", replace=True)
    assert here.catalogue.workflow("w").owner == "somebody else"


def test_the_same_change_made_twice_is_none(here, there, shared):
    """A workflow that was changed in two processes in the same way is the same."""
    shared.name = "Changed"
    change(there)
    here.refresh()
    assert here.workflows["w"] is shared
    here.commit_workflow("w")


def test_what_could_not_be_loaded_is_tried_again(here, there, shared):
    """As soon as what it lacks is there; when it is deleted, it is not listed any more."""
    model = there.catalogue.workflow("w")
    for version in ("9.9.9", "0.1.0", "9.9.9"):
        model.factors[0].tool.version = version
        here.catalogue.replace_workflow(model)
        here.refresh()
        is_bad = version == "9.9.9"
        assert (list(here.workflows), list(here.failed)) == (([], ["w"]) if is_bad else (["w"], []))
    there.delete_workflow("w")
    here.refresh()
    assert here.failed == {}


def test_plates_of_other_processes_are_found(here, there, shared):
    """A workflow on a plate that was created since the plates were read is loaded."""
    assert here.plate_manager.plates == {}
    there.plate_manager.meta_data_manager.insert_many([("house", "root", "1")])
    there.plate_manager.create_plate("H", None, "house", complement=True)
    workflow = ticking(there, "on_plate")
    workflow.create_node("a", "memory", ["H"])
    there.commit_all()
    assert list(here.load_workflow("on_plate").nodes["a"].streams) == [(("house", "1"),)]


def test_plates_that_were_made_anew_are_those_of_loaded_workflows(here, there):
    """Where a plate is another one than before, the workflows on it are loaded again."""
    there.plate_manager.meta_data_manager.insert_many([("house", "root", "1"), ("h", "root", "2")])
    for tag in ("house", "h"):
        there.plate_manager.create_plate("H", None, tag, complement=True)
        workflow = ticking(there)
        workflow.create_node("a", "memory", ["H"])
        there.commit_all()
        here.refresh()
        plate = here.plate_manager["H"]
        assert here.workflows["w"].nodes["a"].plates == (plate,)
        assert plate.meta_data_id == tag
        there.delete_workflow("w")
        there.plate_manager.delete_plate("H")


def test_a_workflow_that_cannot_be_loaded_any_more_is_gone_from_here(here, there, shared):
    """It is listed as one that failed."""
    model = there.catalogue.workflow("w")
    model.factors[0].tool.name = "clocks"
    here.catalogue.replace_workflow(model)
    with pytest.raises(WorkflowLoadError, match="did you mean clock"):
        here.load_workflow("w")
    assert (list(here.workflows), list(here.failed)) == ([], ["w"])
    here.catalogue.remove_workflow("w")
    here.refresh()
    ticking(here)
