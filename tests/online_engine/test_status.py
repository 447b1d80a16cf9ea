"""What an operator sees of the engine."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from hyperstream._time import use_clock
from hyperstream.models import EngineStatusModel, TimeIntervalModel, WorkflowDefinitionModel
from hyperstream.online_engine import OnlineEngine, engine_status, status_lines
from hyperstream.online_engine.leases import real_now
from hyperstream.online_engine.status import WorkflowState, states
from hyperstream.storage.memory import MemoryCatalogue
from hyperstream.testing import FixedClock
from hyperstream.testing.times import START, at, over
from hyperstream.utils.errors import WorkflowLoadError
from tests.online_engine.parts import make_workflow, settings

ELSEWHERE = "station:0a1b:7|4711|123|c0ffee"


@pytest.fixture
def catalogue():
    """A catalogue with an online workflow and another one."""
    found = MemoryCatalogue()
    for workflow_id, online in (("w", True), ("offline", False)):
        model = WorkflowDefinitionModel(workflow_id=workflow_id, name="W", online=online)
        found.add_workflow(model)
    return found


def known(catalogue, **facts):
    """Store what an engine has left, and return what is seen of it."""

    def change(status):
        status.engine = EngineStatusModel(**facts)
        return True

    catalogue.change_status("w", change)
    [found] = seen(catalogue)
    return found


def seen(catalogue):
    """Return what is seen at 1000 s."""
    with use_clock(FixedClock(at(1000))):
        return states(catalogue, settings())


def test_an_online_workflow_that_never_ran_is_there(catalogue):
    """Nothing is known of it; others are not listed."""
    assert seen(catalogue) == [WorkflowState("w")]


def test_a_workflow_that_runs(catalogue):
    """Interval, lag, duration, failures, and who has it until when."""
    expires = real_now() + timedelta(seconds=30)
    facts = {"interval": TimeIntervalModel.of(over(900, 990)), "completed": START, "duration": 2.5}
    failure = {"failures": 2, "failed": START, "error": "It failed."}
    found = known(catalogue, owner=ELSEWHERE, expires=expires, **facts, **failure)
    assert found == WorkflowState(
        "w",
        interval=over(900, 990),
        completed=START,
        lag=9,
        duration=2.5,
        failures=2,
        failed=START,
        error="It failed.",
        engine="process 4711 on station",
        expires=expires,
    )
    assert json.loads(json.dumps(found.to_dict()))["interval"] == [
        "2020-01-01T00:15:00.000Z",
        "2020-01-01T00:16:30.000Z",
    ]


def test_an_engine_that_does_not_renew_its_lease_is_none(catalogue):
    """Until when it had been one is told all the same."""
    expires = real_now() - timedelta(seconds=1)
    found = known(catalogue, owner=ELSEWHERE, expires=expires)
    assert (found.engine, found.expires) == (None, expires)


def test_a_workflow_that_cannot_be_read_is_there(catalogue, monkeypatch):
    """With the reason."""
    error = WorkflowLoadError("It is damaged.")
    monkeypatch.setattr(catalogue, "workflows", lambda: {"bad": error})
    assert seen(catalogue) == [WorkflowState("bad", error="It is damaged.")]


def test_it_is_a_table_for_people():
    """What fails now is below it, with the reason; what has failed once is not."""
    here = WorkflowState("here", over(0, 1), START, 0.25, 1.5, engine="process 1 on a")
    past = WorkflowState("past", over(0, 1), failed=START, error="It was bad.")
    bad = WorkflowState("bad", over(0, 1), failures=3, error="It is bad.")
    never = WorkflowState("never", error="It cannot be loaded.")
    assert status_lines(iter([here, past, bad, never])) == [
        "workflow  completed to         behind  took     failures  engine",
        "here      2020-01-01 00:00:01  0.2 s   1.500 s  0         process 1 on a",
        "past      2020-01-01 00:00:01  -       -        0         none",
        "bad       2020-01-01 00:00:01  -       -        3         none",
        "never     -                    -       -        0         none",
        "bad: It is bad.",
        "never: It cannot be loaded.",
    ]


def test_it_is_read_from_the_database(hs):
    """What an engine has done is there, for any process."""
    make_workflow(hs)
    with use_clock(FixedClock(at(1000))):
        OnlineEngine(hs, config=settings()).execute()
        [found] = engine_status(hs)
    assert found.interval == over(995, 999)
    assert (found.lag, found.failures, found.engine) == (0, 0, None)
