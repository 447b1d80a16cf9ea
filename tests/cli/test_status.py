"""``hyperstream status``."""

from __future__ import annotations

import json

import pytest

from hyperstream.client import Client
from tests.cli.parts import Command


def test_everything_is_there_at_a_glance(command, config, hall, squares):
    """Server, database, counts and engine."""
    lines = command("status").lines
    assert lines[0] == f"configuration  {config}"
    assert lines[2].startswith("server         embedded, process ")
    assert lines[4].startswith("database       test_")
    assert lines[5:] == [
        "streams        3 in mongo",
        "instances      about 5",
        "workflows      1 (0 online)",
        "plates         0",
        "sessions       0 (0 active)",
        "engine         no workflow is online",
    ]


def test_a_machine_gets_everything(command, hall, fill):
    """In one document."""
    with fill() as hs, hs.create_workflow("ticks", "Ticks", "ann", "", online=True):
        hs.workflow_manager.commit_workflow("ticks")
    data = command.json("status")
    assert data["server"]["running"]
    assert data["database"]["streams"] == {"mongo": 1}
    assert data["database"]["online"] == 1
    assert [each["workflow_id"] for each in data["engine"]] == ["ticks"]
    lines = command("status").lines
    assert "engine         executes 0 of 1 workflow, 0 failing" in lines
    assert lines[-2].startswith("workflow  completed to")


def test_a_database_that_is_not_there_is_not_made(tmp_path, capsys):
    """Neither is a server started."""
    config = tmp_path / "config.json"
    config.write_text("{}")
    command = Command(config, capsys)
    assert command("status").lines == [
        f"configuration  {config}",
        "plugins        -",
        "server         embedded, not running (it starts when it is needed)",
        f"data           {tmp_path}/.hyperstream (0 bytes)",
        "database       none yet: it is made when something is first stored",
    ]
    assert command.json("status")["database"] is None
    assert not (tmp_path / ".hyperstream").exists()


def test_an_old_database_is_shown_and_left_as_it_is(command, config):
    """Of release 0.3.8: it is upgraded by whoever wants that."""
    with_old = json.loads(config.read_text())["mongo"]
    client = Client(with_old)
    old = {"stream_id": {"name": "a", "meta_data": []}, "channel_id": "mongo"}
    client.db.stream_definitions.insert_one(old)
    client.disconnect()
    (line,) = (line for line in command("status").lines if line.startswith("database"))
    assert line.endswith(", of release 0.3.8: `hyperstream db upgrade` brings it up to date")
    assert command.json("status")["database"]["needs_upgrade"]
    assert command("db", "upgrade").code == 0
    assert not command.json("status")["database"]["needs_upgrade"]


@pytest.mark.slow
def test_a_server_that_does_not_answer_is_told(tmp_path, capsys):
    """In one sentence, with exit code 1."""
    config = tmp_path / "config.json"
    mongo = {"host": "127.0.0.1", "port": 1, "connect_seconds": 0.1}
    config.write_text(json.dumps({"mongo": mongo}))
    for words in (["status"], ["db", "status"], ["streams", "list"]):
        said = Command(config, capsys)(*words)
        assert (said.code, said.out) == (1, "")
        assert said.err.startswith("hyperstream: MongoDB at 127.0.0.1:1 does not answer")
