"""Instances in MongoDB are written once, all or nothing."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

import numpy as np
import pytest

from hyperstream._time import UTC, from_ms
from hyperstream.storage.base import StreamAddress
from hyperstream.storage.batch import Batch
from hyperstream.storage.mongo import MongoDefinitions, MongoInstances
from hyperstream.utils.errors import (
    DatabaseConnectionError,
    DuplicateInstanceError,
    HyperStreamError,
    ValueEncodingError,
)
from tests.storage.mongo.parts import NOON, OTHER, batch_of, contents


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


@pytest.mark.slow
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
