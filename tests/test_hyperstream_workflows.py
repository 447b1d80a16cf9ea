"""Workflows and sessions, through HyperStream itself."""

from __future__ import annotations

import json
import operator
import threading

import pytest

from hyperstream import (
    HyperStream,
    TimeInterval,
    Workflow,
    WorkflowAlreadyExistsError,
)
from hyperstream.execution import NoHistory, current_context
from hyperstream.testing.times import over
from tests.test_hyperstream import PLUGIN

TEN = over(0, 10)


@pytest.fixture
def config(tmp_path, mongo_config):
    """Write a configuration with a database of its own and the example plugin."""
    file = tmp_path / "config.json"
    keys = str(tmp_path / "keys.json")
    file.write_text(json.dumps({"mongo": mongo_config, "plugins": [PLUGIN], "keys": keys}))
    yield file
    HyperStream.reset()


def fresh(config):
    """Make a HyperStream that knows nothing of the one before."""
    HyperStream.reset()
    return HyperStream(file_logger=False, console_logger=False, config_filename=config)


def houses(hs):
    """Create a plate of two houses."""
    hs.plate_manager.meta_data_manager.insert_many(("house", "root", data) for data in "12")
    return hs.plate_manager.create_plate("H", "Houses", "house", complement=True)


def define(hs, plate, channel, factor=2):
    """Write a workflow: a clock, its seconds by house, a sum over the houses."""
    with hs.create_workflow("w", "Seconds", "tests", "of a clock") as w:
        clock = w.create_node("clock", channel)
        named = w.create_node("named", channel)
        split, plain = (w.create_node(each, channel, [plate]) for each in ("split", "plain"))
        total = w.create_node("total", channel)
        clock[None] = hs.factors.clock(sources=None, stride=1.0)
        named[None] = hs.factors.apply([clock], func=lambda t: {"1": t.second, "2": factor})
        for house in plate:
            split[house] = hs.factors.splitter_of_dict(source=named, mapping={"1": "1", "2": "2"})
            plain[house] = hs.plugins.example.factors.dummy([split[house]])
        total[None] = hs.factors.aggregate([plain], func=sum, aggregation_meta_data="house")
    return w


def totals(w):
    """Return what the leaf holds."""
    return w.nodes["total"].streams[None].window(TEN).values()


def test_a_workflow_is_written_stored_and_loaded(config):
    """The loaded one has its tools and functions, and computes the same."""
    hs = fresh(config)
    w = define(hs, houses(hs), hs.channel_manager.memory)
    w.execute(TEN)
    expected = totals(w)
    assert expected == [second + 2 for second in range(1, 11)]
    hs.workflow_manager.commit_workflow("w")
    again = fresh(config).workflow_manager.load_workflow("w")
    again.execute(TEN)
    assert totals(again) == expected


def test_a_block_that_fails_leaves_no_workflow(config):
    """So that a corrected cell of a notebook can be run again."""
    hs = fresh(config)
    plate = houses(hs)
    with pytest.raises(ZeroDivisionError), hs.create_workflow("w", "W", "tests", "fails"):
        operator.truediv(1, 0)
    assert define(hs, plate, hs.channel_manager.memory).workflow_id == "w"


def test_a_workflow_made_by_its_class_can_take_the_place_of_another(config):
    """Only where that is said."""
    hs = fresh(config)
    define(hs, houses(hs), hs.channel_manager.memory)
    hs.workflow_manager.commit_all()
    other = Workflow("w", "Other", "another one", "tests")
    other.create_node("clock", hs.channel_manager.memory)
    with pytest.raises(WorkflowAlreadyExistsError, match="'w'"):
        hs.add_workflow(other)
    hs.workflow_manager.add_workflow(other, commit=True, replace=True)
    assert hs.workflow_manager.workflows["w"] is other
    assert list(fresh(config).workflow_manager.load_workflow("w").nodes) == ["clock"]


def test_a_session_keeps_what_is_executed(config):
    """In order, with the workflow; afterwards nothing is recorded any more."""
    with fresh(config) as hs:
        session = hs.current_session
        w = define(hs, houses(hs), hs.channel_manager.mongo)
        w.execute(TEN)
        names = [entry.tool for entry in session.history]
        assert names == ["clock", "apply", "splitter_of_dict", "dummy", "dummy", "aggregate"]
        assert {entry.workflow for entry in session.history} == {"w"}
        assert session.active
    assert not session.active
    assert isinstance(current_context().history, NoHistory)
    assert [each.session_id for each in hs.sessions] == [session.session_id]


def test_a_session_keeps_what_any_thread_executes(config):
    """A plain thread takes part, as it did in release 0.3.8."""
    with fresh(config) as hs:
        w = define(hs, houses(hs), hs.channel_manager.mongo)
        thread = threading.Thread(target=w.execute, args=(TEN,))
        thread.start()
        thread.join()
        assert [entry.tool for entry in hs.current_session.history][:2] == ["clock", "apply"]


def test_provenance_says_what_made_the_data(config):
    """Tool, sources and session of each piece, also in another process."""
    hs = fresh(config)
    w = define(hs, houses(hs), hs.channel_manager.mongo)
    with hs:
        w.execute(over(0, 5))
        first = hs.current_session
    second = hs.new_session()
    w.execute(TEN)
    hs.clear_sessions(inactive_only=True, clear_history=False)
    stream = w.nodes["total"].streams[None]
    early, late = hs.provenance(stream, TEN)
    assert (early.interval, late.interval) == (over(0, 5), over(5, 10))
    assert (late.tool, late.session_id) == ("aggregate", second.session_id)
    assert early.session_id in (None, first.session_id)
    assert [source.name for source in late.sources] == ["plain", "plain"]


def test_sessions_are_cleared(config):
    """Those that are over; the current one with them only where that is said."""
    hs = fresh(config)
    hs.new_session()
    current = hs.new_session()
    assert len(hs.sessions) == 2
    hs.clear_sessions()
    assert [each.session_id for each in hs.sessions] == [current.session_id]
    hs.clear_sessions(inactive_only=False, clear_history=True)
    assert hs.sessions == []
    assert hs.current_session is None


def test_online_workflows_are_executed_over_what_is_requested(config):
    """Requests are in the database, for the process that computes them."""
    hs = fresh(config)
    w = define(hs, houses(hs), hs.channel_manager.mongo)
    w.online = True
    hs.workflow_manager.commit_workflow("w")
    hs.workflow_manager.set_requested_intervals("w", TEN)
    hs = fresh(config)
    hs.workflow_manager.execute_all()
    loaded = hs.workflow_manager.workflows["w"]
    assert TimeInterval(*next(iter(loaded.requested_intervals))) == TEN
    assert len(totals(loaded)) == 10
