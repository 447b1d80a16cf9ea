"""What several calls have computed is stored together."""

from __future__ import annotations

import pytest

from hyperstream.channels import DatabaseChannel
from hyperstream.client import Client
from hyperstream.execution import Computation, ExecutionContext, lease
from hyperstream.execution.computation import run_all
from hyperstream.storage.mongo import MongoStorage
from hyperstream.stream import StreamId, StreamInstance
from hyperstream.testing import RecordingHistory
from hyperstream.testing.conformance.base import stored, write
from hyperstream.testing.times import at, over
from hyperstream.tool import Tool
from hyperstream.utils.errors import DatabaseConnectionError, DuplicateInstanceError
from tests.execution.parts import Seconds, calculated, held, mark, seconds

pytestmark = pytest.mark.usefixtures("unhurried")

TEN = over(0, 10)


class Carried(Tool):
    """Counts on from the last value in its own sink, which is its source."""

    def _execute(self, sources, alignment_stream, interval):
        last = sources[0].window((at(-100), interval.start), force_calculation=True).last()
        yield StreamInstance(interval.end, 1 if last is None else last.value + 1)


@pytest.fixture
def channel(channel, monkeypatch):
    """Give a channel for which storing much together pays."""
    monkeypatch.setattr(channel, "writes_together", True)
    return channel


@pytest.fixture
def writes(channel, monkeypatch):
    """Give a list that gets the number of parts of each write."""
    sizes, original = [], channel.write_batches

    def write_batches(parts):
        sizes.append(len(parts))
        return original(parts)

    monkeypatch.setattr(channel, "write_batches", write_batches)
    return sizes


def made(channel, count):
    """Return the tools, the sinks, and the computations of so many streams."""
    tools = [Seconds() for _ in range(count)]
    sinks = [channel.create_stream(StreamId("z", {"n": n})) for n in range(count)]
    computations = [Computation(t.bind([], s)) for t, s in zip(tools, sinks, strict=True)]
    return tools, sinks, computations


def test_calls_are_stored_together(channel, writes):
    """One write has what all of them gave; each is marked and recorded as if it were alone."""
    _, sinks, computations = made(channel, 9)
    history = RecordingHistory()
    with ExecutionContext(history=history).active():
        # The first round is one call, the second one eight.
        assert run_all(computations, TEN) == []
    assert writes == [1, 8]
    assert [stored(sink) for sink in sinks] == [seconds(1, 10)] * 9
    assert [calculated(sink) for sink in sinks] == [[(0, 10)]] * 9
    assert {(each.document_count, each.outcome) for each in history.records} == {(10, "completed")}
    assert not any(map(held, sinks))


def test_no_more_is_kept_than_a_batch(channel, writes):
    """What waits is stored as soon as it is as much as a batch."""
    _, sinks, computations = made(channel, 9)
    with ExecutionContext(batch_size=25).active():
        run_all(computations, TEN)
    assert writes == [1, 3, 3, 2]
    assert [stored(sink) for sink in sinks] == [seconds(1, 10)] * 9


def test_several_pieces_of_a_stream_are_stored_together(channel, writes):
    """Gaps of one stream are parts of one write."""
    _, [sink], computations = made(channel, 1)
    mark(sink, over(2, 4), over(6, 8))
    assert run_all(computations, TEN) == []
    assert writes == [3]
    assert stored(sink) == [*seconds(1, 2), *seconds(5, 6), *seconds(9, 10)]
    assert calculated(sink) == [(0, 10)]


def test_a_tool_that_reads_its_own_results_finds_them(channel):
    """They are stored before it goes on."""
    sink = channel.create_stream("carried")
    mark(sink, over(2, 4), over(6, 8))
    assert run_all([Computation(Carried().bind([sink], sink))], TEN) == []
    assert stored(sink) == [(2, 1), (6, 2), (10, 3)]


def test_what_cannot_be_stored_is_the_failure_of_one(channel):
    """The others are stored and marked."""
    _, sinks, computations = made(channel, 9)
    write(sinks[5], {7: "by hand"})
    history = RecordingHistory()
    with ExecutionContext(history=history).active():
        [error] = run_all(computations, TEN)
    assert error.sink is sinks[5]
    assert type(error.__cause__) is DuplicateInstanceError
    others = sinks[:5] + sinks[6:]
    assert [stored(sink) for sink in others] == [seconds(1, 10)] * 8
    assert [calculated(sink) for sink in others] == [[(0, 10)]] * 8
    assert (stored(sinks[5]), calculated(sinks[5])) == ([(7, "by hand")], [])
    assert sorted(record.outcome[:6] for record in history.records) == ["comple"] * 8 + ["failed"]
    assert not any(map(held, sinks))


