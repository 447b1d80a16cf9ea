"""The embedded server is killed while processes compute and write; they go on by themselves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from hyperstream.embedded import server_status, stop_server
from hyperstream.time_interval import TimeIntervals
from tests.faults.work import COUNT, INTERVAL, open_stream

pytestmark = pytest.mark.slow

KILLS = 3


@pytest.fixture
def mongo(tmp_path):
    """Give a server of its own, to be killed."""
    config = {"embedded": True, "path": str(tmp_path / "data"), "idle_seconds": 2}
    yield config
    stop_server(config["path"])


@pytest.fixture
def start(tmp_path, mongo):
    """Give a function that starts a process."""
    config = tmp_path / "mongo.json"
    config.write_text(json.dumps(mongo))
    processes = []

    def run(name, work):
        command = [sys.executable, "-m", "tests.faults.work", str(config), name, work]
        processes.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        return processes[-1]

    yield run
    for process in processes:
        process.kill()
        process.communicate()


def kill_server(path):
    """Kill the server, as soon as there is one."""
    for _ in range(600):
        found = server_status(path)
        if found is not None:
            os.kill(found.pid, signal.SIGKILL)
            return
        time.sleep(0.05)
    pytest.fail("There was no server for half a minute.")


@pytest.mark.parametrize("work", ["compute", "write"])
def test_two_processes_lose_nothing_when_the_server_dies_three_times(mongo, start, work):
    """What was acknowledged is there, and what is marked is complete."""
    streams = {name: open_stream(mongo, name) for name in ("one", "other")}
    processes = [start(name, work) for name in streams]
    for _ in range(KILLS):
        time.sleep(1)
        kill_server(mongo["path"])
    answers = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    for (name, stream), answer in zip(streams.items(), answers, strict=True):
        found = [value["second"] for value in stored(stream)]
        assert found == list(range(1, COUNT + 1)), name
        marked = stream.calculated_intervals
        if work == "compute":
            assert marked == TimeIntervals([INTERVAL])
        else:
            assert list(map(int, answer.split())) == found
        stream.channel.storage.client.disconnect()


def stored(stream):
    """Return the values stored in the interval."""
    return stream.channel.head(stream, INTERVAL, 10 * COUNT).value_list()
