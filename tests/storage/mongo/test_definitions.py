"""Definitions of streams in MongoDB."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest

from hyperstream._time import UTC
from hyperstream.storage.base import StreamAddress
from hyperstream.storage.mongo import MongoDefinitions
from hyperstream.utils.errors import StreamAlreadyExistsError

HALL = StreamAddress("mongo", "temperature", (("house", "1"), ("room", "hall")))
STREAMS = [
    HALL,
    StreamAddress("mongo", "temperature", (("house", "2"),)),
    StreamAddress("mongo", "humidity", (("house", "1"),)),
    StreamAddress("assets", "temperature", HALL.meta_data),
    StreamAddress("mongo", "temperature", HALL.meta_data, "sandbox"),
]


def test_a_stream_exists_from_its_creation_to_its_removal(any_client):
    """What was created is there, until it is removed."""
    definitions = MongoDefinitions(any_client)
    definitions.create(STREAMS)
    for stream in STREAMS:
        assert definitions.exists(stream)
    definitions.remove(HALL)
    definitions.remove(HALL)
    assert [definitions.exists(stream) for stream in STREAMS] == [False, True, True, True, True]


def test_the_order_of_meta_data_is_kept_but_does_not_count(definitions):
    """A stream is found by its pairs in any order, and shows the order of its creation."""
    definitions.create([HALL])
    turned = StreamAddress("mongo", "temperature", HALL.meta_data[::-1])
    assert definitions.get(turned).meta_data == HALL.meta_data
    assert definitions.get(STREAMS[1]) is None


def test_a_stream_is_created_once(client, definitions):
    """The error names the stream that is there; no other is created with it."""
    definitions.create(STREAMS[:1])
    with pytest.raises(StreamAlreadyExistsError, match=r"temperature\[house=1, room=hall\]"):
        definitions.create(STREAMS)
    assert not definitions.exists(STREAMS[1])
    definitions.create([STREAMS[1], STREAMS[1]])
    definitions.create([])
    assert client.db.stream_definitions.count_documents({}) == 2


def test_what_is_missing_is_created(client, any_client, definitions, monkeypatch):
    """What is there stays and keeps its order of meta data; all are returned as they are stored."""
    monkeypatch.setattr("hyperstream.storage.mongo.definitions._PART", 100)
    definitions.create(STREAMS[:2])
    turned = StreamAddress("mongo", "temperature", HALL.meta_data[::-1])
    many = [StreamAddress("mongo", "many", (("i", str(i)),)) for i in range(150)]
    asked = [STREAMS[3], turned, *many, STREAMS[2], many[0]]
    found = MongoDefinitions(any_client).create_missing(asked)
    assert found == asked
    assert found[1].meta_data == HALL.meta_data
    assert {each.key for each in definitions.stored([*asked, STREAMS[4]])} == {
        each.key for each in asked
    }
    assert client.db.stream_definitions.count_documents({}) == 154
    assert definitions.create_missing([]) == definitions.stored([]) == []


def test_of_two_who_create_the_same_each_gets_all(definitions):
    """Threads that define overlapping streams at the same time define each once."""
    barrier = Barrier(2)
    many = [StreamAddress("mongo", "many", (("i", str(i)),)) for i in range(300)]

    def create(some):
        barrier.wait()
        return definitions.create_missing(some)

    parts = [many[:200], many[:99:-1]]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(create, parts)) == parts
    assert len(definitions.find("mongo")) == 300


def test_what_is_removed_while_it_is_created_is_created(meddling, definitions):
    """A stream that was there, and is removed before it could be read, is defined anew."""
    definitions.create(STREAMS[:1])
    meddling.before[2] = lambda: definitions.remove(HALL)
    assert MongoDefinitions(meddling).create_missing(STREAMS[:2]) == STREAMS[:2]
    assert definitions.exists(HALL)


def test_of_many_who_create_a_stream_one_succeeds(client, definitions):
    """All others get the error, and the stream is there once."""

    def create(_):
        try:
            definitions.create(STREAMS[:1])
        except StreamAlreadyExistsError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(create, range(4))) == 1
    assert client.db.stream_definitions.count_documents({}) == 1


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"channel_id": "mongo"}, STREAMS[:3]),
        ({"channel_id": "assets"}, STREAMS[3:4]),
        ({"channel_id": "none"}, []),
        ({"channel_id": "mongo", "sandbox": "sandbox"}, STREAMS[4:]),
        ({"channel_id": "mongo", "name": "temperature"}, STREAMS[:2]),
        ({"channel_id": "mongo", "tags": {"house": "1"}}, [STREAMS[0], STREAMS[2]]),
        ({"channel_id": "mongo", "name": "humidity", "tags": {"house": "2"}}, []),
        ({"channel_id": "mongo", "tags": {"house": "1", "room": "hall"}}, STREAMS[:1]),
    ],
)
def test_streams_are_found_by_channel_sandbox_name_and_tags(definitions, wanted, expected):
    """Only what has all that is asked for is found."""
    definitions.create(STREAMS)
    found = definitions.find(**wanted)
    assert sorted(each.key for each in found) == sorted(each.key for each in expected)


def test_dates_of_an_earlier_release_are_read(client, definitions):
    """When a stream was updated and accessed is known if somebody noted it."""
    definitions.create(STREAMS[:1])
    moment = datetime(2017, 2, 28, 16, 14, 8, 123000, tzinfo=UTC)
    client.db.stream_definitions.update_one({}, {"$set": {"last_accessed": moment}})
    assert definitions.last_accessed(HALL) == moment
    assert definitions.last_updated(HALL) is None
    assert definitions.last_updated(STREAMS[1]) is None


def test_the_documents_have_the_fields_of_the_earlier_release(client, definitions):
    """A sandbox is there only where there is one."""
    definitions.create([HALL, STREAMS[4]])
    without, within = client.db.stream_definitions.find({}, {"_id": 0}).sort("sandbox")
    assert without == {
        "stream_id": {"name": "temperature", "meta_data": [["house", "1"], ["room", "hall"]]},
        "channel_id": "mongo",
        "calculated_intervals": [],
        "stream_key": HALL.key,
        "revision": 0,
    }
    assert within["sandbox"] == "sandbox"
