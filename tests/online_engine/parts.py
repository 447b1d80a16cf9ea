"""Workflows that the engine executes in tests, and what becomes of them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from hyperstream.config import OnlineEngineConfig
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils import datetime2unix

PLUGIN = Path(__file__).parent / "plugin"
WANTED = {"start": -5, "end": -1}


class EngineProcess:
    """An engine as a process, with its log in a file."""

    def __init__(self, log, options):
        self._log = log
        command = [sys.executable, "-m", "hyperstream.online_engine", *options]
        with log.open("w") as errors:
            self._process = subprocess.Popen(command, stderr=errors, cwd=log.parent)
        self.pid = self._process.pid
        self.signal = self._process.send_signal

    @property
    def said(self):
        """What it has logged."""
        return self._log.read_text()

    def wait(self):
        """Wait until it has ended, and return its exit code."""
        return self._process.wait(timeout=60)

    def end(self, number=signal.SIGTERM):
        """Send it a signal, and return its exit code."""
        self.signal(number)
        return self.wait()

    def kill(self):
        """Kill it."""
        self.signal(signal.SIGKILL)
        self._process.wait()


def settings(**changed):
    """Return how an engine runs that is quick."""
    return OnlineEngineConfig(**{"interval": WANTED, "sleep": 0.05, "iterations": 1, **changed})


def make_workflow(hs, workflow_id="count", *, online=True, **parameters):
    """Commit a workflow: one node that counts seconds, and one that adds one to each."""
    with hs.create_workflow(workflow_id, "Count", "ann", "For tests", online=online) as w:
        raw = w.create_node(f"{workflow_id}_raw", "mongo")
        more = w.create_node(f"{workflow_id}_more", "mongo")
        raw[None] = hs.factors.count_seconds(sources=None, **parameters)
        more[None] = hs.factors.count_seconds(sources=[raw[None]])
    hs.workflow_manager.commit_workflow(workflow_id)
    return w


def leaf(hs, workflow_id="count"):
    """Return the stream that a workflow is for."""
    return hs.channel_manager.mongo.get_or_create_stream(f"{workflow_id}_more")


def assert_complete(hs, workflow_id="count"):
    """What is calculated is one piece, and holds what an undisturbed computation gives."""
    stream = leaf(hs, workflow_id)
    intervals = stream.calculated_intervals
    assert len(intervals) == 1, intervals
    start, end = map(datetime2unix, intervals[0])
    found = [
        (datetime2unix(timestamp), value)
        for timestamp, value in stream.window(intervals[0], force_calculation=True)
    ]
    assert found == [(n, n + 1) for n in range(int(start) + 1, int(end) + 1)]
    return intervals[0]


def assert_once(log):
    """No part of time was gone through to its end twice."""
    pieces = [tuple(map(int, line.split())) for line in Path(log).read_text().splitlines()]
    union = TimeIntervals.from_ms(pieces)
    assert sum(end - start for start, end in pieces) == sum(e - s for s, e in union.as_ms())
    return pieces


def wait_for(condition, seconds=30):
    """Wait until something is true, and return it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"It did not come true within {seconds} s.")
