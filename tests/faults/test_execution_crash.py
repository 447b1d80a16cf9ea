"""Processes that compute are killed; what is stored and marked stays right."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest

from hyperstream.stream import StreamInstance
from hyperstream.time_interval import TimeInterval, TimeIntervals
from tests.faults.work import COUNT, INTERVAL, START, compute, open_stream

pytestmark = pytest.mark.slow

UNDISTURBED = [(START + timedelta(seconds=n), {"second": n}) for n in range(1, COUNT + 1)]
BESIDE = TimeInterval(INTERVAL.end, INTERVAL.end + timedelta(hours=1))
BY_HAND = StreamInstance(INTERVAL.end + timedelta(seconds=1), "by hand")


@pytest.fixture
def sink(mongo_config):
    """Open the stream, with an instance written by hand beside what is computed."""
    found = open_stream(mongo_config, "slow")
    found.writer(BY_HAND)
    yield found
    found.channel.storage.client.disconnect()


@pytest.fixture
def start(tmp_path, mongo_config):
    """Give a function that starts a process which computes the stream."""
    config = tmp_path / "mongo.json"
    config.write_text(json.dumps(mongo_config))
    processes = []

    def run(work="compute", **options):
        command = [sys.executable, "-m", "tests.faults.work", str(config), "slow", work]
        processes.append(subprocess.Popen(command, **options))
        return processes[-1]

    yield run
    for process in processes:
        process.kill()
        process.wait()


def stored(sink):
    """Return what is stored in the interval, whether it is marked or not."""
    return [tuple(each) for each in sink.window(INTERVAL, force_calculation=True)]


def wait_for(condition):
    """Wait until something is true."""
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("It did not come true within half a minute.")


def assert_complete(sink):
    """Everything is there once, marked, and what was written by hand is untouched."""
    assert stored(sink) == UNDISTURBED
    assert sink.calculated_intervals == TimeIntervals([INTERVAL])
    assert sink.channel.head(sink, BESIDE, COUNT).value_list() == [BY_HAND.value]


def assert_marks_are_true(sink):
    """What is marked is complete, and what was written by hand is untouched."""
    for interval in sink.calculated_intervals:
        found = sink.window(interval, force_calculation=True).items()
        assert found == [each for each in UNDISTURBED if each[0] in interval]
    assert sink.channel.head(sink, BESIDE, COUNT).value_list() == [BY_HAND.value]


def test_the_next_process_completes_what_a_killed_one_began(sink, start):
    """The dead attempt's data are unmarked; they are cleared and computed again."""
    process = start()
    wait_for(lambda: stored(sink))
    process.kill()
    process.wait()
    assert 0 < len(stored(sink)) < COUNT
    assert sink.calculated_intervals.is_empty
    # What a dead attempt left is not trusted: it is gone even where it would be wrong.
    sink.channel.delete(sink, TimeInterval(START, START + timedelta(seconds=1)))
    sink.channel.write_batches([(sink, wrong_instance(sink))])
    compute(sink)
    assert_complete(sink)


def wrong_instance(sink):
    """Return an instance that no undisturbed run would write."""
    found = sink.channel.head(sink, INTERVAL, 1)
    return type(found).of(found.timestamps - 500, [{"second": "wrong"}])


@pytest.mark.parametrize("work", ["compute", "pieces"])
@pytest.mark.parametrize("attempt", range(3))
def test_one_of_two_processes_is_killed_at_a_random_moment(sink, start, work, attempt):
    """The other one completes the work, with the result of one undisturbed process."""
    one, other = start(work), start(work)
    wait_for(lambda: stored(sink))
    time.sleep(random.uniform(0, 2))  # noqa: S311 - not a secret
    victim, survivor = random.sample([one, other], 2)
    victim.kill()
    assert_marks_are_true(sink)
    assert survivor.wait(timeout=60) == 0
    assert_complete(sink)


def test_two_processes_make_the_same_as_one(sink, start):
    """Both end well, and each instance is there once."""
    processes = [start(), start()]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    assert_complete(sink)


def test_many_kills_lose_nothing(sink, start):
    """However often a process is killed, what is marked is complete, and the last completes it."""
    for _ in range(5):
        done = len(stored(sink))
        process = start("pieces")
        wait_for(lambda before=done: len(stored(sink)) != before)
        time.sleep(random.uniform(0, 0.3))  # noqa: S311 - not a secret
        process.kill()
        process.wait()
        assert_marks_are_true(sink)
    compute(sink)
    assert_complete(sink)


def test_an_interrupted_process_leaves_nothing(sink, start):
    """After Ctrl-C nothing is marked, and what a write in that moment left is cleared."""
    process = start(stderr=subprocess.PIPE, text=True)
    wait_for(lambda: stored(sink))
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors
    assert sink.calculated_intervals.is_empty
    if stored(sink):
        sink.channel.write_batches([(sink, wrong_instance(sink))])
    compute(sink)
    assert_complete(sink)


def test_what_another_process_computed_can_be_made_void(sink, start):
    """`invalidate` works on what another process computed: it is cleared and computed again."""
    assert start("pieces").wait(timeout=60) == 0
    sink.channel.write_batches([(sink, wrong_instance(sink))])
    sink.invalidate((START, START + timedelta(seconds=60)))
    compute(sink)
    assert_complete(sink)
