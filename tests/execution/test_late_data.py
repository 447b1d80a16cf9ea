"""Data that arrive late, or are corrected, make void what was computed from them."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream.channels import DatabaseChannel, MemoryChannel
from hyperstream.client import Client
from hyperstream.execution import Computation, runner
from hyperstream.storage.mongo import MongoStorage
from hyperstream.stream import StreamId
from hyperstream.stream.late import invalidate_dependents
from hyperstream.testing.conformance.base import stored, write
from hyperstream.testing.times import over
from hyperstream.time_interval import TimeIntervals
from hyperstream.tool import Tool
from tests.execution.parts import (
    Doubled,
    RunningTotal,
    Seconds,
    Split,
    WindowSum,
    batch,
    calculated,
)

WHOLE, NOTHING = TimeIntervals([over(0, 40)]), TimeIntervals()


@pytest.fixture
def channel(request):
    """A channel in memory, or in a database where a test asks for that."""
    if getattr(request, "param", "memory") == "memory":
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


def test_a_pointwise_reader_is_void_at_that_moment(source, sink):
    """A tool that declares to need the interval itself is computed anew at the late moment only."""
    Doubled().execute(sources=[source], sink=sink, interval=over(0, 40))
    write(source, {25: 100})
    assert calculated(sink) == [(0, 24.999), (25, 40)]
    Doubled().execute(sources=[source], sink=sink, interval=over(0, 40))
    assert dict(stored(sink)) == {10: 2, 20: 4, 25: 200, 30: 6}


def test_a_window_is_void_where_it_holds_the_moment(source, sink):
    """A tool that declares a window is computed anew where the window holds the late moment."""
    WindowSum(5).execute(sources=[source], sink=sink, interval=over(0, 40))
    write(source, {25: 100})
    assert calculated(sink) == [(0, 24.999), (30, 40)]
    WindowSum(5).execute(sources=[source], sink=sink, interval=over(0, 40))
    assert dict(stored(sink))[29] == 100
    assert dict(stored(sink))[30] == 3


@pytest.mark.parametrize("purged", [None, over(20, 30)])
def test_late_data_pass_through_what_was_purged(channel, source, sink, purged):
    """Its readers still have what they read, which is not right any more."""
    middle = channel.create_stream("middle")
    Doubled().execute(sources=[source], sink=middle, interval=over(0, 40))
    Doubled().execute(sources=[middle], sink=sink, interval=over(0, 40))
    middle.purge(purged)
    assert calculated(sink) == [(0, 40)]
    write(source, {25: 100})
    assert calculated(sink) == [(0, 24.999), (25, 40)]
    Doubled().execute(sources=[middle], sink=sink, interval=over(0, 40))
    assert dict(stored(sink)) == {10: 4, 20: 8, 25: 400, 30: 12}


def test_an_undeclared_reader_is_void_from_there_on(source, sink):
    """A tool that declares nothing is computed anew from the late moment on."""
    RunningTotal().execute(sources=[source], sink=sink, interval=over(0, 40))
    write(source, {15: 100})
    assert calculated(sink) == [(0, 14.999)]
    RunningTotal().execute(sources=[source], sink=sink, interval=over(0, 40))
    assert dict(stored(sink)) == {10: 1, 15: 101, 20: 103, 30: 106}


@pytest.mark.parametrize("kind", ["memory", "mongo"])
def test_who_died_while_telling_the_readers_is_made_up_for(kind, channel, request):
    """Where some readers are void already, the same data, when they come again, reach the rest."""
    if kind == "mongo":
        storage = MongoStorage(Client(request.getfixturevalue("mongo_config")))
        channel = DatabaseChannel("mongo", storage)
        request.addfinalizer(storage.client.disconnect)
    names = ["source", "first", "second", "third"]
    source, *others = map(channel.get_or_create_stream, names)
    write(source, {10: 1, 20: 2})
    for read, sink in itertools.pairwise([source, *others]):
        Doubled().execute(sources=[read], sink=sink, interval=over(0, 40))
    late = TimeIntervals([over(24, 25)])
    # Somebody has written at 25, and died after the first reader.
    source.channel.write_batches([(source, batch({25: 100}))])
    channel.ledger.expire({others[0].address: late})
    invalidate_dependents(channel.ledger, source.address, late)
    assert [calculated(each) for each in others] == [[(0, 24), (25, 40)]] * 3
    # So it is where another one is computing the first reader already.
    channel.ledger.mark(others[1].address, late)
    channel.ledger.claim({others[0].address: late}, "somebody")
    invalidate_dependents(channel.ledger, source.address, late)
    assert calculated(others[1]) == [(0, 24), (25, 40)]


def test_what_is_not_calculated_is_not_void(source, sink):
    """Data that arrive where no reader is calculated change nothing."""
    Doubled().execute(sources=[source], sink=sink, interval=over(0, 20))
    write(source, {25: 100})
    assert calculated(sink) == [(0, 20)]


def test_the_same_again_makes_nothing_void(source, sink):
    """Writing what is there already does not make readers void."""
    Doubled().execute(sources=[source], sink=sink, interval=over(0, 40))
    write(source, {10: 1, 20: 2})
    assert calculated(sink) == [(0, 40)]


def test_a_refused_write_makes_nothing_void(source, sink):
    """A list that is refused does not make readers void."""
    Doubled().execute(sources=[source], sink=sink, interval=over(0, 40))
    with pytest.raises(KeyError):
        write(source, {15: 5, 20: "other"})
    assert calculated(sink) == [(0, 40)]


def test_what_is_merged_makes_readers_void(channel, sink):
    """A dict that is completed by another one is new to the readers."""

    class Copied(Doubled):
        def _execute(self, sources, alignment_stream, interval):
            yield from sources[0].window(interval, force_calculation=True)

    source = channel.create_stream("dicts")
    write(source, {10: {"a": 1}})
    Copied().execute(sources=[source], sink=sink, interval=over(0, 20))
    write(source, {10: {"b": 2}})
    Copied().execute(sources=[source], sink=sink, interval=over(0, 20))
    assert stored(sink) == [(10, {"a": 1, "b": 2})]


def test_a_chain_is_computed_anew(channel, source, sink):
    """Readers of readers are void where they were computed from what is void."""
    middle = channel.create_stream("middle")
    Doubled().execute(sources=[source], sink=middle, interval=over(0, 100))
    WindowSum(5).execute(sources=[middle], sink=sink, interval=over(5, 100))
    write(source, {25: 100})
    assert calculated(middle) == [(0, 24.999), (25, 100)]
    assert calculated(sink) == [(5, 24.999), (30, 100)]
    WindowSum(5).execute(sources=[middle], sink=sink, interval=over(5, 100))
    assert (calculated(middle), calculated(sink)) == ([(0, 100)], [(5, 100)])
    assert dict(stored(sink))[29] == 200


def test_all_readers_are_computed_anew(channel, source):
    """Every reader of a stream, in whatever channel and sandbox, is void."""
    sinks = [
        channel.create_stream("one"),
        channel.create_stream("one", sandbox="mine"),
        MemoryChannel("other").create_stream("two"),
    ]
    for sink in sinks:
        Doubled().execute(sources=[source], sink=sink, interval=over(0, 40))
    write(source, {25: 100})
    assert [calculated(sink) for sink in sinks] == [[(0, 24.999), (25, 40)]] * 3


def test_all_sinks_of_a_call_are_computed_anew(channel, source):
    """Where a tool has several sinks, late data make all of them void."""
    sinks = [channel.create_stream(StreamId("parts", {"part": each})) for each in "01"]
    Split().execute(source, None, sinks, over(0, 40), "part", ["0", "1"])
    write(source, {25: 101})
    Split().execute(source, None, sinks, over(0, 40), "part", ["0", "1"])
    assert [dict(stored(sink)) for sink in sinks] == [{20: 2}, {10: 1, 25: 101, 30: 3}]


def test_an_alignment_stream_is_a_source_too(channel, source, sink):
    """Late data in the alignment stream make void what was aligned to it."""

    class Aligned(Tool):
        def _execute(self, sources, alignment_stream, interval):
            yield from alignment_stream.window(interval, force_calculation=True)

    Aligned().execute(sources=[], sink=sink, interval=over(0, 40), alignment_stream=source)
    write(source, {25: 100})
    assert calculated(sink) == [(0, 24.999)]


def test_invalidating_a_source_reaches_its_readers(source, sink):
    """`invalidate` on a stream written by hand keeps its data and makes its readers void."""
    Doubled().execute(sources=[source], sink=sink, interval=over(0, 40))
    source.invalidate(over(15, 35))
    assert calculated(sink) == [(0, 15), (35, 40)]
    assert len(stored(source)) == 3


def test_what_is_invalid_is_computed_when_it_is_read(channel, source, sink):
    """A computed source that was invalidated is computed again when its reader is."""
    tool = Seconds()
    computed = channel.create_stream("computed")
    tool.execute(sources=[], sink=computed, interval=over(0, 40))
    Doubled().execute(sources=[computed], sink=sink, interval=over(0, 40))
    computed.invalidate(over(10, 20))
    tool.asked.clear()
    assert len(sink.window(over(0, 40), force_calculation=True).items()) == 40
    assert tool.asked == [over(10, 20)]


def test_computing_makes_nothing_void(channel, source, sink):
    """Computing more of a source does not make void what was computed from other parts."""
    computed = channel.create_stream("computed")
    tool = Seconds()
    tool.execute(sources=[], sink=computed, interval=over(20, 40))
    RunningTotal().execute(sources=[source], sink=sink, interval=over(20, 40))
    tool.execute(sources=[], sink=computed, interval=over(0, 50))
    assert calculated(sink) == [(20, 40)]


def test_a_source_made_anew_is_still_read(channel, source, sink):
    """Late data are noticed also in a source that was removed and made again."""
    Doubled().execute(sources=[source], sink=sink, interval=over(0, 20))
    channel.purge_stream("source", remove_definition=True)
    source = channel.create_stream("source")
    Doubled().execute(sources=[source], sink=sink, interval=over(20, 40))
    write(source, {25: 100})
    assert calculated(sink) == [(0, 24.999), (25, 40)]


@pytest.mark.parametrize("readers_first", [False, True])
def test_what_a_former_process_had_in_memory_was_read(readers_first):
    """Late data reach kept results through streams in memory that are empty in this process."""
    kept = MemoryChannel("kept")  # as a database, by a ledger of its own
    source, result = kept.create_stream("source"), kept.create_stream("result")
    write(source, {10: 1, 20: 2, 30: 3})
    for _ in ("a former process", "this process"):
        memory = MemoryChannel("memory")
        one, two = memory.create_stream("one"), memory.create_stream("two")
        steps = [
            Computation(Doubled().bind([source], one)),
            Computation(WindowSum(5).bind([one], two)),
            Computation(Doubled().bind([two], result)),
        ]
        for step in reversed(steps) if readers_first else steps:
            step.attach()
        steps[-1].run(over(0, 40))
    assert calculated(two) == []
    write(source, {45: 100})
    assert calculated(result) == [(0, 40)]
    write(source, {25: 100})
    assert calculated(result) == [(0, 24.999), (30, 40)]
    steps[-1].run(over(0, 40))
    assert dict(stored(result))[27] == 400


class Disturbed(Doubled):
    """Late data arrive while it computes for the first time, after it has read its source."""

    def _execute(self, sources, alignment_stream, interval):
        found = list(super()._execute(sources, alignment_stream, interval))
        if len(found) == 3:
            write(sources[0], {15: 100})
        yield from found


def test_what_arrives_while_a_reader_is_computed_is_not_lost(source, sink):
    """The reader begins again where the late data lie."""
    Disturbed().execute(sources=[source], sink=sink, interval=over(0, 40))
    assert stored(sink) == [(10, 2), (15, 200), (20, 4), (30, 6)]
    assert calculated(sink) == [(0, 40)]


@pytest.mark.parametrize("channel", ["memory", "mongo"], indirect=True)
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


@pytest.mark.parametrize("channel", ["memory", "mongo"], indirect=True)
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


@given(
    early=st.dictionaries(st.integers(0, 30), st.integers(0, 9), max_size=8),
    late=st.dictionaries(st.integers(0, 30), st.integers(0, 9), max_size=5),
)
@pytest.mark.parametrize("make_tool", [Doubled, lambda: WindowSum(4), RunningTotal])
def test_late_data_give_what_early_data_give(make_tool, early, late):
    """Computing, then writing the rest, then computing gives what all data at once give."""
    channel = MemoryChannel("memory")
    late = {second: value for second, value in late.items() if second not in early}
    results = []
    for name, parts in (("at once", [{**early, **late}]), ("in parts", [early, late])):
        source, sink = channel.create_stream(f"source {name}"), channel.create_stream(name)
        for part in parts:
            write(source, part)
            make_tool().execute(sources=[source], sink=sink, interval=over(0, 30))
        results.append(stored(sink))
    assert results[0] == results[1]


def test_late_data_reach_the_readers_of_other_processes(mongo_config):
    """In MongoDB, late data make void also what others, with connections of their own, computed."""
    clients = [Client(mongo_config) for _ in range(2)]
    try:
        mine, theirs = (DatabaseChannel("mongo", MongoStorage(client)) for client in clients)
        write(theirs.create_stream("source"), {10: 1, 20: 2})
        arguments = {"sources": [theirs["source"]], "sink": theirs.create_stream("sink")}
        Doubled().execute(**arguments, interval=over(0, 40))
        write(mine["source"], {25: 100})
        assert calculated(mine["sink"]) == [(0, 24.999), (25, 40)]
        Doubled().execute(**arguments, interval=over(0, 40))
        assert stored(mine["sink"]) == [(10, 2), (20, 4), (25, 200)]
    finally:
        for client in clients:
            client.disconnect()
