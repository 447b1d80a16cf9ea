"""What is computed, when, and from what."""

from __future__ import annotations

import itertools
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream._time import use_clock
from hyperstream.channels import DatabaseChannel, MemoryChannel
from hyperstream.client import Client
from hyperstream.execution import ExecutionContext
from hyperstream.storage.mongo import MongoStorage
from hyperstream.stream import StreamId, StreamInstance
from hyperstream.testing.conformance.base import stored, write
from hyperstream.testing.times import at, over
from hyperstream.time_interval import TimeIntervals
from hyperstream.tool import Tool
from hyperstream.utils.errors import (
    ChangedProducerWarning,
    FutureIntervalWarning,
    NotCalculatedWarning,
)
from tests.execution.parts import (
    Doubled,
    Pick,
    RunningTotal,
    Seconds,
    Split,
    WindowSum,
    calculated,
    mark,
    seconds,
)

_cuts = st.sets(st.integers(1, 39), max_size=6).map(lambda cuts: [0, *sorted(cuts), 40])
_random_values = st.dictionaries(st.integers(-20, 40), st.integers(-5, 5))


@pytest.fixture
def channel():
    """A memory channel."""
    return MemoryChannel("memory")


@pytest.fixture
def source(channel):
    """A stream to be read."""
    return channel.create_stream("source")


@pytest.fixture
def sink(channel):
    """A stream to be computed."""
    return channel.create_stream("sink")


def test_it_is_computed_once(sink):
    """A second request for what is calculated calls no tool."""
    tool = Seconds()
    for interval in (over(0, 10), over(0, 10), over(2, 5)):
        tool.execute(sources=[], sink=sink, interval=interval)
    assert tool.asked == [over(0, 10)]


def test_nothing_can_be_the_result(sink):
    """An interval for which the tool gives nothing is calculated all the same."""
    tool = Seconds()
    for _ in range(2):
        tool.execute(sources=[], sink=sink, interval=over(0.1, 0.9))
    assert len(tool.asked) == 1
    assert calculated(sink) == [(0.1, 0.9)]
    assert stored(sink) == []


@pytest.mark.parametrize("make_tool", [Doubled, RunningTotal, lambda: WindowSum(7)])
@given(values=_random_values, cuts=_cuts)
def test_any_cuts_give_the_same(make_tool, values, cuts):
    """Computing in pieces gives exactly what computing at once gives."""
    channel = MemoryChannel("memory")
    source, whole, parts = (channel.create_stream(name) for name in ("source", "whole", "parts"))
    write(source, values)
    make_tool().execute(sources=[source], sink=whole, interval=over(0, 40))
    pieces = [over(*pair) for pair in itertools.pairwise(cuts)]
    for piece in pieces[::2] + pieces[1::2]:
        make_tool().execute(sources=[source], sink=parts, interval=piece)
    assert stored(parts) == stored(whole)
    assert calculated(parts) == calculated(whole) == [(0, 40)]


def test_the_sizes_of_batches_do_not_matter(channel):
    """Any batch size gives the same result."""
    results = []
    for size in (1, 7, 1000):
        sink = channel.create_stream(f"by {size}")
        with ExecutionContext(batch_size=size).active():
            Seconds().execute(sources=[], sink=sink, interval=over(0, 100))
        results.append(stored(sink))
    assert results == [seconds(1, 100)] * 3


def test_batches_have_the_size_asked_for(sink, monkeypatch):
    """What is computed is written in batches of about the size that the context says."""
    sizes = []
    original = sink.channel.write_batches

    def write_batches(parts):
        sizes.extend(len(batch) for _, batch in parts)
        return original(parts)

    monkeypatch.setattr(sink.channel, "write_batches", write_batches)
    with ExecutionContext(batch_size=100).active():
        Seconds().execute(sources=[], sink=sink, interval=over(0, 5000))
    assert sum(sizes) == 5000
    assert len(sizes) > 1
    assert all(size >= 100 for size in sizes[:-1])


def test_a_chain_is_computed_on_request(channel, source, sink):
    """Asking for the end of a chain computes what is missing of each link, and no more."""
    tool = Seconds()
    middle = channel.create_stream("middle")
    tool.execute(sources=[], sink=source, interval=over(50, 60))
    WindowSum(3).execute(sources=[source], sink=middle, interval=over(50, 60))
    tool.asked.clear()
    Doubled().execute(sources=[middle], sink=sink, interval=over(20, 25))
    assert stored(sink) == [(s, 2 * (3 * s - 3)) for s in range(21, 26)]
    assert calculated(middle) == [(20, 25), (50, 60)]
    assert tool.asked == [over(17, 20), over(20, 25)] or tool.asked == [over(17, 25)]
    assert calculated(source) == [(17, 25), (47, 60)]


def test_a_view_computes_what_is_read(source, sink):
    """A forced view on a computed stream computes when it is read, once."""
    tool = Seconds()
    tool.execute(sources=[], sink=source, interval=over(0, 1))
    view = source.window(over(0, 5), force_calculation=True)
    assert tool.asked == [over(0, 1)]
    assert view.values() == view.values() == [1, 2, 3, 4, 5]
    assert tool.asked == [over(0, 1), over(1, 5)]


