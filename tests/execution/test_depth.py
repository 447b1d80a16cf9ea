"""Chains that are longer than a stack is deep."""

from __future__ import annotations

import itertools
import signal
import threading
import time
import traceback

import pytest

from hyperstream._time import use_clock
from hyperstream.channels import MemoryChannel
from hyperstream.execution import (
    Computation,
    ExecutionContext,
    ExecutionStoppedError,
    StopRequest,
)
from hyperstream.execution.depth import with_room
from hyperstream.stream import StreamInstance
from hyperstream.testing import RecordingHistory
from hyperstream.testing.conformance.base import stored
from hyperstream.testing.times import at, over
from hyperstream.tool import Tool
from hyperstream.utils.errors import FutureIntervalWarning, ToolExecutionError
from tests.execution.parts import Seconds, calculated, held

TEN = over(0, 10)
LENGTH = 150


class Before(Tool):
    """Copies its source, and reads a second more than that, without saying so."""

    def _execute(self, sources, alignment_stream, interval):
        needed = (at(second_of(interval.start) - 1), interval.end)
        for instance in sources[0].window(needed, force_calculation=True):
            if instance.timestamp in interval:
                yield instance


class Copy(Tool):
    """Copies its source, and says that it needs no more than that."""

    def reach(self, interval, sources=()):
        """Need just the interval."""
        return interval

    def _execute(self, sources, alignment_stream, interval):
        yield from sources[0].window(interval, force_calculation=True)


def second_of(moment):
    """Return a moment in seconds."""
    return (moment - at(0)).total_seconds()


def chain(first, make_tool=Copy, length=LENGTH):
    """Return streams of which each is computed from the one before, the first one by a tool."""
    channel = MemoryChannel("memory")
    streams = [channel.create_stream(f"stream {place}") for place in range(length)]
    Computation(first.bind([], streams[0])).attach()
    for before, after in itertools.pairwise(streams):
        Computation(make_tool().bind([before], after)).attach()
    return streams


def read(streams):
    """Ask for ten seconds of the last stream."""
    return streams[-1].window(TEN, force_calculation=True).values()


@pytest.mark.parametrize("length", [LENGTH, pytest.param(2000, marks=pytest.mark.slow)])
def test_a_chain_may_be_of_any_length(length):
    """Each link is computed over what is asked for, once."""
    tool = Seconds()
    streams = chain(tool, length=length)
    assert read(streams) == list(range(1, 11))
    assert tool.asked == [TEN]
    assert {tuple(calculated(stream)) for stream in streams} == {((0, 10),)}


def test_each_link_is_computed_over_what_its_reader_asks_for():
    """Also where only the running tool knows what that is."""
    streams = chain(Seconds(), Before)
    assert read(streams) == list(range(1, 11))
    assert [calculated(stream) for stream in streams] == [
        [(place - LENGTH + 1, 10)] for place in range(LENGTH)
    ]


def test_what_surrounds_a_chain_surrounds_all_of_it():
    """History, batch size and clock, for example."""
    history = RecordingHistory()
    streams = chain(Seconds())
    with (
        use_clock(at(5)),
        ExecutionContext(history=history).active(),
        pytest.warns(FutureIntervalWarning) as caught,
    ):
        assert read(streams) == [1, 2, 3, 4, 5]
    assert len(caught) == 1
    assert [record.outcome for record in history.records] == ["completed"] * LENGTH


def test_a_failure_is_that_of_the_link_that_fails():
    """It is as short as in a short chain; what is asked again is computed again."""
    tool = Seconds()
    tool.failing_at = 5
    streams = chain(tool)
    with pytest.raises(ToolExecutionError, match="compute memory:stream 0 over") as caught:
        read(streams)
    assert caught.value.sink is streams[0]
    assert len(traceback.extract_tb(caught.value.__traceback__)) < 20
    tool.failing_at = None
    assert read(streams) == list(range(1, 11))


class Endless(Tool):
    """Does something, and then yields until it is made to end, or for a minute."""

    def __init__(self, action):
        super().__init__()
        self.action = action

    def _execute(self, sources, alignment_stream, interval):
        self.action()
        for _ in range(6000):
            time.sleep(0.01)
            yield StreamInstance(interval.end, None)


def interrupt():
    """Do what Ctrl-C does."""
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)


def check_nothing_is_left(streams):
    """Check that all claims and data are gone, as soon as the threads have ended."""
    for thread in threading.enumerate():
        if thread.name.startswith("hyperstream-deep"):
            thread.join(60)
    assert not any(map(held, streams))
    assert [stored(stream) for stream in streams] == [[]] * len(streams)


def test_a_chain_can_be_interrupted():
    """Ctrl-C reaches who waits; what is in work further up ends, too."""
    streams = chain(Endless(interrupt))
    with pytest.raises(KeyboardInterrupt):
        read(streams)
    check_nothing_is_left(streams)


def test_a_chain_can_be_stopped():
    """By the request that it was given."""
    stop = StopRequest()
    streams = chain(Endless(lambda: stop.make("it is enough")))
    with (
        ExecutionContext(stop=stop).active(),
        pytest.raises(ExecutionStoppedError, match="it is enough"),
    ):
        read(streams)
    check_nothing_is_left(streams)


def test_what_is_not_deep_stays_in_its_thread():
    """Tools may count on that."""
    assert with_room(threading.current_thread) is threading.current_thread()
    streams = chain(tool := Noting(), length=5)
    read(streams)
    assert tool.threads == {threading.current_thread()}


class Noting(Seconds):
    """Notes in which threads it runs."""

    def __init__(self):
        super().__init__()
        self.threads = set()

    def _execute(self, sources, alignment_stream, interval):
        self.threads.add(threading.current_thread())
        yield from super()._execute(sources, alignment_stream, interval)
