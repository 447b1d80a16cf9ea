"""The work on one workflow, on clocks that only the test moves."""

from __future__ import annotations

import threading
from contextvars import copy_context
from datetime import timedelta

import pytest

from hyperstream._time import use_clock
from hyperstream.execution import ExecutionContext, ExecutionStoppedError
from hyperstream.models import EngineStatusModel, TimeIntervalModel
from hyperstream.online_engine.leases import Leases
from hyperstream.online_engine.worker import Worker
from hyperstream.storage.memory import MemoryCatalogue
from hyperstream.stream import StreamInstance
from hyperstream.testing import FixedClock, RecordingHistory
from hyperstream.testing.conformance.base import stored
from hyperstream.testing.times import START, at, over
from hyperstream.time_interval import TimeIntervals
from hyperstream.tool import Tool
from hyperstream.utils.errors import DatabaseConnectionError, ToolExecutionError
from tests.online_engine.parts import settings, wait_for
from tests.workflow.workbench import Bench

ELSEWHERE = "station:0a1b:7|4711|123|c0ffee"


class Count(Tool):
    """Counts seconds; `meanwhile` is called before each, and may raise."""

    def __init__(self):
        super().__init__()
        self.asked = []
        self.meanwhile = lambda second: None

    def _execute(self, sources, alignment_stream, interval):
        start, end = (int((moment - START).total_seconds()) for moment in interval)
        self.asked.append((start, end))
        for second in range(start + 1, end + 1):
            self.meanwhile(second)
            yield StreamInstance(START + timedelta(seconds=second), second)


class Site:
    """A worker with all that it needs."""

    def __init__(self, known=None, **changed):
        bench = Bench()
        self.catalogue = MemoryCatalogue()
        self.now = 1000.0
        self.tool = Count()
        self.workflow = bench.workflow()
        self.sink = self.workflow.create_node("sink", bench.channels.memory)
        self.workflow.create_factor(self.tool, None, self.sink)
        self.leases = Leases(self.catalogue, 30, lambda: self.now)
        self.leases.hold(["w"])
        self.over = threading.Event()
        self.worker = Worker(
            self.workflow,
            settings(**{"interval": {"start": -60, "end": -10}, "sleep": 5, **changed}),
            self.leases,
            known or EngineStatusModel(),
            self.over.set,
            lambda: self.now,
        )

    @property
    def status(self):
        """What is kept."""
        return self.catalogue.status("w").engine

    @property
    def stream(self):
        """What is computed."""
        return self.sink.streams[None]

    def run(self):
        """Let the worker work in its thread, to the end."""
        self.over.clear()
        self.worker.begin(copy_context())
        assert self.over.wait(30)


@pytest.fixture
def clock():
    """A clock in force, which shows 1000 s."""
    with use_clock(found := FixedClock(at(1000))):
        yield found


@pytest.fixture
def site(clock):
    """Give a worker that has nothing behind it."""
    return Site()


def test_a_request_is_kept(site, caplog):
    """How far a workflow is, is in the database and in the log, with what it took."""
    caplog.set_level("INFO")
    site.worker.work()
    assert site.status.interval.to_interval() == over(940, 990)
    assert site.status.duration == site.worker.duration
    assert (site.worker.completed, site.worker.lag) == (at(990), 0)
    assert (site.worker.iterations, site.worker.instances) == (1, 50)
    assert "w: (2020-01-01 00:15:40, 2020-01-01 00:16:30] completed in 0." in caplog.text
    assert "s, 50 instances written, 0.0 s behind" in caplog.text


def test_each_request_goes_on_where_the_last_one_ended(site, clock):
    """Nothing is computed twice, and nothing left out."""
    for _ in range(3):
        site.worker.work()
        clock.advance(100)
    assert site.tool.asked == [(940, 990), (990, 1090), (1090, 1190)]
    assert site.stream.calculated_intervals == TimeIntervals([over(940, 1190)])
    assert site.status.interval.to_interval() == over(1090, 1190)


def test_another_engine_goes_on_where_one_has_ended(site, clock):
    """That is what is kept in the database for."""
    site.worker.work()
    clock.advance(500)
    other = Site(known=site.status)
    other.worker.work()
    assert other.tool.asked == [(990, 1490)]


