"""What many calls are about to read is read at once."""

from __future__ import annotations

import pytest

from hyperstream.channels import DatabaseChannel
from hyperstream.client import Client
from hyperstream.execution import Computation, foresight
from hyperstream.execution.computation import run_all
from hyperstream.execution.progress import Progress
from hyperstream.storage.mongo import MongoStorage, reading
from hyperstream.stream import StreamId
from hyperstream.testing.conformance.base import stored, write
from hyperstream.testing.times import at, over
from tests.execution.parts import Doubled, Pick, Seconds, WindowSum, calculated

TEN = over(0, 10)


class Watched(DatabaseChannel):
    """Counts what is read of single streams, and keeps what was read of several."""

    def __init__(self, storage):
        super().__init__("mongo", storage)
        self.single, self.together = 0, []

    def batches(self, stream, interval, size):
        """Count it."""
        self.single += 1
        return super().batches(stream, interval, size)

    def read_together(self, streams, interval, limit):
        """Keep it."""
        found = super().read_together(streams, interval, limit)
        self.together.append({stream: batch.value_list() for stream, batch in found.items()})
        return found


@pytest.fixture
def channel(mongo_config):
    """Give a channel whose server finds a list of streams by its index, as it is assumed."""
    storage = MongoStorage(Client(mongo_config))
    storage.instances.reads_together = True
    yield Watched(storage)
    storage.client.disconnect()


def plate(channel, name, count=5):
    """Return so many streams of a name."""
    return channel.get_or_create_streams([StreamId(name, {"n": n}) for n in range(count)])


@pytest.fixture
def sources(channel):
    """Give streams that somebody has written, one of them empty."""
    streams = plate(channel, "source")
    for number, stream in enumerate(streams):
        write(stream, {second: number * second for second in range(-4, 8) if number})
    return streams


def run(computations, interval=TEN):
    """Compute as a workflow does."""
    with Progress().active():
        assert run_all(computations, interval) == []


def test_the_sources_of_many_calls_are_read_at_once(channel, sources):
    """Each gets what is its own, just what it asks for, and nothing is read twice."""
    sinks = plate(channel, "sink")
    run([Computation(WindowSum(3).bind([a], b)) for a, b in zip(sources, sinks, strict=True)])
    assert channel.together == [
        {stream: [n * second for second in range(-2, 8) if n] for n, stream in enumerate(sources)}
    ]
    assert channel.single == 0
    for number, sink in enumerate(sinks):
        known = {second: number * second for second in range(-2, 8)}
        expected = [(s, sum(known.get(s - back, 0) for back in range(3))) for s in range(1, 11)]
        assert stored(sink) == expected


def test_the_sources_of_one_call_are_read_at_once(channel, sources):
    """As a selector or an aggregate reads many."""
    sinks = plate(channel, "sink")
    run([Computation(Pick().bind(sources, sinks))])
    assert channel.single == 0
    assert [stored(sink) for sink in sinks] == [
        [(second, n * second) for second in range(1, 8) if n] for n in range(5)
    ]


def test_what_is_too_much_is_read_bit_by_bit(channel, sources, monkeypatch):
    """Only as much as fits is read ahead; the rest as if there were no foresight."""
    monkeypatch.setattr(foresight, "_ROWS", 16)
    monkeypatch.setattr(foresight, "_CALLS", 3)
    sinks = plate(channel, "sink")
    run([Computation(Doubled().bind([a], b)) for a, b in zip(sources, sinks, strict=True)])
    # Seven instances each: of the first three streams all, then two that fit.
    assert [list(found) for found in channel.together] == [sources[:3], sources[3:]]
    channel.together.clear()
    monkeypatch.setattr(foresight, "_ROWS", 8)
    run([Computation(Doubled().bind([a], b)) for a, b in zip(sources, sinks, strict=True)])
    assert channel.together == []
    others = plate(channel, "other")
    run([Computation(Doubled().bind([a], b)) for a, b in zip(sources, others, strict=True)])
    assert [list(found) for found in channel.together] == [[sources[1]]]
    assert [stored(each) for each in others] == [stored(each) for each in sinks]
    assert stored(others[4]) == [(second, 8 * second) for second in range(1, 8)]


