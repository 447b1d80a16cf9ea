"""Channels of plugins, which override what they like."""

from __future__ import annotations

import pytest

from hyperstream.channels import DatabaseChannel, MemoryChannel
from hyperstream.client import Client
from hyperstream.execution import ExecutionContext
from hyperstream.storage.mongo import MongoStorage
from hyperstream.stream import Stream, StreamId, StreamInstance
from hyperstream.testing.conformance.base import stored, view, write
from hyperstream.testing.times import at, over
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import StreamNotFoundError, ToolExecutionError
from tests.execution.parts import Doubled, Given, Seconds, calculated, seconds


@pytest.fixture
def storage(mongo_config):
    """A database."""
    client = Client(mongo_config)
    yield MongoStorage(client)
    client.disconnect()


def noisy(base):
    """A channel that passes everything on to its base class, and notes it."""

    class Noisy(base):
        def __init__(self, *args):
            super().__init__(*args)
            self.heard = []

        def get_results(self, stream, time_interval):
            self.heard.append("read")
            for timestamp, value in super().get_results(stream, time_interval):
                yield StreamInstance(timestamp, value)

        def get_stream_writer(self, stream):
            write = super().get_stream_writer(stream)

            def writer(document_collection):
                self.heard.append("written")
                write(document_collection)

            return writer

    return Noisy


@pytest.fixture(params=["memory", "database"])
def channel(request):
    """Such a channel of both kinds."""
    if request.param == "memory":
        return noisy(MemoryChannel)("noisy")
    return noisy(DatabaseChannel)("noisy", request.getfixturevalue("storage"))


def test_what_is_overridden_is_used(channel):
    """A channel that calls the methods it overrides is read and written through them."""
    stream = channel.get_or_create_stream("a")
    write(stream, {1: "a", 2: "b"})
    assert channel.heard == ["written"]
    assert view(stream, 0, 9).values() == ["a", "b"]
    assert view(stream, 0, 9).first().value == "a"
    assert view(stream, 0, 9).last().value == "b"
    assert channel.heard == ["written", "read", "read", "read"]


def test_computing_goes_through_it_too(channel):
    """What tools read and give goes through the overridden methods, one instance a call."""
    source, sink = (channel.get_or_create_stream(name) for name in ("source", "sink"))
    Seconds().execute(sources=[], sink=source, interval=over(0, 3))
    Doubled().execute(sources=[source], sink=sink, interval=over(0, 3))
    assert stored(sink) == seconds(1, 3, factor=2)
    assert channel.heard.count("written") == 6


def test_a_failure_in_it_leaves_nothing(channel):
    """What a failing tool wrote through it is removed, but what was there before stays."""
    stream = channel.get_or_create_stream("a")
    write(stream, {1: 1, 3.5: "by hand"})
    items = [StreamInstance(at(second), second) for second in (1, 2, 3, 20)]
    for size in (1, 1000):
        with ExecutionContext(batch_size=size).active(), pytest.raises(ToolExecutionError):
            Given(items).execute(sources=[], sink=stream, interval=over(0, 10))
        assert stored(stream) == [(1, 1), (3.5, "by hand")]
    assert calculated(stream) == []


def test_a_conflict_in_it_leaves_nothing(channel):
    """A batch that is refused in the middle is removed as far as it was written."""
    stream = channel.get_or_create_stream("a")
    write(stream, {1: 1, 3: "by hand"})
    with pytest.raises(ToolExecutionError, match="by hand"):
        Seconds().execute(sources=[], sink=stream, interval=over(0, 10))
    assert stored(stream) == [(1, 1), (3, "by hand")]
    assert calculated(stream) == []


class WriteOnly(MemoryChannel):
    """Sends away what is written, and can read nothing."""

    def __init__(self, channel_id):
        super().__init__(channel_id)
        self.sent = []

    def get_stream_writer(self, stream):
        """Return a function that sends one instance or a list."""

        def writer(documents):
            documents = [documents] if isinstance(documents, StreamInstance) else documents
            self.sent += [(stream.stream_id.name, *document) for document in documents]

        return writer


