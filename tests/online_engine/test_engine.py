"""The online engine in a program."""

from __future__ import annotations

import logging
import threading
import time
from contextvars import copy_context
from datetime import timedelta

import pytest

from hyperstream._time import use_clock
from hyperstream.models import EngineStatusModel, TimeIntervalModel
from hyperstream.online_engine import OnlineEngine, engine
from hyperstream.online_engine.worker import Worker
from hyperstream.storage.owners import new_owner
from hyperstream.testing import FixedClock
from hyperstream.testing.times import at, over
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils import utcnow
from hyperstream.utils.errors import (
    ConfigurationError,
    DatabaseConnectionError,
    WorkflowExecutionError,
    WorkflowNotFoundError,
)
from hyperstream.utils.hyperstream_logger import MON
from hyperstream.workflow import WorkflowManager
from tests.online_engine.parts import (
    assert_complete,
    assert_once,
    leaf,
    make_workflow,
    settings,
    wait_for,
)


@pytest.fixture
def often(monkeypatch):
    """Let engines look at the database much more often than they do."""
    monkeypatch.setattr(engine, "_LOOK_EVERY", 0.05)


def status(hs, workflow_id="count"):
    """Return what is kept of a workflow."""
    return hs.plate_manager.catalogue.status(workflow_id).engine


def completed_until(hs, end, workflow_id="count"):
    """Let it be known that a workflow was completed up to a moment."""

    def change(known):
        interval = TimeIntervalModel(start=end - timedelta(seconds=1), end=end)
        known.engine = EngineStatusModel(interval=interval)
        return True

    hs.plate_manager.catalogue.change_status(workflow_id, change)


def test_one_iteration_computes_the_interval(hs):
    """The interval of the configuration is computed, and the engine ends."""
    make_workflow(hs)
    with use_clock(FixedClock(at(1000))):
        OnlineEngine(hs, config=settings()).execute()
    assert assert_complete(hs) == over(995, 999)
    assert status(hs).interval.to_interval() == over(995, 999)
    assert status(hs).owner is None


@pytest.mark.slow
def test_iterations_go_on_where_the_last_one_ended(hs, tmp_path):
    """Nothing is left out and nothing gone through twice, however often it is requested."""
    make_workflow(hs, log=str(tmp_path / "log"))
    began = utcnow()
    OnlineEngine(hs, config=settings(iterations=20)).execute()
    found = assert_complete(hs)
    assert_once(tmp_path / "log")
    assert found.start <= began - timedelta(seconds=4)
    assert (utcnow() - found.end).total_seconds() < 30


def test_the_configuration_counts(hs):
    """Without other settings, those of the file do."""
    assert OnlineEngine(hs).config is hs.config.online_engine


def test_a_gap_is_made_up(hs, tmp_path):
    """After downtime it goes on from the last completed interval, in steps."""
    make_workflow(hs, log=str(tmp_path / "log"))
    completed_until(hs, at(500))
    with use_clock(FixedClock(at(1000))):
        OnlineEngine(hs, config=settings(max_catch_up=100)).execute()
    assert assert_complete(hs) == over(500, 999)
    widths = [end - start for start, end in assert_once(tmp_path / "log")]
    assert widths == [100_000] * 4 + [99_000]


def test_workflows_that_are_not_online_are_left_alone(hs):
    """Nothing of them is computed."""
    make_workflow(hs, "other", online=False)
    OnlineEngine(hs, config=settings()).execute()
    assert leaf(hs, "other").calculated_intervals.is_empty


def test_only_the_workflows_named_are_executed(hs):
    """Others wait for another engine."""
    for workflow_id in ("one", "other"):
        make_workflow(hs, workflow_id)
    OnlineEngine(hs, ["one"], settings()).execute()
    assert_complete(hs, "one")
    assert leaf(hs, "other").calculated_intervals.is_empty


