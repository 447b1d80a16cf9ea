"""Databases of release 0.3.8 are brought up to date, and new ones made ready."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime

import pytest
from pymongo.errors import AutoReconnect

from hyperstream._time import MIN_DATE, UTC, from_ms
from hyperstream.client import Client
from hyperstream.models import DOCUMENTS, collection_of, declared_indexes
from hyperstream.storage.base import StreamAddress
from hyperstream.storage.batch import Batch, concatenated
from hyperstream.storage.mongo import MongoDefinitions, MongoInstances, MongoLedger
from hyperstream.storage.mongo.upgrade import _drop, needs_upgrade, prepare, upgrade
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils.errors import DatabaseConnectionError, DatabaseUpgradeError
from tests import fixtures

ENVIRONMENTAL = StreamAddress("mongo", "environmental", (("house", "1"),))
MOTION = StreamAddress("mongo", "motion", (("house", "1"), ("resident", "2")))
DEVICES = StreamAddress("assets", "wearable_devices")
TRIAL = StreamAddress("mongo", "trial", (), "ann")
ALWAYS = TimeInterval.all_time()


class EndError(Exception):
    """Stands for whatever ends a process in the middle."""


@pytest.fixture
def old(mongo_config) -> Iterator[Client]:
    """Give a database as release 0.3.8 left it."""
    client = Client(mongo_config)
    fixtures.load(client.db)
    yield client
    client.disconnect()


def at(*moment):
    """Return a moment in UTC."""
    return datetime(*moment, tzinfo=UTC)


def contents(client, address):
    """Return what a stream holds, as {datetime: value}."""
    batch = concatenated(list(MongoInstances(client).read(address, ALWAYS, 1000)))
    return dict(zip(map(from_ms, batch.timestamps.tolist()), batch.value_list(), strict=True))


def dump(client):
    """Return all documents of streams."""
    return [list(client.db[name].find().sort("_id")) for name in ("stream_definitions", "streams")]


def indexes(client):
    """Return the names of all indexes, by collection."""
    return {
        collection_of(model): set(client.db[collection_of(model)].index_information()) - {"_id_"}
        for model in DOCUMENTS
    }


DECLARED = {
    collection_of(model): {index.document["name"] for index in declared_indexes(model)}
    for model in DOCUMENTS
}


def assert_is_upgraded(client):
    """Fail unless all of the old database is there in the new form."""
    assert not needs_upgrade(client)
    assert indexes(client) == DECLARED
    assert contents(client, ENVIRONMENTAL) == {
        at(2017, 1, 1, 0, 10): {"electricity": 0.25, "humidity": 41, "door": None},
        at(2017, 1, 1, 0, 20, 0, 7000): {
            "electricity": 0.5,
            "humidity": 42,
            "seen": at(2017, 1, 1, 0, 19, 59),
        },
        at(2017, 1, 1, 2, 30): None,
    }
    # The pairs of its documents are in both orders.
    assert contents(client, MOTION) == {
        at(2017, 1, 1, 0, 10): [1, 2, 3],
        at(2017, 1, 1, 0, 11): 5_000_000_000,
    }
    assert list(contents(client, DEVICES)) == [at(2016, 12, 31, 23, 59, 59)]
    assert contents(client, TRIAL) == {at(2017, 1, 1): "first"}
    calculated = MongoLedger(client).calculated([ENVIRONMENTAL, MOTION, DEVICES])
    assert calculated == [
        TimeIntervals(
            [
                (at(2017, 1, 1), at(2017, 1, 1, 1)),
                (at(2017, 1, 1, 2), at(2017, 1, 1, 3, 0, 0, 500_000)),
            ]
        ),
        TimeIntervals(),
        TimeIntervals([(MIN_DATE, at(2017, 1, 2))]),
    ]
    found = MongoDefinitions(client).find("mongo")
    assert {each.key for each in found} == {ENVIRONMENTAL.key, MOTION.key}
    assert MongoInstances(client).tail(MOTION, ALWAYS, 1).value_list() == [5_000_000_000]


def test_a_new_database_gets_its_indexes(mongo_config):
    """An empty database needs no upgrade; making it ready twice is the same as once."""
    client = Client(mongo_config)
    assert not needs_upgrade(client)
    prepare(client, upgrade=False)
    prepare(client, upgrade=False)
    assert indexes(client) == DECLARED
    MongoDefinitions(client).create([ENVIRONMENTAL])
    assert not needs_upgrade(client)
    client.disconnect()


def test_a_database_of_release_038_is_upgraded(old, caplog):
    """Streams are read, marks and dates kept; what will happen is said before."""
    assert needs_upgrade(old)
    before = dump(old)
    with caplog.at_level(logging.WARNING, "hyperstream"):
        report = upgrade(old)
    assert_is_upgraded(old)
    assert "0.3.8 cannot read the definitions afterwards" in caplog.messages[0]
    assert "4 stream definitions and up to 9 instances" in caplog.messages[0]
    assert (report.definitions, report.instances) == (4, 9)
    new_fields = ("stream_key", "first_datetime", "last_datetime", "instance_count")
    after = dump(old)
    for documents in after:
        for document in documents:
            for name in new_fields:
                document.pop(name, None)
    assert after == before


def test_opening_a_database_upgrades_it(old):
    """Making a database ready includes the upgrade."""
    prepare(old)
    assert_is_upgraded(old)


def test_an_upgrade_may_be_refused(old):
    """Then the error names the command, and nothing is changed."""
    before, before_indexes = dump(old), indexes(old)
    with pytest.raises(DatabaseUpgradeError, match="hyperstream db upgrade"):
        prepare(old, upgrade=False)
    assert dump(old) == before
    assert indexes(old) == before_indexes


def test_instances_without_definition_are_reported(old, caplog):
    """They are kept, and counted by stream."""
    with caplog.at_level(logging.WARNING, "hyperstream"):
        report = upgrade(old)
    assert report.orphans == {"left_over[house=9]": 1, "another_left_over": 1}
    assert "1 instances belong to left_over[house=9], which has no definition." in caplog.messages
    assert old.db.streams.count_documents({"stream_id.name": "left_over"}) == 1


def test_progress_is_told(old):
    """The function is given what is done and what there is in all."""
    told = []
    upgrade(old, progress=lambda done, total: told.append((done, total)), part_size=4)
    assert told == [(4, 9), (8, 9), (9, 9)]


@pytest.mark.parametrize("after", [0, 1, 2])
def test_an_interrupted_upgrade_goes_on(old, after):
    """What ends in the middle is completed by the next start, and may be done again after that."""

    def interrupt(done, total):
        if done > 3 * after:
            raise EndError

    with pytest.raises(EndError):
        upgrade(old, interrupt, part_size=3)
    assert needs_upgrade(old)
    report = upgrade(old)
    assert report.definitions == 0
    assert report.instances == 9 - 3 * (after + 1)
    assert_is_upgraded(old)
    assert upgrade(old).instances == 0
    assert_is_upgraded(old)


def test_an_upgrade_survives_a_break_of_the_connection(old):
    """The pass over the instances begins again where it was."""
    broken = []

    def interrupt(done, total):
        if done == 3 and not broken:
            broken.append(done)
            raise AutoReconnect

    assert upgrade(old, interrupt, part_size=3).instances == 9
    assert broken
    assert_is_upgraded(old)


def test_an_upgrade_without_a_connection_ends(old, monkeypatch):
    """Where nothing goes on any more, the error says what to do."""

    def no_parts(collection, size):
        raise AutoReconnect("gone")

    monkeypatch.setattr("hyperstream.storage.mongo.upgrade._parts", no_parts)
    with pytest.raises(DatabaseConnectionError, match="goes on where it was"):
        upgrade(old)


def test_an_index_that_somebody_else_drops_is_gone_all_the_same(old):
    """Two processes may upgrade at the same time."""
    _drop(old.db.streams, "stream_id_1")
    _drop(old.db.streams, "stream_id_1")
    assert "stream_id_1" not in old.db.streams.index_information()


def test_streams_that_claim_the_same_instances_are_refused(old):
    """They are listed, and nothing is changed."""
    old.db.stream_definitions.drop_index("stream_id_1")
    turned = {"name": "motion", "meta_data": [["house", "1"], ["resident", "2"]]}
    plain = {"name": "environmental", "meta_data": [["house", "1"]]}
    old.db.stream_definitions.insert_many(
        [
            {"stream_id": turned, "channel_id": "mongo", "calculated_intervals": []},
            {"stream_id": plain, "channel_id": "assets", "calculated_intervals": []},
        ]
    )
    before, before_indexes = dump(old), indexes(old)
    with pytest.raises(DatabaseUpgradeError) as caught:
        prepare(old)
    assert set(caught.value.streams) == {
        "mongo:environmental[house=1], assets:environmental[house=1]",
        "mongo:motion[resident=2, house=1], mongo:motion[house=1, resident=2]",
    }
    assert dump(old) == before
    assert indexes(old) == before_indexes


def test_two_instances_of_one_time_are_refused(old):
    """A stream whose pairs were stored in both orders may hold a time twice."""
    turned = {"name": "motion", "meta_data": [["resident", "2"], ["house", "1"]]}
    twice = {"stream_id": turned, "datetime": at(2017, 1, 1, 0, 10), "value": 7}
    added = old.db.streams.insert_one(twice).inserted_id
    with pytest.raises(DatabaseUpgradeError, match="motion"):
        upgrade(old)
    assert needs_upgrade(old)
    old.db.streams.delete_one({"_id": added})
    upgrade(old)
    assert_is_upgraded(old)


def test_one_id_may_be_in_two_channels_after_the_upgrade(old):
    """What the old index forbade is possible."""
    upgrade(old)
    definitions, store = MongoDefinitions(old), MongoInstances(old)
    copy = StreamAddress("assets", "environmental", (("house", "1"),))
    definitions.create([copy])
    store.write([(copy, Batch.of([1483229400000], ["same time, another stream"]))])
    assert list(contents(old, copy)) == [at(2017, 1, 1, 0, 10)]
    assert len(contents(old, ENVIRONMENTAL)) == 3


def test_streams_of_release_038_can_be_continued(old):
    """Marks, claims and instances are added to what was there."""
    upgrade(old)
    ledger = MongoLedger(old)
    ledger.mark(ENVIRONMENTAL, TimeIntervals([(at(2017, 1, 1, 1), at(2017, 1, 1, 2))]))
    [calculated] = ledger.calculated([ENVIRONMENTAL])
    assert calculated == TimeIntervals([(at(2017, 1, 1), at(2017, 1, 1, 3, 0, 0, 500_000))])
    [new] = MongoInstances(old).write(
        [(ENVIRONMENTAL, Batch.of([1483229400000, 1483229400001], [{"electricity": 0.25}, {}]))]
    )
    assert new.tolist() == [1483229400001]


def test_values_of_meta_data_that_are_no_texts_become_texts(old):
    """Release 0.3.8 took numbers, too; the stream is found by the text."""
    stream_id = {"name": "numbered", "meta_data": [["house", 1]]}
    span = {"start": at(2017, 1, 1), "end": at(2017, 1, 2)}
    old.db.stream_definitions.insert_one(
        {"stream_id": stream_id, "channel_id": "mongo", "calculated_intervals": [span]}
    )
    old.db.streams.insert_one({"stream_id": stream_id, "datetime": at(2017, 1, 1, 1), "value": 5})
    upgrade(old)
    numbered = StreamAddress("mongo", "numbered", (("house", "1"),))
    found = MongoDefinitions(old).find("mongo", name="numbered", tags={"house": "1"})
    assert [each.meta_data for each in found] == [(("house", "1"),)]
    assert contents(old, numbered) == {at(2017, 1, 1, 1): 5}
    assert MongoLedger(old).calculated([numbered]) == [TimeIntervals([tuple(span.values())])]


def test_fields_may_be_missing_or_none(old):
    """Only what says of a stream which one it is must be there."""
    old.db.stream_definitions.insert_one(
        {"stream_id": {"name": "bare", "meta_data": None}, "channel_id": "mongo", "sandbox": None}
    )
    old.db.streams.insert_one({"stream_id": {"name": "bare"}, "datetime": at(2017, 1, 1), "x": 1})
    upgrade(old)
    bare = StreamAddress("mongo", "bare")
    assert contents(old, bare) == {at(2017, 1, 1): None}
    assert MongoLedger(old).calculated([bare]) == [TimeIntervals()]


def test_an_interval_below_a_millisecond_is_nothing(old):
    """It was stored as one that ends where it starts."""
    moments = [(at(2017, 1, 2), at(2017, 1, 2)), (at(2017, 1, 1), at(2017, 1, 1, 1))]
    spans = [{"start": start, "end": end} for start, end in moments]
    query = {"stream_id.name": "motion"}
    old.db.stream_definitions.update_one(query, {"$set": {"calculated_intervals": spans}})
    upgrade(old)
    assert MongoLedger(old).calculated([MOTION]) == [TimeIntervals(moments[1:])]


@pytest.mark.parametrize(
    "document",
    [
        {"channel_id": "mongo"},
        {"stream_id": {"name": "s", "meta_data": []}},
        {"stream_id": {"meta_data": []}, "channel_id": "mongo"},
        {"stream_id": {"name": "s", "meta_data": {"house": "1"}}, "channel_id": "mongo"},
        {"stream_id": {"name": "s", "meta_data": [["a", "1"], ["a", "2"]]}, "channel_id": "mongo"},
    ],
)
def test_a_definition_that_says_of_no_stream_is_refused(old, document):
    """It is named, and nothing is changed."""
    added = old.db.stream_definitions.insert_one(document).inserted_id
    before = dump(old)
    with pytest.raises(DatabaseUpgradeError, match=f"stream_definitions holds.*{added}"):
        upgrade(old)
    assert dump(old) == before
    old.db.stream_definitions.delete_one({"_id": added})
    upgrade(old)
    assert_is_upgraded(old)


@pytest.mark.parametrize("document", [{"datetime": at(2017, 1, 1)}, {"stream_id": {"name": "s"}}])
def test_an_instance_that_says_of_no_stream_or_time_is_refused(old, document):
    """It is named; without it the upgrade goes on."""
    added = old.db.streams.insert_one(document).inserted_id
    with pytest.raises(DatabaseUpgradeError, match=f"collection streams holds.*{added}"):
        upgrade(old)
    assert needs_upgrade(old)
    old.db.streams.delete_one({"_id": added})
    upgrade(old)
    assert_is_upgraded(old)
