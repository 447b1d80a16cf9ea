"""Backups of a database."""

from __future__ import annotations

import json
import stat
import uuid
from datetime import datetime

import bson
import numpy as np
import pytest
from bson import Decimal128, ObjectId

from hyperstream._time import MIN_MS
from hyperstream.client import Client
from hyperstream.embedded import server_status
from hyperstream.models.stream import DEFINITIONS, INSTANCES
from hyperstream.storage.base import StreamAddress
from hyperstream.storage.mongo import MongoDefinitions, MongoInstances, MongoLedger
from hyperstream.storage.mongo.backup import (
    Manifest,
    backup,
    restore,
    restoring,
    streamwise,
    writing,
)
from hyperstream.storage.mongo.backup.manifest import FILENAME
from hyperstream.storage.mongo.upgrade import needs_upgrade, prepare
from hyperstream.utils.errors import BackupError
from tests.storage.mongo.conftest import RepeatingClient
from tests.storage.mongo.parts import NOON, OTHER, UNKNOWN, batch_of, contents, spans

VALUES = {
    MIN_MS: "the very first moment",
    NOON: 20.5,
    NOON + 1: {"a": [1, None]},
    NOON + 2: np.arange(3),
}
OLD = {"stream_id": {"name": "a", "meta_data": []}, "datetime": datetime(2020, 1, 1), "value": 1}


class EndedError(Exception):
    """Stands for a process that ends."""


@pytest.fixture(params=[100])
def part(request, monkeypatch):
    """Give how many documents are read, and sent, at once."""
    for module, name in ((streamwise, "_PAGE"), (writing, "_BATCH"), (restoring, "_DOCUMENTS")):
        monkeypatch.setattr(module, name, request.param)
    return request.param


