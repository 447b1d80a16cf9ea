"""Nothing that is recorded is lost, and everything keeps its order."""

from __future__ import annotations

import logging
import multiprocessing
import threading

import pytest

from hyperstream._time import use_clock, utcnow
from hyperstream.channels import MemoryChannel
from hyperstream.execution import ExecutionContext, current_context
from hyperstream.session import Execution, Note, Recorder, Sessions, recorder
from hyperstream.storage.memory import MemorySessions
from hyperstream.testing import FixedClock
from hyperstream.testing.times import at, over
from hyperstream.tool import Tool
from hyperstream.utils.errors import DatabaseConnectionError, HistoryError
from tests.interrupts import interrupted
from tests.session.parts import counts, record, recorded

MANY = 10_000


class Unreliable(MemoryChannel):
    """Fails so many times before, or after, it stores something."""

    def __init__(self):
        super().__init__("unreliable")
        self.fails_before = self.fails_after = self.writes = 0

    def write_batches(self, parts):
        """Store batches, perhaps."""
        self.writes += 1
        if self.fails_before:
            self.fails_before -= 1
            raise DatabaseConnectionError("Nobody answers.")
        result = super().write_batches(parts)
        if self.fails_after:
            self.fails_after -= 1
            raise DatabaseConnectionError("The answer is lost.")
        return result


@pytest.fixture
def unreliable(channels):
    """A channel that may fail, among the others."""
    channels.add_channel(channel := Unreliable())
    return channel


@pytest.fixture
def unreliable_session(unreliable, memory_sessions):
    """A session whose history is there."""
    memory_sessions._history_channel = "unreliable"
    return memory_sessions.new()


@pytest.fixture
def short_periods(monkeypatch):
    """Let no test wait for a second."""
    monkeypatch.setattr(recorder, "_PERIOD", 0.01)


def wait_for(condition):
    """Wait until something is true."""
    pause = threading.Event()
    for _ in range(6000):
        if condition():
            return
        pause.wait(0.01)
    pytest.fail("It did not come true within a minute.")


def test_ten_thousand_records_in_a_burst_are_all_there_in_order(session):
    """None is lost though hundreds come in a millisecond, and none changes."""
    given = [record(document_count=n, parameters={"n": str(n % 7)}) for n in range(MANY)]
    for each in given:
        session.recorder.record(each)
    found = session.history
    assert [recorded(each) for each in found] == given
    assert {each.session_id for each in found} == {session.session_id}
    assert [each.moment for each in found] == sorted(each.moment for each in found)


def test_a_clock_that_stands_still_loses_nothing(session):
    """Though all records are of one moment, in more than one batch, they keep their order."""
    with use_clock(at(5)):
        for n in range(1700):
            session.recorder.record(record(document_count=n))
        found = session.history
    assert counts(found) == list(range(1700))
    assert {each.moment for each in found} == {at(5)}


def test_a_clock_that_goes_back_changes_no_order(session):
    """What one process recorded stays in its order; the moments are what the clock said."""
    clock = FixedClock()
    with use_clock(clock):
        for n in range(20):
            session.recorder.record(record(document_count=n))
            session.recorder.flush()
            clock.advance(-1 if n % 3 else 1.5)
        found = session.history
    assert counts(found) == list(range(20))
    assert [each.moment for each in found] != sorted(each.moment for each in found)


def test_no_timestamp_lies_in_the_future(session):
    """The instances of the history are at, or before, the moments of what they hold."""
    with use_clock(at(5)):
        for _ in range(3):
            session.recorder.record(record())
            session.recorder.flush()
    stream = session.find_stream()
    assert stream.window(over(4, 5), force_calculation=True).timestamps() == [
        at(4.998),
        at(4.999),
        at(5),
    ]


def test_threads_share_a_recorder(session):
    """Each finds its records in its order, and none is missing."""
    start = threading.Barrier(4)

    def work(thread):
        start.wait()
        for n in range(1000):
            session.recorder.record(record(document_count=n, tool=f"thread {thread}"))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    found = session.history
    for thread in range(4):
        mine = [each for each in found if each.tool == f"thread {thread}"]
        assert counts(mine) == list(range(1000))
    assert len(found) == 4000


def test_facts_are_kept_among_the_executions(session):
    """What a tool tells by `write_to_history` stands where it was told, with the workflow."""
    with ExecutionContext(history=session.recorder, workflow="means").active():
        current_context().history.record(record())
        Tool.write_to_history(rows=3, source=("a", "b"))
    session.write_to_history(mood="good")
    execution, note, by_hand = session.history
    assert (type(execution), execution.workflow) == (Execution, "means")
    assert (type(note), note.workflow) == (Note, "means")
    assert note.facts == {"rows": 3, "source": ["a", "b"]}
    assert (by_hand.facts, by_hand.workflow) == ({"mood": "good"}, None)


def test_what_waits_is_written_soon(unreliable, unreliable_session, short_periods):
    """Without any further record, and without anybody who reads."""
    unreliable_session.recorder.record(record())
    wait_for(lambda: unreliable.writes == 1)
    wait_for(lambda: not unreliable_session.recorder._waiting)
    unreliable_session.recorder.record(record())
    wait_for(lambda: unreliable.writes == 2)


def test_records_are_written_some_hundred_at_once(unreliable, unreliable_session):
    """Few writes are made for many records."""
    for _ in range(MANY):
        unreliable_session.recorder.record(record())
    unreliable_session.recorder.flush()
    assert MANY // 500 <= unreliable.writes <= MANY // 500 + 20


