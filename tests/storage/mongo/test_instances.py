"""Instances in MongoDB: read by ranges of time, and deleted."""

from __future__ import annotations

import random

import numpy as np
import pytest
from pymongo.errors import AutoReconnect

from hyperstream._time import EPOCH, MAX_MS, MIN_MS, from_ms
from hyperstream.storage.base import StreamAddress
from hyperstream.storage.batch import Batch, concatenated
from hyperstream.storage.mongo import MongoInstances
from hyperstream.storage.mongo.documents import fetched
from hyperstream.storage.values import same_value
from hyperstream.time_interval import TimeInterval
from tests.storage.mongo.parts import ALWAYS, NOON, OTHER, batch_of, contents

SECOND = 1000


def test_what_is_written_is_read(any_client, address):
    """Timestamps and values come back, with their types, in the order of time."""
    store = MongoInstances(any_client)
    given = {NOON + 3: 1.5, NOON: 7, NOON + 2: {"a": (1, np.float32(2))}, NOON + 1: None}
    [new] = store.write([(address, batch_of(given))])
    assert new.tolist() == [NOON, NOON + 1, NOON + 2, NOON + 3]
    found = contents(store, address)
    assert list(found) == [NOON, NOON + 1, NOON + 2, NOON + 3]
    assert same_value(found, dict(sorted(given.items())))


def test_numbers_come_back_in_arrays(instances, address):
    """A stream of floats is read into an array of floats."""
    stamps = NOON + np.arange(250)
    values = np.linspace(0, 1, 250)
    instances.write([(address, Batch(stamps, values))])
    batches = list(instances.read(address, ALWAYS, 100))
    assert all(len(batch) <= 100 for batch in batches)
    assert all(isinstance(batch.values, np.ndarray) for batch in batches)
    whole = concatenated(batches)
    assert (whole.timestamps == stamps).all()
    assert (whole.values == values).all()


def test_the_documents_have_the_fields_of_the_earlier_release(client, instances, address):
    """A document holds name and pairs, time and value; and the key."""
    instances.write([(address, batch_of({NOON: 2.5}))])
    [document] = client.db.streams.find({}, {"_id": 0})
    assert document == {
        "stream_id": {"name": "temperature", "meta_data": [["house", "1"], ["room", "hall"]]},
        "stream_key": '["mongo",null,"temperature",[["house","1"],["room","hall"]]]',
        "datetime": from_ms(NOON),
        "value": 2.5,
    }


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (NOON, NOON + 2, [1, 2]),
        (NOON - 1, NOON, [0]),
        (NOON - 1, NOON + 1, [0, 1]),
        (NOON + 2, MAX_MS, [3]),
        (MIN_MS, NOON - 1, []),
        (NOON + 3, MAX_MS, []),
    ],
)
def test_an_interval_is_open_at_the_start(instances, address, start, end, expected):
    """What is read lies in (start, end]."""
    instances.write([(address, batch_of({NOON + i: i for i in range(4)}))])
    interval = TimeInterval.from_ms(start, end)
    assert list(contents(instances, address, interval).values()) == expected
    assert instances.head(address, interval, 9).value_list() == expected
    assert instances.tail(address, interval, 9).value_list() == expected


def test_the_ends_of_time_can_hold_instances(instances, address):
    """The first and the last moment that an interval has are stored."""
    given = {MIN_MS + 1: "first", NOON: "noon", MAX_MS: "last"}
    instances.write([(address, batch_of(given))])
    assert contents(instances, address) == given
    assert instances.head(address, ALWAYS, 1).value_list() == ["first"]
    assert instances.tail(address, ALWAYS, 1).value_list() == ["last"]
    assert instances.delete_at(address, np.array([MIN_MS + 1, MAX_MS])) == 2


def test_there_is_no_time_beyond_the_ends(client, address):
    """A timestamp that no datetime can be is an error before anything is sent."""
    store = MongoInstances(client)
    runs = client.runs
    for stamp in (MIN_MS - 1, MAX_MS + 1000):
        with pytest.raises(ValueError, match="outside the years"):
            store.write([(address, batch_of({stamp: 1.0, NOON: 1.0}))])
    assert client.runs == runs


def test_streams_do_not_see_each_other(instances, address):
    """Channel, sandbox, name and meta data tell streams apart; the order of pairs does not."""
    others = [
        StreamAddress("assets", "temperature", address.meta_data),
        StreamAddress("mongo", "temperature", address.meta_data, "sandbox"),
        StreamAddress("mongo", "temperature", address.meta_data[:1]),
    ]
    parts = [(each, batch_of({NOON: i})) for i, each in enumerate([address, *others])]
    assert [len(new) for new in instances.write(parts)] == [1, 1, 1, 1]
    turned = StreamAddress("mongo", "temperature", address.meta_data[::-1])
    assert contents(instances, turned) == {NOON: 0}
    assert contents(instances, others[1]) == {NOON: 2}
    instances.delete(others[0])
    assert contents(instances, turned) == {NOON: 0}


def test_a_page_that_shrinks_while_it_is_read_is_complete(meddling, instances, address):
    """Deletions between the two queries of a page do no harm."""
    instances.write([(address, batch_of({NOON + i: i for i in range(20)}))])
    instances._client.db.stream_definitions.update_one({}, {"$unset": {"instance_count": ""}})
    everything = np.arange(NOON, NOON + 20)
    meddling.before[3] = lambda: instances.delete_at(address, everything)
    assert contents(MongoInstances(meddling), address, size=5) == {}


