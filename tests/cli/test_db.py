"""The commands on the database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hyperstream.client import Client
from hyperstream.embedded import server_status, stop_server
from tests.cli.parts import Command


@pytest.fixture
def elsewhere(config, capsys, tmp_path, mongo_config):
    """Give what runs commands on another database, of which nothing is left afterwards."""
    mongo = {**mongo_config, "db": f"{mongo_config['db']}_copy"}
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"mongo": mongo}))
    yield Command(other, capsys)
    client = Client(mongo)
    client.run(lambda db: db.client.drop_database(db.name))
    client.disconnect()


@pytest.fixture
def ordinary(config, capsys, mongo_config, tmp_path):
    """Give what runs commands on the same database, as if it were that of an ordinary server."""
    server = server_status(mongo_config["path"])
    login = {"host": server.host, "port": server.port, "username": server.username}
    other = tmp_path / "ordinary.json"
    mongo = {**login, "password": server.password, "db": mongo_config["db"]}
    other.write_text(json.dumps({"mongo": mongo}))
    return Command(other, capsys)


def test_a_database_moves_from_one_server_to_another(command, elsewhere, hall, tmp_path):
    """By a backup that is restored."""
    folder = tmp_path / "backups" / "monday"
    (line,) = command("db", "backup", folder).lines
    assert line.startswith("Wrote 6 documents in 7 collections (")
    assert line.endswith(f"to {folder}.")
    (line,) = elsewhere("db", "restore", folder).lines
    assert line.startswith("Restored 6 documents in 7 collections (")
    assert elsewhere.json("streams", "head", hall) == command.json("streams", "head", hall)


def test_a_backup_is_described_to_machines(command, hall, tmp_path):
    """With the counts of all collections."""
    made = command.json("db", "backup", tmp_path / "a")
    assert (made["documents"], made["collections"]["streams"]) == (6, 5)
    assert made == command.json("db", "restore", tmp_path / "a", "--replace", "--yes")


def test_what_is_there_is_not_replaced_unless_that_is_meant(command, hall, tmp_path):
    """It takes --replace, and --yes where nobody can be asked."""
    command("db", "backup", tmp_path / "a")
    said = command("db", "restore", tmp_path / "a")
    assert (said.code, said.out) == (1, "")
    assert "is not empty: it holds stream_definitions, streams" in said.err
    said = command("db", "restore", tmp_path / "a", "--replace")
    assert (said.code, said.out) == (2, "")
    assert "There is no terminal to ask at: say --yes if that is meant." in said.err


def test_a_backup_that_is_no_backup_is_told(command, tmp_path):
    """Before anything is asked."""
    said = command("db", "restore", tmp_path, "--replace")
    assert (said.code, said.out) == (1, "")
    assert said.err == f"hyperstream: There is no backup in {tmp_path}: it has no manifest.json.\n"


def test_a_folder_that_is_there_is_not_overwritten(command, tmp_path):
    """A backup wants a new one."""
    said = command("db", "backup", tmp_path)
    assert (said.code, said.out) == (1, "")
    assert said.err == f"hyperstream: {tmp_path} is there already: name a new folder.\n"


def test_the_server_is_shown(command, mongo_config):
    """Its process, its address and the size of its data."""
    data = command.json("db", "status")
    server = server_status(mongo_config["path"])
    assert (data["process"], data["address"]) == (server.pid, f"{server.host}:{server.port}")
    assert data["bytes"] > 1000
    lines = command("db", "status").lines
    assert [line.split()[0] for line in lines] == ["server", "data", "size"]


def test_an_ordinary_server_is_shown_and_not_ended(ordinary):
    """It belongs to somebody else."""
    (line,) = ordinary("db", "status").lines
    assert line.startswith("server  MongoDB ")
    assert ordinary.json("db", "status")["embedded"] is False
    assert ordinary("status").lines[2].startswith("server         MongoDB ")
    said = ordinary("db", "stop")
    assert (said.code, said.out) == (1, "")
    assert "this does not end: only the embedded one." in said.err


def test_an_embedded_server_is_ended(tmp_path, capsys):
    """Once; and it is a failure to ask for the state of one that does not run."""
    (tmp_path / "config.json").write_text('{"mongo": {"path": "db", "idle_seconds": 20}}')
    command = Command(tmp_path / "config.json", capsys)
    path = Path(tmp_path, "db")
    try:
        assert command("streams", "list").code == 0
        assert command("db", "stop").lines == [f"The server of {path} has ended."]
    finally:
        stop_server(path)
    assert command.json("db", "stop") == {"stopped": False, "path": str(path)}
    said = command("db", "status", "--json")
    assert (said.code, json.loads(said.out)["running"]) == (1, False)
    assert said.err == f"hyperstream: The embedded server of {path} does not run.\n"


def test_an_upgrade_says_what_it_did(command, config):
    """To machines, in numbers."""
    client = Client(json.loads(config.read_text())["mongo"])
    stream_id = {"name": "a", "meta_data": []}
    client.db.stream_definitions.insert_one({"stream_id": stream_id, "channel_id": "mongo"})
    client.disconnect()
    data = command.json("db", "upgrade")
    assert (data["definitions"], data["instances"], data["orphans"]) == (1, 0, {})
