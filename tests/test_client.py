"""The connection to MongoDB; the server of these tests is the embedded one, a real server."""

from __future__ import annotations

import gc
import json
import logging
import math
import subprocess
import sys
from datetime import datetime, timezone
from types import SimpleNamespace

import mongoengine
import pytest
from mongoengine import connection
from pymongo import InsertOne, MongoClient
from pymongo.errors import AutoReconnect, BulkWriteError, DuplicateKeyError

from hyperstream.client import Client
from hyperstream.client.outage import Outage
from hyperstream.embedded import ensure_server, server_status, stop_server
from hyperstream.utils.containers import Printable
from hyperstream.utils.errors import (
    ConfigurationError,
    DatabaseConnectionError,
    EmbeddedServerError,
)
from hyperstream.utils.time_utils import UTC

FORK = """
import json, os, sys
import mongoengine
from hyperstream.client import Client

class Row(mongoengine.Document):
    meta = {"db_alias": "hyperstream", "collection": "rows"}
    number = mongoengine.IntField()

client = Client(json.loads(sys.argv[1]))
Row(number=1).save()
inherited = client.client
child = os.fork()
if child == 0:
    assert client.client is not inherited
    Row(number=2).save()
    assert client.db.rows.count_documents({}) == Row.objects.count() == 2
    assert Row._get_collection().database.client is client.client
    client.disconnect()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
assert client.client is inherited
assert Row.objects.count() == 2
client.disconnect()
"""


class Row(mongoengine.Document):
    """A model as HyperStream's own are."""

    meta = {"db_alias": "hyperstream", "collection": "rows"}  # noqa: RUF012 - as MongoEngine wants
    number = mongoengine.IntField()


class Other(mongoengine.Document):
    """A model of the default alias."""

    meta = {"collection": "others"}  # noqa: RUF012 - as MongoEngine wants
    number = mongoengine.IntField()


@pytest.fixture
def connect():
    """Make clients that are disconnected after the test."""
    clients = []

    def make(*args, **options):
        clients.append(Client(*args, **options))
        return clients[-1]

    yield make
    for client in clients:
        client.disconnect()


@pytest.fixture
def client(connect, mongo_config):
    """Give a client with a database of its own."""
    return connect(mongo_config)


@pytest.fixture
def address(mongo_config):
    """Say where the embedded server is, as if it were any MongoDB."""
    server = server_status(mongo_config["path"])
    return {"host": server.host, "port": server.port, "connect_seconds": 1}


@pytest.fixture
def login(mongo_config, address):
    """Address the embedded server as any MongoDB, with user and database."""
    server = server_status(mongo_config["path"])
    user = {"username": server.username, "password": server.password}
    return address | user | {"db": mongo_config["db"]}


def test_the_documented_attributes_are_there(client, mongo_config):
    """A client has the driver's client, the database, and the session of the models."""
    assert isinstance(client, Printable)
    assert isinstance(client.client, MongoClient)
    assert client.db == client.client[mongo_config["db"]]
    assert client.session is client.client
    assert client.server_config == mongo_config
    assert client.get_config_value("db") == mongo_config["db"]
    assert client.get_config_value("colour") is None
    assert client.get_config_value("colour", "red") == "red"


def test_times_are_utc_and_writes_are_in_the_journal(client):
    """What is written comes back in UTC; acknowledged means journalled."""
    time = datetime(2020, 1, 1, 12, tzinfo=timezone.utc)
    client.db.rows.insert_one({"time": time})
    assert client.db.rows.find_one()["time"] == time
    assert client.db.rows.find_one()["time"].tzinfo is UTC
    assert client.db.write_concern.document == {"w": 1, "j": True}


def test_times_may_be_naive(connect, mongo_config):
    """The option tz_aware is the driver's."""
    client = connect(mongo_config | {"tz_aware": False})
    client.db.rows.insert_one({"time": datetime(2020, 1, 1)})
    assert client.db.rows.find_one()["time"] == datetime(2020, 1, 1)


