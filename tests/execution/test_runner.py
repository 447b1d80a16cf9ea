"""What happens when a computation goes wrong."""

from __future__ import annotations

import logging

import pytest

from hyperstream._time import use_clock
from hyperstream.channels import MemoryChannel
from hyperstream.execution import ExecutionContext, runner
from hyperstream.stream import StreamId, StreamInstance, StreamMetaInstance
from hyperstream.testing import RecordingHistory
from hyperstream.testing.conformance.base import stored, write
from hyperstream.testing.times import at, over
from hyperstream.time_interval import TimeIntervals
from hyperstream.tool import SelectorTool, Tool
from hyperstream.utils.errors import DuplicateInstanceError, ToolExecutionError
from tests.execution.parts import Doubled, Given, Pick, Seconds, calculated, mark, seconds


@pytest.fixture
def channel():
    """A memory channel."""
    return MemoryChannel("memory")


@pytest.fixture
def sink(channel):
    """A stream to be computed, with some data written by hand."""
    stream = channel.create_stream("sink")
    write(stream, {2.5: "by hand", 15.5: "by hand"})
    return stream


BY_HAND = [(2.5, "by hand"), (15.5, "by hand")]


def held(stream):
    """Whether anybody has claimed anything of a stream."""
    return bool(stream.channel.ledger._entries[stream.address.key].claims)


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


def test_a_lost_claim_is_computed_again(sink, monkeypatch):
    """Where the claim was taken over meanwhile, nothing is marked, and it is looked at again."""
    ledger = sink.channel.ledger
    original = ledger.complete
    lost = []

    def complete(done, owner):
        if not lost:
            lost.append(owner)
            ledger.abandon({each: TimeIntervals(part) for each, part in done.items()}, owner)
        return original(done, owner)

    monkeypatch.setattr(ledger, "complete", complete)
    tool, history = Seconds(), RecordingHistory()
    with ExecutionContext(history=history).active():
        tool.execute(sources=[], sink=sink, interval=over(0, 10))
    assert tool.asked == [over(0, 10)] * 2
    assert [record.outcome for record in history.records] == ["superseded", "completed"]
    assert calculated(sink) == [(0, 10)]
    assert dict(seconds(1, 10)).items() <= dict(stored(sink)).items()
    assert not held(sink)


def test_a_claim_lost_while_computing_is_noticed(sink, monkeypatch):
    """A slow tool whose claim was taken over stops at the next batch and starts again."""
    monkeypatch.setattr("hyperstream.execution.attempt._RENEW_EVERY", 0.0)
    ledger = sink.channel.ledger

    class Robbed(Seconds):
        def _execute(self, sources, alignment_stream, interval):
            for instance in super()._execute(sources, alignment_stream, interval):
                if instance.value == 5 and len(self.asked) == 1:
                    ledger._entries[sink.address.key].claims.clear()
                yield instance

    tool = Robbed()
    tool.execute(sources=[], sink=sink, interval=over(0, 10))
    assert len(tool.asked) == 2
    assert calculated(sink) == [(0, 10)]


def test_what_slow_tools_give_is_stored_in_time(sink, monkeypatch):
    """When it is time to renew the claim, what there is is stored, however little."""
    monkeypatch.setattr("hyperstream.execution.attempt._RENEW_EVERY", 0.0)
    seen = []

    class Watching(Seconds):
        def _execute(self, sources, alignment_stream, interval):
            for instance in super()._execute(sources, alignment_stream, interval):
                seen.append(len(stored(sink)) - len(BY_HAND))
                yield instance

    Watching().execute(sources=[], sink=sink, interval=over(0, 9))
    assert seen[:2] == [0, 1]


def test_what_cannot_be_removed_is_cleared_later(sink, monkeypatch, caplog):
    """Where a failed attempt's data cannot be removed, the next attempt clears them first."""
    tool = Seconds()
    tool.failing_at = 8

    def delete_at(stream, timestamps):
        raise OSError("disk full")

    with monkeypatch.context() as patch, ExecutionContext(batch_size=1).active():
        patch.setattr(sink.channel, "delete_at", delete_at)
        with (
            caplog.at_level(logging.ERROR),
            pytest.raises(ToolExecutionError, match="second 8 is broken"),
        ):
            tool.execute(sources=[], sink=sink, interval=over(3, 10))
    assert "could not be removed" in caplog.text
    assert (4, 4) in stored(sink)
    tool.failing_at = None
    tool.execute(sources=[], sink=sink, interval=over(0, 10))
    assert calculated(sink) == [(0, 10)]
    assert stored(sink) == sorted([*seconds(1, 10), *BY_HAND])


