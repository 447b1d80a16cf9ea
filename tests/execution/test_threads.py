"""Several threads that compute the same."""

from __future__ import annotations

import contextvars
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.execution import Computation, ExecutionContext
from hyperstream.execution.computation import run_all
from hyperstream.stream import StreamId
from hyperstream.testing.conformance.base import stored, write
from hyperstream.testing.times import over
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import ToolExecutionError
from tests.execution.parts import Doubled, Gated, Pick, Seconds, calculated, seconds

PATIENCE = 60


@pytest.fixture
def sink():
    """A stream to be computed."""
    return MemoryChannel("memory").create_stream("sink")


@pytest.fixture
def slow():
    """A tool that waits after its first instance."""
    tool = Gated()
    tool.gate = threading.Event()
    yield tool
    tool.gate.set()


@pytest.fixture
def pool():
    """Some threads."""
    with ThreadPoolExecutor(8) as pool:
        yield pool


def test_many_threads_compute_once(sink, pool):
    """However many threads ask at once, each moment is computed once."""
    tool = Seconds()
    start = threading.Barrier(8)

    def execute(offset):
        start.wait(PATIENCE)
        tool.execute(sources=[], sink=sink, interval=over(offset, 100 + offset))

    for each in [pool.submit(execute, offset) for offset in range(0, 80, 10)]:
        each.result(PATIENCE)
    assert stored(sink) == seconds(1, 170)
    assert calculated(sink) == [(0, 170)]
    asked = sorted((each.start, each.end) for each in tool.asked)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(asked))


def test_one_waits_for_the_other(sink, slow, pool):
    """Who asks for what another thread is computing gets it when that has finished."""
    first = pool.submit(slow.execute, sources=[], sink=sink, interval=over(0, 10))
    assert slow.started.wait(PATIENCE)
    other = Gated()
    second = pool.submit(other.execute, sources=[], sink=sink, interval=over(5, 20))
    assert other.started.wait(PATIENCE)  # it computes its own part meanwhile
    assert not second.done()
    slow.gate.set()
    first.result(PATIENCE)
    second.result(PATIENCE)
    assert other.asked == [over(10, 20)]
    assert stored(sink) == seconds(1, 20)


def test_a_reader_waits_for_its_source(sink, slow, pool):
    """Who reads what another thread is computing waits for it."""
    first = pool.submit(slow.execute, sources=[], sink=sink, interval=over(0, 10))
    assert slow.started.wait(PATIENCE)
    reader = sink.channel.create_stream("reader")
    tool = Doubled()
    second = pool.submit(tool.execute, sources=[sink], sink=reader, interval=over(0, 10))
    slow.gate.set()
    first.result(PATIENCE)
    second.result(PATIENCE)
    assert stored(reader) == seconds(1, 10, factor=2)


def test_who_waits_takes_over_from_who_fails(sink, slow, pool):
    """Where the other thread fails, the one that waits computes it."""
    slow.failing_at = 5
    first = pool.submit(slow.execute, sources=[], sink=sink, interval=over(0, 10))
    assert slow.started.wait(PATIENCE)
    other = Gated()
    second = pool.submit(other.execute, sources=[], sink=sink, interval=over(0, 10))
    slow.gate.set()
    with pytest.raises(ToolExecutionError, match="second 5"):
        first.result(PATIENCE)
    second.result(PATIENCE)
    assert other.asked == [over(0, 10)]
    assert stored(sink) == seconds(1, 10)


def test_threads_with_overlapping_sinks_do_not_block_each_other(sink, pool):
    """Calls that share some of their sinks, in any order, all come to an end."""
    channel = sink.channel
    streams = {
        kind: [channel.create_stream(StreamId(kind, {"part": str(part)})) for part in range(4)]
        for kind in ("source", "sink")
    }
    for source in streams["source"]:
        write(source, {second: second for second in range(100)})
    start = threading.Barrier(8)

    def execute(number):
        parts = [(number + step) % 4 for step in range(3)]
        if number % 2:
            parts.reverse()
        start.wait(PATIENCE)
        Pick().execute(
            sources=[streams["source"][part] for part in parts],
            sinks=[streams["sink"][part] for part in parts],
            interval=over(0, 50 + number),
        )

    with pytest.warns(UserWarning, match="computed by"):
        list(pool.map(execute, range(8), timeout=PATIENCE))
    for part in streams["sink"]:
        assert stored(part)[:50] == seconds(0, 50)[1:]


class Threads:
    """Runs calls in threads of a pool."""

    def __init__(self, pool):
        self.pool = pool

    def map(self, function, items):
        """Yield the results in order."""
        waiting = [
            self.pool.submit(contextvars.copy_context().run, function, item) for item in items
        ]
        for each in waiting:
            yield each.result(PATIENCE)


class Interrupting(Seconds):
    """Is interrupted as soon as another tool is at work."""

    def __init__(self, other):
        super().__init__()
        self.other = other

    def _execute(self, sources, alignment_stream, interval):
        assert self.other.started.wait(PATIENCE)
        raise KeyboardInterrupt


@pytest.mark.parametrize("failing_at", [None, 5])
def test_a_thread_that_is_late_changes_nothing(sink, slow, pool, failing_at):
    """After an interrupt somebody else may have computed what it was at, before it ends."""
    other = sink.channel.create_stream("other")
    slow.failing_at = failing_at
    calls = [Interrupting(slow).bind([], other), slow.bind([], sink)]
    late = Threads(pool)
    with ExecutionContext(executor=late, batch_size=1).active(), pytest.raises(KeyboardInterrupt):
        run_all([Computation(call) for call in calls], over(0, 10))
    assert stored(sink) == seconds(1, 1)
    Computation(Gated().bind([], sink)).run(over(0, 8))
    slow.gate.set()
    pool.shutdown()
    assert stored(sink) == seconds(1, 8)
    assert calculated(sink) == [(0, 8)]


class Silent(Gated):
    """Gives nothing before the time 20, and waits in its first call."""

    def _execute(self, sources, alignment_stream, interval):
        found = list(super()._execute(sources, alignment_stream, interval))
        yield from (each for each in found if each.timestamp in over(20, 30))


def test_a_thread_that_is_late_clears_nothing(sink, pool):
    """Not even where it would have cleared something, had it come that far before an interrupt."""
    other = sink.channel.create_stream("other")
    late, beyond = Silent(), Silent()
    late.gate = threading.Event()
    ledger = sink.channel.ledger
    ledger.mark(sink.address, TimeIntervals([over(10, 30)]))
    ledger.expire({sink.address: TimeIntervals([over(20, 30)])})
    calls = [Interrupting(late).bind([], other), late.bind([], sink)]
    executor = Threads(pool)
    with ExecutionContext(executor=executor).active(), pytest.raises(KeyboardInterrupt):
        run_all([Computation(call) for call in calls], over(0, 30))
    beyond.execute(sources=[], sink=sink, interval=over(0, 30))
    late.gate.set()
    pool.shutdown()
    assert stored(sink) == seconds(21, 30)
    assert calculated(sink) == [(0, 30)]
