"""Instances in MongoDB: written once, all or nothing, and read by ranges of time."""

from __future__ import annotations

import random
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

import numpy as np
import pytest
from pymongo.errors import AutoReconnect

from hyperstream._time import EPOCH, MAX_MS, MIN_MS, UTC, from_ms, to_ms
from hyperstream.storage.base import StreamAddress
from hyperstream.storage.batch import Batch, concatenated
from hyperstream.storage.mongo import MongoDefinitions, MongoInstances
from hyperstream.storage.mongo.documents import fetched
from hyperstream.storage.values import same_value
from hyperstream.time_interval import TimeInterval
from hyperstream.utils.errors import (
    DatabaseConnectionError,
    DuplicateInstanceError,
    HyperStreamError,
    ValueEncodingError,
)

ALWAYS = TimeInterval.all_time()
NOON = to_ms(datetime(2020, 1, 1, 12))
SECOND = 1000

OTHER = StreamAddress("mongo", "other")


def contents(store, address, interval=ALWAYS, size=1000):
    """Return what a stream holds, as {milliseconds: value}."""
    batch = concatenated(list(store.read(address, interval, size)))
    return dict(zip(batch.timestamps.tolist(), batch.value_list(), strict=True))


def batch_of(values):
    """Return {milliseconds: value} as a batch."""
    return Batch.of(list(values), list(values.values()))


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
    stamps = NOON + np.arange(2500)
    values = np.linspace(0, 1, 2500)
    instances.write([(address, Batch(stamps, values))])
    batches = list(instances.read(address, ALWAYS, 1000))
    assert all(len(batch) <= 1000 for batch in batches)
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


def test_writing_the_same_again_does_nothing(any_client, address):
    """Only what is new is told, and counted once."""
    store = MongoInstances(any_client, batch_size=100)
    first = {NOON + i: {"i": i, "x": float("nan"), "t": (i,)} for i in range(250)}
    store.write([(address, batch_of(first))])
    [new] = store.write([(address, batch_of(first))])
    assert new.tolist() == []
    more = {
        stamp + 200: {"i": i + 200, "x": float("nan"), "t": (i + 200,)}
        for i, stamp in enumerate(first)
    }
    [new] = store.write([(address, batch_of(more))])
    assert new.tolist() == [NOON + i for i in range(250, 450)]
    assert len(contents(store, address)) == 450


def test_values_are_compared_as_they_are_stored(instances, address):
    """What the database does not keep, such as microseconds, is no difference."""
    written = datetime(2020, 1, 1, 0, 0, 0, 1234, tzinfo=UTC)
    instances.write([(address, batch_of({NOON: [written]}))])
    [new] = instances.write([(address, batch_of({NOON: [written + timedelta(microseconds=1)]}))])
    assert len(new) == 0


def test_dicts_that_agree_are_merged(any_client, address):
    """Common keys have to agree; the others come together."""
    store = MongoInstances(any_client)
    name = uuid.UUID(int=5)
    store.write([(address, batch_of({NOON: {"a": 2**40, "b": (name,)}, NOON + 1: {"a": 1}}))])
    [new] = store.write(
        [(address, batch_of({NOON: {"b": (name,), "c.d": 3}, NOON + 1: {"a": 1}, NOON + 2: {}}))]
    )
    assert new.tolist() == [NOON + 2]
    assert contents(store, address) == {
        NOON: {"a": 2**40, "b": (name,), "c.d": 3},
        NOON + 1: {"a": 1},
        NOON + 2: {},
    }


def test_another_value_is_a_conflict(any_client, address):
    """The error shows both values, and nothing of what was written with it is stored."""
    store = MongoInstances(any_client, batch_size=10)
    store.write([(address, batch_of({NOON + 25: 1.0, NOON + 26: {"a": 1}}))])
    given = {NOON + i: float(i) for i in range(40)} | {NOON + 26: {"b": 1}}
    with pytest.raises(DuplicateInstanceError, match=r"already holds 1\.0 at .*25\.0 differs"):
        store.write([(OTHER, batch_of({NOON: 1})), (address, batch_of(given))])
    assert contents(store, address) == {NOON + 25: 1.0, NOON + 26: {"a": 1}}
    assert contents(store, OTHER) == {}


