"""Processes with sessions are killed, or write at once; histories stay right."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading

import pytest

from hyperstream.channel_manager import ChannelManager
from hyperstream.session import Sessions
from tests.session.parts import counts, open_database

pytestmark = pytest.mark.slow

# Begins a session and records without end, or so many; then waits, or ends, as it is told.
WORK = """
import json, os, signal, sys, time
from hyperstream.channel_manager import ChannelManager
from hyperstream.session import Sessions, recorder
from tests.session.parts import open_database, record

if sys.argv[3] == "kill":
    recorder._PERIOD = 600  # only what is full is written, whatever the time it takes
channels = ChannelManager()
storage = open_database(channels, json.loads(sys.argv[1]))
sessions = Sessions(lambda: storage.sessions, channels, "mongo")
count, end = int(sys.argv[2]), sys.argv[3]
session = sessions.new()
for n in range(count):
    session.recorder.record(record(document_count=n))
if end == "wait":
    session.recorder.flush()
    print(session.session_id, flush=True)
    for n in range(count, count + 10):
        session.recorder.record(record(document_count=n))
    time.sleep(600)
elif end == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
elif end == "raise":
    raise ValueError("the end")
elif end == "close":
    sessions.close()
"""


@pytest.fixture
def sessions(mongo_config):
    """The sessions in the database."""
    channels = ChannelManager()
    storage = open_database(channels, mongo_config)
    yield (found := Sessions(lambda: storage.sessions, channels, "mongo"))
    found.close()
    storage.client.disconnect()


@pytest.fixture
def start(mongo_config):
    """Give a function that starts a process with a session."""
    processes = []

    def run(count, end):
        command = [sys.executable, "-c", WORK, json.dumps(mongo_config), str(count), end]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        processes.append(subprocess.Popen(command, **pipes))
        return processes[-1]

    yield run
    for process in processes:
        process.kill()
        process.communicate()


def test_a_killed_process_leaves_a_session_that_is_recognised(sessions, start):
    """It is active as long as the process runs, and cleared with the inactive ones afterwards."""
    process = start(1200, "wait")
    session_id = process.stdout.readline().strip()
    [found] = sessions.all()
    assert (str(found.session_id), found.active) == (session_id, True)
    sessions.clear()
    assert sessions.all() == [found]
    process.kill()
    process.wait()
    [found] = sessions.all()
    assert (found.active, found.end) == (False, None)
    assert counts(found.history)[:1200] == list(range(1200))
    sessions.clear(clear_history=True)
    assert sessions.all() == []


def test_what_waits_is_in_the_database_after_a_second(sessions, start):
    """A process that is killed while it rests has lost nothing."""
    process = start(1200, "wait")
    process.stdout.readline()
    pause = threading.Event()
    for _ in range(600):
        if len(sessions.all()[0].history) == 1210:
            break
        pause.wait(0.1)
    process.kill()
    process.wait()
    assert counts(sessions.all()[0].history) == list(range(1210))


@pytest.mark.parametrize("end", ["close", "nothing", "raise"])
def test_a_process_that_ends_leaves_everything_in_order(sessions, start, end):
    """Whether it closes its session, forgets that, or ends by an error."""
    process = start(1234, end)
    _, told = process.communicate(timeout=60)
    assert process.returncode == (1 if end == "raise" else 0), told
    [found] = sessions.all()
    assert found.end is not None
    assert not found.active
    assert counts(found.history) == list(range(1234))
    assert "history" not in told.lower()


def test_a_process_that_is_killed_at_once_has_written_what_was_full(sessions, start):
    """What was written in a burst before the kill is there, in order, from the beginning."""
    process = start(1700, "kill")
    assert process.wait(timeout=60) == -signal.SIGKILL
    found = counts(sessions.all()[0].history)
    assert found == list(range(len(found)))
    assert len(found) >= 1500


def test_two_processes_write_histories_at_once(sessions, start):
    """Each has a session of its own, with all of its records in order."""
    processes = [start(5000, "close") for _ in range(2)]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]
    found = sessions.all()
    assert [counts(each.history) for each in found] == [list(range(5000))] * 2
