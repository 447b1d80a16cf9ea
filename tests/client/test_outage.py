"""Operations on a server that goes, comes back and moves; it is a real one."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from types import SimpleNamespace

import pytest
from pymongo import InsertOne
from pymongo.errors import AutoReconnect, BulkWriteError, DuplicateKeyError, OperationFailure

from hyperstream.client.outage import Outage
from hyperstream.embedded import ensure_server, server_status, stop_server
from hyperstream.utils.errors import DatabaseConnectionError
from tests.client.parts import Row

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


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        """Return the time."""
        return self.now

    def sleep(self, seconds):
        """Let time pass."""
        self.now += seconds


@pytest.fixture
def clock(client, monkeypatch):
    """Give the client another clock, once it is connected."""
    found = Clock()
    monkeypatch.setattr("hyperstream.client.time", found)
    monkeypatch.setattr("hyperstream.client.outage.time", found)
    return found


class Silence:
    """An operation which the server does not answer the first times."""

    def __init__(self, times=math.inf):
        self.tries, self._times = 0, times

    def __call__(self, _):
        """Count the tries."""
        self.tries += 1
        if self.tries <= self._times:
            raise AutoReconnect("nobody is there")


def test_a_long_outage_is_waited_for_only_once(client, clock):
    """After the time allowed others are tried once, until the server answers: then all is new."""
    first, second, third = Silence(), Silence(), Silence(times=5)
    for operation in (first, second):
        with pytest.raises(DatabaseConnectionError, match=r"not answered for 30 s .*given up"):
            client.run(operation)
        assert clock.now <= 31
        clock.sleep(1)
    assert (first.tries > 30, second.tries) == (True, 1)
    client.run(Silence(times=0))
    client.run(third)
    assert third.tries == 6


def test_who_comes_late_into_an_outage_waits_for_the_rest_of_it(client, clock):
    """What counts is how long the server has been silent, to whomever."""
    client.outage.note_silence("The server")
    clock.sleep(29)
    late = Silence()
    with pytest.raises(DatabaseConnectionError, match="given up"):
        client.run(late)
    assert late.tries > 1
    assert clock.now <= 30


def test_endless_patience_waits_however_long_an_outage_lasts(client, clock):
    """An operation of the online engine is tried again after any time."""
    client.outage.note_silence("The server")
    clock.sleep(1e6)
    client.outage.patience = math.inf
    operation = Silence(times=5)
    client.run(operation)
    assert operation.tries == 6


def test_an_error_of_the_server_is_an_answer(client):
    """After an error that the server reports, an outage is over."""
    client.outage.note_silence("The server")
    with pytest.raises(OperationFailure):
        client.run(lambda db: db.command("what is that"))
    assert client.outage.since is None


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_forked_child_has_a_connection_of_its_own(mongo_config):
    """Client and models work in parent and child, through different connections."""
    # Python warns of forking beside the threads of the driver, which is what is tried here.
    python = [sys.executable, "-W", "ignore::DeprecationWarning"]
    command = [*python, "-c", FORK, json.dumps(mongo_config)]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (process.returncode, process.stderr) == (0, "")


@pytest.mark.slow
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