def test_leftovers_are_cleared_where_they_are_and_nowhere_else(sink):
    """What a dead attempt left is removed in the intervals that it had claimed only."""
    ledger = sink.channel.ledger
    ledger.claim({sink.address: TimeIntervals(over(4, 8))}, "dead")
    write(sink, {5.5: "left by the dead", 7: "left by the dead"})
    ledger.abandon({sink.address: TimeIntervals(over(4, 8))}, "dead")
    Seconds().execute(sources=[], sink=sink, interval=over(0, 6))
    assert dict(stored(sink))[7] == "left by the dead"
    Seconds().execute(sources=[], sink=sink, interval=over(0, 10))
    assert stored(sink) == sorted([*seconds(1, 10), *BY_HAND])


def test_a_failure_to_clear_is_no_loss(sink, monkeypatch):
    """Where clearing fails, nothing is marked, and the next attempt clears."""
    tool = Seconds()
    tool.execute(sources=[], sink=sink, interval=over(0, 10))
    write(sink, {4.5: "stale"})
    sink.invalidate(over(4, 6))

    def delete(stream, interval):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(sink.channel, "delete", delete)
        with pytest.raises(OSError, match="disk full"):
            tool.execute(sources=[], sink=sink, interval=over(0, 10))
    assert calculated(sink) == [(0, 4), (6, 10)]
    assert not held(sink)
    tool.execute(sources=[], sink=sink, interval=over(0, 10))
    assert stored(sink) == sorted([*seconds(1, 10), *BY_HAND])


def test_a_failure_to_mark_is_no_loss(sink, monkeypatch):
    """Where marking fails, the data stay unmarked, and the next attempt clears them."""

    def complete(done, owner):
        raise ConnectionError("server away")

    tool = Seconds()
    with monkeypatch.context() as patch:
        patch.setattr(sink.channel.ledger, "complete", complete)
        with pytest.raises(ToolExecutionError, match="server away"):
            tool.execute(sources=[], sink=sink, interval=over(16, 20))
    assert calculated(sink) == []
    tool.execute(sources=[], sink=sink, interval=over(16, 20))
    assert stored(sink) == sorted([*seconds(17, 20), *BY_HAND])


def test_a_mark_whose_answer_was_lost_counts(sink, monkeypatch):
    """Where the marking was done but its answer was lost, the data stay and are calculated."""
    original = sink.channel.ledger.complete

    def complete(done, owner):
        original(done, owner)
        raise ConnectionError("answer lost")

    tool = Seconds()
    with monkeypatch.context() as patch:
        patch.setattr(sink.channel.ledger, "complete", complete)
        with pytest.raises(ToolExecutionError, match="answer lost"):
            tool.execute(sources=[], sink=sink, interval=over(16, 20))
    assert calculated(sink) == [(16, 20)]
    assert stored(sink) == sorted([*seconds(17, 20), *BY_HAND])
    tool.execute(sources=[], sink=sink, interval=over(16, 20))
    assert len(tool.asked) == 1


def pair(channel, name):
    """Two streams of a name."""
    return [channel.create_stream(StreamId(name, {"part": each})) for each in "ab"]


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


def test_all_claims_are_given_up(channel, monkeypatch):
    """Where giving up the claims in one channel fails, those in the others are given up."""
    other = MemoryChannel("other")
    sources, sinks = pair(channel, "sources"), pair(other, "sources")
    sinks[1] = MemoryChannel("third").create_stream(sinks[1].stream_id)
    write(sources[0], {1: 1})
    write(sinks[0], {1: "by hand"})
    for first, second in (sinks, sinks[::-1]):

        def release(addresses, owner):
            raise ConnectionError("server away")

        with monkeypatch.context() as patch:
            patch.setattr(first.channel.ledger, "release", release)
            with pytest.raises((ToolExecutionError, ConnectionError)):
                Pick().execute(sources=sources, sinks=sinks, interval=over(0, 10))
        assert not held(second)
        first.channel.ledger._entries[first.address.key].claims.clear()


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
    assert runner.Round(call).owner != runner.Round(call).owner