def test_a_name_that_is_wrong_is_an_error(hs):
    """It is said at once."""
    make_workflow(hs, "other", online=False)
    with pytest.raises(WorkflowNotFoundError, match="'otter'"):
        OnlineEngine(hs, ["otter"]).execute()
    with pytest.raises(ConfigurationError, match="'other' is not marked online"):
        OnlineEngine(hs, ["other"]).execute()


def test_beginning_and_end_are_told_to_monitors(hs, caplog):
    """At level MON; iterations and what there is are at INFO."""
    caplog.set_level("INFO")
    make_workflow(hs)
    OnlineEngine(hs, config=settings()).execute()
    told = [(each.getMessage(), each.n) for each in caplog.records if each.levelno == MON]
    assert told == [
        ("Online engine started", "online_engine"),
        ("Online engine stopped", "online_engine"),
    ]
    info = [each.getMessage() for each in caplog.records if each.levelno == logging.INFO]
    begin = "Online engine started: an iteration every 0.05 s; workflows executed here: 1"
    assert begin in info
    assert any("completed in" in each for each in info)


def test_no_workflow_is_worth_a_word(hs, caplog):
    """An engine that has nothing to do says so, and waits."""
    OnlineEngine(hs, config=settings()).execute()
    assert "There is no online workflow that this engine may execute; it waits" in caplog.messages


def test_a_failure_stops_no_other(hs, tmp_path, in_thread, caplog):
    """The one fails again and again with pauses between; the other one is computed in time."""
    obstacle = tmp_path / "obstacle"
    obstacle.touch()
    make_workflow(hs, "bad", obstacle=str(obstacle))
    make_workflow(hs, "good")
    running = in_thread()
    wait_for(lambda: "good" in running.workers and running.workers["good"].iterations > 20)
    assert 0 < running.workers["bad"].failed < 10
    assert "Workflow bad failed (for time 1 in a row; again in 1 s): " in caplog.text
    assert "there is an obstacle" in caplog.text
    wait_for(lambda: status(hs, "bad").failures)
    obstacle.unlink()
    wait_for(lambda: running.workers["bad"].completed)
    assert status(hs, "bad").failures == 0
    for workflow_id in ("bad", "good"):
        assert_complete(hs, workflow_id)


@pytest.mark.slow
def test_a_workflow_that_hangs_is_named_and_stops_no_other(hs, in_thread, caplog):
    """The alarm is raised from a thread; the others go on, and it ends when it yields."""
    make_workflow(hs, "good")
    make_workflow(hs, "late", pause=2)
    running = in_thread(alarm=0.5)
    wait_for(lambda: "late" in running.workers and running.workers["late"].is_late)
    assert "Workflow late failed" in caplog.text
    assert "It takes longer than 0.5 s, and is told to stop" in caplog.text
    before = running.workers["good"].iterations
    wait_for(lambda: running.workers["good"].iterations > before + 5)
    wait_for(lambda: not running.workers["late"].is_busy)
    assert leaf(hs, "late").calculated_intervals.is_empty


def test_a_workflow_that_is_committed_meanwhile_is_picked_up(hs, in_thread, often):
    """So is one that is changed, and one that is deleted is left."""
    make_workflow(hs, "one")
    running = in_thread()
    theirs = WorkflowManager(hs.channel_manager, hs.plate_manager)
    other = theirs.create("other", "Ticks", "ann", "", online=True)
    ticks = other.create_node("ticks", "mongo")
    other.create_factor({"name": "clock"}, None, ticks)
    theirs.commit_workflow("other")
    wait_for(lambda: "other" in running.workers and running.workers["other"].iterations)
    assert not ticks.streams[None].calculated_intervals.is_empty
    theirs.delete_workflow("one")
    wait_for(lambda: "one" not in running.workers)
    before = running.workers["other"].iterations
    wait_for(lambda: running.workers["other"].iterations > before)