def test_a_long_gap_is_made_up_in_steps(clock):
    """Each is kept when it is completed, so that a crash costs one step."""
    site = Site(EngineStatusModel(interval=TimeIntervalModel.of(over(0, 10))), max_catch_up=400)
    kept = []
    site.tool.meanwhile = lambda _: kept.append(site.status.interval)
    site.worker.work()
    assert site.tool.asked == [(10, 410), (410, 810), (810, 990)]
    ends = {each.to_interval().end for each in kept if each is not None}
    assert ends == {at(410), at(810)}
    assert site.worker.completed == at(990)


def test_late_data_are_looked_after(site, clock):
    """What was made void within the interval is computed again by the next request."""
    site.worker.work()
    site.stream.invalidate(over(960, 970))
    clock.advance(5)
    site.worker.work()
    assert site.tool.asked == [(940, 990), (960, 970), (990, 995)]
    assert site.status.interval.to_interval() == over(990, 995)


def test_a_clock_that_jumps_is_survived(site, clock):
    """What lies in a future that was none is completed; when it comes, it is looked after."""
    site.worker.work()
    clock.advance(10_000)
    site.worker.work()
    assert site.worker.completed == at(10_990)
    clock.advance(-10_000 + 5)
    site.worker.work()
    assert (site.worker.completed, site.worker.lag) == (at(995), 0)
    clock.advance(3000)
    site.stream.invalidate(over(2000, 2010))
    site.worker.work()
    assert site.tool.asked == [(940, 990), (990, 4590), (4590, 8190), (8190, 10990), (2000, 2010)]


def test_a_failure_is_counted_and_kept(site, caplog):
    """It is logged with its reason, and what was completed is as it was."""
    site.worker.work()
    site.tool.meanwhile = lambda second: 1 / 0
    with use_clock(at(1100)):
        site.run()
        site.now += 100
        site.run()
    assert (site.worker.failures, site.worker.failed, site.worker.completed) == (2, 2, at(990))
    assert site.status.failures == 2
    assert "division by zero" in site.status.error
    assert site.status.failed is not None
    assert site.status.interval.to_interval() == over(940, 990)
    errors = [each.getMessage() for each in caplog.records if each.levelname == "ERROR"]
    assert [each.partition(": ")[0] for each in errors] == [
        "Workflow w failed (for time 1 in a row; again in 5 s)",
        "Workflow w failed (for time 2 in a row; again in 10 s)",
    ]
    assert "division by zero" in errors[0]


def test_a_failure_is_tried_again_after_a_pause(site):
    """The pause grows with each failure, and is over with a success."""
    site.tool.meanwhile = lambda second: 1 / 0
    for pause in (5, 10, 20):
        site.run()
        site.now += pause - 0.1
        assert not site.worker.is_ready
        site.now += 0.2
        assert site.worker.is_ready
    site.tool.meanwhile = lambda second: None
    site.run()
    assert site.worker.is_ready
    assert (site.worker.failures, site.status.failures, site.worker.failed) == (0, 0, 3)
    assert site.status.error is not None


def test_a_tool_that_wants_to_exit_has_failed(site):
    """SystemExit of a tool ends neither thread nor engine."""

    def leave(second):
        raise SystemExit

    site.tool.meanwhile = leave
    site.run()
    assert site.worker.failures == 1


def test_a_new_definition_is_tried_at_once(site):
    """It does not wait for the pause of the former one."""
    site.tool.meanwhile = lambda second: 1 / 0
    site.run()
    other = Site()
    site.worker.workflow = other.workflow
    assert site.worker.is_ready
    site.run()
    assert other.tool.asked == [(940, 990)]


def test_a_database_that_does_not_answer_is_no_failure(site, caplog):
    """It is said once, and tried again at the next iteration."""

    def fail(second):
        raise ToolExecutionError("It failed.") from DatabaseConnectionError("MongoDB is away")

    site.tool.meanwhile = fail
    for _ in range(3):
        site.run()
        assert site.worker.is_ready
    assert site.worker.failures == 0
    assert [each.levelname for each in caplog.records] == ["WARNING"]
    assert "goes on as soon as the database does" in caplog.text
    site.tool.meanwhile = lambda second: None
    site.run()
    assert site.worker.completed == at(990)