def test_a_channel_computes_a_stream(source):
    """`execute_tool` computes a stream with the tool that it was computed with last."""
    Seconds().execute(sources=[], sink=source, interval=over(0, 1))
    source.channel.execute_tool(source, over(0, 5))
    assert stored(source) == seconds(1, 5)


def test_what_is_read_without_force_is_not_computed(source, sink):
    """A view that is not forced gives what is there, with a warning."""
    Seconds().execute(sources=[], sink=source, interval=over(0, 2))
    with pytest.warns(NotCalculatedWarning, match="source"):
        assert source.window(over(0, 5)).values() == [1, 2]


def test_a_stream_may_read_itself(source, sink):
    """A tool that reads its own sink gets what is there, and does not wait for itself."""

    class Counter(Tool):
        def _execute(self, sources, alignment_stream, interval):
            last = sources[0].window((at(-100), interval.start), force_calculation=True).last()
            yield StreamInstance(interval.end, 1 if last is None else last.value + 1)

    for end in (10, 20, 30):
        Counter().execute(sources=[sink], sink=sink, interval=over(end - 10, end))
    assert stored(sink) == [(10, 1), (20, 2), (30, 3)]
    sink.invalidate(over(10, 20))
    assert calculated(sink) == [(0, 10)]


def test_only_the_past_is_computed(sink):
    """What lies after now is not computed or marked, warned of once, and computed later."""
    tool = Seconds()
    with use_clock(at(10)):
        with pytest.warns(FutureIntervalWarning) as caught:
            tool.execute(sources=[], sink=sink, interval=over(0, 20))
        assert len(caught) == 1
        assert calculated(sink) == [(0, 10)]
        with pytest.warns(FutureIntervalWarning):
            tool.execute(sources=[], sink=sink, interval=over(15, 20))
    with use_clock(at(20)):
        tool.execute(sources=[], sink=sink, interval=over(0, 20))
    assert tool.asked == [over(0, 10), over(10, 20)]
    assert stored(sink) == seconds(1, 20)


def test_a_chain_warns_of_the_future_once(channel, source, sink):
    """The streams that a tool reads are asked for the past only."""
    Seconds().execute(sources=[], sink=source, interval=over(0, 1))
    with use_clock(at(10)), pytest.warns(FutureIntervalWarning) as caught:
        Doubled().execute(sources=[source], sink=sink, interval=over(0, 20))
    assert len(caught) == 1


def plate(channel, name, count, tag="part"):
    """Streams of one name, one for each value of a tag."""
    return [channel.create_stream(StreamId(name, {tag: str(each)})) for each in range(count)]


def test_splitting_computes_all_sinks_at_once(channel, source):
    """A tool with several sinks is called once for all of them."""
    write(source, {second: second for second in range(1, 10)})
    sinks = plate(channel, "parts", 3)
    Split().execute(
        source=source,
        splitting_stream=None,
        sinks=sinks,
        interval=over(0, 9),
        meta_data_id="part",
        output_plate_values=["0", "1", "2"],
    )
    assert [[value for _, value in stored(sink)] for sink in sinks] == [
        [3, 6, 9],
        [1, 4, 7],
        [2, 5, 8],
    ]
    assert [calculated(sink) for sink in sinks] == [[(0, 9)]] * 3


def test_split_streams_compute_themselves(channel, source):
    """A forced view on one of several sinks computes that one, and the others with it."""
    write(source, {second: second for second in range(1, 10)})
    sinks = plate(channel, "parts", 2)
    Split().execute(source, None, sinks, over(0, 4), "part", ["0", "1"])
    assert sinks[1].window(over(0, 9), force_calculation=True).values() == [1, 3, 5, 7, 9]
    assert calculated(sinks[0]) == [(0, 9)]


@pytest.mark.parametrize("kind", ["splitting", "selecting"])
def test_sinks_are_completed_where_they_miss_something(channel, kind):
    """Sinks that are calculated to different extents are completed, each where it misses."""
    values = {second: second for second in range(1, 41)}
    sinks = plate(channel, "parts", 3)
    if kind == "splitting":
        source = channel.create_stream("source")
        write(source, values)

        def execute():
            Split().execute(source, None, sinks, over(0, 40), "part", ["0", "1", "2"])

        expected = [[v for v in values if v % 3 == part] for part in range(3)]
    else:
        sources = plate(channel, "sources", 3)
        for each in sources:
            write(each, values)

        def execute():
            Pick().execute(sources=sources, sinks=sinks, interval=over(0, 40))

        expected = [list(values)] * 3
    done = [[over(0, 10)], [over(5, 20), over(30, 40)], []]
    for sink, intervals, wanted in zip(sinks, done, expected, strict=True):
        mark(sink, *intervals)
        inside = TimeIntervals(intervals)
        write(sink, {value: value for value in wanted if at(value) in inside})
    execute()
    assert [[value for _, value in stored(sink)] for sink in sinks] == expected
    assert [calculated(sink) for sink in sinks] == [[(0, 40)]] * 3


