"""Stream references, beyond what every channel's conformance tests say of them."""

from __future__ import annotations

import pytest

from hyperstream._time import MIN_DATE, use_clock
from hyperstream.channels import MemoryChannel
from hyperstream.stream import AssetStream, DatabaseStream, Stream, StreamId, StreamInstance
from hyperstream.testing.times import at, over
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils.errors import StreamNotFoundError


@pytest.fixture
def channel():
    """A memory channel."""
    return MemoryChannel("memory")


def test_a_stream_is_made_with_its_calculated_intervals(channel):
    """The documented arguments of Stream; intervals given are set."""
    stream = Stream(
        channel=channel,
        stream_id=StreamId("a"),
        calculated_intervals=TimeIntervals([over(0, 1)]),
        sandbox=None,
    )
    assert stream.calculated_intervals == TimeIntervals([over(0, 1)])


def test_streams_are_equal_by_address_and_channel(channel):
    """Two references to one stream are equal; another channel of the same id has other streams."""
    one = Stream(channel, StreamId("a"), None, None)
    again = Stream(channel, StreamId("a"), None, None)
    elsewhere = Stream(MemoryChannel("memory"), StreamId("a"), None, None)
    inside = Stream(channel, StreamId("a"), None, "sandbox")
    assert one == again
    assert hash(one) == hash(again)
    assert one not in (elsewhere, inside, "a")


def test_a_stream_is_readable(channel):
    """As text it names channel, sandbox and id."""
    stream = channel.create_stream(StreamId("a", {"x": "1"}), sandbox="mine")
    assert str(stream) == "memory/mine:a[x=1]"
    assert repr(stream) == "Stream(memory/mine:a[x=1])"


def test_a_stream_knows_its_tool(channel):
    """The tool is what `set_tool_reference` was given."""
    stream = channel.create_stream("a")
    assert stream.tool is None
    stream.set_tool_reference("tool")
    assert stream.tool == "tool"


@pytest.mark.parametrize("interval", [5, None, "abc", (1, 2, 3), ()])
def test_what_is_no_interval_is_named(channel, interval):
    """A window of what is no interval is an error that names the stream."""
    with pytest.raises((TypeError, ValueError), match="memory:a"):
        channel.create_stream("a").window(interval)


def test_what_is_invalidated_is_named(channel):
    """Without an interval nothing is forgotten."""
    stream = channel.create_stream("a")
    stream.calculated_intervals = [over(0, 2)]
    with pytest.raises(TypeError, match="Name the time interval in which memory:a is to be"):
        stream.invalidate(None)
    assert stream.calculated_intervals == TimeIntervals([over(0, 2)])


def test_a_purged_stream_keeps_its_reference(channel):
    """A reference to a stream whose definition was removed is an error that names it."""
    stream = channel.create_stream("a")
    stream.writer(StreamInstance(at(1), 1))
    channel.purge_stream("a", remove_definition=True)
    with pytest.raises(StreamNotFoundError, match="a"):
        stream.window(over(0, 2), force_calculation=True).items()
    assert channel.data == {}


class Definitions:
    """Definitions in a list, in place of those of a database."""

    def __init__(self):
        self.known = []

    def create(self, addresses):
        """Remember them."""
        self.known += addresses

    def exists(self, address):
        """Look it up."""
        return address in self.known

    def last_accessed(self, address):
        """Return a moment."""
        return at(1) if self.exists(address) else None

    def last_updated(self, address):
        """Return another moment."""
        return at(2) if self.exists(address) else None


@pytest.fixture
def defining(channel):
    """A channel with definitions."""
    channel.definitions = Definitions()
    return channel


@pytest.mark.parametrize("kind", [DatabaseStream, AssetStream])
def test_a_database_stream_takes_the_documented_arguments(defining, kind):
    """All documented arguments are accepted, by position or name."""
    stream_id = StreamId("a")
    by_name = kind(
        channel=defining,
        stream_id=stream_id,
        calculated_intervals=None,
        last_accessed=None,
        last_updated=None,
        sandbox=None,
        mongo_model=None,
    )
    intervals = TimeIntervals([over(0, 1)])
    by_position = kind(defining, stream_id, intervals, at(1), at(2), None)
    assert by_name == by_position
    assert defining.ledger.calculated([by_name.address]) == [intervals]


def test_a_definition_is_saved_and_loaded(defining):
    """`save` makes the definition; `load` checks that it is there."""
    stream = DatabaseStream(defining, StreamId("a"))
    assert (stream.last_accessed, stream.last_updated) == (None, None)
    with pytest.raises(StreamNotFoundError, match="memory:a"):
        stream.load()
    stream.save()
    stream.load()
    assert (stream.last_accessed, stream.last_updated) == (at(1), at(2))


def test_assets_are_calculated_up_to_now(defining):
    """An asset stream counts as calculated up to now."""
    stream = AssetStream(defining, StreamId("a"))
    with use_clock(at(5)):
        assert stream.calculated_intervals == TimeIntervals([TimeInterval(MIN_DATE, at(5))])
        assert stream.window().time_interval.end == at(5)
