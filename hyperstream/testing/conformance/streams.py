"""What a channel does with its streams: making, finding, purging, and keeping sandboxes apart."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from hyperstream.stream import Stream, StreamId, StreamInstance
from hyperstream.testing.conformance.base import READINGS, Conformance, stored, write
from hyperstream.testing.times import at
from hyperstream.utils.errors import (
    MultipleStreamsFoundError,
    StreamAlreadyExistsError,
    StreamNotFoundError,
)

if TYPE_CHECKING:
    from hyperstream.channels import BaseChannel


class StreamsConformance(Conformance):
    """A stream is found under its id as long as it is not removed."""

    def test_a_stream_is_made_once(self, channel: BaseChannel) -> None:
        """`get_or_create_stream` makes a stream once, and returns it again afterwards."""
        stream = channel.get_or_create_stream(READINGS)
        write(stream, {1: "a"})
        again = channel.get_or_create_stream(READINGS)
        assert again == stream
        assert stored(again) == [(1, "a")]

    def test_a_name_will_do(self, channel: BaseChannel) -> None:
        """A stream without meta data may be called by its name."""
        stream = channel.get_or_create_stream("plain")
        assert stream.stream_id == StreamId("plain")
        assert channel.get_or_create_stream(StreamId("plain")) == stream
        assert channel["plain"] == stream
        assert "plain" in channel

    def test_keywords_are_as_documented(self, channel: BaseChannel) -> None:
        """The documented keywords are `stream_id`, `try_create` and `sandbox`."""
        made = channel.create_stream(stream_id=READINGS, sandbox=None)
        assert channel.get_or_create_stream(stream_id=READINGS, try_create=False) == made

    def test_the_order_of_meta_data_does_not_count(self, channel: BaseChannel) -> None:
        """An id with the same meta data in another order is the same stream."""
        stream = channel.get_or_create_stream(StreamId("a", (("x", "1"), ("y", "2"))))
        write(stream, {1: 1})
        again = channel.get_or_create_stream(StreamId("a", (("y", "2"), ("x", "1"))))
        assert again == stream
        assert stored(again) == [(1, 1)]

    def test_meta_data_tell_streams_apart(self, channel: BaseChannel) -> None:
        """Streams of one name with other meta data are other streams."""
        ids = [StreamId("a"), StreamId("a", {"x": "1"}), StreamId("a", {"x": "1", "y": "2"})]
        for place, stream_id in enumerate(ids):
            write(channel.get_or_create_stream(stream_id), {place: place})
        for place, stream_id in enumerate(ids):
            assert stored(channel.get_or_create_stream(stream_id)) == [(place, place)]

    def test_threads_get_the_same_stream(self, channel: BaseChannel) -> None:
        """Threads that ask for a stream at the same time get one, and lose nothing of it."""
        start = threading.Barrier(4)

        def get_and_write(offset: int) -> None:
            for number in range(10):
                start.wait(60)
                stream = channel.get_or_create_stream(StreamId("shared", {"number": number}))
                stream.writer(StreamInstance(at(offset), offset))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(get_and_write, range(4)))
        for number in range(10):
            found = stored(channel[StreamId("shared", {"number": number})])
            assert found == [(offset, offset) for offset in range(4)]

    def test_a_stream_knows_where_it_is(self, channel: BaseChannel) -> None:
        """A stream names its channel, its id and its sandbox, and can be hashed."""
        stream = channel.get_or_create_stream(READINGS)
        assert stream.channel is channel
        assert stream.stream_id == READINGS
        assert stream.sandbox is None
        assert stream.parent_node is None
        assert {stream: 1}[channel.get_or_create_stream(READINGS)] == 1

    def test_making_it_twice_is_an_error(self, channel: BaseChannel) -> None:
        """`create_stream` for a stream that is there is an error that names it."""
        channel.create_stream(READINGS)
        with pytest.raises(StreamAlreadyExistsError, match="readings"):
            channel.create_stream(READINGS)

    def test_an_unknown_stream_is_an_error(self, channel: BaseChannel) -> None:
        """Asking for a stream that is not there is an error that names it, if it is not made."""
        for ask in (
            lambda: channel.get_or_create_stream(READINGS, try_create=False),
            lambda: channel[READINGS],
            lambda: channel.find_stream(name="readings"),
            lambda: channel.purge_stream(READINGS),
        ):
            with pytest.raises(StreamNotFoundError, match="readings"):
                ask()
        assert READINGS not in channel
        assert channel.find_streams(name="readings") == {}

    def test_many_streams_are_made_at_once(self, channel: BaseChannel) -> None:
        """`get_or_create_streams` gives what is there and what is new, in the order asked."""
        ids = [StreamId("a", {"house": n, "room": "hall"}) for n in range(250)]
        there = channel.create_stream(ids[7])
        write(there, {1: "a"})
        asked: list[StreamId | str] = [
            *ids[::-1],
            "plain",
            StreamId("a", {"room": "hall", "house": 3}),
        ]
        streams = channel.get_or_create_streams(asked)
        assert [stream.stream_id for stream in streams] == [*ids[::-1], StreamId("plain"), ids[3]]
        assert stored(streams[-10]) == [(1, "a")]
        assert streams[-1] == streams[-6] == channel[ids[3]]
        assert channel.get_or_create_streams(stream_ids=ids, try_create=False) == [
            channel[stream_id] for stream_id in ids
        ]
        assert channel.get_or_create_streams([]) == []

    def test_of_many_the_missing_are_named(self, channel: BaseChannel) -> None:
        """Without creating, the error names the first that is missing and says how many more."""
        ids = [StreamId("a", {"house": number}) for number in range(5)]
        channel.create_stream(ids[0])
        with pytest.raises(StreamNotFoundError, match=r"a\[house=1\].*3 more"):
            channel.get_or_create_streams(ids, try_create=False)
        with pytest.raises(StreamNotFoundError, match=r"a\[house=4\]"):
            channel.get_or_create_streams(ids[4:], try_create=False)
        assert set(channel.find_streams()) == {ids[0]}

    def test_threads_that_make_many_get_the_same(self, channel: BaseChannel) -> None:
        """Threads that ask for the same streams at the same time get the same ones."""
        ids = [StreamId("shared", {"number": number}) for number in range(150)]
        start = threading.Barrier(3)

        def get(_: int) -> list[Stream]:
            start.wait(60)
            return channel.get_or_create_streams(ids)

        with ThreadPoolExecutor(3) as pool:
            first, *others = pool.map(get, range(3))
        assert all(other == first for other in others)
        assert set(channel.find_streams(name="shared")) == set(ids)

    def test_streams_are_found(self, channel: BaseChannel) -> None:
        """`find_streams` finds by name and meta data, compared as text."""
        ids = [
            StreamId("a", {"house": "1", "room": "hall"}),
            StreamId("a", {"house": "2", "room": "hall"}),
            StreamId("b", {"house": "1"}),
            StreamId("b"),
        ]
        for stream_id in ids:
            channel.get_or_create_stream(stream_id)
        assert set(channel.find_streams(name="a")) == set(ids[:2])
        assert set(channel.find_streams(house=1)) == {ids[0], ids[2]}
        assert set(channel.find_streams(name="a", house="2", room="hall")) == {ids[1]}
        assert set(channel.find_streams(house="3")) == set()
        assert set(channel.find_streams()) == set(ids)
        assert channel.find_streams(house="2")[ids[1]] == channel[ids[1]]

    def test_one_stream_is_found(self, channel: BaseChannel) -> None:
        """`find_stream` finds one stream; that there are several is an error."""
        one = channel.get_or_create_stream(StreamId("a", {"house": "1"}))
        channel.get_or_create_stream(StreamId("a", {"house": "2"}))
        assert channel.find_stream(name="a", house="1") == one
        with pytest.raises(MultipleStreamsFoundError, match="2 streams"):
            channel.find_stream(name="a")

    def test_purging_removes_the_data(self, channel: BaseChannel) -> None:
        """Purging a stream removes its data, and nothing of other streams."""
        stream = channel.get_or_create_stream(READINGS)
        other = channel.get_or_create_stream("other")
        write(stream, {1: "a"})
        write(other, {1: "a"})
        channel.purge_stream(READINGS)
        assert stored(stream) == []
        assert READINGS in channel
        assert stored(other) == [(1, "a")]
        write(stream, {1: "b"})
        assert stored(stream) == [(1, "b")]

    def test_a_stream_purges_itself(self, channel: BaseChannel) -> None:
        """`stream.purge()` removes all its data."""
        stream = channel.get_or_create_stream(READINGS)
        write(stream, {1: "a", 2: "b"})
        stream.purge()
        assert stored(stream) == []

    def test_a_definition_is_removed(self, channel: BaseChannel) -> None:
        """With `remove_definition` the stream is gone, and one made anew is empty."""
        write(channel.get_or_create_stream(READINGS), {1: "a"})
        channel.purge_stream(READINGS, remove_definition=True)
        assert READINGS not in channel
        assert stored(channel.create_stream(READINGS)) == []

    def test_a_node_is_purged(self, channel: BaseChannel) -> None:
        """`purge_node` purges all streams of a name."""
        streams = [channel.get_or_create_stream(StreamId("a", {"house": n})) for n in "12"]
        other = channel.get_or_create_stream("b")
        for stream in [*streams, other]:
            write(stream, {1: "x"})
        channel.purge_node("a")
        assert [stored(stream) for stream in [*streams, other]] == [[], [], [(1, "x")]]
        channel.purge_node("a", remove_definition=True)
        assert set(channel.find_streams()) == {other.stream_id}

    def test_being_up_to_date_changes_nothing(self, channel: BaseChannel, stream: Stream) -> None:
        """`update_streams` leaves alone what is stored."""
        write(stream, {1: "a"})
        channel.update_streams(at(9))
        assert stored(stream) == [(1, "a")]

    def test_sandboxes_are_apart(self, channel: BaseChannel) -> None:
        """Streams of one id in several sandboxes, and outside of them, are different streams."""
        streams = [channel.create_stream(READINGS, sandbox=each) for each in (None, "one", "two")]
        for place, stream in enumerate(streams):
            write(stream, {1: place})
        assert [stored(stream) for stream in streams] == [[(1, 0)], [(1, 1)], [(1, 2)]]
        assert len(set(streams)) == 3
        assert channel.get_or_create_stream(READINGS, sandbox="one") == streams[1]
        assert channel.get_or_create_stream(READINGS) == streams[0]
        assert channel.get_or_create_streams([READINGS], sandbox="two") == streams[2:]

    def test_a_sandbox_is_purged_alone(self, channel: BaseChannel) -> None:
        """Purging a stream in a sandbox leaves alone the one outside, and the other way round."""
        outside, inside = (channel.create_stream(READINGS, sandbox=each) for each in (None, "one"))
        write(outside, {1: "outside"})
        write(inside, {1: "inside"})
        channel.purge_stream(READINGS, sandbox="one")
        assert (stored(outside), stored(inside)) == ([(1, "outside")], [])
        write(inside, {2: "inside"})
        channel.purge_stream(READINGS, remove_definition=True)
        assert stored(inside) == [(2, "inside")]

    def test_a_sandbox_is_not_searched(self, channel: BaseChannel) -> None:
        """Streams in sandboxes are not found outside."""
        channel.create_stream(READINGS, sandbox="one")
        assert READINGS not in channel
        assert channel.find_streams() == {}
