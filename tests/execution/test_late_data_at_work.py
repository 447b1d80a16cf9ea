"""Late data come while somebody computes from what was there before."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from hyperstream.channels import DatabaseChannel, MemoryChannel
from hyperstream.client import Client
from hyperstream.execution import Computation, runner
from hyperstream.storage.mongo import MongoStorage
from hyperstream.testing.conformance.base import stored, write
from hyperstream.testing.times import over
from hyperstream.time_interval import TimeIntervals
from tests.execution.parts import Doubled, WindowSum, calculated

WHOLE = TimeIntervals([over(0, 40)])
NOTHING = TimeIntervals()


@pytest.fixture(params=["memory", "mongo"])
def channel(request):
    """A channel in memory, and one in a database."""
    if request.param == "memory":
        yield MemoryChannel("memory")
        return
    client = Client(request.getfixturevalue("mongo_config"))
    yield DatabaseChannel("mongo", MongoStorage(client))
    client.disconnect()


@pytest.fixture
def source(channel):
    """A stream with data at 10, 20 and 30."""
    stream = channel.create_stream("source")
    write(stream, {10: 1, 20: 2, 30: 3})
    return stream


@pytest.fixture
def sink(channel):
    """A stream to be computed."""
    return channel.create_stream("sink")


def test_nobody_takes_over_from_somebody_who_may_still_write(source, sink):
    """What is void stays claimed until whoever computes there has noticed, and begun again."""
    has_read, may_go_on = Event(), Event()

    class Slow(Doubled):
        def _execute(self, sources, alignment_stream, interval):
            found = list(super()._execute(sources, alignment_stream, interval))
            has_read.set()
            may_go_on.wait(60)
            yield from found

    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(Slow().execute, sources=[source], sink=sink, interval=over(0, 40))
        has_read.wait(60)
        write(source, {25: 100})
        grant = sink.channel.ledger.claim({sink.address: WHOLE}, "somebody else")[sink.address]
        sink.channel.ledger.release([sink.address], "somebody else")
        may_go_on.set()
        work.result()
    assert grant == (NOTHING, NOTHING, WHOLE)
    assert stored(sink) == [(10, 2), (20, 4), (25, 200), (30, 6)]
    assert calculated(sink) == [(0, 40)]


def test_all_that_cannot_be_marked_is_cleared(source, sink):
    """Also around the late data, where other late data come before it is computed again."""

    class Disturbed(WindowSum):
        def _execute(self, sources, alignment_stream, interval):
            yield from super()._execute(sources, alignment_stream, interval)
            write(sources[0], {25: 100})

    computation = Computation(Disturbed(5).bind([source], sink))
    computation.attach()
    [job] = runner.Round([computation.call]).run(WHOLE)
    assert job.superseded
    assert calculated(sink) == []
    write(source, {12: 7})
    computation.run(over(0, 40))
    values = {10: 1, 12: 7, 20: 2, 25: 100, 30: 3}
    expected = [
        (second, sum(values.get(each, 0) for each in range(second - 4, second + 1)))
        for second in range(1, 41)
    ]
    assert stored(sink) == expected
