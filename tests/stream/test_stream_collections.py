"""Dictionaries of streams and of instances."""

from __future__ import annotations

import pytest

from hyperstream._time import MIN_DATE
from hyperstream.channels import MemoryChannel
from hyperstream.stream import StreamDict, StreamId, StreamInstance, StreamInstanceCollection
from hyperstream.testing.times import at
from hyperstream.utils.errors import DuplicateInstanceError, ValueDuplicationError


@pytest.fixture
def collection():
    """Two letters."""
    return StreamInstanceCollection([StreamInstance(at(2), "b"), StreamInstance(at(1), "a")])


def test_it_is_a_dictionary_in_order_of_time(collection):
    """A collection reads as a dict, and is sorted."""
    assert list(collection) == list(collection.keys()) == [at(1), at(2)]
    assert list(collection.values()) == ["a", "b"]
    assert list(collection.items()) == [(at(1), "a"), (at(2), "b")]
    assert collection[at(1)] == "a"
    assert at(1) in collection
    assert at(3) not in collection
    assert len(collection) == 2
    assert collection == {at(1): "a", at(2): "b"}


def test_naive_keys_are_utc(collection):
    """A key is a datetime of any zone."""
    assert collection[at(1).replace(tzinfo=None)] == "a"


def test_a_missing_key_is_a_key_error(collection):
    """Reading or deleting what is not there is a KeyError."""
    for action in (lambda: collection[at(3)], lambda: collection.__delitem__(at(3))):
        with pytest.raises(KeyError):
            action()


def test_a_key_can_be_deleted(collection):
    """Deleting takes one instance away."""
    del collection[at(1)]
    assert list(collection.items()) == [(at(2), "b")]


def test_instances_are_added(collection):
    """Instances are added one by one, as a list, or by assignment."""
    collection.append(StreamInstance(at(5), "e"))
    collection.extend([StreamInstance(at(4), "d"), (at(3), "c")])
    collection[at(0)] = "0"
    assert list(collection.values()) == ["0", "a", "b", "c", "d", "e"]


def test_a_timestamp_is_written_once(collection):
    """The same again is nothing; another value is an error, and nothing of its list is added."""
    collection[at(1)] = "a"
    for action in (
        lambda: collection.append(StreamInstance(at(1), "x")),
        lambda: collection.extend([StreamInstance(at(3), "c"), StreamInstance(at(2), "x")]),
        lambda: collection.__setitem__(at(1), "x"),
    ):
        with pytest.raises(DuplicateInstanceError):
            action()
    assert list(collection.values()) == ["a", "b"]


def test_the_error_names_the_stream():
    """A collection of a channel knows whose it is."""
    channel = MemoryChannel("memory")
    stream = channel.create_stream(StreamId("readings", {"house": "1"}))
    channel.data[stream.stream_id][at(1)] = 1
    with pytest.raises(DuplicateInstanceError, match=r"memory:readings\[house=1\]"):
        channel.data[stream.stream_id][at(1)] = 2


def test_it_is_iterated_while_it_grows(collection):
    """Adding while iterating is no error."""
    seen = []
    for moment in collection:
        seen.append(moment)
        collection[at(9)] = "z"
    assert seen[:2] == [at(1), at(2)]


def test_the_very_first_moment_is_iterated():
    """An instance at the first moment of the year 1 is there."""
    assert list(StreamInstanceCollection([StreamInstance(MIN_DATE, 1)])) == [MIN_DATE]


def test_a_collection_says_how_long_it_is(collection):
    """The repr does not print what is in it."""
    assert repr(collection) == "StreamInstanceCollection(2 instances)"


def test_streams_are_found_both_ways():
    """A StreamDict finds streams by id and ids by stream; each stream is in it once."""
    stream = MemoryChannel("memory").create_stream("a")
    streams = StreamDict({stream.stream_id: stream})
    assert streams[StreamId("a")] is stream
    assert streams.inverse[stream] == StreamId("a")
    with pytest.raises(ValueDuplicationError):
        streams[StreamId("b")] = stream
    with pytest.raises(TypeError):
        streams["a"] = stream
