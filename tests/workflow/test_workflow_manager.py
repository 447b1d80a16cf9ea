"""Workflows are made, stored, loaded, deleted and executed by their manager."""

from __future__ import annotations

import logging
from functools import partial

import pytest

from hyperstream.client import Client
from hyperstream.storage.memory import MemoryCatalogue
from hyperstream.storage.mongo import MongoStorage
from hyperstream.testing.times import over
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import (
    FactorDefinitionError,
    NodeAlreadyExistsError,
    PlateInUseError,
    ToolNotFoundError,
    WorkflowAlreadyExistsError,
    WorkflowExecutionError,
    WorkflowLoadError,
    WorkflowNotFoundError,
)
from hyperstream.workflow import Workflow
from tests.workflow.managing import TEN, count, define_ticks, made_manager, ticking
from tests.workflow.workbench import Sum


@pytest.fixture(params=["memory", "mongo"])
def catalogue(request):
    """Give where workflows are stored."""
    if request.param == "memory":
        yield MemoryCatalogue()
        return
    client = Client(request.getfixturevalue("mongo_config"))
    yield MongoStorage(client).catalogue
    client.disconnect()


@pytest.fixture
def manager(catalogue):
    """Give a manager."""
    return made_manager(catalogue)


@pytest.fixture
def other(catalogue):
    """Give the manager of another process."""
    return made_manager(catalogue)


def names(manager):
    """Return which workflows are stored, with their names."""
    return {key: model.name for key, model in manager.catalogue.workflows().items()}


def test_a_workflow_is_made_and_kept(manager):
    """It belongs to the manager, and is not stored yet."""
    workflow = manager.create("w", "W", "me", "For tests", online=True, monitor=True)
    assert manager.workflows == {"w": workflow}
    assert (workflow.owner, workflow.description) == ("me", "For tests")
    assert (workflow.online, workflow.monitor) == (True, True)
    assert workflow.channel_manager is manager.channel_manager
    assert workflow.plate_manager is manager.plate_manager
    assert manager.catalogue.workflow_ids() == []
    assert repr(manager) == "WorkflowManager(w)"


def test_an_id_is_taken_once(manager, other):
    """By a workflow that is here, and by one that another process has stored."""
    first = ticking(manager)
    with pytest.raises(WorkflowAlreadyExistsError, match=r"'w' already.*safe=False"):
        manager.create("w", "W", "me", "")
    manager.commit_workflow("w")
    with pytest.raises(WorkflowAlreadyExistsError, match="'w'"):
        other.create("w", "W", "me", "")
    with pytest.raises(WorkflowAlreadyExistsError, match="'w'"):
        other.add_workflow(Workflow("w", "W", "", "me"))
    assert manager.workflows["w"] is first


def test_the_workflow_that_is_there_can_be_asked_for(manager, other):
    """If it need not be new, that of this process is given, or that of the database."""
    first = ticking(manager)
    assert manager.create("w", "Another name", "me", "", safe=False) is first
    manager.commit_workflow("w")
    found = other.create("w", "Another name", "me", "", safe=False)
    assert (found.name, list(found.nodes)) == ("Ticks", ["ticks", "texts"])
    assert other.create("new", "New", "me", "", safe=False).name == "New"


@pytest.mark.parametrize("wrong", ["", "x" * 513, None])
def test_an_id_is_text(manager, wrong):
    """An id that is empty or too long is an error, and nothing is kept."""
    with pytest.raises(ValueError, match="workflow_id"):
        manager.create(wrong, "W", "me", "")
    assert manager.workflows == {}


def test_a_workflow_whose_definition_fails_is_not_kept(manager):
    """Its id is free again, and so are the plates that it used."""
    manager.plate_manager.meta_data_manager.insert_many([("house", "root", "1")])
    manager.plate_manager.create_plate("H", None, "house", complement=True)
    with pytest.raises(NodeAlreadyExistsError), manager.create("w", "W", "me", "") as workflow:
        _ = [workflow.create_node("a", "memory", ["H"]) for _ in range(2)]
    assert manager.workflows == {}
    manager.plate_manager.delete_plate("H")
    ticking(manager)


