"""What happens when a computation goes wrong, and what is recorded of it."""

from __future__ import annotations

import pytest

from hyperstream._time import use_clock
from hyperstream.channels import MemoryChannel
from hyperstream.execution import ExecutionContext, runner
from hyperstream.stream import StreamInstance, StreamMetaInstance
from hyperstream.testing import RecordingHistory
from hyperstream.testing.conformance.base import stored, write
from hyperstream.testing.times import at, over
from hyperstream.tool import SelectorTool, Tool
from hyperstream.utils.errors import DuplicateInstanceError, ToolExecutionError
from tests.execution.parts import (
    BY_HAND,
    Doubled,
    Given,
    Pick,
    Seconds,
    calculated,
    held,
    mark,
    pair,
    seconds,
)


def assert_untouched(stream):
    """Fail unless a stream holds what was written by hand, unmarked and unclaimed."""
    assert stored(stream) == BY_HAND
    assert calculated(stream) == []
    assert not held(stream)


WRONG = [
    ([StreamInstance(at(1), 1), StreamInstance(at(11), 2)], ValueError, r"00:00:11.*outside"),
    ([StreamInstance(at(1), 1), StreamInstance(at(0), 2)], ValueError, r"00:00:00.*outside"),
    ([StreamInstance(at(1), 1), StreamInstance(at(1), 2)], DuplicateInstanceError, "1.*2"),
    ([StreamInstance(at(1), 1), StreamInstance(at(2.5), 2)], DuplicateInstanceError, "by hand"),
    ([StreamInstance(at(1), 1), 5], TypeError, "5, which is no StreamInstance"),
    ([StreamInstance(at(1), 1), (at(2), 5)], TypeError, "no StreamInstance"),
    ([StreamInstance(at(1), 1), None], TypeError, "None, which is no StreamInstance"),
]


@pytest.mark.parametrize("batch_size", [1, 1000])
@pytest.mark.parametrize(("items", "cause", "message"), WRONG)
def test_what_a_tool_gives_wrongly_is_refused(sink, items, cause, message, batch_size):
    """Instances outside of the interval, contradictory or of another kind leave nothing."""
    with (
        ExecutionContext(batch_size=batch_size).active(),
        pytest.raises(ToolExecutionError, match=message) as caught,
    ):
        Given(items).execute(sources=[], sink=sink, interval=over(0, 10))
    assert isinstance(caught.value.__cause__, cause)
    assert_untouched(sink)


def test_an_instance_in_the_future_is_refused(sink):
    """A tool that makes an instance after now fails, and stores and marks nothing."""

    class Prophet(Tool):
        def _execute(self, sources, alignment_stream, interval):
            yield StreamInstance(at(1), 1)
            yield StreamInstance(at(100), 2)

    with use_clock(at(50)), pytest.raises(ToolExecutionError, match="future"):
        Prophet().execute(sources=[], sink=sink, interval=over(0, 10))
    assert_untouched(sink)


def test_the_error_says_what_failed(sink):
    """The error names tool, sink and interval, carries them, and has the cause."""
    tool = Seconds()
    tool.failing_at = 5
    with pytest.raises(ToolExecutionError) as caught:
        tool.execute(sources=[], sink=sink, interval=over(0, 10))
    error = caught.value
    for part in ("seconds", "memory:sink", "2020-01-01 00:00:00", "second 5 is broken"):
        assert part in str(error)
    assert (error.tool, error.sink, error.interval) == (tool, sink, over(0, 10))
    assert type(error.__cause__) is RuntimeError


def test_an_error_of_the_engine_that_a_tool_raises_itself_is_completed(sink):
    """One that does not say what failed is a cause like any other."""
    own = ToolExecutionError("the sensor is gone")

    class Own(Tool):
        def _execute(self, sources, alignment_stream, interval):
            raise own

    tool = Own()
    with pytest.raises(ToolExecutionError, match=r"memory:sink.*the sensor is gone") as caught:
        tool.execute(sources=[], sink=sink, interval=over(0, 10))
    error = caught.value
    assert (error.tool, error.sink, error.interval) == (tool, sink, over(0, 10))
    assert error.__cause__ is own


