"""Ctrl-C, wherever it comes: what is marked is right, and nothing else is left unnoticed."""

from __future__ import annotations

from itertools import count

import pytest

from hyperstream.channels import DatabaseChannel, MemoryChannel
from hyperstream.client import Client
from hyperstream.execution import Computation, ExecutionContext, runner
from hyperstream.execution.computation import run_all
from hyperstream.storage.mongo import MongoStorage
from hyperstream.stream import StreamId
from hyperstream.testing.conformance.base import stored
from hyperstream.testing.times import over
from hyperstream.time_interval import TimeIntervals
from tests.execution.parts import Seconds, calculated, seconds
from tests.interrupts import Interrupt

pytestmark = pytest.mark.usefixtures("unhurried")

TEN = over(0, 10)
WHOLE = TimeIntervals([TEN])
# Batches of this size: what some calls give is stored together, or what each one gives in parts.
SIZES = [1000, 4]
# A prime number, so that many different lines of each loop are among those tried.
STEP = 23


def made(channel, name="z", streams=4):
    """Return new streams, and their computations."""
    sinks = [channel.create_stream(StreamId(name, {"n": n})) for n in range(streams)]
    return sinks, [Computation(Seconds().bind([], sink)) for sink in sinks]


def assert_nothing_goes_unnoticed(sink):
    """What is marked is all there; what is there without a mark is to be cleared."""
    if calculated(sink) == [(0, 10)]:
        assert stored(sink) == seconds(1, 10)
        return
    assert calculated(sink) == []
    grant = sink.channel.ledger.claim({sink.address: WHOLE}, "me")[sink.address]
    sink.channel.ledger.abandon({sink.address: grant.leftovers}, "me")
    sink.channel.ledger.release([sink.address], "me")
    assert grant.busy.is_empty
    assert grant.leftovers == WHOLE or not stored(sink)


@pytest.mark.parametrize("size", SIZES)
def test_it_may_come_before_any_line(monkeypatch, size):
    """No claim stays, nothing is marked that is not there, and nothing is there unnoticed."""
    channel = MemoryChannel("memory")
    monkeypatch.setattr(channel, "writes_together", True)
    with ExecutionContext(batch_size=size).active():
        for line in count(1, STEP):
            sinks, computations = made(channel, f"z{line}")
            with Interrupt(line) as interrupt:
                run_all(computations, TEN)
            for sink in sinks:
                assert_nothing_goes_unnoticed(sink)
            if interrupt.lines < line:
                break
    assert line > 2000
    assert [calculated(sink) for sink in sinks] == [[(0, 10)]] * 4


@pytest.fixture
def database(mongo_config):
    """Give a channel in a database."""
    client = Client(mongo_config)
    yield DatabaseChannel("mongo", MongoStorage(client))
    client.disconnect()


@pytest.fixture
def unheard(database, monkeypatch):
    """Let Ctrl-C come when data are stored, and the channel has not answered yet."""
    write = database.write_batches

    def write_batches(parts):
        monkeypatch.setattr(database, "write_batches", write)
        write(parts)
        raise KeyboardInterrupt

    monkeypatch.setattr(database, "write_batches", write_batches)


@pytest.mark.usefixtures("unheard")
def test_what_several_have_computed_is_stored_again(database):
    """What they have given is complete, although nobody knew whether it had been stored."""
    sinks, computations = made(database)
    with pytest.raises(KeyboardInterrupt):
        runner.Round([each.call for each in computations]).run(WHOLE)
    for sink in sinks:
        assert calculated(sink) == [(0, 10)]
        assert stored(sink) == seconds(1, 10)


@pytest.mark.usefixtures("unheard")
def test_what_may_have_been_stored_in_the_middle_of_a_call_is_cleared(database):
    """Of a call that was not at its end, nothing is marked, and the next one begins anew."""
    [sink], [one] = made(database, streams=1)
    with ExecutionContext(batch_size=4).active(), pytest.raises(KeyboardInterrupt):
        one.run(TEN)
    assert stored(sink)
    assert_nothing_goes_unnoticed(sink)
    one.run(TEN)
    assert stored(sink) == seconds(1, 10)
