"""Workflows that read what other workflows compute."""

from __future__ import annotations

import pytest

from hyperstream.client import Client
from hyperstream.storage.memory import MemoryCatalogue
from hyperstream.storage.mongo import MongoStorage
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import WorkflowExecutionError
from tests.workflow.managing import TEN, made_manager


def define(manager, channel):
    """Define two workflows: a, before b by name, makes text of the ticks that b computes."""
    reads, computes = (manager.create(name, name, "me", "", online=True) for name in "ab")
    ticks = computes.create_node("ticks", channel)
    computes.create_factor({"name": "clock", "parameters": {"stride": 5.0}}, None, ticks)
    known, texts = reads.create_node("ticks", channel), reads.create_node("texts", channel)
    reads.create_factor({"name": "apply", "parameters": {"func": str}}, [known], texts)


def after_commit(made, channel):
    """Give the manager of a process that begins when both are stored."""
    first = made()
    define(first, channel)
    first.commit_all()
    return made()


def texts_of(manager):
    """Return how many texts there are."""
    return len(manager.workflows["a"].nodes["texts"].streams[None].window(TEN, True).values())


@pytest.fixture
def storage(mongo_config):
    """Give a database."""
    client = Client(mongo_config)
    yield MongoStorage(client)
    client.disconnect()


@pytest.fixture(params=["memory", "mongo"])
def make(request):
    """Give what makes a manager as each process has one, and the name of their channel."""
    storage = request.getfixturevalue("storage") if request.param == "mongo" else None
    catalogue = MemoryCatalogue() if storage is None else storage.catalogue
    return lambda: made_manager(catalogue, storage), request.param


def test_what_is_read_is_computed(make):
    """By whichever workflow computes it, also where it was only stored so far."""
    manager = after_commit(*make)
    manager.load_workflow("a").execute(TEN)
    assert texts_of(manager) == 2


def test_the_order_of_workflows_does_not_matter(make):
    """The one that reads comes first here."""
    manager = after_commit(*make)
    manager.set_all_requested_intervals(TimeIntervals([TEN]))
    manager.execute_all()
    assert texts_of(manager) == 2


def test_a_forced_window_is_computed_across_workflows(make):
    """Without executing any workflow."""
    made, channel = make
    manager = made()
    define(manager, channel)
    assert texts_of(manager) == 2


def test_what_only_another_process_can_compute_is_not_taken_for_complete(storage):
    """It is an error, until that process has computed it; nothing is marked meanwhile."""
    theirs, mine = (made_manager(MemoryCatalogue(), storage) for _ in range(2))
    define(theirs, "mongo")
    define(mine, "mongo")
    theirs.workflows["b"].execute((TEN.start, TEN.start.replace(second=5)))
    mine.delete_workflow("b")
    for stream in mine.workflows["a"].nodes["ticks"].streams.values():
        stream.producer = None
    message = r"mongo:ticks is computed by a tool, but not calculated in .*nothing in this process"
    with pytest.raises(WorkflowExecutionError, match=message):
        mine.workflows["a"].execute(TEN)
    texts = mine.workflows["a"].nodes["texts"].streams[None]
    assert texts.calculated_intervals.is_empty
    theirs.workflows["b"].execute(TEN)
    mine.workflows["a"].execute(TEN)
    assert texts_of(mine) == 2