def test_without_an_address_the_embedded_server_is_meant(monkeypatch, tmp_path):
    """No configuration, or one with a database only, means the embedded one."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    for config in (None, {}, {"db": "mine"}, {"embedded": True}):
        client = Client(config, auto_connect=False)
        assert client.embedded
        assert client.address == str(tmp_path / "hyperstream")
    assert not Client({"host": "localhost"}, auto_connect=False).embedded
    assert list(tmp_path.iterdir()) == []


def test_a_relative_path_is_fixed_at_once(monkeypatch, tmp_path):
    """The data stay where they were meant to be, whatever the working directory becomes."""
    monkeypatch.chdir(tmp_path)
    client = Client({"embedded": True, "path": "data"}, auto_connect=False)
    assert client.address == str(tmp_path / "data")


def test_an_address_beside_embedded_is_an_error():
    """The embedded server has no address to choose."""
    with pytest.raises(ConfigurationError, match='"mongo" section'):
        Client({"embedded": True, "host": "localhost"})


def test_a_client_may_connect_later(connect, mongo_config):
    """The first use connects; so does `connect`."""
    client = connect({"host": "nowhere.invalid"}, auto_connect=False)
    client.connect(mongo_config)
    assert client.db.name == mongo_config["db"]
    assert connect(mongo_config, auto_connect=False).db.rows.find_one() is None


def test_connecting_again_replaces_the_connection(client, mongo_config, mongo_client):
    """The former connection is closed, and the models follow."""
    former = client.client
    Row(number=1).save()
    name = mongo_config["db"] + "_2"
    client.connect(mongo_config | {"db": name})
    Row(number=2).save()
    assert [row["number"] for row in client.client[mongo_config["db"]].rows.find()] == [1]
    assert [row["number"] for row in client.db.rows.find()] == [2]
    mongo_client.client.drop_database(name)
    with pytest.raises(Exception, match="after close"):
        former.admin.command("ping")


def test_a_disconnected_client_says_so(client):
    """After `disconnect`, only `connect` opens the connection again."""
    client.disconnect()
    client.disconnect()
    for use in (lambda: client.db, lambda: client.client, lambda: client.run(lambda db: db.name)):
        with pytest.raises(DatabaseConnectionError, match=r"disconnected; call connect\(\)"):
            use()


def test_several_clients_share_a_server(connect, mongo_config, mongo_client):
    """Each has its own database; the models belong to the last one that connected."""
    first = connect(mongo_config)
    Row(number=1).save()
    name = mongo_config["db"] + "_2"
    second = connect(mongo_config | {"db": name})
    Row(number=2).save()
    Other(number=3).save()
    assert [row["number"] for row in first.db.rows.find()] == [1]
    assert [row["number"] for row in second.db.rows.find()] == [2]
    assert second.db.others.count_documents({}) == 1
    first.disconnect()
    assert Row.objects.count() == 1
    second.disconnect()
    with pytest.raises(connection.ConnectionFailure):
        Row.objects.count()
    mongo_client.client.drop_database(name)


def test_the_default_alias_of_the_program_is_left_alone(connect, mongo_config, login):
    """A program that uses MongoEngine itself keeps its connection."""
    name = mongo_config["db"]
    options = {key: login[key] for key in ("host", "port", "username", "password")}
    own = mongoengine.connect(f"{name}_own", uuidRepresentation="standard", **options)
    try:
        client = connect(mongo_config)
        assert Other._get_collection().database.name == f"{name}_own"
        assert Row._get_collection().database.name == name
        client.disconnect()
        assert Other.objects.count() == 0
    finally:
        own.drop_database(f"{name}_own")
        mongoengine.disconnect()


def test_the_password_is_not_shown(login):
    """Neither repr nor str shows a password, wherever it stands."""
    uri = f"mongodb://ann:{login['password']}@localhost/home"
    for config in (login, {"connection_string": uri}):
        client = Client(config, auto_connect=False)
        assert login["password"] not in repr(client) + str(client)
    assert repr(client) == (
        "Client(address='localhost', db_name='home', embedded=False, username='ann')"
    )


def test_a_server_that_does_not_answer_is_named(unused_port):
    """The error says host and port and what to do; the embedded server is not started instead."""
    config = {"host": "127.0.0.1", "port": unused_port, "connect_seconds": 0.2}
    error = rf'MongoDB at 127.0.0.1:{unused_port} does not answer.*mongod.*remove .*"?embedded'
    with pytest.raises(DatabaseConnectionError, match=error) as info:
        Client(config)
    assert not isinstance(info.value, EmbeddedServerError)


@pytest.fixture
def unused_port():
    """Give a port where nothing listens: one that is reserved for that."""
    return 1


def test_a_wrong_password_is_named(login):
    """The error names user and authentication database, not the password."""
    with pytest.raises(DatabaseConnectionError) as info:
        Client(login | {"password": "tell nobody", "authentication_database": "admin"})
    assert "does not accept the password of user 'hyperstream'" in str(info.value)
    assert "authentication database 'admin'" in str(info.value)
    assert "tell nobody" not in f"{info.value}{info.value!r}{info.value.__cause__}"


def test_a_missing_user_is_named(address):
    """A server that wants a user is not used without one."""
    with pytest.raises(DatabaseConnectionError, match='wants a user: set "username"'):
        Client(address)


def test_a_user_without_rights_is_named(client, address):
    """A user who may not use the database is told so at once, not with the first write."""
    client.db.command("createUser", "ann", pwd="secret", roles=[])
    user = {"username": "ann", "password": "secret", "authentication_database": client.db_name}
    try:
        with pytest.raises(DatabaseConnectionError, match=r"refuses user 'ann'.*'other'"):
            Client(address | user | {"db": "other"})
    finally:
        client.db.command("dropUser", "ann")


def test_a_connection_string_works(connect, login):
    """What it says is used, and goes before what is usual."""
    user = f"{login['username']}:{login['password']}"
    options = "authSource=admin&journal=false&tz_aware=false"
    uri = f"mongodb://{user}@{login['host']}:{login['port']}/{login['db']}?{options}"
    client = connect({"connection_string": uri})
    client.db.rows.insert_one({"time": datetime(2020, 1, 1)})
    assert client.db.name == login["db"]
    assert client.db.rows.find_one()["time"].tzinfo is None
    assert client.db.write_concern.document == {"w": 1, "j": False}


@pytest.mark.parametrize(
    "config",
    [
        {"connection_string": "mongodb://ann:se/cret@localhost"},
        {"connection_string": "mongodb://ann:se:cret@localhost"},
        {"connection_string": "mongodb://ann:cret@localhost:cret"},
        {"connection_string": "cret"},
        {"host": "localhost", "port": "cret"},
    ],
)
def test_a_wrong_configuration_is_said_without_its_password(config):
    """What cannot be understood is not repeated."""
    with pytest.raises(ConfigurationError, match='"mongo" section cannot be used') as info:
        Client(config)
    assert "cret" not in f"{info.value}{info.value.__cause__}"


def test_run_gives_what_the_operation_gives(client):
    """The operation is given the database."""
    assert client.run(lambda db: db.rows.insert_one({"_id": 1}).inserted_id) == 1


def test_run_passes_errors_on(client):
    """An error that the server reports is not tried again."""
    calls = []

    def insert(db):
        calls.append(1)
        db.rows.insert_one({"_id": 1})

    client.run(insert)
    with pytest.raises(DuplicateKeyError):
        client.run(insert)
    with pytest.raises(BulkWriteError):
        client.run(lambda db: db.rows.bulk_write([InsertOne({"_id": 1})]))
    with pytest.raises(ZeroDivisionError):
        client.run(lambda _: 1 / 0)
    assert len(calls) == 2


def test_run_tries_again(client):
    """An operation that loses its connection runs again."""
    attempts = iter([AutoReconnect("first"), AutoReconnect("second"), None])

    def operation(db):
        error = next(attempts)
        if error is not None:
            raise error
        return db.name

    assert client.run(operation) == client.db_name


def test_run_gives_up_in_the_end(connect, tmp_path):
    """After the time allowed, a server that has gone is an error from its cause."""
    path = tmp_path / "database"
    keeper = connect({"embedded": True, "path": str(path), "idle_seconds": 0.1})
    server = server_status(path)
    user = {"username": server.username, "password": server.password}
    times = {"connect_seconds": 0.2, "retry_seconds": 0.5}
    client = connect({"host": server.host, "port": server.port} | user | times)
    keeper.disconnect()
    stop_server(path)
    error = rf"MongoDB at 127.0.0.1:{server.port} has not answered for 0.5 s .*given up"
    with pytest.raises(DatabaseConnectionError, match=error) as info:
        client.run(lambda db: db.rows.find_one())
    assert isinstance(info.value.__cause__, AutoReconnect)
    assert server_status(path) is None


def test_run_starts_an_embedded_server_again(connect, tmp_path):
    """A client goes on after the end of its server, on the same port."""
    path = tmp_path / "database"
    client = connect({"embedded": True, "path": str(path), "idle_seconds": 0.1})
    client.run(lambda db: db.rows.insert_one({"_id": 1}))
    former = server_status(path)
    stop_server(path)
    assert client.run(lambda db: db.rows.count_documents({})) == 1
    assert Row.objects.count() == 1
    assert server_status(path).port == former.port
    client.disconnect()
    stop_server(path)


def test_run_follows_a_server_to_another_port(connect, tmp_path):
    """If port and password are new, client and models connect anew."""
    path = tmp_path / "database"
    client = connect({"embedded": True, "path": str(path), "idle_seconds": 0.1})
    Row(number=1).save()
    stop_server(path)
    (path / "server.json").unlink()
    assert client.run(lambda db: db.rows.count_documents({})) == 1
    assert Row.objects.count() == 1
    client.disconnect()
    stop_server(path)


def test_a_forked_child_has_a_connection_of_its_own(mongo_config):
    """Client and models work in parent and child, through different connections."""
    # Python warns of forking beside the threads of the driver, which is what is tried here.
    python = [sys.executable, "-W", "ignore::DeprecationWarning"]
    command = [*python, "-c", FORK, json.dumps(mongo_config)]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (process.returncode, process.stderr) == (0, "")


def test_nothing_is_said_when_all_is_well(caplog, client):
    """Connecting says nothing above the level of debugging, and leaves nothing unclosed."""
    with caplog.at_level(logging.INFO, logger="hyperstream"):
        client.run(lambda db: db.rows.find_one())
        client.disconnect()
        gc.collect()
    assert caplog.records == []


def test_patience_can_be_lost_while_waiting(connect, tmp_path):
    """Without patience left, an operation that waits already gives up soon."""
    path = tmp_path / "database"
    keeper = connect({"embedded": True, "path": str(path), "idle_seconds": 0.1})
    server = server_status(path)
    user = {"username": server.username, "password": server.password, "connect_seconds": 0.1}
    client = connect({"host": server.host, "port": server.port} | user)
    client.outage.patience = math.inf
    assert client.outage.since is None
    keeper.disconnect()
    stop_server(path)

    def lose_patience(db):
        if client.outage.since is not None:
            client.outage.patience = 0
        db.rows.find_one()

    with pytest.raises(DatabaseConnectionError, match="given up"):
        client.run(lose_patience)
    client.outage.patience = 30
    ensure_server(path, lambda _: True, idle_seconds=0.1)
    client.run(lambda db: db.rows.find_one())
    assert client.outage.since is None


def test_an_outage_is_said_once(monkeypatch, caplog):
    """What takes longer than a moment is said once, and its end too; less is not said."""
    now = [0.0]
    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr("hyperstream.client.outage.time", clock)
    outage = Outage(patience=30)
    for end in (1, 9):
        for now[0] in range(end):
            outage.note_silence("The server")
        outage.note_answer("The server")
    assert caplog.messages == [
        "The server does not answer; waiting for it",
        "The server answers again, after 8 s",
    ]
    assert outage.since is None
