"""What all channels have in common."""

from __future__ import annotations

import pytest

from hyperstream.channels import BaseChannel, MemoryChannel
from hyperstream.stream import Batch, Stream, StreamId, StreamInstance
from hyperstream.testing.conformance.base import stored, write
from hyperstream.testing.times import at, over
from hyperstream.utils.errors import (
    IncompatibleToolError,
    MultipleStreamsFoundError,
    StreamNotFoundError,
)


def test_the_documented_arguments():
    """A channel has an id and says what it can do, for information."""
    channel = BaseChannel(channel_id="mine", can_calc=True, can_create=True, calc_agent="me")
    assert channel.channel_id == "mine"
    assert (channel.can_calc, channel.can_create, channel.calc_agent) == (True, True, "me")
    assert BaseChannel("mine").can_calc is False
    assert repr(channel) == "BaseChannel('mine')"


def test_an_abstract_channel_can_do_nothing():
    """What a channel does not override is a NotImplementedError that names channel and stream."""
    channel = BaseChannel("mine")
    stream = Stream(channel, StreamId("a"), None, None)
    for action in (
        lambda: channel.create_stream(StreamId("a")),
        lambda: channel.get_results(stream, over(0, 1)),
        lambda: channel.get_stream_writer(stream),
        lambda: channel.purge_stream(StreamId("a")),
    ):
        with pytest.raises(NotImplementedError, match=r"'mine'.*BaseChannel.*a"):
            action()
    with pytest.raises(NotImplementedError, match="'mine'"):
        channel.update_streams(at(0))


def test_without_a_tool_nothing_is_computed():
    """`execute_tool` for a stream that nothing computes is an error that names it."""
    channel = MemoryChannel("memory")
    stream = channel.create_stream("by hand")
    with pytest.raises(IncompatibleToolError, match="memory:by hand"):
        channel.execute_tool(stream, over(0, 1))


def test_the_errors_of_searching_say_what_was_asked():
    """The errors of `find_stream` name channel and question."""
    channel = MemoryChannel("memory")
    with pytest.raises(StreamNotFoundError, match=r"name=a, house=1.*'memory'"):
        channel.find_stream(name="a", house="1")
    for number in range(7):
        channel.create_stream(StreamId("a", {"house": number}))
    with pytest.raises(MultipleStreamsFoundError, match=r"7 streams.*name=a"):
        channel.find_stream(name="a")


def test_an_unknown_sandbox_is_empty():
    """Asking for a stream of an unknown sandbox is an error as for any unknown stream."""
    channel = MemoryChannel("memory")
    with pytest.raises(StreamNotFoundError):
        channel.get_or_create_stream("a", try_create=False, sandbox="unknown")
    channel.purge_node("a", sandbox="unknown")
    channel.purge_all()


class Listed(BaseChannel):
    """Holds lists of instances, and counts what it reads."""

    def __init__(self):
        super().__init__("listed")
        self.rows = {}
        self.read = 0

    def create_stream(self, stream_id, sandbox=None):
        """Make a stream."""
        stream = Stream(self, stream_id, None, sandbox)
        self.streams[stream_id] = stream
        self.rows[stream_id] = []
        return stream

    def get_results(self, stream, time_interval):
        """Yield what is in the list."""
        for instance in sorted(self.rows[stream.stream_id]):
            if instance.timestamp in time_interval:
                self.read += 1
                yield instance

    def get_stream_writer(self, stream):
        """Return a function for one instance."""
        return self.rows[stream.stream_id].append


@pytest.fixture
def listed():
    """A stream in such a channel, of ten numbers."""
    stream = Listed().get_or_create_stream("a")
    for second in range(10):
        stream.writer(StreamInstance(at(second), second))
    return stream


def test_reading_goes_through_get_results(listed):
    """Batches, `head` and `tail` are made from what `get_results` gives, no more than is asked."""
    view = listed.window(over(1, 8), force_calculation=True)
    assert view.values() == list(range(2, 9))
    listed.channel.read = 0
    assert [each.value for each in view.head(2)] == [2, 3]
    assert listed.channel.read == 2
    assert [each.value for each in view.tail(2)] == [7, 8]
    assert [len(batch) for batch in view.batches(3)] == [3, 3, 1]


def test_writing_goes_through_the_writer(listed):
    """Batches are written one instance a call."""
    start = over(0, 20).end_ms
    written = listed.channel.write_batches([(listed, Batch.of([start, start + 1], ["a", "b"]))])
    assert [each.tolist() for each in written] == [[start, start + 1]]
    assert [value for _, value in stored(listed)][-2:] == ["a", "b"]


def test_nothing_can_be_deleted(listed):
    """A channel that offers no `delete` deletes nothing."""
    channel = listed.channel
    assert channel.delete(listed, over(0, 5)) == 0
    assert channel.delete_at(listed, Batch.of([0, 1], [0, 0]).timestamps) == 0
    assert len(stored(listed)) == 10


class Fast(Listed):
    """Has a writer that takes batches."""

    def get_stream_writer(self, stream):
        """Return a writer with `write_batch`."""
        rows = self.rows[stream.stream_id]

        class Writer:
            def write_batch(self, batch):
                rows.append(StreamInstance(at(0), batch.value_list()))

        return Writer()


def test_a_writer_may_take_batches():
    """A writer's `write_batch` is preferred."""
    stream = Fast().get_or_create_stream("a")
    stream.channel.write_batches([(stream, Batch.of([0, 1], ["a", "b"]))])
    assert stored(stream) == [(0, ["a", "b"])]


def test_streams_of_one_channel_are_in_its_dictionary():
    """`streams` holds the streams outside of sandboxes, by id."""
    channel = MemoryChannel("memory")
    stream = channel.create_stream("a")
    channel.create_stream("b", sandbox="mine")
    assert dict(channel.streams) == {StreamId("a"): stream}


def test_purging_a_node_in_a_sandbox():
    """`purge_node` purges the streams of one sandbox."""
    channel = MemoryChannel("memory")
    streams = [channel.create_stream("a", sandbox=sandbox) for sandbox in (None, "mine")]
    for stream in streams:
        write(stream, {1: 1})
    channel.purge_node("a", sandbox="mine")
    assert [stored(stream) for stream in streams] == [[(1, 1)], []]