def test_a_channel_may_only_be_written():
    """A sink may send away what it is given; what is calculated is remembered all the same."""
    channel = WriteOnly("away")
    sink = channel.create_stream("sink")
    for _ in range(2):
        Seconds().execute(sources=[], sink=sink, interval=over(0, 3))
    assert channel.sent == [("sink", at(second), second) for second in (1, 2, 3)]
    assert calculated(sink) == [(0, 3)]
    assert stored(sink) == []


class Squares(MemoryChannel):
    """Computes what it is asked for, without holding anything."""

    def get_results(self, stream, time_interval):
        """Give the squares of the seconds, not as a generator but as a list."""
        return [
            StreamInstance(at(second), second**2)
            for second in range(100)
            if at(second) in time_interval
        ]


def test_a_channel_may_only_be_read():
    """A source may make up what it gives."""
    channel = Squares("squares")
    stream = channel.create_stream("squares")
    sink = MemoryChannel("memory").create_stream("sink")
    assert view(stream, 2, 5).values() == [9, 16, 25]
    assert view(stream, 2, 5).last().value == 25
    Doubled().execute(sources=[stream], sink=sink, interval=over(2, 5))
    assert stored(sink) == [(3, 18), (4, 32), (5, 50)]


class Careless(MemoryChannel):
    """Makes streams as release 0.3.8 did, knows no sandboxes, and has its own ideas of purging."""

    def create_stream(self, stream_id):
        """Make a stream without data."""
        stream = Stream(
            channel=self, stream_id=stream_id, calculated_intervals=TimeIntervals(), sandbox=None
        )
        self.streams[stream_id] = stream
        return stream

    def purge_stream(self, stream_id, remove_definition=False, sandbox=None):
        """Throw away the data, and let no one know."""
        del self.data[stream_id]


def test_a_channel_may_make_its_own_streams():
    """A stream that a channel makes without data is empty, and can be written."""
    channel = Careless("careless")
    stream = channel.get_or_create_stream(StreamId("a"))
    assert stored(stream) == []
    write(stream, {1: 1})
    Seconds().execute(sources=[], sink=stream, interval=over(1, 3))
    assert stored(stream) == seconds(1, 3)
    stream.purge()
    assert stored(stream) == []
    channel.streams.pop(stream.stream_id)
    with pytest.raises(StreamNotFoundError):
        channel["a"]


def test_a_channel_that_makes_its_own_streams_makes_each_of_many():
    """Where a channel overrides how streams are made, many at once are made in that way too."""
    channel = Careless("careless")
    there = channel.create_stream(StreamId("a"))
    streams = channel.get_or_create_streams(["a", "b", "c"])
    assert streams[0] is there
    assert channel.data == {}
    assert [stream.stream_id.name for stream in streams] == ["a", "b", "c"]


def test_a_database_channel_may_make_its_own_streams(storage):
    """What a subclass does when it makes a stream, it does for each of many."""

    class Noting(DatabaseChannel):
        made = ()

        def create_stream(self, stream_id, sandbox=None):
            self.made += (stream_id.name,)
            return super().create_stream(stream_id, sandbox)

    channel = Noting("mine", storage)
    channel.create_stream(StreamId("a"))
    channel.get_or_create_streams(["a", "b", "c"], sandbox=None)
    assert channel.made == ("a", "b", "c")


def test_a_channel_may_find_its_own_streams():
    """Where a channel overrides `get_or_create_stream`, many at once go through it."""

    class Finding(MemoryChannel):
        def get_or_create_stream(self, stream_id, try_create=True):
            return super().get_or_create_stream(f"my {stream_id}", try_create)

    streams = Finding("mine").get_or_create_streams(["a", "b"])
    assert [stream.stream_id.name for stream in streams] == ["my a", "my b"]


class Deleting(Squares):
    """Overrides reading, and offers `delete`."""

    def __init__(self, channel_id):
        super().__init__(channel_id)
        self.deleted = []

    def delete(self, stream, interval):
        """Note it."""
        self.deleted.append(interval)
        return super().delete(stream, interval)


def test_a_channel_is_asked_to_clear():
    """Where a computed stream is void, its channel is asked to delete before computing again."""
    channel = Deleting("deleting")
    stream = channel.create_stream("a")
    Seconds().execute(sources=[], sink=stream, interval=over(0, 10))
    stream.invalidate(over(4, 6))
    Seconds().execute(sources=[], sink=stream, interval=over(0, 10))
    assert channel.deleted == [over(4, 6)]