def test_an_error_without_words_is_named(sink):
    """Where the cause has no message, its type is in that of the error."""

    class Silent(Tool):
        def _execute(self, sources, alignment_stream, interval):
            raise ZeroDivisionError

    with pytest.raises(ToolExecutionError, match="ZeroDivisionError"):
        Silent().execute(sources=[], sink=sink, interval=over(0, 10))


def test_a_failing_source_is_named(channel, sink):
    """Where a source cannot be computed, the error is about the source and its tool."""
    source = channel.create_stream("source")
    tool = Seconds()
    tool.execute(sources=[], sink=source, interval=over(0, 1))
    tool.failing_at = 5
    with pytest.raises(ToolExecutionError, match="second 5 is broken") as caught:
        Doubled().execute(sources=[source], sink=sink, interval=over(0, 10))
    assert (caught.value.tool, caught.value.sink) == (tool, source)
    assert_untouched(sink)
    assert calculated(source) == [(0, 1)]
    assert stored(source) == seconds(1, 1)


def test_what_was_finished_before_stays(sink):
    """Pieces that were computed before the failing one stay stored and marked."""
    mark(sink, over(10, 20))
    tool = Seconds()
    tool.failing_at = 25
    with pytest.raises(ToolExecutionError):
        tool.execute(sources=[], sink=sink, interval=over(0, 30))
    assert calculated(sink) == [(0, 20)]
    assert stored(sink) == sorted([*seconds(1, 10), *BY_HAND])
    tool.failing_at = None
    tool.execute(sources=[], sink=sink, interval=over(0, 30))
    assert tool.asked == [over(0, 10), over(20, 30), over(20, 30)]
    assert stored(sink) == sorted([*seconds(1, 10), *seconds(21, 30), *BY_HAND])


def test_a_failure_late_in_a_long_piece_leaves_nothing(sink):
    """All batches that were stored before the failure are removed, and nothing else."""
    tool = Seconds()
    tool.failing_at = 999
    write(sink, {5: 5})
    with ExecutionContext(batch_size=10).active(), pytest.raises(ToolExecutionError):
        tool.execute(sources=[], sink=sink, interval=over(0, 1000))
    assert stored(sink) == sorted([*BY_HAND, (5, 5)])


def test_nothing_is_marked_before_it_is_stored(sink, monkeypatch):
    """At the moment of marking all data are stored."""
    ledger = sink.channel.ledger
    seen = []
    original = ledger.complete

    def complete(done, owner):
        seen.append(len(stored(sink)))
        return original(done, owner)

    monkeypatch.setattr(ledger, "complete", complete)
    Seconds().execute(sources=[], sink=sink, interval=over(0, 5000))
    assert seen == [5000 + len(BY_HAND)]


def test_the_tool_is_ended_too(sink):
    """The generator of a tool whose results are refused is closed."""
    closed = []

    class Cautious(Tool):
        def _execute(self, sources, alignment_stream, interval):
            try:
                yield StreamInstance(at(100), 1)
                yield StreamInstance(at(1), 1)
            finally:
                closed.append(True)

    with pytest.raises(ToolExecutionError):
        Cautious().execute(sources=[], sink=sink, interval=over(0, 10))
    assert closed == [True]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_leaves_nothing(sink, stop):
    """Ctrl-C goes through as it is; nothing is stored, marked or claimed, and it can go on."""

    class Interrupted(Seconds):
        def _execute(self, sources, alignment_stream, interval):
            for instance in super()._execute(sources, alignment_stream, interval):
                if instance.value == self.stopping_at:
                    raise stop
                yield instance

    tool = Interrupted()
    tool.stopping_at = 50
    with ExecutionContext(batch_size=10).active(), pytest.raises(stop):
        tool.execute(sources=[], sink=sink, interval=over(0, 100))
    assert_untouched(sink)
    tool.stopping_at = None
    tool.execute(sources=[], sink=sink, interval=over(0, 100))
    assert stored(sink) == sorted([*seconds(1, 100), *BY_HAND])


