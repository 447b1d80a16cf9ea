"""What happens when claims, marks or removals go wrong."""

from __future__ import annotations

import logging

import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.execution import ExecutionContext
from hyperstream.testing import RecordingHistory
from hyperstream.testing.conformance.base import stored, write
from hyperstream.testing.times import over
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import ToolExecutionError
from tests.execution.parts import (
    BY_HAND,
    Pick,
    Seconds,
    calculated,
    held,
    pair,
    seconds,
)


def test_a_lost_claim_is_computed_again(sink, monkeypatch):
    """Where the claim was taken over meanwhile, nothing is marked, and it is looked at again."""
    ledger = sink.channel.ledger
    original = ledger.complete
    lost = []

    def complete(done, owner):
        if not lost:
            lost.append(owner)
            ledger.abandon(done, owner)
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
    monkeypatch.setattr("hyperstream.execution.lease._RENEW_EVERY", 0.0)
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
    monkeypatch.setattr("hyperstream.execution.lease._RENEW_EVERY", 0.0)
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
        with pytest.raises(ToolExecutionError, match="disk full"):
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
        with pytest.raises(ConnectionError, match="server away"):
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
        with pytest.raises(ConnectionError, match="answer lost"):
            tool.execute(sources=[], sink=sink, interval=over(16, 20))
    assert calculated(sink) == [(16, 20)]
    assert stored(sink) == sorted([*seconds(17, 20), *BY_HAND])
    tool.execute(sources=[], sink=sink, interval=over(16, 20))
    assert len(tool.asked) == 1


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