def test_a_workflow_that_is_defined_stays(manager):
    """A block that fails later removes it no more, be it stored or not."""
    with manager.create("a", "A", "me", "") as first:
        define_ticks(first)
    second = ticking(manager, "b")
    manager.commit_workflow("b")
    for workflow in (first, second):
        with pytest.raises(ZeroDivisionError), workflow:
            _ = 1 / 0
    assert manager.workflows == {"a": first, "b": second}


def test_a_workflow_is_added(manager):
    """One made by its class gets channels and plates, and keeps what was requested of it."""
    workflow = Workflow("w", "W", "", "me")
    workflow.requested_intervals = TimeIntervals([TEN])
    manager.add_workflow(workflow)
    manager.add_workflow(workflow)
    assert manager.workflows["w"] is workflow
    define_ticks(workflow)
    assert manager.catalogue.workflow_ids() == []
    assert workflow.requested_intervals == TimeIntervals([TEN])
    assert manager.catalogue.status("w").requested_intervals[0].to_interval() == TEN
    manager.add_workflow(workflow, commit=True)
    assert manager.catalogue.workflow_ids() == ["w"]


def test_a_workflow_is_added_and_stored_or_neither(manager):
    """One that cannot be stored is not added."""
    good, bad = Workflow("good", "W", "", "me"), Workflow("bad", "W", "", "me")
    manager.add_workflow(good, commit=True)
    bad.create_factor(Sum(), None, bad.create_node("a", manager.channel_manager.memory))
    with pytest.raises(ToolNotFoundError, match="bad"):
        manager.add_workflow(bad, commit=True)
    assert manager.workflows == {"good": good}
    assert manager.catalogue.workflow_ids() == ["good"]


def test_a_workflow_is_stored_and_loaded(manager, other):
    """Another process executes it, with no definition at hand."""
    ticking(manager, online=True)
    manager.commit_workflow("w")
    (workflow,) = other.workflows.values()
    assert (workflow.name, workflow.owner, workflow.description) == ("Ticks", "me", "For tests")
    assert (workflow.online, workflow.monitor) == (True, False)
    workflow.execute(TEN)
    assert count(workflow) == 5
    assert other.load_workflow("w") is workflow


def test_storing_a_workflow_again_changes_nothing(manager, other, monkeypatch):
    """Whoever stores what is stored already writes nothing."""
    ticking(manager)
    manager.commit_workflow("w")
    _ = other.workflows
    for name in ("add_workflow", "replace_workflow"):
        monkeypatch.delattr(type(manager.catalogue), name)
    for each in (manager, other):
        each.commit_workflow("w")
        each.commit_all()
        each.commit_workflow("w", replace=True)


def test_a_changed_workflow_is_stored_on_request_only(manager, other):
    """The error says what differs, and the way out."""
    workflow = ticking(manager)
    manager.commit_workflow("w")
    workflow.name = "Other ticks"
    workflow.create_node("more", "memory")
    for commit in (lambda: manager.commit_workflow("w"), manager.commit_all):
        with pytest.raises(WorkflowAlreadyExistsError) as caught:
            commit()
        assert caught.value.differences == [
            "name is 'Other ticks', not 'Ticks'",
            "node more is new",
        ]
        assert "replace=True" in str(caught.value)
    assert names(manager) == {"w": "Ticks"}
    manager.commit_workflow("w", replace=True)
    assert names(manager) == {"w": "Other ticks"}
    assert list(other.workflows["w"].nodes) == ["ticks", "texts", "more"]


def test_a_function_that_uses_another_value_is_a_change(manager, other, monkeypatch):
    """What is stored goes on with the value that it was stored with, until it is replaced."""
    workflow = manager.create("w", "Limited", "me", "")
    ticks, limits = (workflow.create_node(name, "memory") for name in ("ticks", "limits"))
    workflow.create_factor({"name": "clock"}, None, ticks)
    limited = {"name": "apply", "parameters": {"func": lambda _: LIMIT}}  # noqa: F821 - set below
    workflow.create_factor(limited, [ticks], limits)
    monkeypatch.setitem(globals(), "LIMIT", 1)
    manager.commit_workflow("w")
    manager.commit_workflow("w")
    monkeypatch.setitem(globals(), "LIMIT", 2)
    with pytest.raises(WorkflowAlreadyExistsError, match="node limits has another func"):
        manager.commit_workflow("w")
    for expected in (1, 2):
        function = other.load_workflow("w").factors[1].tool.parameters_dict["func"]
        assert function(None) == expected
        manager.commit_workflow("w", replace=True)


