"""The commands on the online engine."""

from __future__ import annotations

import pytest


@pytest.fixture
def online(fill):
    """Give a workflow that is online."""
    with fill() as hs, hs.create_workflow("ticks", "Ticks", "ann", "", online=True) as workflow:
        ticks = workflow.create_node("ticks", "mongo")
        workflow.create_factor(hs.tools.clock(stride=1), None, ticks)
        hs.workflow_manager.commit_workflow("ticks")
    return "ticks"


def test_the_engine_runs_and_says_how_it_gets_on(command, online):
    """Once, from the interval of the configuration on."""
    (before,) = command.json("engine", "status")
    assert (before["workflow_id"], before["interval"]) == (online, None)
    said = command("engine", "run", "--once")
    assert (said.code, said.out) == (0, "")
    (after,) = command.json("engine", "status")
    assert after["interval"] is not None
    assert after["failures"] == 0
    lines = command("engine", "status").lines
    assert lines[0].split()[0] == "workflow"
    assert lines[1].split()[0] == "ticks"
    assert len(command.json("streams", "head", "mongo:ticks", "-n", "100")) == 50


def test_a_run_that_fails_has_exit_code_1(command, fill):
    """Where there is one iteration only."""
    with fill() as hs, hs.create_workflow("bad", "Bad", "ann", "", online=True) as workflow:
        ticks, bad = (workflow.create_node(name, "mongo") for name in ("ticks", "bad"))
        workflow.create_factor(hs.tools.clock(stride=1), None, ticks)
        workflow.create_factor(hs.tools.component(key="a"), [ticks], bad)
        hs.workflow_manager.commit_workflow("bad")
    said = command("engine", "run", "--once", "--json")
    assert (said.code, said.out) == (1, '{\n  "failed": true\n}\n')
    (state,) = command.json("engine", "status")
    assert state["failures"] == 1


def test_a_workflow_that_is_not_online_is_refused(command, squares):
    """In one line."""
    said = command("engine", "run", "--once", "--workflow", "circles")
    assert (said.code, said.out) == (1, "")
    assert "circles" in said.err
