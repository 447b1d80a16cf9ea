"""The process of the embedded server: the one file that imports ``secantus``.

It is not imported by HyperStream but run as a script by an isolated Python (``python -I``), with
the site directory of ``secantus`` as the first and its settings, in JSON, as the second argument.
It needs the standard library and ``secantus`` only.

The settings are written by :mod:`hyperstream.embedded.start`:

directory
    The data directory. The database itself is in its folder ``data``.
username
    The one user of the database.
lock_fd
    The locked file descriptor of ``owner.lock``. The process holds the lock while it lives.
ready_fd
    A pipe that receives one object of JSON when it is known whether the server listens: with
    ``ready``, or ``port_taken`` (the port) or ``error`` (what went wrong).
idle_seconds, grace_seconds
    How long the server stays without any connection: after the last one, before the first one.
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import secrets
import select
import shutil
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any, NoReturn

if __name__ == "__main__":
    sys.path.append(sys.argv[1])  # -I hides the site directory of the user

from secantus import SecantusDBServer
from secantus.auth import SCRAM_SHA_256, derive_credentials
from secantus.storage import Storage

HOST = "127.0.0.1"
# Below the ports that Linux and macOS give to outgoing connections, so that none of these takes
# the port while the server is down.
PORTS = range(20_000, 32_000)
CACHE_SIZE = "256M"
# The chance that one of sixteen tables is missed is 1e-10.
FIRST_COLLECTIONS = 400
POLL_SECONDS = 0.25
MAX_LOG_BYTES = 1_000_000
# A random password of 256 bits needs no slow hash; this is the least that drivers accept.
SCRAM_ITERATIONS = 4_096

logger = logging.getLogger("hyperstream.embedded.launcher")


def watch_signals() -> int:
    """Return a pipe that becomes readable on SIGTERM or SIGINT.

    It is made before anything else, so that a signal during the start is not lost.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    return reader