def test_two_processes_may_store_one_workflow(manager, other):
    """Where both define the same, nothing happens; otherwise the second one hears of it."""
    ticking(manager)
    ticking(other)
    manager.commit_workflow("w")
    other.commit_workflow("w")
    ticking(manager, "v")
    ticking(other, "v", stride=5)
    manager.commit_all()
    with pytest.raises(WorkflowAlreadyExistsError, match="another stride of tool clock"):
        other.commit_all()


@pytest.mark.parametrize("is_equal", [True, False])
def test_a_process_may_be_faster_by_a_moment(manager, other, monkeypatch, is_equal):
    """What another process stores between looking and writing is compared, too."""
    ticking(manager)
    ticking(other, stride=2 if is_equal else 5)
    read = manager.catalogue.workflow

    def first_the_other(workflow_id):
        monkeypatch.undo()
        assert read(workflow_id) is None
        other.commit_workflow(workflow_id)

    monkeypatch.setattr(manager.catalogue, "workflow", first_the_other)
    if is_equal:
        manager.commit_workflow("w")
    else:
        with pytest.raises(WorkflowAlreadyExistsError):
            manager.commit_workflow("w")


def test_all_are_stored_or_none(manager):
    """One that cannot be stored is found before anything is written."""
    ticking(manager, "a")
    bad = manager.create("b", "B", "me", "")
    bad.create_factor(Sum(), None, bad.create_node("x", "memory"))
    with pytest.raises(ToolNotFoundError):
        manager.commit_all()
    assert manager.catalogue.workflow_ids() == []
    manager.delete_workflow("b")
    ticking(manager, "c")
    manager.commit_all()
    assert manager.catalogue.workflow_ids() == ["a", "c"]


def test_what_is_larger_than_a_document_is_found_before_anything_is_written(manager):
    """Each parameter may be small enough, and all together not."""
    ticking(manager, "a")
    large = manager.create("b", "B", "me", "")
    source = large.create_node("source", "memory")
    for name in ("one", "two"):
        func = partial(max, b"x" * 9_000_000)
        apply = {"name": "apply", "parameters": {"func": func, "include_timestamps": name == "one"}}
        large.create_factor(apply, [source], large.create_node(name, "memory"))
    with pytest.raises(FactorDefinitionError, match=r"b cannot be stored: it takes 18\.0 MB"):
        manager.commit_all()
    assert manager.catalogue.workflow_ids() == []


@pytest.mark.parametrize(
    "use",
    [
        lambda manager: manager.workflows["hourli"],
        lambda manager: manager.load_workflow("hourli"),
        lambda manager: manager.commit_workflow("hourli"),
        lambda manager: manager.delete_workflow("hourli"),
        lambda manager: manager.set_requested_intervals("hourli", TEN),
    ],
)
def test_a_workflow_that_is_not_there_is_an_error(manager, other, use):
    """The error proposes one that is."""
    ticking(manager, "hourly")
    manager.commit_workflow("hourly")
    _ = other.workflows
    with pytest.raises(WorkflowNotFoundError, match="no workflow 'hourli': did you mean hourly"):
        use(other)


def test_a_workflow_is_deleted(manager, other):
    """From here and from the database, with what is requested of it; plates are free then."""
    manager.plate_manager.meta_data_manager.insert_many([("house", "root", "1")])
    manager.plate_manager.create_plate("H", None, "house", complement=True)
    workflow = ticking(manager)
    workflow.create_node("a", "memory", ["H"])
    manager.set_requested_intervals("w", TEN)
    manager.commit_workflow("w")
    with pytest.raises(PlateInUseError, match="'w'"):
        manager.plate_manager.delete_plate("H")
    other.delete_workflow("w")
    assert (manager.catalogue.workflow_ids(), manager.catalogue.status("w")) == ([], None)
    manager.delete_workflow("w")
    assert manager.workflows == {}
    manager.plate_manager.delete_plate("H")
    with pytest.raises(WorkflowNotFoundError):
        manager.delete_workflow("w")


