"""The connection to MongoDB; the server of these tests is the embedded one, a real server."""

from __future__ import annotations

import gc
import logging
from datetime import datetime, timezone

import mongoengine
import pytest
from mongoengine import connection
from pymongo import MongoClient

from hyperstream.client import Client
from hyperstream.utils.containers import Printable
from hyperstream.utils.errors import (
    ConfigurationError,
    DatabaseConnectionError,
    EmbeddedServerError,
)
from hyperstream.utils.time_utils import UTC
from tests.client.parts import Row


class Other(mongoengine.Document):
    """A model of the default alias."""

    meta = {"collection": "others"}  # noqa: RUF012 - as MongoEngine wants
    number = mongoengine.IntField()


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


def test_nothing_is_said_when_all_is_well(caplog, client):
    """Connecting says nothing above the level of debugging, and leaves nothing unclosed."""
    with caplog.at_level(logging.INFO, logger="hyperstream"):
        client.run(lambda db: db.rows.find_one())
        client.disconnect()
        gc.collect()
    assert caplog.records == []