def test_what_a_sink_has_is_not_written_again(channel):
    """Where one sink misses something, the others stay as they are."""
    sources, sinks = plate(channel, "sources", 2), plate(channel, "sinks", 2)
    for each in sources:
        write(each, {5: "new"})
    write(sinks[0], {5: "corrected by hand"})
    mark(sinks[0], over(0, 10))
    Pick().execute(sources=sources, sinks=sinks, interval=over(0, 10))
    assert [stored(sink) for sink in sinks] == [[(5, "corrected by hand")], [(5, "new")]]


def test_the_sinks_of_a_call_may_live_in_different_channels(channel):
    """The sinks of one call may be in several channels."""
    other = MemoryChannel("other")
    sources = plate(channel, "sources", 2)
    for each in sources:
        write(each, {5: "x"})
    ids = [each.stream_id for each in sources]
    sinks = [other.create_stream(ids[0]), MemoryChannel("third").create_stream(ids[1])]
    Pick().execute(sources=sources, sinks=sinks, interval=over(0, 10))
    assert [stored(sink) for sink in sinks] == [[(5, "x")]] * 2
    assert [calculated(sink) for sink in sinks] == [[(0, 10)]] * 2


def test_no_sinks_are_no_work(channel, source):
    """A call without sinks does nothing."""
    tool = Pick()
    tool.execute(sources=[source], sinks=[], interval=over(0, 10))
    assert tool.asked == []


def test_a_stream_knows_its_tool(source, sink):
    """After an execution the sink knows who computes it."""
    tool = Doubled()
    tool.execute(sources=[source], sink=sink, interval=over(0, 1))
    assert sink.tool is tool


class Scaled(Tool):
    """Multiplies by a factor."""

    def __init__(self, factor):
        super().__init__(factor=factor)

    def _execute(self, sources, alignment_stream, interval):
        for timestamp, value in sources[0].window(interval, force_calculation=True):
            yield StreamInstance(timestamp, value * self.factor)


def test_another_producer_is_warned_of(source, sink):
    """Computing a stream otherwise than before is warned of once; what is calculated stays."""
    write(source, {1: 1, 5: 5})
    Scaled(2).execute(sources=[source], sink=sink, interval=over(0, 3))
    with pytest.warns(ChangedProducerWarning, match=r"memory:sink.*factor=2.*factor=3.*recompute"):
        Scaled(3).execute(sources=[source], sink=sink, interval=over(0, 6))
    assert stored(sink) == [(1, 2), (5, 15)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Scaled(3).execute(sources=[source], sink=sink, interval=over(0, 9))


def test_other_sources_are_another_producer(channel, source, sink):
    """A tool that reads other streams than before is another producer."""
    Doubled().execute(sources=[source], sink=sink, interval=over(0, 3))
    with pytest.warns(ChangedProducerWarning, match="source.*other"):
        Doubled().execute(sources=[channel.create_stream("other")], sink=sink, interval=over(0, 3))


def test_the_same_producer_is_not_warned_of(source, sink):
    """An equal tool, also with a new object, is the same producer."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for end in (3, 6):
            Scaled(2).execute(sources=[source], sink=sink, interval=over(0, end))


def test_another_tool_takes_over(source, sink):
    """After another tool has computed it, a stream computes itself with that one."""
    write(source, {1: 1, 5: 5})
    Scaled(2).execute(sources=[source], sink=sink, interval=over(0, 3))
    with pytest.warns(ChangedProducerWarning):
        Scaled(3).execute(sources=[source], sink=sink, interval=over(0, 3))
    assert sink.window(over(0, 9), force_calculation=True).values() == [2, 15]


def test_every_interval_costs_the_same(channel):
    """After many executions a stream's marks are one interval, however many there were."""
    sink = channel.create_stream("many")
    tool = Seconds()
    for start in range(0, 500, 10):
        tool.execute(sources=[], sink=sink, interval=over(start, start + 10))
    assert calculated(sink) == [(0, 500)]
    entry = channel.ledger._entries[sink.address.key]
    assert not entry.claims
    assert entry.expired.is_empty


class CountingClient(Client):
    """Counts the round trips to the database."""

    trips = 0

    def run(self, operation):
        """Run it, and count it."""
        self.trips += 1
        return super().run(operation)


def test_round_trips_do_not_grow_with_the_sinks(mongo_config, channel):
    """A call with many sinks asks the database as often as one with few."""
    client = CountingClient(mongo_config)
    database = DatabaseChannel("mongo", MongoStorage(client))
    trips = []
    for count in (2, 60):
        sources = plate(channel, f"sources {count}", count)
        for source in sources:
            write(source, {5: 5})
        sinks = plate(database, f"sinks {count}", count)
        before = client.trips
        Pick().execute(sources=sources, sinks=sinks, interval=over(0, 10))
        trips.append(client.trips - before)
        assert [stored(sink) for sink in sinks] == [[(5, 5)]] * count
    client.disconnect()
    assert trips[0] == trips[1]