@pytest.mark.parametrize("when", ["fails_before", "fails_after"])
def test_a_failure_loses_nothing_and_doubles_nothing(
    unreliable, unreliable_session, when, short_periods, caplog
):
    """No computation fails: it is tried again, and logged once, whether it was stored or not."""
    setattr(unreliable, when, 3)
    for n in range(2000):
        unreliable_session.recorder.record(record(document_count=n))
    wait_for(lambda: not unreliable_session.recorder._waiting)
    assert counts(unreliable_session.history) == list(range(2000))
    warnings = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert ["tried again" in each.message for each in warnings] == [True, False]
    assert "can be written again" in warnings[1].message


def test_while_writing_fails_nobody_waits_for_it(unreliable, unreliable_session):
    """After a failure it is tried again in the background, and not with each record."""
    unreliable.fails_before = 1000
    for _ in range(5000):
        unreliable_session.recorder.record(record())
    assert unreliable.writes == 1
    unreliable.fails_before = 0
    assert len(unreliable_session.history) == 5000


def test_reading_and_closing_tell_of_a_failure(unreliable, memory_sessions, unreliable_session):
    """An error says whose history it is, and how much is missing; later nothing is."""
    unreliable_session.recorder.record(record())
    unreliable.fails_before = 2
    said = f"session {unreliable_session.session_id} lacks 1 records.*Nobody answers"
    with pytest.raises(HistoryError, match=said):
        _ = unreliable_session.history
    with pytest.raises(HistoryError, match=said) as caught:
        unreliable_session.close()
    assert isinstance(caught.value.__cause__, DatabaseConnectionError)
    assert unreliable_session.active
    unreliable_session.close()
    assert not unreliable_session.active
    assert len(unreliable_session.history) == 1


def test_an_interrupted_write_is_completed(unreliable, unreliable_session, monkeypatch):
    """Ctrl-C ends what the user does, and the history has everything once."""
    stored = Unreliable.write_batches

    def interrupted(channel, parts):
        stored(channel, parts)
        monkeypatch.setattr(Unreliable, "write_batches", stored)
        raise KeyboardInterrupt

    monkeypatch.setattr(Unreliable, "write_batches", interrupted)
    for n in range(499):
        unreliable_session.recorder.record(record(document_count=n))
    with pytest.raises(KeyboardInterrupt):
        unreliable_session.recorder.record(record(document_count=499))
    unreliable_session.recorder.record(record(document_count=500))
    assert counts(unreliable_session.history) == list(range(501))


def test_what_cannot_be_written_at_the_end_of_a_process_is_told(
    unreliable, unreliable_session, caplog
):
    """The log says how much is lost; the session's end is stored if that is possible."""
    unreliable_session.recorder.record(record())
    unreliable.fails_before = 2
    unreliable_session.recorder._at_exit()
    unreliable_session._at_exit()
    assert [each.levelname for each in caplog.records] == ["ERROR", "WARNING"]
    assert "lacks 1 records" in caplog.messages[0]
    assert unreliable_session.active
    unreliable_session._at_exit()
    assert not unreliable_session.active


def test_what_comes_after_the_end_is_kept(memory_sessions):
    """A computation that goes on, in another thread say, still has its place in the history."""
    session = memory_sessions.new()
    session.close()
    session.recorder.record(record())
    assert len(session.history) == 1


def test_where_no_thread_can_be_started_it_is_written_at_once(
    unreliable, unreliable_session, monkeypatch
):
    """So it is when a process is ending."""

    def refuse(timer):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Timer, "start", refuse)
    unreliable_session.recorder.record(record())
    unreliable_session.recorder.record(record())
    assert unreliable.writes == 2


# Python warns of forking beside the threads of the driver, which is what is tried here.
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_has_a_name_and_a_buffer_of_its_own(session):
    """What its parent has not written yet is left to the parent; nothing is there twice."""
    context = multiprocessing.get_context("fork")
    session.recorder.record(record(document_count=1))

    def work():
        for n in range(100, 103):
            session.recorder.record(record(document_count=n))

    processes = [context.Process(target=work) for _ in range(2)]
    for each in processes:
        each.start()
    for each in processes:
        each.join()
        assert each.exitcode == 0
    session.recorder.record(record(document_count=2))
    found = counts(session.history)
    assert [n for n in found if n < 100] == [1, 2]
    if session.history_channel == "mongo":
        assert sorted(found) == [1, 2, 100, 100, 101, 101, 102, 102]


def test_a_recorder_needs_only_a_stream(channels):
    """It serves as the history of any execution."""
    stream = channels.memory.create_stream("mine")
    mine = Recorder(lambda: stream, "Mine")
    mine.record(record())
    assert stream.window((at(0), utcnow()), force_calculation=True).values() == []
    mine.close()
    assert len(stream.window((at(0), utcnow()), force_calculation=True).values()) == 1


def test_an_interrupt_loses_no_record(channels, monkeypatch):
    """Wherever Ctrl-C comes, what was recorded before and after is there, once and in order."""
    monkeypatch.setattr(recorder, "MOST_RECORDS", 2)

    def make():
        store = MemorySessions()
        sessions = Sessions(lambda: store, channels, "memory")
        session = sessions.new()
        session.recorder.record(record(document_count=1))
        return session

    def go_on(session):
        session.recorder.record(record(document_count=2))

    for session in interrupted(make, go_on, step=3):
        session.recorder.record(record(document_count=3))
        assert counts(session.history) in ([1, 2, 3], [1, 3])
        session.close()
