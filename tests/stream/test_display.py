"""Streams and windows in notebooks."""

from __future__ import annotations

import warnings

import pytest

from hyperstream.channels import BaseChannel, DatabaseChannel, MemoryChannel
from hyperstream.client import Client
from hyperstream.storage.mongo import MongoStorage
from hyperstream.stream import Stream, StreamId, StreamInstance, get_stream_id
from hyperstream.testing.conformance.base import write
from hyperstream.testing.times import at, over
from hyperstream.time_interval import TimeInterval, TimeIntervals
from tests.execution.parts import Doubled, Seconds, mark
from tests.shown import shown


@pytest.fixture(params=["memory", "mongo"])
def channel(request):
    """Give a channel of each kind of store."""
    if request.param == "memory":
        yield MemoryChannel("memory")
        return
    client = Client(request.getfixturevalue("mongo_config"))
    yield DatabaseChannel("mongo", MongoStorage(client))
    client.disconnect()


@pytest.fixture
def stream(channel):
    """Give a computed stream of a hundred seconds."""
    stream = channel.create_stream(StreamId("seconds", {"house": "1"}))
    Seconds().execute([], stream, over(0, 100))
    return stream


def test_a_stream_says_what_is_known_of_it(channel, stream):
    """Where it lives, what is calculated, and what computes it."""
    kind = type(channel).__name__
    assert shown(stream) == [
        f"{type(stream).__name__} {channel.channel_id}:seconds[house=1]",
        "name|seconds",
        "meta data|house = 1",
        f"channel|{channel.channel_id} ({kind})",
        f"calculated|{over(0, 100).humanized}",
        "computed by|Seconds()",
    ]


def test_who_has_not_computed_a_stream_reads_it_in_its_definition(channel, stream):
    """Another process knows the tool, too."""
    stream.tool = None
    assert shown(stream)[-1] == "computed by|seconds 0.0.0()"
    other = channel.create_stream("other")
    assert shown(other)[-1] == "calculated|nothing"


def test_a_window_shows_both_ends(stream):
    """And what there is, and whether that is all."""
    lines = shown(stream.window(over(0, 200)))
    assert lines[0] == f"Window {stream}"
    assert lines[1:5] == [
        f"interval|{over(0, 200).humanized}",
        f"calculated|all but {over(100, 200).humanized}",
        "holds|100 instances",
        "time (UTC)|value",
    ]
    assert [line.partition("|")[2] for line in lines[5:]] == [*"12345…", "97", "98", "99", "100"]
    assert lines[5] == "2020-01-01 00:00:01|1"


def test_a_short_window_is_shown_whole(stream):
    """Ten rows are not too many."""
    lines = shown(stream.window(over(0, 10)))
    assert lines[2:4] == ["calculated|all", "holds|10 instances"]
    assert [line.partition("|")[2] for line in lines[5:]] == [str(each) for each in range(1, 11)]
    assert shown(stream.window(over(10, 20)))[5].endswith("|11")
    assert shown(stream.window(over(200, 300)))[2:] == ["calculated|nothing", "holds|0 instances"]


def test_to_show_computes_nothing_and_does_not_warn(channel):
    """Also where the window would compute what is missing when it is read."""
    source, sink = channel.create_stream("source"), channel.create_stream("sink")
    tool = Seconds()
    tool.execute([], source, over(0, 1))
    Doubled().execute([source], sink, over(0, 1))
    tool.asked.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for force in (False, True):
            lines = shown(sink.window(over(0, 50), force_calculation=force))
            assert lines[3] == "holds|1 instance"
    assert tool.asked == []
    assert sink.calculated_intervals == TimeIntervals([over(0, 1)])


@pytest.mark.slow
def test_many_instances_are_not_counted_in_a_database(channel):
    """The definition of the stream says about how many there are."""
    stream = channel.create_stream("long")
    write(stream, {second: second for second in range(1, 3001)})
    about = "" if channel.channel_id == "memory" else "about "
    for end, number in ((20_000, 3000), (2000, 2000)):
        assert shown(stream.window(over(0, end)))[3] == f"holds|{about}{number} instances"
    assert shown(stream.window(over(100, 200)))[3] == "holds|100 instances"
    assert shown(stream.window(over(5000, 9000)))[3] == "holds|0 instances"


def test_values_are_short(channel):
    """Numbers stand to the right where there is nothing else."""
    stream = channel.create_stream("values")
    write(stream, {1: {"text": "<b>" * 1000}, 2: 1.5, 3: True, 4: None})
    lines = shown(stream.window(over(0, 10)))[5:]
    assert all(len(line) < 110 for line in lines)
    assert [line.partition("|")[2] for line in lines[1:]] == ["1.5", "True", "None"]
    numbers = channel.create_stream("numbers")
    write(numbers, {1: 0.1 + 0.2})
    assert '<td class="hs-n">0.3</td>' in numbers.window(over(0, 10))._repr_html_()
    assert 'class="hs-n"' not in stream.window(over(0, 10))._repr_html_()


def test_a_window_prints_in_a_line(stream):
    """Stream and interval."""
    assert repr(stream.window(over(0, 1))) == f"StreamView({stream}, {over(0, 1).humanized})"


class Counting(BaseChannel):
    """Knows no fast way to read: counts what is taken of its endless data."""

    def __init__(self, channel_id):
        super().__init__(channel_id)
        self.taken = 0

    def create_stream(self, stream_id, sandbox=None):
        """Create a stream."""
        return self._add(Stream(self, get_stream_id(stream_id), None, sandbox))

    def get_results(self, stream, time_interval):
        """Yield what is asked for."""
        second = 0
        while True:
            second += 1
            self.taken += 1
            yield StreamInstance(at(second), second)


def test_a_channel_that_cannot_count_shows_the_first_rows():
    """No more is read than these."""
    channel = Counting("counting")
    stream = channel.create_stream("x")
    mark(stream, over(0, 100))
    lines = shown(stream.window(TimeInterval(at(0), at(100))))
    assert lines[2] == "calculated|all"
    assert lines[-1] == "the first 10; there may be more"
    assert channel.taken == 10


class Doctored(MemoryChannel):
    """Leaves out what it does not like."""

    def get_results(self, stream, time_interval):
        """Yield even values."""
        found = super().get_results(stream, time_interval)
        return (each for each in found if each.value % 2 == 0)


def test_a_channel_that_reads_in_its_own_way_is_not_counted_past_it():
    """What it would show cannot be known without reading."""
    stream = Doctored("doctored").create_stream("x")
    write(stream, {second: second for second in range(1, 6)})
    lines = shown(stream.window(over(0, 100)))
    assert not any(line.startswith("holds") for line in lines)
    assert [line.partition("|")[2] for line in lines[4:]] == ["2", "4"]
