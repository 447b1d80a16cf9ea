"""Finds the server of a data directory, and starts one where there is none."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import logging
import os
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from hyperstream.embedded.directory import USERNAME, DataDirectory, ServerInfo, unshared
from hyperstream.utils.errors import EmbeddedServerError

Ping: TypeAlias = Callable[[ServerInfo], bool]

IDLE_SECONDS = 10.0
GRACE_SECONDS = 10.0
START_SECONDS = 60.0
STOP_SECONDS = 30.0
START_ATTEMPTS = 5
# A file of the journal takes 10 MB.
LEAST_FREE_BYTES = 16 << 20
_POLL_SECONDS = 0.05
_CONNECT_SECONDS = 1.0

# Forks, and becomes the server in the child: nobody's child, so that it outlives whoever starts
# it and leaves no zombie when it ends first.
_DETACH = "import os, sys\nif os.fork() == 0:\n    os.execv(sys.argv[1], sys.argv[1:])\n"
logger = logging.getLogger(__name__)


def ensure_server(
    path: Path | str,
    ping: Ping,
    *,
    idle_seconds: float = IDLE_SECONDS,
    timeout: float = START_SECONDS,
) -> ServerInfo:
    """Find the server of a data directory, or start it.

    Any number of processes may call this at once: they get the same server.

    Parameters
    ----------
    path : Path or str
        The data directory; it is made if it is not there.
    ping : callable
        Given a `ServerInfo`, tells whether a server answers there and accepts the password.
    idle_seconds : float
        A server that is started ends after so many seconds without any connection.
    timeout : float
        Seconds to wait for a server that is starting or ending.

    Returns
    -------
    ServerInfo
        The server, which has just answered.

    Raises
    ------
    EmbeddedServerError
        If ``secantusdb`` is not installed, the directory cannot be used, the port is taken, or
        the server does not start or answer.

    """
    directory = DataDirectory(path)
    directory.create()
    deadline = time.monotonic() + timeout
    deaths = 0
    while True:
        with directory.lock() as descriptor:
            if deaths == START_ATTEMPTS:
                reason = f"it was killed {deaths} times"
                raise _no_start(directory, reason, directory.log_size())
            if descriptor is not None:
                listens = _start(directory, descriptor, idle_seconds, deadline)
                deaths = 0 if listens else deaths + 1
        server = _answering(directory, ping)
        if server is not None:
            return server
        if time.monotonic() > deadline:
            raise _no_answer(directory, timeout)
        time.sleep(_POLL_SECONDS)


def server_status(path: Path | str, ping: Ping | None = None) -> ServerInfo | None:
    """Return the running server of a data directory, or None.

    Parameters
    ----------
    path : Path or str
        The data directory; nothing is created.
    ping : callable, optional
        As in `ensure_server`. Without it, it is enough that the server listens.

    """
    directory = DataDirectory(path)
    return _answering(directory, ping) if directory.is_owned() else None


def stop_server(path: Path | str, timeout: float = STOP_SECONDS) -> bool:
    """End the server of a data directory, and wait until it has ended.

    A client that is still at work starts it again with its next operation.

    Parameters
    ----------
    path : Path or str
        The data directory.
    timeout : float
        Seconds to wait.

    Returns
    -------
    bool
        Whether there was one.

    Raises
    ------
    EmbeddedServerError
        If it does not end in time, or belongs to another user.

    """
    directory = DataDirectory(path)
    deadline = time.monotonic() + timeout
    asked: int | None = None
    found = False
    while directory.is_owned():
        found = True
        pid = directory.owner_pid()
        if pid is not None and pid != asked:
            with directory.checked(), contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            asked = pid
        if time.monotonic() > deadline:
            message = (
                f"The embedded database server of {directory.path} (process {pid}) did not end "
                f"within {timeout:g} s; see {directory.log_file}."
            )
            raise EmbeddedServerError(message, path=directory.path, pid=pid)
        time.sleep(_POLL_SECONDS)
    return found


def _answering(directory: DataDirectory, ping: Ping | None) -> ServerInfo | None:
    """Return the server of the directory if it listens and answers `ping`."""
    server = directory.server()
    if server is None:
        return None
    try:
        # Much cheaper than a driver's attempt while the server still starts.
        socket.create_connection((server.host, server.port), _CONNECT_SECONDS).close()
    except OSError:
        return None
    return server if ping is None or ping(server) else None


def _start(directory: DataDirectory, descriptor: int, idle_seconds: float, deadline: float) -> bool:
    """Start the server, which inherits the lock, and wait until it listens.

    False means that it was killed meanwhile, or that it takes longer.
    """
    site = _site_directory()
    logger.debug("starting the embedded database server of %s", directory.path)
    with directory.checked():
        # The process number of the former server: it must not be taken for the new one's.
        os.ftruncate(descriptor, 0)
    said = directory.log_size()
    reader, writer = os.pipe()
    with os.fdopen(reader, encoding="utf-8") as answers:
        with unshared(writer):
            _launch(directory, site, descriptor, writer, idle_seconds)
        ready, _, _ = select.select([answers], [], [], max(0.0, deadline - time.monotonic()))
        # A server that cannot start leaves the end of its answer, and of the lock, to its own end.
        answer = json.loads(answers.read() or "{}") if ready else {}
    if "port_taken" in answer:
        raise _port_taken(directory, answer["port_taken"])
    if "error" in answer:
        raise _no_start(directory, answer["error"], said)
    if ready and not answer and directory.log_size() > said:
        raise _no_start(directory, "it ended at once", said)
    return "ready" in answer


def _site_directory() -> str:
    """Return where ``secantus`` is installed, without importing it."""
    spec = importlib.util.find_spec("secantus")
    if spec is None or spec.origin is None:
        message = (
            "The embedded database needs the package secantusdb, which is not installed. Install "
            'it with: pip install "hyperstream[embedded]" (Python 3.10 to 3.13), or name a MongoDB '
            'server by "host" in the "mongo" section.'
        )
        raise EmbeddedServerError(message)
    return str(Path(spec.origin).parents[1])


def _launch(
    directory: DataDirectory, site: str, descriptor: int, ready_fd: int, idle_seconds: float
) -> None:
    """Run the launcher as a process of its own, which inherits the two file descriptors."""
    settings = {
        "directory": str(directory.path),
        "username": USERNAME,
        "lock_fd": descriptor,
        "ready_fd": ready_fd,
        "idle_seconds": idle_seconds,
        "grace_seconds": max(idle_seconds, GRACE_SECONDS),
    }
    python = [sys.executable, "-I"]
    script = str(Path(__file__).with_name("launcher.py"))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SECANTUS_")}
    # The numeric libraries behind secantus start a thread a core, which it never uses.
    environment["OPENBLAS_NUM_THREADS"] = "1"
    with directory.open_log() as log:
        try:
            subprocess.run(  # noqa: S603 - our own interpreter and script
                [*python, "-S", "-c", _DETACH, *python, script, site, json.dumps(settings)],
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=environment,
                start_new_session=True,
                pass_fds=(descriptor, ready_fd),
            )
        except (OSError, subprocess.CalledProcessError) as error:
            message = f"The embedded database server of {directory.path} cannot be run: {error}."
            raise EmbeddedServerError(message, path=directory.path) from error


def _port_taken(directory: DataDirectory, port: int) -> EmbeddedServerError:
    return EmbeddedServerError(
        f"Port {port}, which belongs to the embedded database of {directory.path}, is taken by "
        "another program (or by the server of a copy of that directory). End that program, or "
        f"delete {directory.server_file} to let another port be chosen.",
        path=directory.path,
        port=port,
    )


def _no_start(directory: DataDirectory, reason: str, said: int) -> EmbeddedServerError:
    free = shutil.disk_usage(directory.path).free
    room = f" Its disk is full ({free >> 20} MB free)." if free < LEAST_FREE_BYTES else ""
    return EmbeddedServerError(
        f"The embedded database server of {directory.path} did not start: {reason}.{room} "
        f"{directory.log_file} says:{directory.last_log_lines(said)}",
        path=directory.path,
    )


def _no_answer(directory: DataDirectory, timeout: float) -> EmbeddedServerError:
    server = directory.server()
    where = "no port yet" if server is None else f"port {server.port}"
    return EmbeddedServerError(
        f"The embedded database server of {directory.path} (process {directory.owner_pid()}, "
        f"{where}) did not answer within {timeout:g} s; see {directory.log_file}. To end it: "
        f"python -m hyperstream.embedded stop --path {shlex.quote(str(directory.path))}",
        path=directory.path,
    )
