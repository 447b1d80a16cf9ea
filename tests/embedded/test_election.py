"""Finding, starting and ending the server of a data directory; every server is a real one."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from hyperstream.embedded import election, server_status, stop_server
from hyperstream.embedded.directory import DataDirectory
from hyperstream.utils.errors import EmbeddedServerError

pytestmark = pytest.mark.slow

# Waits for a line, so that all processes begin together; then says which server it got.
STARTER = """
import sys
from pymongo import MongoClient
from hyperstream.embedded import ensure_server

def ping(server):
    with MongoClient(
        server.host, server.port, username=server.username, password=server.password
    ) as client:
        client.test.rows.insert_one({"pid": server.pid})
    return True

print("imported", flush=True)
sys.stdin.readline()
server = ensure_server(sys.argv[1], ping, idle_seconds=30)
print(server.pid, server.port, flush=True)
sys.stdin.readline()
"""


def start(data: Path, **options) -> subprocess.Popen[str]:
    """Start a process that wants the server of the directory."""
    return subprocess.Popen(
        [sys.executable, "-c", STARTER, str(data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **options,
    )


def go(process: subprocess.Popen[str]) -> None:
    """Let a process of `start` go on."""
    process.stdin.write("\n")
    process.stdin.flush()


def is_running(pid: int) -> bool:
    """Tell whether the process runs; one that the system has yet to bury does not."""
    # The first thread of one that is killed may end before the others, which hold its files.
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1
    except psutil.NoSuchProcess:
        return False


def wait_until_gone(pid: int) -> None:
    """Return when the process has ended; it was never a child of this one."""
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    pause = threading.Event()
    while is_running(pid):
        pause.wait(0.05)


@contextlib.contextmanager
def listening(port: int) -> Iterator[None]:
    """Take a port."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        yield


@contextlib.contextmanager
def without_rights(path: Path) -> Iterator[None]:
    """Do without the right to write there; the superuser, who always may, is somebody else."""
    path.chmod(0o500)
    superuser = os.geteuid() == 0
    if superuser:
        os.seteuid(65534)
    try:
        yield
    finally:
        if superuser:
            os.seteuid(0)
        path.chmod(0o700)


def test_the_first_call_starts_a_server_and_the_second_finds_it(data, driver):
    """A server is started where there is none; it belongs to this user alone."""
    assert server_status(data) is None
    server = driver.ensure(data)
    assert driver.ensure(data) == server == server_status(data, driver.ping) == server_status(data)
    assert data.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in data.iterdir()} == {
        "data",
        "owner.lock",
        "server.json",
        "server.log",
    }
    assert all(path.stat().st_mode & 0o077 == 0 for path in data.rglob("*"))


def test_ten_processes_start_one_server(data):
    """Whatever number of processes begin at once, they share one server."""
    processes = [start(data) for _ in range(10)]
    for process in processes:
        assert process.stdout.readline() == "imported\n"
    for process in processes:
        go(process)
    answers = {process.stdout.readline() for process in processes}
    for process in processes:
        process.communicate("\n")
    server = server_status(data)
    assert answers == {f"{server.pid} {server.port}\n"}


def test_port_password_and_documents_survive_a_crash(data, driver):
    """After kill -9, the next server is where the first was, with what it had acknowledged."""
    first = driver.ensure(data)
    with driver.connect(first) as client:
        client.test.rows.insert_one({"_id": 1})
    os.kill(first.pid, signal.SIGKILL)
    wait_until_gone(first.pid)
    assert server_status(data) is None
    second = driver.ensure(data)
    assert (second.port, second.password) == (first.port, first.password)
    assert second.pid != first.pid
    with driver.connect(second) as client:
        assert list(client.test.rows.find()) == [{"_id": 1}]


def test_a_recycled_process_number_is_not_taken_for_a_server(data, driver):
    """A file that names a living process, this one say, proves nothing and harms nobody."""
    first = driver.ensure(data)
    assert stop_server(data)
    (data / "owner.lock").write_text(f"{os.getpid()}\n")
    assert server_status(data) is None
    assert stop_server(data) is False
    second = driver.ensure(data)
    assert second.pid not in (first.pid, os.getpid())
    assert second.port == first.port