def test_what_is_not_computed_yet_is_not_read_ahead(channel):
    """A source that must be computed first is read after that."""
    sources, sinks = plate(channel, "made"), plate(channel, "sink")
    for source in sources:
        Computation(Seconds().bind([], source)).attach()
    run([Computation(Doubled().bind([a], b)) for a, b in zip(sources, sinks, strict=True)])
    assert channel.together == []
    assert [stored(sink) for sink in sinks] == [[(s, 2 * s) for s in range(1, 11)]] * 5


def test_a_source_that_cannot_be_read_is_the_failure_of_one(channel, sources, monkeypatch):
    """The other calls read their own."""
    original = reading.decode_column

    def decode(values):
        if 20 in values:
            raise ValueError("it is of another world")
        return original(values)

    monkeypatch.setattr(reading, "decode_column", decode)
    sinks = plate(channel, "sink")
    calls = [Doubled().bind([a], b) for a, b in zip(sources, sinks, strict=True)]
    with Progress().active():
        (error,) = run_all([Computation(call) for call in calls], TEN)
    assert (error.sink, str(error.__cause__)) == (sinks[4], "it is of another world")
    assert [calculated(sink) for sink in sinks] == [[(0, 10)]] * 4 + [[]]


def test_what_is_computed_is_read_ahead(channel):
    """A source that is complete there stays so for whoever has claimed what follows from it."""
    sources, sinks = plate(channel, "made"), plate(channel, "sink")
    run([Computation(Seconds().bind([], source)) for source in sources])
    run([Computation(Doubled().bind([a], b)) for a, b in zip(sources, sinks, strict=True)])
    assert [list(found) for found in channel.together] == [sources]
    assert [stored(sink) for sink in sinks] == [[(s, 2 * s) for s in range(1, 11)]] * 5


def test_what_comes_after_it_was_read_is_late_data(channel, sources):
    """It takes the claim away, so that the call begins again and gets it."""

    class Disturbed(Doubled):
        def _execute_batches(self, sources, alignment_stream, interval):
            if disturbances:
                disturbances.pop()()
            yield from super()._execute_batches(sources, alignment_stream, interval)

    disturbances = [lambda: write(sources[4], {9: "late"})]
    sinks = plate(channel, "sink")
    run([Computation(Disturbed().bind([a], b)) for a, b in zip(sources, sinks, strict=True)])
    assert stored(sinks[4])[-1] == (9, "latelate")
    assert calculated(sinks[4]) == [(0, 10)]


def test_a_source_that_is_computed_meanwhile_reads_for_itself(channel, sources):
    """What was read for one call is nothing for another one that it makes necessary."""
    middle, sink = channel.get_or_create_stream("middle"), channel.get_or_create_stream("sink")

    class Late(Doubled):
        def _execute_batches(self, sources, alignment_stream, interval):
            write(source, {9.5: "late"})
            yield from super()._execute_batches(sources, alignment_stream, interval)

    source = sources[4]
    Computation(Doubled().bind([source], middle)).attach()
    tool = Late()
    run([Computation(tool.bind([middle, source, sources[3]], sink))])
    assert (9.5, "latelate") in stored(middle)


def test_outside_of_workflows_nothing_is_read_ahead(channel, sources):
    """A single call of a tool does not know what is calculated."""
    sinks = plate(channel, "sink")
    assert run_all([Computation(Pick().bind(sources, sinks))], TEN) == []
    assert channel.together == []


def test_the_embedded_server_is_not_asked(mongo_config):
    """It would look at everything that the streams have ever held."""
    storage = MongoStorage(Client(mongo_config))
    channel = Watched(storage)
    streams = plate(channel, "source")
    for stream in streams:
        write(stream, {1: 1})
    assert channel.read_together(streams, TEN, 100) == {}
    assert storage.instances.reads_together is False
    storage.client.disconnect()


def test_several_streams_are_read_in_time_order(channel, sources):
    """Each is there as a whole, or not at all."""
    everything = channel.read_together(sources, over(-10, 10), 100)
    assert [
        dict(zip(batch.timestamps.tolist(), batch.value_list(), strict=True))
        for batch in everything.values()
    ] == [
        {int(at(second).timestamp() * 1000): n * second for second in range(-4, 8) if n}
        for n in range(5)
    ]
    assert list(channel.read_together(sources, over(-10, 10), 30)) == [sources[1], sources[2]]