@pytest.mark.slow
def test_it_is_stopped_from_another_thread(hs, in_thread):
    """What is at work is stopped cleanly, within seconds."""
    make_workflow(hs, pause=0.5)
    running = in_thread()
    wait_for(lambda: running.workers and running.workers["count"].is_busy)
    began = time.monotonic()
    running.stop()
    wait_for(lambda: status(hs).owner is None)
    assert time.monotonic() - began < 15
    wait_for(lambda: hs.client.outage.patience == 30)


def test_what_does_not_end_is_left(hs, monkeypatch, caplog):
    """A call that neither yields nor ends keeps nobody waiting."""
    monkeypatch.setattr(engine, "_PATIENCE", 0.1)
    monkeypatch.setattr(engine, "_GRACE", 0.3)
    make_workflow(hs)
    running = OnlineEngine(hs, config=settings())
    go_on = threading.Event()
    monkeypatch.setattr(
        Worker, "work", lambda worker: (running.stop(), go_on.wait(30)), raising=True
    )
    running.execute()
    assert "Workflow count does not end, and is left" in caplog.text
    go_on.set()
    wait_for(lambda: not running.workers["count"].is_busy)


def test_two_engines_do_not_do_the_same(hs, in_thread, often, tmp_path, caplog):
    """The second one stands by, and takes over what the first one gives back."""
    caplog.set_level("INFO")
    make_workflow(hs, log=str(tmp_path / "log"))
    one = in_thread()
    wait_for(lambda: one.workers and one.workers["count"].iterations)
    other = in_thread()
    wait_for(lambda: "standing by" in caplog.text)
    assert other.workers == {}
    one.stop()
    wait_for(lambda: other.workers and other.workers["count"].iterations)
    assert_complete(hs)
    assert_once(tmp_path / "log")


