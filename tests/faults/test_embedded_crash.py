"""What is acknowledged stays, whatever happens to the server, and the clients go on."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hyperstream.client import Client
from hyperstream.embedded import server_status, stop_server
from hyperstream.embedded.directory import DataDirectory

pytestmark = pytest.mark.slow

# Writes batches, without end, and says after each that it has been acknowledged.
WRITER = """
import itertools, json, sys
from pymongo import UpdateOne
from hyperstream.client import Client

config, name = json.loads(sys.argv[1]), sys.argv[2]
client = Client(config)

def write(batch):
    updates = [
        UpdateOne({"_id": f"{name}-{batch}-{row}"}, {"$set": {"row": row}}, upsert=True)
        for row in range(20)
    ]
    client.run(lambda db: db.rows.bulk_write(updates, ordered=False))

for batch in itertools.count():
    write(batch)
    print(batch, flush=True)
"""
# Writes until its storage engine fails for the limit on the size of a file; says what was
# acknowledged before, and the error.
LIMITED = """
import json, resource, sys
from hyperstream.client import Client
from hyperstream.utils.errors import DatabaseConnectionError

resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
client = Client(json.loads(sys.argv[1]))
acknowledged = 0
try:
    while True:
        row = {"_id": acknowledged, "text": "x" * 10_000}
        client.run(lambda db: db.rows.replace_one({"_id": row["_id"]}, row, upsert=True))
        acknowledged += 1
except DatabaseConnectionError as error:
    print(acknowledged, error)
"""


@pytest.fixture
def config(tmp_path: Path) -> Iterator[dict]:
    """Give the configuration of an embedded server of its own, which ends with the test."""
    path = tmp_path / "database"
    yield {"embedded": True, "path": str(path), "db": "faults", "idle_seconds": 0.2}
    stop_server(path)


@contextlib.contextmanager
def writer(config: dict, name: str) -> Iterator[subprocess.Popen[str]]:
    """Run a process that writes, and end it."""
    command = [sys.executable, "-c", WRITER, json.dumps(config), name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def acknowledged(process: subprocess.Popen[str], count: int) -> int:
    """Return the last batch that was acknowledged, after waiting for so many more."""
    return [int(process.stdout.readline()) for _ in range(count)][-1]


def kill_server(config: dict) -> None:
    """Kill the process that holds the lock, and wait until it is gone."""
    directory = DataDirectory(config["path"])
    pid = directory.owner_pid()
    os.kill(pid, signal.SIGKILL)
    pause = threading.Event()
    while directory.is_owned() and directory.owner_pid() == pid:
        pause.wait(0.01)


def wait_for_the_end(config: dict) -> None:
    """Return when the server has ended by itself."""
    directory = DataDirectory(config["path"])
    pause = threading.Event()
    while directory.is_owned():
        pause.wait(0.05)


def test_nothing_acknowledged_is_lost_by_kills(config):
    """Two writers go on by themselves after each of three kills, and lose nothing."""
    with writer(config, "a") as a, writer(config, "b") as b:
        for _ in range(3):
            acknowledged(a, 5)
            acknowledged(b, 5)
            kill_server(config)
        last = {"a": acknowledged(a, 20), "b": acknowledged(b, 20)}
    client = Client(config)
    stored = {row["_id"] for row in client.run(lambda db: list(db.rows.find({}, {"_id": 1})))}
    expected = {
        f"{name}-{batch}-{row}"
        for name, count in last.items()
        for batch in range(count + 1)
        for row in range(20)
    }
    assert expected - stored == set()
    port = server_status(config["path"]).port
    client.disconnect()
    wait_for_the_end(config)
    assert {path.name for path in Path(config["path"]).iterdir()} == {
        "data",
        "owner.lock",
        "server.json",
        "server.log",
    }
    again = Client(config)
    assert server_status(config["path"]).port == port
    again.disconnect()


def test_a_client_at_rest_recovers(config):
    """A client whose server was killed while it did nothing finds the next one."""
    client = Client(config)
    client.run(lambda db: db.rows.insert_one({"_id": 1}))
    for _ in range(3):
        kill_server(config)
        assert client.run(lambda db: db.rows.count_documents({})) == 1
    client.disconnect()


def test_many_threads_recover_together(config):
    """All threads of a process go on after a kill."""
    client = Client(config)
    killed, errors = threading.Event(), []

    def work(number):
        try:
            for row in range(10):
                key = {"_id": f"{number}-{row}"}
                client.run(lambda db, key=key: db.rows.replace_one(key, key, upsert=True))
                killed.wait()
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the test
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    kill_server(config)
    killed.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert client.run(lambda db: db.rows.count_documents({})) == 80
    client.disconnect()


def test_a_storage_engine_that_fails_is_reported_and_loses_nothing(config):
    """When files can grow no more, the server ends; what was acknowledged is there afterwards."""
    command = [sys.executable, "-c", LIMITED, json.dumps(config | {"retry_seconds": 3})]
    process = subprocess.run(command, capture_output=True, text=True, check=True)
    count, _, error = process.stdout.partition(" ")
    assert "embedded database" in error
    assert config["path"] in error
    client = Client(config)
    assert client.run(lambda db: db.rows.count_documents({})) >= int(count) > 0
    client.disconnect()
