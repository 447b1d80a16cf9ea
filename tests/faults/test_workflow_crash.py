"""Processes that execute a workflow over many plate values are killed; the rest stays right."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time

import pytest

from hyperstream.stream.stream_instance import instances
from tests.faults.workflow import EVERYTHING, HOUSES, INTERVAL, execute, in_database, in_memory

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def undisturbed():
    """Return what an undisturbed run gives, by node and plate value."""
    return contents(in_memory())


@pytest.fixture
def w(mongo_config):
    """Give the workflow in the database."""
    found = in_database(mongo_config)
    yield found
    found.nodes["raw"].channel.storage.client.disconnect()


@pytest.fixture
def start(tmp_path, mongo_config, w):
    """Give a function that starts a process which executes the workflow in so many pieces."""
    config = tmp_path / "mongo.json"
    config.write_text(json.dumps(mongo_config))
    processes = []

    def run(pieces=1, **options):
        command = [sys.executable, "-m", "tests.faults.workflow", str(config), str(pieces)]
        processes.append(subprocess.Popen(command, **options))
        return processes[-1]

    yield run
    for process in processes:
        process.kill()
        process.communicate()


def stored(stream, interval=EVERYTHING):
    """Return what is stored of a stream, whether it is marked or not."""
    return list(instances(stream.channel.head(stream, interval, 1000)))


def contents(w):
    """Return all that is stored, by node and plate value, whether it is marked or not."""
    return {
        name: {key: stored(stream) for key, stream in node.streams.items()}
        for name, node in w.nodes.items()
    }


def wait_for_sums(w, count=1):
    """Wait until something of so many houses is stored; fail after half a minute."""
    streams = list(w.nodes["sums"])[:count]
    for _ in range(3000):
        if all(stored(stream) for stream in streams):
            return
        time.sleep(0.01)
    pytest.fail("Nothing was computed.")


def assert_marks_are_true(w, undisturbed):
    """What is marked of any stream is just what an undisturbed run gives there."""
    marked = 0
    for name, node in w.nodes.items():
        for key, stream in node.streams.items():
            right = undisturbed[name][key]
            for interval in stream.calculated_intervals:
                marked += 1
                found = stored(stream, interval)
                assert found == [each for each in right if each.timestamp in interval], stream
    assert marked


def assert_complete(w, undisturbed):
    """All is there, once, and marked."""
    assert contents(w) == undisturbed
    assert all(INTERVAL in s.calculated_intervals for node in w.nodes.values() for s in node)


def spoil_what_is_not_marked(w):
    """Add something wrong to what is stored without a mark: it is to be cleared."""
    for stream in w.nodes["sums"]:
        if stream.calculated_intervals.is_empty and stored(stream):
            found = stream.channel.head(stream, INTERVAL, 1)
            wrong = type(found).of(found.timestamps - 500, ["wrong"])
            stream.channel.write_batches([(stream, wrong)])


def some():
    """Return a moment within the execution, in seconds."""
    return random.uniform(0, 0.8)  # noqa: S311 - not a secret


def test_a_killed_process_leaves_what_is_right(w, start, undisturbed):
    """Its marks are true; what it had not marked is cleared, and all is as if undisturbed."""
    process = start()
    wait_for_sums(w)
    time.sleep(some())
    process.kill()
    process.wait()
    assert_marks_are_true(w, undisturbed)
    spoil_what_is_not_marked(w)
    execute(w)
    assert_complete(w, undisturbed)


def test_many_kills_lose_nothing(w, start, undisturbed):
    """However often a process is killed, what is marked is right, and the last completes it."""
    for _ in range(2):
        process = start(2)
        wait_for_sums(w)
        time.sleep(some())
        process.kill()
        process.wait()
        assert_marks_are_true(w, undisturbed)
    assert start(2).wait(timeout=60) == 0
    assert_complete(w, undisturbed)


def test_two_processes_make_the_same_as_one(w, start, undisturbed):
    """Both end well, and each instance is there once."""
    processes = [start(), start(2)]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    assert_complete(w, undisturbed)


def test_one_of_two_processes_is_killed(w, start, undisturbed):
    """The other one completes the work."""
    processes = [start(), start()]
    wait_for_sums(w)
    time.sleep(some())
    victim, survivor = random.sample(processes, 2)
    victim.kill()
    assert survivor.wait(timeout=60) == 0
    assert_complete(w, undisturbed)


def test_an_interrupted_process_leaves_nothing_half_done(w, start, undisturbed):
    """After Ctrl-C what is marked is complete; what a write in that moment left is cleared."""
    process = start(stderr=subprocess.PIPE, text=True)
    wait_for_sums(w, 3)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors
    marked = [not stream.calculated_intervals.is_empty for stream in w.nodes["sums"]]
    assert 0 < sum(marked) < len(HOUSES)
    assert_marks_are_true(w, undisturbed)
    spoil_what_is_not_marked(w)
    execute(w)
    assert_complete(w, undisturbed)