def read_identity(path: Path) -> tuple[int | None, str]:
    """Return the port (None if there is none yet) and the password of the data directory."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return int(content["port"]), str(content["password"])
    except FileNotFoundError:
        pass
    except (ValueError, KeyError, TypeError):
        logger.warning("%s is damaged; a new port and password are chosen", path)
    return None, secrets.token_urlsafe(32)


def write_identity(path: Path, port: int, password: str) -> None:
    """Write ``server.json`` in one step: a reader sees the old or the new one."""
    content = {"port": port, "password": password}
    draft = path.with_suffix(".tmp")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def make_database(path: Path) -> None:
    """Make an empty database, in one step.

    The engine does not survive being killed while it makes a table. It makes sixteen for the
    documents of all collections, each when the first collection that belongs there is created: so
    all are made now, by collections enough to meet every one of them, and none while it serves.
    """
    draft = path.with_suffix(".new")
    shutil.rmtree(draft, ignore_errors=True)
    storage = Storage(str(draft), enable_oplog=False, ttl_sweep_seconds=0, durable=True)
    for number in range(FIRST_COLLECTIONS):
        storage.create_collection("first", str(number))
    storage.drop_database("first")
    storage.close()
    draft.rename(path)


def open_server(directory: Path, username: str, password: str) -> SecantusDBServer:
    """Open the database, which is made if it is not there, and give its one user the password."""
    data = directory / "data"
    if not data.exists():
        make_database(data)
    server = SecantusDBServer(
        HOST,
        0,
        str(data),
        replica_set_name=None,
        require_auth=True,
        enable_test_commands=False,
        ttl_sweep_seconds=0,
        cache_size=CACHE_SIZE,
        durable=True,
    )
    credentials = derive_credentials(password, iterations=SCRAM_ITERATIONS)
    user = {
        "_id": f"admin.{username}",
        "user": username,
        "db": "admin",
        "credentials": credentials.to_doc(),
        "roles": [{"role": "root", "db": "admin"}],
        "mechanisms": [SCRAM_SHA_256],
    }
    server.storage.add_user("admin", username, user, replace=True)
    return server


def listen(server: SecantusDBServer, port: int | None) -> None:
    """Listen on the port of the data directory; without one, on any free port of `PORTS`."""
    ports = [port] if port is not None else secrets.SystemRandom().sample(PORTS, 100)
    for candidate in ports:
        server.port = candidate
        try:
            server.start()
        except OSError as error:
            if error.errno != errno.EADDRINUSE or candidate == ports[-1]:
                raise
        else:
            return


def report(ready_fd: int, message: dict[str, Any]) -> None:
    """Tell the process that started this one; it may have died meanwhile."""
    with contextlib.suppress(BrokenPipeError):
        os.write(ready_fd, json.dumps(message).encode())


def still_owner(lock_fd: int, lock_file: Path) -> bool:
    """Tell whether the locked file is still the one in the data directory."""
    try:
        return os.path.samestat(os.fstat(lock_fd), lock_file.stat())
    except FileNotFoundError:
        return False


def end_at_once() -> NoReturn:
    """End without closing the database: its engine has failed, or its files are gone.

    What was acknowledged is in the journal, which the next server reads.
    """
    os._exit(1)


def check_storage(server: SecantusDBServer, username: str) -> None:
    """Read something: a storage engine that gave up (on a full disk, say) raises."""
    server.storage.get_user("admin", username)
    server.storage.release_thread_snapshot()


def serve(server: SecantusDBServer, signals: int, settings: dict[str, Any]) -> None:
    """Serve until a signal, until nobody is connected, or until the data directory is gone."""
    lock_file = Path(settings["directory"]) / "owner.lock"
    patience = settings["grace_seconds"]
    last_used = time.monotonic()
    while not select.select([signals], [], [], POLL_SECONDS)[0]:
        if len(server.connections):
            last_used = time.monotonic()
            patience = settings["idle_seconds"]
        elif time.monotonic() - last_used > patience:
            return
        if not still_owner(settings["lock_fd"], lock_file):
            end_at_once()
        check_storage(server, settings["username"])
        if os.fstat(sys.stderr.fileno()).st_size > MAX_LOG_BYTES:
            os.ftruncate(sys.stderr.fileno(), 0)


def close(server: SecantusDBServer) -> None:
    """Stop listening, end all connections and close the database."""
    stopped = threading.Event()
    waker = threading.Thread(target=wake, args=(server.address, stopped))
    waker.start()
    server.stop()
    stopped.set()
    waker.join()


def wake(address: tuple[str, int], stopped: threading.Event) -> None:
    """Connect now and then: only a connection makes the server's listening thread look up."""
    while not stopped.wait(0.05):
        with contextlib.suppress(OSError), socket.create_connection(address, timeout=0.1):
            pass


def main() -> None:
    """Run the server until it ends."""
    os.umask(0o077)
    signals = watch_signals()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    settings = json.loads(sys.argv[2])
    directory = Path(settings["directory"])
    os.pwrite(settings["lock_fd"], f"{os.getpid()}\n".encode(), 0)
    port, password = read_identity(directory / "server.json")
    try:
        server = open_server(directory, settings["username"], password)
        listen(server, port)
        write_identity(directory / "server.json", server.port, password)
    except Exception as error:
        logger.exception("the server cannot start")
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        answer = {"port_taken": port} if taken else {"error": f"{type(error).__name__}: {error}"}
        report(settings["ready_fd"], answer)
        end_at_once()
    report(settings["ready_fd"], {"ready": True})
    os.close(settings["ready_fd"])
    try:
        serve(server, signals, settings)
    except Exception:
        logger.exception("the storage engine failed; the server ends")
        end_at_once()
    close(server)
    os.ftruncate(settings["lock_fd"], 0)


if __name__ == "__main__":
    main()