def test_a_damaged_file_is_replaced(data, driver):
    """Without a readable server.json, a new port and password are chosen; the data stay."""
    with driver.connect(driver.ensure(data)) as client:
        client.test.rows.insert_one({"_id": 1})
    stop_server(data)
    (data / "server.json").write_text('{"port": ')
    with driver.connect(driver.ensure(data)) as client:
        assert client.test.rows.count_documents({}) == 1


def test_a_port_that_is_taken_is_an_error(data, driver):
    """The error names the port and the remedy, which helps."""
    port = driver.ensure(data).port
    stop_server(data)
    with listening(port):
        with pytest.raises(EmbeddedServerError, match=f"Port {port}.*delete .*server.json") as info:
            driver.ensure(data)
        assert info.value.port == port
        (data / "server.json").unlink()
        assert driver.ensure(data).port != port


def test_the_server_of_another_directory_is_never_used(data, driver, tmp_path):
    """A copy of a data directory does not lead to the server of the original."""
    server = driver.ensure(data)
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(data / "server.json", copy)
    shutil.copy(data / "owner.lock", copy)
    assert server_status(copy, driver.ping) is None
    with pytest.raises(EmbeddedServerError, match=f"Port {server.port}.*copy of that directory"):
        driver.ensure(copy)


def test_a_server_ends_when_nobody_is_connected(data, driver):
    """It stays while one client is connected, leaves no process, and can be started again."""
    server = driver.ensure(data, idle_seconds=0.1)
    with driver.connect(server) as client:
        for _ in range(3):
            client.test.rows.insert_one({})
            threading.Event().wait(0.3)
        assert is_running(server.pid)
    wait_until_gone(server.pid)
    assert server_status(data) is None
    assert (data / "server.log").read_text() == ""
    with driver.connect(driver.ensure(data)) as client:
        assert client.test.rows.count_documents({}) == 3


def test_a_server_that_nobody_ever_used_ends(data, monkeypatch):
    """If the process that started it has died, the server does not stay for ever."""
    monkeypatch.setattr(election, "GRACE_SECONDS", 0.1)
    pids = []

    def note(server):
        pids.append(server.pid)
        return True

    election.ensure_server(data, note, idle_seconds=0.1)
    wait_until_gone(*pids)


def test_a_server_outlives_the_process_that_started_it(data, driver):
    """Neither Ctrl-C in its terminal nor its death ends the server."""
    process = start(data, start_new_session=True)
    go(process)
    assert process.stdout.readline() == "imported\n"
    pid = int(process.stdout.readline().split()[0])
    os.killpg(process.pid, signal.SIGINT)
    process.communicate()
    os.kill(pid, 0)
    assert driver.ensure(data).pid == pid


def test_a_server_keeps_nothing_open_of_its_starter(data, driver):
    """A pipe of the starter is closed in the server."""
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    driver.ensure(data)
    os.close(writer)
    assert os.read(reader, 1) == b""
    os.close(reader)


def test_a_server_ends_with_its_directory(data, driver):
    """A server whose directory is removed ends, whoever is connected."""
    server = driver.ensure(data)
    with driver.connect(server) as client:
        client.test.rows.insert_one({})
        shutil.rmtree(data)
        wait_until_gone(server.pid)
    assert not data.exists()


@pytest.mark.parametrize("_", range(3))
def test_a_server_that_is_stopped_while_it_starts_ends_cleanly(data, driver, _):
    """SIGTERM at the first possible moment is neither lost nor answered by a traceback."""
    servers = []
    starter = threading.Thread(target=lambda: servers.append(driver.ensure(data)))
    starter.start()
    while not stop_server(data):
        pass
    starter.join()
    assert driver.ping(*servers)
    assert "Traceback" not in (data / "server.log").read_text()


@pytest.mark.parametrize("tables", [0, 3, 12, 20, 28])
def test_a_server_that_is_killed_while_it_starts_leaves_nothing_half_made(data, driver, tables):
    """Killed at any moment of its first start, it is followed by one that works."""
    directory = DataDirectory(data)

    def attempt():
        with contextlib.suppress(EmbeddedServerError):
            driver.ensure(data)

    starter = threading.Thread(target=attempt)
    starter.start()
    while not directory.is_owned() or directory.owner_pid() is None:
        pass
    while len(list(data.glob("data*/*.wt"))) < tables:
        pass
    os.kill(directory.owner_pid(), signal.SIGKILL)
    starter.join()
    with driver.connect(driver.ensure(data)) as client:
        client.test.rows.insert_one({})
    assert not (data / "data.new").exists()