@pytest.mark.parametrize("apart", [False, True])
def test_a_failure_leaves_nothing_in_any_sink(channel, apart):
    """A conflict in one sink of several leaves nothing in the others, in whatever channel."""
    sources, sinks = pair(channel, "sources"), pair(channel, "sinks")
    if apart:
        sinks[1] = MemoryChannel("other").create_stream(sinks[1].stream_id)
    for source in sources:
        write(source, {second: second for second in range(10)})
    write(sinks[1], {5: "by hand"})
    with pytest.raises(ToolExecutionError, match="by hand"):
        Pick().execute(sources=sources, sinks=sinks, interval=over(0, 10))
    assert [stored(sink) for sink in sinks] == [[], [(5, "by hand")]]
    assert [calculated(sink) for sink in sinks] == [[], []]
    assert not any(held(sink) for sink in sinks)


def test_meta_data_that_no_sink_has_are_an_error(channel):
    """A selecting tool that names a stream which is no sink fails, naming the meta data."""

    class Wrong(SelectorTool):
        def _execute(self, sources, interval):
            yield StreamMetaInstance(StreamInstance(at(1), 1), (("part", "a"),))
            yield StreamMetaInstance(StreamInstance(at(1), 1), (("part", "z"),))

    sinks = pair(channel, "sinks")
    with pytest.raises(ToolExecutionError, match=r"'z'.*no sink"):
        Wrong(None).execute(sources=[], sinks=sinks, interval=over(0, 10))
    assert [stored(sink) for sink in sinks] == [[], []]


def test_every_interval_is_recorded(channel, sink):
    """Each interval has a record of tool, parameters, streams, count and outcome."""
    source = channel.create_stream("source")
    write(source, {second: second for second in range(1, 21)})
    mark(sink, over(5, 10))
    history = RecordingHistory()
    with ExecutionContext(history=history).active():
        Doubled().execute(sources=[source], sink=sink, interval=over(0, 15))
    assert [record.interval for record in history.records] == [over(0, 5), over(10, 15)]
    for record in history.records:
        assert (record.tool, record.version, record.parameters) == ("doubled", "0.0.0", {})
        assert (record.sources, record.sinks) == ((source.address,), (sink.address,))
        assert (record.document_count, record.outcome) == (5, "completed")
        assert record.duration >= 0


def test_failures_are_recorded(sink):
    """A failed interval has a record with the reason."""
    history, tool = RecordingHistory(), Seconds()
    tool.failing_at = 5
    with ExecutionContext(history=history).active(), pytest.raises(ToolExecutionError):
        tool.execute(sources=[], sink=sink, interval=over(0, 10))
    (record,) = history.records
    assert record.outcome.startswith("failed: RuntimeError(")
    assert "second 5 is broken" in record.outcome


def test_sources_are_recorded_too(channel, sink):
    """What is computed upstream has its own records."""
    source, history = channel.create_stream("source"), RecordingHistory()
    Seconds().execute(sources=[], sink=source, interval=over(0, 1))
    with ExecutionContext(history=history).active():
        Doubled().execute(sources=[source], sink=sink, interval=over(0, 5))
    assert {record.tool for record in history.records} == {"seconds", "doubled"}
    assert history.records[-1].tool == "doubled"


def test_tools_tell_the_history(sink):
    """What a tool tells by `write_to_history` goes to the history in force."""

    class Telling(Tool):
        def _execute(self, sources, alignment_stream, interval):
            self.write_to_history(rows=3, interval=interval.end)
            return []

    history = RecordingHistory()
    with ExecutionContext(history=history).active():
        Telling().execute(sources=[], sink=sink, interval=over(0, 10))
    assert history.notes == [{"rows": 3, "interval": at(10)}]


def test_a_history_that_fails_harms_no_data(sink):
    """Where recording fails, what was computed stays and nothing stays claimed."""

    class Broken(RecordingHistory):
        def record(self, record):
            raise ConnectionError("no history")

    with (
        ExecutionContext(history=Broken()).active(),
        pytest.raises(ConnectionError, match="no history"),
    ):
        Seconds().execute(sources=[], sink=sink, interval=over(16, 20))
    assert calculated(sink) == [(16, 20)]
    assert stored(sink) == sorted([*seconds(17, 20), *BY_HAND])
    assert not held(sink)


def test_each_round_has_an_owner_of_its_own(sink):
    """Two rounds claim under different names."""
    call = Seconds().bind([], sink)
    assert runner.Round([call]).owner != runner.Round([call]).owner