def test_a_failure_is_kept_later_where_it_cannot_be_now(site, monkeypatch):
    """A database that is away when a failure is to be kept does not make the thread fail."""

    def away(*arguments):
        raise DatabaseConnectionError("MongoDB is away")

    site.tool.meanwhile = lambda second: 1 / 0
    with monkeypatch.context() as patch:
        patch.setattr(site.catalogue, "change_status", away)
        site.run()
    assert not site.worker.is_busy
    site.now += 100
    site.run()
    assert site.status.failures == 2


def test_the_alarm_names_the_workflow_and_stops_it(clock, caplog):
    """What takes too long is told to stop, and counts as a failure."""
    site = Site(alarm=30)
    go_on = threading.Event()
    site.tool.meanwhile = lambda second: go_on.wait(30)
    site.worker.begin(copy_context())
    wait_for(lambda: site.tool.asked)
    site.now += 29
    site.worker.watch(not_before=0)
    assert not site.worker.is_late
    site.now += 2
    for _ in range(2):
        site.worker.watch(not_before=0)
    assert site.worker.is_late
    go_on.set()
    assert site.over.wait(30)
    assert caplog.messages == [
        (
            "Workflow w failed (for time 1 in a row; again in 5 s): It takes longer than 30 s, "
            "and is told to stop."
        )
    ]
    assert site.status.failures == 1
    assert site.stream.calculated_intervals.is_empty
    assert not site.worker.is_ready


def test_the_alarm_does_not_count_what_the_database_was_away(clock):
    """Time before it answered again is not the workflow's."""
    site = Site(alarm=30)
    go_on = threading.Event()
    site.tool.meanwhile = lambda second: go_on.wait(30)
    site.worker.begin(copy_context())
    wait_for(lambda: site.tool.asked)
    site.now += 100
    site.worker.watch(not_before=site.now - 20)
    assert not site.worker.is_late
    go_on.set()
    assert site.over.wait(30)
    assert site.worker.completed == at(990)


def test_what_does_not_stop_is_stuck(clock):
    """After another time as long as the alarm, it is known not to follow."""
    site = Site(alarm=30)
    go_on = threading.Event()
    site.tool.meanwhile = lambda second: go_on.wait(30)
    site.worker.begin(copy_context())
    wait_for(lambda: site.tool.asked)
    site.now += 40
    site.worker.watch(not_before=0)
    assert not site.worker.is_stuck
    site.now += 25
    assert site.worker.is_stuck
    go_on.set()
    assert site.over.wait(30)
    assert not site.worker.is_stuck


def test_a_worker_that_is_told_to_stop_does_so_between_batches(site):
    """What the call had written is removed, and nothing is marked or claimed."""
    site.tool.meanwhile = lambda second: site.worker.stop("it is enough") if second == 960 else None
    with ExecutionContext(batch_size=1).active(), pytest.raises(ExecutionStoppedError):
        site.worker.work()
    assert stored(site.stream) == []
    assert site.stream.calculated_intervals.is_empty
    assert site.worker.failures == 0


def test_a_lease_that_is_lost_ends_the_work(clock):
    """The step in work is completed; the next one is the other engine's."""
    site = Site(EngineStatusModel(interval=TimeIntervalModel.of(over(0, 10))), max_catch_up=400)

    def take(status):
        status.engine.owner = ELSEWHERE
        return True

    site.tool.meanwhile = lambda _: site.catalogue.change_status("w", take)
    site.run()
    assert site.tool.asked == [(10, 410)]
    assert not site.worker.is_held
    assert not site.worker.is_ready
    assert site.status.interval is None


def test_a_workflow_that_comes_back_goes_on_where_it_is_then(site):
    """Another engine may have worked on it meanwhile."""
    site.worker.work()
    site.worker.drop("for a test")
    site.worker.hold(EngineStatusModel(interval=TimeIntervalModel.of(over(0, 995))))
    assert site.worker.completed == at(995)


def test_history_and_settings_are_those_around(site):
    """A worker's context is that of its surroundings, with more; its thread has it too."""
    history = RecordingHistory()
    with ExecutionContext(history=history).active():
        site.run()
    assert [each.document_count for each in history.records] == [50]
    assert site.worker.instances == 50