def test_a_server_makes_no_table_while_it_serves(data, driver):
    """All tables are made before the first use: a kill while one is made would spoil the data."""
    server = driver.ensure(data)
    tables = {path.name for path in (data / "data").glob("*.wt")}
    with driver.connect(server) as client:
        for number in range(100):
            client[f"d{number}"].rows.create_index("x", unique=True)
            client[f"d{number}"].rows.insert_one({"x": 1})
    assert {path.name for path in (data / "data").glob("*.wt")} == tables


def test_stopping_is_waiting(data, driver):
    """After the call, the server has ended; a second call finds none."""
    server = driver.ensure(data)
    assert stop_server(data)
    wait_until_gone(server.pid)
    assert not stop_server(data)


def test_a_server_that_does_not_end_is_reported(data, driver):
    """A stopped process neither answers nor ends; both errors name it."""
    server = driver.ensure(data)
    os.kill(server.pid, signal.SIGSTOP)
    with pytest.raises(EmbeddedServerError, match=f"process {server.pid}.*did not end"):
        stop_server(data, timeout=0.1)
    with pytest.raises(EmbeddedServerError, match=f"process {server.pid}.*stop --path {data}"):
        election.ensure_server(data, lambda _: False, timeout=0.1)
    os.kill(server.pid, signal.SIGCONT)


def test_only_the_user_with_the_password_gets_in(data, driver):
    """Without, or with another password, nothing is answered; the password is in one file."""
    server = driver.ensure(data)
    for login, error in (
        ({}, "requires authentication"),
        ({"username": server.username, "password": "wrong"}, "authentication failed"),
    ):
        with (
            MongoClient(server.host, server.port, **login) as client,
            pytest.raises(OperationFailure, match=error),
        ):
            client.test.rows.find_one()
    files = [path for path in data.rglob("*") if path.is_file()]
    secret = server.password.encode()
    assert [path.name for path in files if secret in path.read_bytes()] == ["server.json"]


def test_a_missing_package_is_named(data, driver, monkeypatch):
    """Without secantusdb, the error says what to install, or what else to do."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(EmbeddedServerError, match=r'pip install "hyperstream\[embedded\]".*"host"'):
        driver.ensure(data)


def test_an_interpreter_that_is_missing_is_named(data, driver, monkeypatch):
    """What keeps the process from running is said."""
    monkeypatch.setattr(sys, "executable", str(data / "python"))
    with pytest.raises(EmbeddedServerError, match=r"cannot be run.*No such file"):
        driver.ensure(data)


def test_a_server_that_dies_without_a_word_is_not_started_for_ever(data, driver, monkeypatch):
    """What ends at once, again and again, is reported after some attempts."""
    monkeypatch.setattr(sys, "executable", shutil.which("true"))
    with pytest.raises(EmbeddedServerError, match="did not start: it was killed 5 times"):
        driver.ensure(data)


def test_the_last_words_of_a_server_are_repeated(data, driver, monkeypatch, tmp_path):
    """What a process says before it ends, a broken installation say, is in the error."""
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho ImportError: broken >&2\n")
    python.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(EmbeddedServerError, match=r"(?s)ended at once.*\n    ImportError: broken"):
        driver.ensure(data)


def test_a_server_that_cannot_start_says_why(data, driver):
    """The error holds the reason and the end of the log."""
    data.mkdir()
    (data / "data").write_text("")
    with pytest.raises(EmbeddedServerError, match=r"(?s)did not start: FileExists.*log says:\n"):
        driver.ensure(data)
    assert not DataDirectory(data).is_owned()


def test_a_directory_without_rights_is_named(data, driver):
    """The error says which directory, why, and what to do."""
    data.mkdir()
    # The folders above are the superuser's, who alone may enter them.
    error = f"(?s){data}.*Permission denied.*right to write"
    with without_rights(data), pytest.raises(EmbeddedServerError, match=error):
        driver.ensure(data)
    assert list(data.iterdir()) == []


def test_a_failed_start_leaves_no_lock(data, driver):
    """A directory where a start has failed works as soon as the cause is gone."""
    data.mkdir()
    (data / "data").write_text("")
    with pytest.raises(EmbeddedServerError):
        driver.ensure(data)
    (data / "data").unlink()
    assert driver.ping(driver.ensure(data))