@pytest.fixture
def filled(client, address, instances, ledger, definitions, part):
    """Give a database with streams, with what belongs to none, and with foreign collections."""
    definitions.create([OTHER])
    instances.write([(address, batch_of(VALUES))])
    instances.write([(OTHER, batch_of({NOON + i: i for i in range(part + part // 5)}))])
    ledger.mark(address, spans((NOON - 1, NOON + 2)))
    for before, after in (("", 1), ("\x7f", 2), ("Z", 3)):
        stray = StreamAddress(f"{before}mongo", "stray")
        instances.write([(stray, batch_of({NOON: after}))])
    instances.write([(UNKNOWN, batch_of({NOON: 0}))])
    client.db[INSTANCES].insert_one({**OLD, "_id": "no key"})
    foreign = client.db["notes of/Ann"]
    foreign.insert_many([{"_id": 1, "a": Decimal128("1.5")}, {"_id": "1", "b": {"c": ObjectId()}}])
    foreign.create_index([("a", 1), ("b", -1)], name="mine")
    client.db.create_collection("empty")
    return client


@pytest.fixture
def empty(mongo_server):
    """Give a function that connects to a new database."""
    clients = []

    def connect():
        clients.append(Client({**mongo_server, "db": f"test_{uuid.uuid4().hex}"}))
        return clients[-1]

    yield connect
    for client in clients:
        client.run(lambda db: db.client.drop_database(db.name))
        client.disconnect()


@pytest.fixture
def copy(empty):
    """Give a connection to another database, which is empty."""
    return empty()


@pytest.fixture
def folder(filled, tmp_path):
    """Give the folder of a backup."""
    backup(filled, tmp_path / "backup")
    return tmp_path / "backup"


def documents(client):
    """Return all documents, by collection, as they are stored."""
    return {
        name: sorted(bson.encode(each) for each in client.db[name].find({}))
        for name in client.db.list_collection_names()
    }


def indexes(client):
    """Return all indexes, by collection."""
    return {name: client.db[name].index_information() for name in client.db.list_collection_names()}


@pytest.mark.parametrize("part", [100, 1000], indirect=True)
def test_what_is_restored_is_what_was_there(filled, copy, folder):
    """Every document of every collection, and every index."""
    assert restore(copy, folder) == Manifest.read(folder)
    assert documents(copy) == documents(filled)
    assert indexes(copy) == indexes(filled)


def test_streams_are_read_and_written_as_before(address, copy, folder):
    """Values, marks and hints."""
    restore(copy, folder)
    store, ledger = MongoInstances(copy), MongoLedger(copy)
    found = contents(store, address)
    assert found[NOON] == 20.5
    assert found[NOON + 2].tolist() == [0, 1, 2]
    assert ledger.calculated([address]) == [spans((NOON - 1, NOON + 2))]
    assert store.tail(OTHER, store_end(), 1).value_list() == [119]
    store.write([(address, batch_of({NOON: 20.5, NOON + 10: 1}))])
    assert len(contents(store, address)) == len(found) + 1


def store_end():
    """Return an interval around the end of what the stream OTHER holds."""
    return spans((NOON, NOON + 10_000))[0]


def test_every_kind_of_server_gives_the_same(filled, folder, tmp_path):
    """Also one that is not known to be embedded, whose instances are read at once."""
    server = server_status(filled.address)
    login = {"host": server.host, "port": server.port, "username": server.username}
    ordinary = Client({**login, "password": server.password, "db": filled.db_name})
    assert not ordinary.embedded
    other = backup(ordinary, tmp_path / "other")
    assert {each.name: each.documents for each in other.collections} == {
        each.name: each.documents for each in Manifest.read(folder).collections
    }
    for each in other.collections:
        files = [(tmp_path / name / each.file).read_bytes() for name in ("backup", "other")]
        assert sorted(map(bson.encode, bson.decode_all(files[0]))) == sorted(
            map(bson.encode, bson.decode_all(files[1]))
        )
    ordinary.disconnect()


def test_a_database_of_release_038_is_copied_as_it_is(empty, copy, tmp_path):
    """It is upgraded when it is opened, not before."""
    old = empty()
    old.db[INSTANCES].insert_many([{**OLD, "_id": number} for number in range(3)])
    backup(old, tmp_path / "old")
    restore(copy, tmp_path / "old")
    assert needs_upgrade(copy)
    assert documents(copy) == documents(old)


def test_answers_that_are_lost_do_no_harm(filled, copy, tmp_path):
    """Everything is done twice, and is there once."""
    twice, to = RepeatingClient(filled.server_config), RepeatingClient(copy.server_config)
    backup(twice, tmp_path / "backup")
    restore(to, tmp_path / "backup")
    assert documents(copy) == documents(filled)
    for each in (twice, to):
        each.disconnect()


def test_the_manifest_says_what_is_there(filled, folder):
    """Counts, sizes and times; and a mark was read before what it speaks of."""
    manifest = Manifest.read(folder)
    names = [each.name for each in manifest.collections]
    assert names[-2:] == [DEFINITIONS, INSTANCES]
    assert manifest.database == filled.db_name
    assert manifest.started <= manifest.finished
    assert manifest.documents == sum(map(len, documents(filled).values()))
    for each in manifest.collections:
        assert (folder / each.file).stat().st_size == each.bytes
    assert {path.name for path in folder.iterdir()} == {
        FILENAME,
        *(each.file for each in manifest.collections),
    }


def test_nobody_else_can_read_a_backup(folder):
    """It may hold anything."""
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_progress_is_told(filled, copy, tmp_path):
    """It grows to the number of documents, which the end is."""
    for operation in (backup, restore):
        told = []
        client = filled if operation is backup else copy
        manifest = operation(
            client, tmp_path / "a", progress=lambda *each, to=told: to.append(each)
        )
        assert told == sorted(told)
        assert told[-1] == (manifest.documents, manifest.documents)
        assert len(told) > 3


def test_a_backup_that_is_interrupted_leaves_nothing(filled, tmp_path):
    """Neither the folder nor a part of it."""

    def end(done, total):
        raise EndedError

    with pytest.raises(EndedError):
        backup(filled, tmp_path / "backup", end)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_left_alone(filled, tmp_path):
    """But an empty one is used."""
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "file").write_text("mine")
    with pytest.raises(BackupError, match="taken is there already: name a new folder"):
        backup(filled, taken)
    (taken / "file").unlink()
    assert backup(filled, taken).documents
    with pytest.raises(BackupError, match=r"is there already"):
        backup(filled, taken / FILENAME)


def test_where_nothing_can_be_written_the_place_is_named(filled, tmp_path):
    """The error of the system is told in one sentence."""
    (tmp_path / "file").write_text("")
    with pytest.raises(BackupError, match=r"/below cannot be made: File exists: .*file"):
        backup(filled, tmp_path / "file" / "below")


def test_a_database_that_holds_something_is_not_mixed(filled, folder):
    """It stays as it is, and the error names what is there."""
    before = documents(filled)
    with pytest.raises(BackupError, match=r"is not empty: it holds .*notes of/Ann"):
        restore(filled, folder)
    assert documents(filled) == before


def test_a_database_is_replaced(filled, folder):
    """What was not in the backup is gone."""
    before = documents(filled)
    filled.db.later.insert_one({})
    filled.db[INSTANCES].delete_many({})
    restore(filled, folder, replace=True)
    assert documents(filled) == before


def test_an_interrupted_restoration_marks_nothing_that_is_not_there(copy, folder, address, part):
    """Data come first; and it can be done again."""

    def end(done, total):
        if done > part:
            raise EndedError

    with pytest.raises(EndedError):
        restore(copy, folder, progress=end)
    assert copy.db[DEFINITIONS].find_one() is None
    assert copy.db[INSTANCES].find_one() is not None
    restore(copy, folder, replace=True)
    assert MongoDefinitions(copy).exists(address)


def damage_file(folder):
    """Change one byte."""
    path = folder / f"{INSTANCES}.bson"
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)


def cut_file(folder):
    """Take away the last byte."""
    path = folder / f"{DEFINITIONS}.bson"
    path.write_bytes(path.read_bytes()[:-1])


def remove_file(folder):
    """Take away a file."""
    (folder / f"{INSTANCES}.bson").unlink()


def remove_manifest(folder):
    """Take away the manifest."""
    (folder / FILENAME).unlink()


def garble_manifest(folder):
    """Write what is no JSON."""
    (folder / FILENAME).write_text("{")


def change_manifest(folder):
    """Name a version of the future."""
    content = json.loads((folder / FILENAME).read_text())
    (folder / FILENAME).write_text(json.dumps({**content, "version": 2}))


def strange_manifest(folder):
    """Write what is JSON."""
    (folder / FILENAME).write_text("[]")


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (damage_file, r"streams\.bson of the backup is damaged: its checksum is not"),
        (cut_file, r"stream_definitions\.bson of the backup is damaged"),
        (remove_file, r"streams\.bson of the backup cannot be read: No such file"),
        (remove_manifest, r"There is no backup in .*: it has no manifest\.json\."),
        (garble_manifest, r"manifest\.json cannot be read: Expecting property name"),
        (change_manifest, r"manifest\.json is not the manifest of a backup that this version"),
        (strange_manifest, r"manifest\.json is not the manifest of a backup that this version"),
    ],
)
def test_a_damaged_backup_changes_nothing(copy, folder, harm, message):
    """It is checked as a whole before anything is removed."""
    copy.db.mine.insert_one({"_id": 1})
    harm(folder)
    with pytest.raises(BackupError, match=message):
        restore(copy, folder, replace=True)
    assert documents(copy) == {"mine": [bson.encode({"_id": 1})]}


def test_a_count_that_is_not_right_is_told(copy, folder):
    """Here because somebody else writes while it is restored."""

    def meddle(done, total):
        copy.db["notes of/Ann"].update_one({"_id": 5}, {"$set": {}}, upsert=True)

    with pytest.raises(BackupError, match=r"notes of/Ann has 3 documents .* and the backup 2"):
        restore(copy, folder, progress=meddle)


def test_large_documents_are_sent_in_smaller_parts(copy, folder, monkeypatch):
    """What is sent at once is limited in size, too."""
    monkeypatch.setattr(restoring, "_BYTES", 1000)
    told = []
    manifest = restore(copy, folder, progress=lambda *each: told.append(each))
    assert len(told) > manifest.documents / 10


def test_what_the_database_refuses_is_told(filled, tmp_path, monkeypatch):
    """In one sentence, with its reason."""

    def refuse(db, name):
        return db.command("noSuchCommand")

    monkeypatch.setattr(writing, "_all", refuse)
    with pytest.raises(BackupError, match=r"cannot be made, the database refuses it: "):
        backup(filled, tmp_path / "backup")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_database_has_a_backup_too(copy, tmp_path):
    """Of no documents."""
    assert backup(copy, tmp_path / "a").documents == 0
    prepare(copy)
    assert backup(copy, f"{tmp_path}/b").documents == 0
    assert restore(copy, tmp_path / "b").documents == 0
