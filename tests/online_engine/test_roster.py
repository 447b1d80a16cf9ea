"""Which workflows an engine executes, while other processes change them."""

from __future__ import annotations

import threading
from contextvars import copy_context
from datetime import timedelta

import pytest

from hyperstream.channel_manager import ChannelManager
from hyperstream.models import EngineStatusModel
from hyperstream.online_engine.leases import Leases, real_now
from hyperstream.online_engine.roster import Roster
from hyperstream.storage.memory import MemoryCatalogue
from hyperstream.utils.errors import (
    ChangedProducerWarning,
    ConfigurationError,
    DatabaseConnectionError,
    StreamNotFoundError,
    WorkflowNotFoundError,
)
from hyperstream.workflow import MetaDataManager, PlateManager, Workflow, WorkflowManager
from tests.online_engine.parts import settings, wait_for

ELSEWHERE = "station:0a1b:7|4711|123|c0ffee"


@pytest.fixture
def catalogue():
    """The database that all share."""
    return MemoryCatalogue()


def manager(catalogue):
    """Return the workflows as another process has them."""
    return WorkflowManager(ChannelManager(), PlateManager(MetaDataManager(catalogue), catalogue))


@pytest.fixture
def theirs(catalogue):
    """The workflows of another process."""
    return manager(catalogue)


@pytest.fixture
def roster(catalogue):
    """The roster of an engine for all workflows."""
    return Roster(manager(catalogue), settings(), (), lambda: None)


def commit(theirs, workflow_id="w", online=True, stride=1):
    """Let another process commit a workflow, or change it."""
    if workflow_id in theirs.workflows:
        theirs.delete_workflow(workflow_id)
    workflow = theirs.create(workflow_id, "Ticks", "ann", "", online=online)
    ticks = workflow.create_node(f"{workflow_id}_ticks", "memory")
    tool = {"name": "clock", "parameters": {"stride": stride}}
    workflow.create_factor(tool, None, ticks)
    theirs.commit_workflow(workflow_id)


def test_online_workflows_are_executed(theirs, roster):
    """Others are not."""
    commit(theirs, "a")
    commit(theirs, "b", online=False)
    roster.look()
    assert list(roster.workers) == ["a"]


def test_a_workflow_that_another_process_commits_is_picked_up(theirs, roster):
    """It is executed from the next look on; workers that are there stay."""
    commit(theirs, "a")
    roster.look()
    worker = roster.workers["a"]
    commit(theirs, "b")
    roster.look()
    assert list(roster.workers) == ["a", "b"]
    assert roster.workers["a"] is worker


def test_a_workflow_that_another_process_changes_is_executed_as_it_is_now(theirs, roster, caplog):
    """The worker stays, with the new definition."""
    caplog.set_level("INFO")
    commit(theirs)
    roster.look()
    worker = roster.workers["w"]
    before = worker.workflow
    commit(theirs, stride=2)
    with pytest.warns(ChangedProducerWarning, match="what is calculated stays as it is"):
        roster.look()
    assert roster.workers["w"] is worker
    assert worker.workflow is not before
    assert worker.workflow.factors[0].tool.stride == 2
    assert "Workflow w has changed; the new definition is used" in caplog.messages


@pytest.mark.parametrize("change", ["delete", "offline"])
def test_a_workflow_that_is_gone_is_left(theirs, roster, change, catalogue, caplog):
    """One that is deleted, or not online any more, is free for others."""
    caplog.set_level("INFO")
    commit(theirs)
    roster.look()
    worker = roster.workers["w"]
    if change == "delete":
        theirs.delete_workflow("w")
    else:
        theirs.workflows["w"].online = False
        theirs.commit_workflow("w", replace=True)
    roster.look()
    assert roster.workers == {}
    assert not worker.is_held
    assert "w: this engine leaves it, since it is not online any more" in caplog.text
    assert list(Leases(catalogue, 30).hold(["w"])) == ["w"]


def test_a_workflow_that_cannot_be_loaded_any_more_is_left(theirs, roster, catalogue, caplog):
    """It is said why, and others go on."""
    caplog.set_level("INFO")
    commit(theirs, "a")
    commit(theirs, "w")
    roster.look()
    model = catalogue.workflow("w")
    model.factors[0].tool.name = "no_such_tool"
    catalogue.replace_workflow(model)
    roster.look()
    assert list(roster.workers) == ["a"]
    assert "no_such_tool" in caplog.text
    assert "since its new definition cannot be loaded" in caplog.text