def test_a_query_is_asked_again_where_the_server_has_forgotten_it(client, instances, address):
    """A cursor that a restarted server does not know is a lost connection."""
    instances.write([(address, batch_of({NOON + i: i for i in range(9)}))])
    cursor = client.db.streams.find({}, batch_size=2)
    next(cursor)
    client.db.command("killCursors", "streams", cursors=[cursor.cursor_id])
    with pytest.raises(AutoReconnect):
        fetched(cursor)


def test_instances_can_be_deleted(instances, address):
    """All, those of an interval, and those at given times; the number is told."""
    given = {NOON + i: i for i in range(300)}
    instances.write([(address, batch_of(given)), (OTHER, batch_of({NOON: 0}))])
    assert instances.delete(address, TimeInterval.from_ms(NOON, NOON + 2)) == 2
    assert instances.delete_at(address, np.array([NOON, NOON + 1, NOON + 9])) == 2
    assert instances.delete_at(address, np.arange(NOON + 10, NOON + 260)) == 250
    assert instances.delete_at(address, np.empty(0, np.int64)) == 0
    kept = [stamp for stamp in given if not NOON <= stamp <= NOON + 2][:6]
    assert list(contents(instances, address))[:6] == kept
    assert instances.delete(address) == 300 - 254
    assert instances.delete(address) == 0
    assert contents(instances, address) == {}
    assert contents(instances, OTHER) == {NOON: 0}


def test_a_value_that_was_left_out_is_none(client, instances, address):
    """Release 0.3.8 did not write None, nor a key."""
    key = {"stream_key": address.key}
    client.db.streams.insert_one({**key, "datetime": from_ms(NOON)})
    assert contents(instances, address) == {NOON: None}
    [new] = instances.write([(address, batch_of({NOON: None}))])
    assert len(new) == 0


def test_documents_without_key_are_not_read(client, instances, address):
    """An instance belongs to a stream only by its key."""
    stream_id = {"name": address.name, "meta_data": [list(pair) for pair in address.meta_data]}
    client.db.streams.insert_one({"stream_id": stream_id, "datetime": from_ms(NOON), "value": 1})
    assert contents(instances, address) == {}


SPREADS = {
    "right": None,
    "none": {"first_datetime": None, "last_datetime": None, "instance_count": None},
    "of a moment": {"first_datetime": EPOCH, "last_datetime": EPOCH, "instance_count": 10**6},
    "too wide": {"first_datetime": from_ms(MIN_MS), "last_datetime": from_ms(MAX_MS)},
    "too narrow": {"first_datetime": from_ms(NOON), "last_datetime": from_ms(NOON + 1)},
    "too few": {"instance_count": 1},
    "negative": {"instance_count": -5},
}


@pytest.mark.parametrize("spread", SPREADS)
def test_any_window_shows_what_is_in_it(client, instances, address, spread):
    """Reading, head and tail are right for uneven data, whatever is known about its spread."""
    generator = random.Random(spread)  # noqa: S311 - no secret
    steps = [generator.choice([1, 5, SECOND, 3600 * SECOND, 10**9]) for _ in range(300)]
    stamps = NOON + np.cumsum(steps)
    instances.write([(address, Batch(stamps, np.arange(300)))])
    if SPREADS[spread]:
        client.db.stream_definitions.update_one({}, {"$set": SPREADS[spread]})
    store = MongoInstances(client)
    edges = [MIN_MS, MAX_MS, NOON, *stamps.tolist()]
    for size in (1, 3, 40, 1000):
        for _ in range(4):
            low, high = sorted(generator.sample(edges, 2))
            interval = TimeInterval.from_ms(low, high)
            expected = np.flatnonzero((stamps > low) & (stamps <= high)).tolist()
            batches = list(store.read(address, interval, size)) if size > 1 else []
            assert all(0 < len(batch) <= size for batch in batches)
            if batches:
                assert concatenated(batches).value_list() == expected
            assert store.head(address, interval, size).value_list() == expected[:size]
            assert store.tail(address, interval, size).value_list() == expected[-size:]


def test_a_window_query_takes_few_round_trips(client, address):
    """Head, tail and small windows of a long stream are found by a few queries."""
    store = MongoInstances(client)
    store.write([(address, Batch(NOON + np.arange(2000) * SECOND, np.arange(2000)))])
    small = TimeInterval.from_ms(NOON, NOON + 10 * SECOND)
    queries = [
        lambda: store.head(address, ALWAYS, 10),
        lambda: store.tail(address, ALWAYS, 10),
        lambda: list(store.read(address, small, 1000)),
        lambda: list(store.read(OTHER, small, 1000)),
    ]
    for query in queries:
        before = client.runs
        query()
        assert client.runs - before <= 3


def test_nothing_is_read_of_nothing(instances):
    """An unknown stream is empty."""
    assert len(instances.head(OTHER, ALWAYS, 5)) == 0
    assert len(instances.tail(OTHER, ALWAYS, 5)) == 0
    assert len(instances.tail(OTHER, ALWAYS, 0)) == 0
    assert list(instances.read(OTHER, ALWAYS, 5)) == []
    assert instances.write([]) == []