def test_a_failing_call_does_not_take_along_what_waits(channel):
    """Neither what others gave, nor what it gave itself for an earlier piece of time."""
    tools, sinks, computations = made(channel, 9)
    mark(sinks[5], over(4, 6))
    tools[5].failing_at = 8
    [error] = run_all(computations, TEN)
    assert error.interval == over(6, 10)
    assert (stored(sinks[5]), calculated(sinks[5])) == (seconds(1, 4), [(0, 6)])
    assert [stored(sink) for sink in sinks[6:]] == [seconds(1, 10)] * 3


def test_a_database_that_does_not_answer_leaves_claims_that_are_over(channel, monkeypatch):
    """Nobody knows what is stored: nothing is marked, and whoever computes next clears it."""
    tools, sinks, computations = made(channel, 9)
    original = channel.write_batches

    def write_some(parts):
        if len(parts) == 1:
            return original(parts)
        monkeypatch.setattr(channel, "write_batches", original)
        original(parts[:4])
        raise DatabaseConnectionError("nobody answers")

    monkeypatch.setattr(channel, "write_batches", write_some)
    errors = run_all(computations, TEN)
    assert [error.sink for error in errors] == sinks[1:]
    assert [calculated(sink) for sink in sinks] == [[(0, 10)], *[[]] * 8]
    write(sinks[2], {5.5: "of a dead attempt"})
    assert run_all(computations, TEN) == []
    assert [stored(sink) for sink in sinks] == [seconds(1, 10)] * 9
    assert [len(tool.asked) for tool in tools] == [1] + [2] * 8


def test_an_interruption_loses_nothing_that_is_computed(channel):
    """What the calls before have given is stored and marked."""
    tools, sinks, computations = made(channel, 9)

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    tools[6]._execute = interrupt
    with pytest.raises(KeyboardInterrupt):
        run_all(computations, TEN)
    assert [calculated(sink) for sink in sinks] == [[(0, 10)]] * 6 + [[]] * 3
    assert [stored(sink) for sink in sinks] == [seconds(1, 10)] * 6 + [[]] * 3
    assert not any(map(held, sinks))


def test_what_is_somebody_elses_by_now_is_not_stored(channel, writes, monkeypatch):
    """A call whose claim is lost while its results wait is left out, and looked at again."""
    tools, sinks, computations = made(channel, 9)
    execute = tools[8]._execute

    def rob(**arguments):
        yield from execute(**arguments)
        channel.ledger._entries[sinks[3].address.key].claims.clear()
        monkeypatch.setattr(lease, "_RENEW_EVERY", 0.0)

    tools[8]._execute = rob
    history = RecordingHistory()
    with ExecutionContext(history=history).active():
        assert run_all(computations, TEN) == []
    assert writes[:3] == [1, 1, 6]  # the first, the ninth, and those in between
    assert [each.sinks for each in history.records if each.outcome == "superseded"] == [
        (sinks[3].address,)
    ]
    assert [len(tool.asked) for tool in tools] == [1, 1, 1, 2, 1, 1, 1, 1, 1]
    assert [stored(sink) for sink in sinks] == [seconds(1, 10)] * 9
    assert [calculated(sink) for sink in sinks] == [[(0, 10)]] * 9


def test_round_trips_do_not_grow_with_the_calls(mongo_config):
    """Storing, too, asks the database as often for many calls as for few."""
    trips = []
    client = Client(mongo_config)
    database = DatabaseChannel("mongo", MongoStorage(client))
    original = client.run

    def run(operation):
        trips[-1] += 1
        return original(operation)

    client.run = run
    for count in (9, 72):
        trips.append(0)
        ids = [StreamId(f"z{count}", {"n": n}) for n in range(count)]
        sinks = database.get_or_create_streams(ids)
        trips[-1] = 0
        assert run_all([Computation(Seconds().bind([], sink)) for sink in sinks], TEN) == []
        trips.append(0)
        assert [stored(sink) for sink in sinks] == [seconds(1, 10)] * count
    client.disconnect()
    assert trips[2] - trips[0] < 20
