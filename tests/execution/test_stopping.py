"""Executions that another thread asks to end."""

from __future__ import annotations

import pytest

from hyperstream.execution import (
    Computation,
    ExecutionContext,
    ExecutionStoppedError,
    StopRequest,
)
from hyperstream.execution.computation import run_all
from hyperstream.stream import StreamId
from hyperstream.testing import RecordingHistory
from hyperstream.testing.conformance.base import stored
from hyperstream.testing.times import over
from hyperstream.time_interval import TimeIntervals
from tests.execution.parts import Seconds, calculated, held, seconds

TEN = over(0, 10)


class Stopping(Seconds):
    """Counts seconds, and makes a request in the middle."""

    patience = None  # no parameter: it changes nothing in the result

    def _execute(self, sources, alignment_stream, interval):
        for instance in super()._execute(sources, alignment_stream, interval):
            if instance.value == 5 and self.patience is not None:
                self.stop.make("it is enough", self.patience)
            yield instance


@pytest.fixture
def stop():
    """A request to be made."""
    return StopRequest()


@pytest.fixture
def calls(channel, stop):
    """Give five tools, their computations and sinks; the third tool makes the request."""
    tools = [Stopping() for _ in range(5)]
    sinks = [channel.create_stream(StreamId("z", {"n": n})) for n in range(5)]
    for tool in tools:
        tool.stop = stop
    return tools, [Computation(t.bind([], s)) for t, s in zip(tools, sinks, strict=True)], sinks


def test_a_patient_request_lets_the_call_in_work_end(calls, stop):
    """It is marked with those before; those after are not begun, and nothing is claimed."""
    tools, computations, sinks = calls
    tools[2].patience = 60
    with ExecutionContext(stop=stop).active(), pytest.raises(ExecutionStoppedError, match="enough"):
        run_all(computations, TEN)
    assert [calculated(sink) for sink in sinks] == [[(0, 10)]] * 3 + [[]] * 2
    assert [len(stored(sink)) for sink in sinks] == [10] * 3 + [0] * 2
    assert not any(map(held, sinks))


def test_an_impatient_request_leaves_nothing_of_the_call_in_work(calls, stop):
    """What it had written is removed, as after Ctrl-C; the history has it."""
    tools, computations, sinks = calls
    tools[2].patience = 0
    history = RecordingHistory()
    around = ExecutionContext(stop=stop, history=history, batch_size=1)
    with around.active(), pytest.raises(ExecutionStoppedError, match="enough"):
        run_all(computations, TEN)
    assert [calculated(sink) for sink in sinks] == [[(0, 10)]] * 2 + [[]] * 3
    assert [len(stored(sink)) for sink in sinks] == [10] * 2 + [0] * 3
    assert not any(map(held, sinks))
    [failed] = [each for each in history.records if each.outcome != "completed"]
    assert failed.outcome == "failed: ExecutionStoppedError('it is enough')"


def test_what_was_stopped_can_be_gone_on_with(calls, stop):
    """The result is that of an execution that was never stopped."""
    tools, computations, sinks = calls
    tools[2].patience = 0
    with ExecutionContext(stop=stop).active(), pytest.raises(ExecutionStoppedError):
        run_all(computations, TEN)
    tools[2].patience = None
    assert run_all(computations, TEN) == []
    assert [stored(sink) for sink in sinks] == [seconds(1, 10)] * 5
    assert [len(tool.asked) for tool in tools] == [1, 1, 2, 1, 1]


def test_pieces_of_one_call_are_apart(channel, stop):
    """Of a stream that misses several pieces, those done are marked."""
    sink = channel.create_stream("z")
    tool = Stopping()
    tool.stop, tool.patience = stop, 60
    tool.execute(sources=[], sink=sink, interval=over(20, 30))
    with ExecutionContext(stop=stop).active(), pytest.raises(ExecutionStoppedError):
        tool.execute(sources=[], sink=sink, interval=over(0, 40))
    assert calculated(sink) == [(0, 10)] or calculated(sink) == [(0, 30)]


def test_who_waits_for_others_ends(channel, stop):
    """Somebody else's claim keeps nobody who is to end."""
    sink = channel.create_stream("z")
    channel.ledger.claim({sink.address: TimeIntervals([TEN])}, "somebody else")
    stop.make("it is enough")
    with ExecutionContext(stop=stop).active(), pytest.raises(ExecutionStoppedError):
        Seconds().execute(sources=[], sink=sink, interval=TEN)


def test_the_first_reason_and_the_shortest_patience_count():
    """Whoever asks later can only make it sooner."""
    stop = StopRequest()
    stop.make("first", patience=60)
    stop.check(in_call=True)
    stop.make("second", patience=0)
    stop.make("third", patience=60)
    for in_call in (False, True):
        with pytest.raises(ExecutionStoppedError, match="first"):
            stop.check(in_call=in_call)


def test_contexts_do_not_share_a_request():
    """Each has its own, unless it is given one."""
    ExecutionContext().stop.make("it is enough")
    ExecutionContext().stop.check()