def test_requested_intervals_are_kept_in_the_database(manager, other):
    """They are those of all processes, and survive the one that has set them."""
    ticking(manager)
    ticking(manager, "v")
    manager.commit_all()
    both = TimeIntervals([over(0, 1), over(5, 9)])
    manager.set_all_requested_intervals(requested_intervals=both)
    manager.set_requested_intervals("v", requested_intervals=TEN)
    assert other.workflows["w"].requested_intervals == TimeIntervals([over(0, 1), over(5, 9)])
    assert other.workflows["v"].requested_intervals == TimeIntervals([TEN])
    other.set_requested_intervals("w", None)
    assert manager.workflows["w"].requested_intervals.is_empty
    with pytest.raises((TypeError, ValueError)):
        manager.set_all_requested_intervals("always")


def test_all_that_is_online_is_executed(manager, monkeypatch):
    """Each workflow over what is requested of it."""
    ticking(manager, "idle", online=True)
    for name, is_online in (("off", False), ("on", True)):
        ticking(manager, name, online=is_online)
        manager.set_requested_intervals(name, TimeIntervals([over(0, 4), over(6, 10)]))
    executed = []
    monkeypatch.setattr(
        Workflow, "execute", lambda self, over: executed.append((self.workflow_id, over))
    )
    manager.execute_all()
    assert executed == [("on", over(0, 4)), ("on", over(6, 10))]


def test_what_fails_stops_nothing_else(manager, monkeypatch):
    """All failures are raised together, when the rest is done; each says whose it is."""
    bad, odd, good = (ticking(manager, name, online=True) for name in ("bad", "odd", "good"))
    tool = Sum()
    tool.broken = {"ticks"}
    bad.create_factor(tool, [bad.nodes["ticks"]], bad.create_node("sum", "memory"))
    copy = {"name": "copy"}
    good.create_factor(copy, [good.nodes["texts"]], good.create_node("mine", "memory"))
    manager.set_all_requested_intervals(TimeIntervals([over(0, 4), over(6, 10)]))
    monkeypatch.setattr(odd, "execute", lambda interval: 1 / 0)
    with pytest.raises(WorkflowExecutionError) as caught:
        manager.execute_all()
    assert [each.workflow_id for each in caught.value.exceptions] == ["bad", "bad", "odd", "odd"]
    assert isinstance(caught.value.exceptions[2].exceptions[0], ZeroDivisionError)
    assert "4 of 6 executions of workflows failed: Workflow bad" in str(caught.value)
    assert "Workflow odd failed over (2020-01-01 00:00:00" in str(caught.value)
    for interval in (over(0, 4), over(6, 10)):
        assert count(good, "mine", interval) == 2


def test_a_workflow_that_cannot_be_loaded_stops_no_other(manager, other, caplog):
    """It is listed with the reason, which is logged once."""
    for name in ("bad", "good"):
        ticking(manager, name)
    manager.commit_all()
    model = manager.catalogue.workflow("bad")
    model.factors[0].tool.version = "9.9.9"
    manager.catalogue.replace_workflow(model)
    with caplog.at_level(logging.WARNING, "hyperstream"):
        assert list(other.workflows) == ["good"]
        other.refresh()
    assert list(other.failed) == ["bad"]
    assert caplog.messages == [str(other.failed["bad"])]
    assert caplog.messages[0].startswith(
        "Workflow bad cannot be loaded, for the factor of node ticks, with tool clock: "
        "Tool clock has no version 9.9.9; there are 0.0.1, 0.1.0."
    )
    for use in (other.load_workflow, lambda name: other.create(name, "W", "", "", safe=False)):
        with pytest.raises(WorkflowLoadError, match=r"9\.9\.9"):
            use("bad")
    for use in (other.commit_workflow, lambda name: other.workflows[name]):
        with pytest.raises(WorkflowNotFoundError, match=r"9\.9\.9"):
            use("bad")
    other.delete_workflow("bad")
    assert (other.failed, manager.catalogue.workflow_ids()) == ({}, ["good"])