@pytest.mark.parametrize("value", [1, True, 1.5, "1.0", [1.0], None])
def test_a_value_of_another_type_is_a_conflict(instances, address, value):
    """1 and 1.0 and True are different values."""
    instances.write([(address, batch_of({NOON: 1.0}))])
    with pytest.raises(DuplicateInstanceError):
        instances.write([(address, batch_of({NOON: value}))])


def test_a_conflict_in_what_is_given_is_found_before_anything_is_sent(client, address):
    """Two values at one time never reach the database."""
    store = MongoInstances(client)
    runs = client.runs
    twice = Batch.of([NOON, NOON + 1, NOON], [1.0, 2.0, 3.0])
    with pytest.raises(DuplicateInstanceError, match="temperature"):
        store.write([(OTHER, batch_of({NOON: 1})), (address, twice)])
    with pytest.raises(DuplicateInstanceError, match="temperature"):
        store.write([(address, batch_of({NOON: 1})), (address, batch_of({NOON: 2}))])
    assert client.runs == runs


def test_a_stream_may_be_written_in_several_parts(instances, address):
    """Each part is told its own new timestamps, and the first one those that are in two."""
    instances.write([(address, batch_of({NOON + 1: 1}))])
    parts = [
        (address, batch_of({NOON + 1: 1, NOON + 3: 3})),
        (OTHER, batch_of({NOON: 0})),
        (address, batch_of({NOON + 3: 3, NOON + 2: 2})),
    ]
    new = instances.write(parts)
    assert [each.tolist() for each in new] == [[NOON + 3], [NOON], [NOON + 2]]


@pytest.mark.parametrize(
    ("value", "reason"), [(object(), "builtins.object"), ("x" * 17_000_000, "17.0 MB")]
)
def test_a_value_that_cannot_be_stored_stops_everything(client, address, value, reason):
    """The error names stream, time and type; nothing was sent."""
    store = MongoInstances(client)
    runs = client.runs
    parts = [
        (OTHER, batch_of({NOON: 1})),
        (address, batch_of({NOON + 1: 1, NOON + 2: 2, NOON + 3: [value]})),
    ]
    with pytest.raises(ValueEncodingError, match=reason) as caught:
        store.write(parts)
    assert "mongo:temperature[house=1, room=hall]" in str(caught.value)
    assert "2020-01-01T12:00:00.003Z" in str(caught.value)
    assert caught.value.timestamp == from_ms(NOON + 3)
    assert caught.value.value_type is list
    assert client.runs == runs


def test_a_merge_that_grows_too_large_is_refused(instances, address):
    """Two dicts that fit do not make one that does not."""
    instances.write([(address, batch_of({NOON: {"a": "x" * 9_000_000}}))])
    with pytest.raises(ValueEncodingError, match=r"18\.0 MB"):
        instances.write([(address, batch_of({NOON: {"b": "y" * 9_000_000}, NOON + 1: {}}))])
    assert list(contents(instances, address)) == [NOON]


def test_what_the_server_refuses_is_an_error_and_leaves_nothing(client, instances, address):
    """A document that the server does not take stops the whole write."""
    client.db.command("collMod", "streams", validator={"value": {"$ne": 3}})
    with pytest.raises(HyperStreamError, match="refused to store"):
        instances.write([(address, batch_of({NOON + i: i for i in range(5)}))])
    assert contents(instances, address) == {}


def test_merges_of_many_writers_are_all_kept(client, address):
    """Threads that add to the same dicts at the same time lose nothing."""
    store = MongoInstances(client, batch_size=7)
    stamps = [NOON + i for i in range(10)]

    def add(name):
        store.write([(address, batch_of({stamp: {name: stamp} for stamp in stamps}))])

    with ThreadPoolExecutor() as pool:
        list(pool.map(add, ["t0", "t1", "t2", "t3"]))
    expected = {stamp: {f"t{i}": stamp for i in range(4)} for stamp in stamps}
    assert contents(store, address) == expected


# The operations of a write of what is there already: insert, look, merge (or insert again), note.


def test_an_instance_that_is_deleted_meanwhile_is_written(meddling, instances, address):
    """What was there at first and then is not, is new."""
    instances.write([(address, batch_of({NOON: "old", NOON + 1: 1}))])
    meddling.before[2] = lambda: instances.delete_at(address, np.array([NOON]))
    [new] = MongoInstances(meddling).write([(address, batch_of({NOON: "new", NOON + 1: 1}))])
    assert new.tolist() == [NOON]
    assert contents(instances, address) == {NOON: "new", NOON + 1: 1}


