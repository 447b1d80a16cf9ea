"""What one execution of a workflow knows of its streams."""

from __future__ import annotations

import threading
import traceback

import pytest

from hyperstream.execution import Computation
from hyperstream.execution.progress import (
    Progress,
    current_progress,
    is_in_work,
    working_on,
)
from hyperstream.stream import StreamId
from hyperstream.testing.conformance.base import stored
from hyperstream.testing.times import over
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import ToolExecutionError
from tests.execution.parts import Doubled, Seconds, calculated, mark, pair, seconds
from tests.execution.test_run_all import CountingLedger

TEN = over(0, 10)


@pytest.fixture
def progress():
    """Give what an execution knows, while it is in course."""
    with Progress().active() as known:
        yield known


def test_what_is_in_work_is_known_inside(channel):
    """Blocks are nested; outside, and in another thread, nothing is in work."""
    one, other = pair(channel, "x")
    assert not is_in_work([one, other])
    with working_on([one]):
        assert is_in_work([one, other])
        assert not is_in_work([other])
        with working_on([other]):
            assert is_in_work([one])
            assert is_in_work([other])
        assert not is_in_work([other])
        seen = []
        thread = threading.Thread(target=lambda: seen.append(is_in_work([one])))
        thread.start()
        thread.join()
        assert seen == [False]
    assert not is_in_work([one])


def test_there_is_progress_during_an_execution_only():
    """Also where it ends by an error; an execution inside of another one has its own."""

    def fail():
        with Progress().active() as outer:
            assert current_progress() is outer
            with Progress().active() as inner:
                assert current_progress() is inner
            assert current_progress() is outer
            raise KeyError

    assert current_progress() is None
    with pytest.raises(KeyError):
        fail()
    assert current_progress() is None


def test_what_is_calculated_is_known_from_the_last_look(channel):
    """All parts of it, of the streams looked at that somebody computes."""
    one, other = pair(channel, "x")
    progress = Progress()
    for stream in (one, other):
        mark(stream, TEN, over(20, 30))
    progress.look([one, other])
    assert not progress.is_done(one, TEN)
    Computation(Seconds().bind([], one)).attach()
    progress.look([one, other, one])
    for interval in (TEN, over(2, 3), over(20, 30)):
        assert progress.is_done(one, interval)
        assert not progress.is_done(other, interval)
    for interval in (over(0, 11), over(5, 25), over(-1, 1)):
        assert not progress.is_done(one, interval)
    one.invalidate(over(2, 5))
    assert progress.is_done(one, TEN)
    progress.look([one])
    assert not progress.is_done(one, TEN)
    assert progress.is_done(one, over(5, 10))


def test_the_failure_of_a_stream_is_known(channel):
    """The first of those asked for counts; nothing is known of others."""
    one, other = pair(channel, "x")
    first, second = ToolExecutionError("first"), ToolExecutionError("second")
    progress = Progress()
    assert progress.failure_of([one, other]) is None
    progress.fail([other], second)
    assert progress.failure_of([one]) is None
    assert progress.failure_of([one, other]) is second
    progress.fail([one], first)
    assert progress.failure_of([one, other]) is first
    assert progress.failure_of([]) is None


def test_what_is_calculated_all_the_same_has_not_failed(channel):
    """As far as it is what is needed of the stream."""
    one, other = pair(channel, "x")
    error = ToolExecutionError("failed")
    progress = Progress()
    progress.fail([one], error)
    mark(one, TEN)
    assert progress.failure_of([one], TimeIntervals([over(2, 5)])) is None
    assert progress.failure_of([one], TimeIntervals([over(2, 15)])) is error
    assert progress.failure_of([one]) is error
    progress.fail([other], error)
    assert progress.failure_of([one, other], TimeIntervals([TEN])) is error


def test_what_is_done_is_not_looked_at_again(channel, sink, progress):
    """A view on it asks no ledger; beyond it, the stream is computed."""
    tool = Seconds()
    computation = Computation(tool.bind([], sink))
    computation.attach()
    mark(sink, TEN)
    progress.look([sink])
    sink.calculated_intervals = None
    computation.compute(sink, TEN)
    assert (tool.asked, calculated(sink)) == ([], [])
    computation.compute(sink, over(5, 12))
    assert calculated(sink) == [(5, 12)]


def test_what_failed_is_not_tried_again(channel, sink, progress):
    """The same error is raised, until what is asked for is calculated all the same."""
    tool = Seconds()
    tool.failing_at = 5
    computation = Computation(tool.bind([], sink))
    with pytest.raises(ToolExecutionError) as first:
        computation.compute(sink, TEN)
    with pytest.raises(ToolExecutionError) as second:
        computation.compute(sink, over(6, 8))
    assert second.value is first.value
    assert tool.asked == [TEN]
    mark(sink, over(6, 8))
    computation.compute(sink, over(6, 8))


def test_a_reader_meets_the_failure_of_its_source(channel, progress):
    """It fails with the very error, and is known to have failed by it."""
    source, reader = pair(channel, "x")
    tool = Seconds()
    tool.failing_at = 5
    Computation(tool.bind([], source)).attach()
    computation = Computation(Doubled().bind([source], reader))
    with pytest.raises(ToolExecutionError) as caught:
        computation.run(TEN)
    assert caught.value.sink is source
    assert progress.failure_of([source]) is caught.value
    assert progress.failure_of([reader]) is caught.value


def test_each_reader_has_a_traceback_of_its_own(channel, progress):
    """That of the error does not grow with the number of readers."""
    tool = Seconds()
    tool.failing_at = 5
    source = channel.create_stream("source")
    Computation(tool.bind([], source)).attach()
    lengths = []
    for number in range(4):
        sink = channel.create_stream(f"reader {number}")
        with pytest.raises(ToolExecutionError) as caught:
            Computation(Doubled().bind([source], sink)).run(TEN)
        lengths.append(len(list(traceback.walk_tb(caught.value.__traceback__))))
    assert len(set(lengths[1:])) == 1


def test_what_many_need_is_looked_at_together(channel):
    """The answers are those to each by itself."""
    streams = [channel.create_stream(StreamId("x", {"n": n})) for n in range(4)]
    progress = Progress()
    errors = [ToolExecutionError(str(n)) for n in range(3)]
    for stream, error in zip(streams, errors, strict=False):
        progress.fail([stream], error)
    mark(streams[0], TEN)
    channel._ledger = CountingLedger(channel.ledger)
    needed = TimeIntervals([TEN])
    wanted = [(streams[:2], needed), (streams[2:], needed), (streams[:1], None), (streams, needed)]
    found = progress.failures_of([*wanted, (streams[3:], needed), ([], needed)])
    assert found == [errors[1], errors[2], errors[0], errors[1], None, None]
    assert channel.ledger.taken() == {"calculated": 1}


def test_without_an_execution_everything_is_tried_again(sink):
    """Nobody remembers failures."""
    tool = Seconds()
    tool.failing_at = 5
    computation = Computation(tool.bind([], sink))
    for _ in range(2):
        with pytest.raises(ToolExecutionError):
            computation.compute(sink, over(2, 5))
    tool.failing_at = None
    computation.compute(sink, over(2, 5))
    assert len(tool.asked) == 3
    assert (3, 3) in stored(sink)
    assert set(seconds(3, 5)) <= set(stored(sink))