def test_two_engines_share_what_they_name(hs, in_thread):
    """Each executes its own."""
    for workflow_id in ("one", "other"):
        make_workflow(hs, workflow_id)
    engines = {}
    threads = []
    for name in ("one", "other"):
        engines[name] = OnlineEngine(hs, [name], settings(iterations=3))
        run = copy_context().run
        threads.append(threading.Thread(target=run, args=(engines[name].execute,)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    for name, each in engines.items():
        assert list(each.workers) == [name]
        assert_complete(hs, name)


def test_an_engine_whose_lease_was_taken_stops_its_work(hs, in_thread, often, caplog):
    """The other one has it; this one ends between two calls of tools."""
    make_workflow(hs)
    running = in_thread()
    wait_for(lambda: running.workers and running.workers["count"].iterations)

    def take(known):
        known.engine.owner = "station:0a1b:7|4711|123|c0ffee"
        known.engine.expires = utcnow() + timedelta(seconds=1000)
        return True

    hs.plate_manager.catalogue.change_status("count", take)
    wait_for(lambda: not running.workers)
    assert status(hs).owner != new_owner()


def test_debugging_raises_what_fails(hs, tmp_path):
    """In the thread that asks, at the first failure; the lease is given back."""
    obstacle = tmp_path / "obstacle"
    obstacle.touch()
    make_workflow(hs, obstacle=str(obstacle))
    running = OnlineEngine(hs, config=settings(iterations=None))
    with pytest.raises(WorkflowExecutionError, match="there is an obstacle"):
        running.execute(debug=True)
    assert status(hs).owner is None
    obstacle.unlink()
    running.config = settings(iterations=2)
    running.execute(debug=True)
    assert running.workers["count"].iterations == 2


def test_debugging_runs_on_any_clock(hs, monkeypatch):
    """With a clock and a wait that tests make, hours go by at once."""
    clock = FixedClock(at(0))
    make_workflow(hs)
    now = [0.0]
    config = settings(sleep=60, iterations=7)
    running = OnlineEngine(hs, config=config, monotonic=lambda: now[0])

    def wait(seconds):
        now[0] += seconds
        clock.advance(seconds)

    monkeypatch.setattr(running, "_wait", wait)
    with use_clock(clock):
        running.execute(debug=True)
    assert leaf(hs).calculated_intervals == TimeIntervals([over(-5, 359)])


@pytest.mark.slow
def test_a_jump_of_the_clock_is_said(hs, caplog, in_thread):
    """It is a warning; the work follows the clock."""
    clock = FixedClock(at(0))
    make_workflow(hs)
    with use_clock(clock):
        running = in_thread()
        wait_for(lambda: running.workers and running.workers["count"].iterations)
        clock.advance(600)
        wait_for(lambda: "The clock was set forward by " in caplog.text)
        wait_for(lambda: running.workers["count"].completed == at(599))
        clock.advance(-300)
        wait_for(lambda: "The clock was set back by " in caplog.text)
        before = running.workers["count"].iterations
        wait_for(lambda: running.workers["count"].iterations > before + 2)
        running.stop()
    assert leaf(hs).calculated_intervals == TimeIntervals([over(-5, 599)])


def test_a_database_that_cannot_be_read_is_said_once(hs, in_thread, often, monkeypatch, caplog):
    """What is known goes on, and looking is tried again."""
    make_workflow(hs)
    running = in_thread()
    wait_for(lambda: running.workers and running.workers["count"].iterations)

    def fail():
        raise DatabaseConnectionError("MongoDB is away")

    with monkeypatch.context() as patch:
        patch.setattr(hs.workflow_manager, "refresh", fail)
        wait_for(lambda: running._is_blind)
        before = running.workers["count"].iterations
        wait_for(lambda: running.workers["count"].iterations > before + 5)
    wait_for(lambda: not running._is_blind)
    assert (
        caplog.text.count(
            "cannot be read; trying again: DatabaseConnectionError('MongoDB is away')"
        )
        == 1
    )


def test_a_workflow_may_read_what_another_one_computes(hs):
    """Whichever of them begins, and however far behind they are: it is computed when it is read."""
    with hs.create_workflow("reader", "Reader", "ann", "", online=True) as reader:
        read = reader.create_node("writer_more", "mongo")
        mine = reader.create_node("reader_more", "mongo")
        mine[None] = hs.factors.count_seconds(sources=[read[None]])
    hs.workflow_manager.commit_workflow("reader")
    make_workflow(hs, "writer", pause=0.005)
    for workflow_id in ("reader", "writer"):
        completed_until(hs, at(0), workflow_id)
    with use_clock(FixedClock(at(200))):
        OnlineEngine(hs, config=settings(max_catch_up=20)).execute()
    [found] = leaf(hs, "reader").calculated_intervals
    values = leaf(hs, "reader").window(found, force_calculation=True).values()
    assert found == over(0, 199)
    assert values == [value + 1 for value in leaf(hs, "writer").window(found).values()]
    assert len(values) == 199


@pytest.mark.slow
def test_nothing_is_begun_while_the_database_is_away(hs, in_thread, monkeypatch):
    """The engine waits without keeping a processor busy, and begins when it is back."""
    make_workflow(hs)
    waits = []
    wait = OnlineEngine._wait
    monkeypatch.setattr(
        OnlineEngine,
        "_wait",
        lambda engine, seconds: waits.append(seconds) or wait(engine, seconds),
    )
    running = in_thread()
    wait_for(lambda: running.workers and running.workers["count"].iterations)
    with monkeypatch.context() as patch:
        patch.setattr(OnlineEngine, "is_connected", False)
        wait_for(lambda: not running.workers["count"].is_busy and waits[-1] == 1)
        before = running.workers["count"].iterations
        waits.clear()
        wait_for(lambda: len(waits) > 1)
        assert running.workers["count"].iterations == before
        assert set(waits) == {1}
    wait_for(lambda: running.workers["count"].iterations > before)