def test_a_busy_workflow_that_is_gone_is_begun_by_nobody_until_it_ends(theirs, roster):
    """It is told to stop, and a workflow of the same name waits for that."""
    commit(theirs)
    roster.look()
    worker = roster.workers["w"]
    go_on = threading.Event()
    worker.work = lambda: go_on.wait(30)
    worker.begin(copy_context())
    theirs.delete_workflow("w")
    roster.look()
    assert roster.workers["w"] is worker
    commit(theirs)
    roster.look()
    assert roster.workers["w"] is worker
    assert not worker.is_ready
    go_on.set()
    wait_for(lambda: not worker.is_busy)
    roster.look()
    assert roster.workers["w"].is_ready


def test_a_workflow_of_another_engine_is_left_to_it(theirs, roster, catalogue):
    """Until its lease is over."""
    commit(theirs)
    other = Leases(catalogue, 30)
    other.hold(["w"])
    roster.look()
    assert roster.workers == {}
    other.release(["w"])
    roster.look()
    assert list(roster.workers) == ["w"]


def test_a_workflow_that_another_engine_takes_is_left(theirs, roster, catalogue):
    """Where somebody took it for lost, this engine stops."""
    commit(theirs)
    roster.look()

    def take(status):
        expires = real_now() + timedelta(seconds=1000)
        status.engine = EngineStatusModel(owner=ELSEWHERE, expires=expires)
        return True

    catalogue.change_status("w", take)
    roster.look()
    assert roster.workers == {}


def test_what_is_stuck_is_not_renewed(theirs, catalogue):
    """Its lease runs out, so that another engine may try."""
    commit(theirs)
    roster = Roster(manager(catalogue), settings(alarm=0.01), (), lambda: None)
    roster.look()
    worker = roster.workers["w"]
    go_on = threading.Event()
    worker._request = lambda step: (setattr(worker, "_began", 0.0), go_on.wait(30))
    worker.begin(copy_context())
    wait_for(lambda: worker._began is not None)
    worker.watch(0)
    assert worker.is_stuck
    before = catalogue.status("w").engine.expires
    roster.look()
    assert not worker.is_held
    assert catalogue.status("w").engine.expires == before
    assert catalogue.status("w").engine.failures == 1
    go_on.set()
    wait_for(lambda: not worker.is_busy)
    roster.look()
    assert worker.is_held or roster.workers["w"].is_held


def test_only_those_wanted_are_executed(theirs, catalogue):
    """Names restrict what an engine does."""
    for workflow_id in "abc":
        commit(theirs, workflow_id)
    roster = Roster(manager(catalogue), settings(), ["a", "c"], lambda: None)
    roster.check()
    roster.look()
    assert list(roster.workers) == ["a", "c"]


def test_a_name_that_means_nothing_is_an_error(theirs, catalogue):
    """A workflow that is not there, or not online, is named at once."""
    commit(theirs, "here", online=False)
    with pytest.raises(WorkflowNotFoundError, match=r"'hree': did you mean here"):
        Roster(manager(catalogue), settings(), ["hree"], lambda: None).check()
    with pytest.raises(ConfigurationError, match="'here' is not marked online"):
        Roster(manager(catalogue), settings(), ["here"], lambda: None).check()


def test_all_is_given_back_in_the_end(theirs, roster, catalogue, caplog, monkeypatch):
    """Where the database is away then, the leases run out by themselves."""
    commit(theirs)
    roster.look()
    roster.release()
    assert catalogue.status("w").engine.owner is None
    roster.look()

    def away(*arguments):
        raise DatabaseConnectionError("MongoDB is away")

    monkeypatch.setattr(catalogue, "change_status", away)
    roster.release()
    assert "they end after 30 s: MongoDB is away" in caplog.text


def test_a_workflow_that_cannot_be_attached_stops_no_other(theirs, roster, monkeypatch):
    """It will fail when it is executed, and be counted there."""
    for workflow_id in "ab":
        commit(theirs, workflow_id)
    attach = Workflow.attach

    def fail(workflow):
        if workflow.workflow_id == "a":
            raise StreamNotFoundError("There is no such stream.")
        attach(workflow)

    monkeypatch.setattr(Workflow, "attach", fail)
    roster.look()
    assert list(roster.workers) == ["a", "b"]
    [ticks] = roster.workers["b"].workflow.nodes["b_ticks"]
    assert ticks.producer is not None