def test_a_merge_looks_again_where_somebody_else_merges(meddling, instances, address):
    """Both changes are kept; a conflict that appears meanwhile is found."""
    instances.write([(address, batch_of({NOON: {"a": 1}}))])
    others = batch_of({NOON: {"b": 2}})
    meddling.before[3] = lambda: instances.write([(address, others)])
    store = MongoInstances(meddling)
    store.write([(address, batch_of({NOON: {"c": 3}}))])
    assert contents(store, address) == {NOON: {"a": 1, "b": 2, "c": 3}}
    meddling.runs = 0
    others = batch_of({NOON: {"d": 4}})
    meddling.before[3] = lambda: instances.write([(address, others)])
    with pytest.raises(DuplicateInstanceError):
        store.write([(address, batch_of({NOON: {"d": 5}, NOON + 1: {}}))])
    assert contents(store, address) == {NOON: {"a": 1, "b": 2, "c": 3, "d": 4}}


def test_a_merge_that_never_succeeds_is_given_up(meddling, instances, address):
    """Where others change an instance each time, the error says so, and nothing is stored."""
    instances.write([(address, batch_of({NOON: {}}))])
    for run in range(3, 1000, 2):
        others = batch_of({NOON: {str(run): run}})
        meddling.before[run] = partial(instances.write, [(address, others)])
    with pytest.raises(DuplicateInstanceError, match="again and again"):
        MongoInstances(meddling).write([(address, batch_of({NOON: {"c": 3}, NOON + 1: 1}))])
    assert "c" not in contents(instances, address)[NOON]
    assert NOON + 1 not in contents(instances, address)


def test_where_nobody_answers_nothing_is_undone(meddling, instances, address):
    """What was stored before the connection broke stays, and writing again completes it."""
    store = MongoInstances(meddling, batch_size=2)
    meddling.before[2] = meddling.disconnect
    given = {NOON + i: i for i in range(5)}
    with pytest.raises(DatabaseConnectionError):
        store.write([(address, batch_of(given))])
    assert len(contents(instances, address)) == 2
    [new] = instances.write([(address, batch_of(given))])
    assert len(new) == 3


def test_a_write_that_is_broken_off_leaves_nothing(meddling, instances, address):
    """Whoever stops the program in the middle of a write finds it undone."""

    def stop():
        raise KeyboardInterrupt

    meddling.before[3] = stop
    store = MongoInstances(meddling, batch_size=2)
    with pytest.raises(KeyboardInterrupt):
        store.write([(address, batch_of({NOON + i: i for i in range(9)}))])
    assert contents(instances, address) == {}


def test_what_cannot_be_undone_is_told(meddling, instances, address, caplog):
    """A warning says that a part of a failed write is still there."""

    def stop():
        meddling.before[3] = meddling.disconnect
        raise KeyboardInterrupt

    meddling.before[3] = stop
    store = MongoInstances(meddling, batch_size=2)
    with pytest.raises(KeyboardInterrupt):
        store.write([(address, batch_of({NOON + i: i for i in range(9)}))])
    assert "could not be removed again" in caplog.text
    assert len(contents(instances, address)) == 4


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
    store.write([(address, Batch(NOON + np.arange(5000) * SECOND, np.arange(5000)))])
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


def test_writing_to_many_streams_takes_no_more_round_trips(client, definitions):
    """The number of operations depends on how many documents there are, not streams."""
    store = MongoInstances(client)
    streams = [StreamAddress("mongo", "many", (("i", str(i)),)) for i in range(200)]
    definitions.create(streams)
    before = client.runs
    store.write([(streams[0], batch_of({NOON + i: i for i in range(200)}))])
    for_one = client.runs - before
    store.write([(stream, batch_of({NOON - 1: 1})) for stream in streams])
    assert client.runs - before == 2 * for_one


def test_writing_notes_when_a_stream_was_updated(client, instances, address):
    """The definition tells the time of the last write."""
    definitions = MongoDefinitions(client)
    assert definitions.last_updated(address) is None
    instances.write([(address, batch_of({NOON: 1}))])
    assert definitions.last_updated(address) > from_ms(NOON)
