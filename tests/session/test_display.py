"""Sessions, histories and provenance in notebooks."""

from __future__ import annotations

import os

from hyperstream._time import use_clock
from hyperstream.session import Execution, Sessions, provenance
from hyperstream.storage.memory import MemorySessions
from hyperstream.testing.conformance.execution import Doubled, Seconds
from hyperstream.testing.times import at, over
from hyperstream.time_interval import TimeIntervals
from tests.session.parts import execute, record
from tests.shown import shown

MACHINE = os.uname().nodename


def test_sessions_are_a_table(sessions):
    """The oldest first, with who is active."""
    with use_clock(at(5)):
        first = sessions.new()
    second = sessions.new()
    found = sessions.all()
    assert shown(found)[:2] == ["Sessions 2 sessions", "session|began|ended|active|on"]
    assert shown(found)[2].startswith(f"{first.session_id}|2020-01-01 00:00:05|")
    assert shown(found)[3].startswith(f"{second.session_id}|")
    assert shown(found)[3].endswith(f"||yes|{MACHINE}")
    assert shown(sessions)[1:] == shown(found)[1:]


def test_a_new_session_has_no_history_yet(session):
    """What waits to be written is not shown."""
    assert shown(session)[-1] == "nothing is written yet"


def test_a_session_shows_the_end_of_its_history(session):
    """What was done last; nothing is written by showing it."""
    for number in range(25):
        session.recorder.record(record(document_count=number))
    session.recorder.flush()
    session.write_to_history(rows=3)
    lines = shown(session)
    assert lines[0] == f"Session {session.session_id}"
    assert lines[2:4] == ["state|active", f"machine|{MACHINE} {os.uname().sysname}"]
    assert lines[-11] == "done at|tool|computed|instances|seconds|outcome|over"
    columns = lines[-1].split("|")
    assert columns[1:4] == ["clock 0.1.0", "memory:sink[house=1]", "24"]
    assert columns[4:] == ["0.25", "completed", over(0, 60).humanized]
    assert "rows" in shown(session.history)[-1]


def test_a_history_is_a_table(session):
    """Of executions and notes; and it is still a list."""
    session.recorder.record(record(outcome="failed: <b>"))
    session.write_to_history(rows=3)
    history = session.history
    assert shown(history)[0] == "History 2 entries"
    assert "|failed: <b>|" in shown(history)[2]
    assert shown(history)[3].endswith("|note|{'rows': 3}")
    assert isinstance(history, list)
    assert isinstance(history[0], Execution)


def test_a_session_whose_channel_is_gone_says_so(channels):
    """What is known without it is shown."""
    store = MemorySessions()
    sessions = Sessions(lambda: store, channels, "memory")
    session = sessions.new()
    del channels._channels["memory"]
    lines = shown(session)
    assert lines[4] == "history in|memory"
    assert lines[5].startswith("What else there is cannot be shown: There is no channel 'memory'")


def test_provenance_is_a_table(sessions, channels, sink):
    """A row for each piece."""
    source = channels.memory.create_stream("source")
    session = sessions.new()
    execute(session, Seconds(), source, over(0, 20))
    execute(session, Doubled(), sink, over(0, 10), [source])
    sink.calculated_intervals = TimeIntervals([over(0, 10), over(20, 30)])
    lines = shown(provenance(sink, over(0, 30), sessions.all()))
    assert lines[:2] == ["Provenance 2 pieces", "interval|computed by|from|session"]
    assert lines[2] == (
        f"{over(0, 10).humanized}|doubled 0.0.0()|memory:source|{session.session_id}"
    )
    assert lines[3].endswith("|memory:source|in no history")


def test_an_entry_is_shown_by_itself(session):
    """An execution with all that is known of it, and a note with its facts."""
    with use_clock(at(100)):
        session.recorder.record(record())
        session.write_to_history(rows=3)
    execution, note = session.history
    assert shown(execution) == [
        "Execution clock 0.1.0",
        "done at|2020-01-01 00:01:40",
        "parameters|stride=60.0, first=None",
        "from|memory:source[house=1]",
        "computed|memory:sink[house=1]",
        f"over|{over(0, 60).humanized}",
        "instances|1",
        "seconds|0.25",
        "outcome|completed",
        f"session|{session.session_id}",
    ]
    assert shown(note)[1:] == [
        "told at|2020-01-01 00:01:40",
        "rows|3",
        f"session|{session.session_id}",
    ]
