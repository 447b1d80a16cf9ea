"""The data directory of an embedded server, and what is known from its files alone."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from hyperstream.utils.errors import EmbeddedServerError

HOST = "127.0.0.1"
USERNAME = "hyperstream"

_unshared: set[int] = set()


def _close_unshared() -> None:
    while _unshared:
        os.close(_unshared.pop())


os.register_at_fork(after_in_child=_close_unshared)


@contextlib.contextmanager
def unshared(descriptor: int) -> Iterator[int]:
    """Close a file descriptor at the end of the block, and at once in a child forked meanwhile.

    Such a child would hold a lock, or keep a pipe open, for its whole life.
    """
    _unshared.add(descriptor)
    try:
        yield descriptor
    finally:
        _unshared.discard(descriptor)
        os.close(descriptor)


@dataclass(frozen=True)
class ServerInfo:
    """How to reach an embedded server.

    Attributes
    ----------
    host, port : str, int
        The address. Both stay the same for the life of the data directory.
    username, password : str
        What to log in with (SCRAM-SHA-256, authentication database ``admin``). The password is
        not shown by ``repr``.
    pid : int
        The process of the server. It is for people to read: a server is known to run by its lock
        and its answer, never by its process number.

    Examples
    --------
    >>> ServerInfo("127.0.0.1", 20123, "hyperstream", "secret", 4711)
    ServerInfo(host='127.0.0.1', port=20123, username='hyperstream', pid=4711)

    """

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    pid: int


class DataDirectory:
    """The files of one embedded server.

    ``owner.lock`` is locked by the running server and holds its process number, ``server.json``
    holds the port and the password, ``server.log`` what the server says, ``data`` the database.

    Parameters
    ----------
    path : Path or str
        The directory; ``~`` is expanded. Nothing is created by naming it.

    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path).expanduser().absolute()
        self.lock_file = self.path / "owner.lock"
        self.server_file = self.path / "server.json"
        self.log_file = self.path / "server.log"

    @contextlib.contextmanager
    def checked(self) -> Iterator[None]:
        """Turn an operating system's refusal to use the files into an `EmbeddedServerError`."""
        try:
            yield
        except OSError as error:
            message = (
                f"The data directory {self.path} of the embedded database cannot be used "
                f"({error.strerror}: {error.filename or self.path}); give this user the right to "
                'write there, or name another directory as "path" in the "mongo" section.'
            )
            raise EmbeddedServerError(message, path=self.path) from error

    def create(self) -> None:
        """Make the directory, for this user only, if it is not there."""
        with self.checked():
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextlib.contextmanager
    def lock(self, kind: int = fcntl.LOCK_EX) -> Iterator[int | None]:
        """Hold the lock of the server and give its file descriptor; None if another holds it.

        A child that inherits the descriptor keeps the lock when this process lets it go.
        """
        with self.checked():
            descriptor = os.open(self.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with unshared(descriptor):
            yield descriptor if self._acquire(descriptor, kind) else None

    def _acquire(self, descriptor: int, kind: int) -> bool:
        with self.checked():
            try:
                fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
                # The file may have been removed, with its directory, since it was opened.
                return os.path.samestat(os.fstat(descriptor), self.lock_file.stat())
            except (BlockingIOError, FileNotFoundError):
                return False

    def is_owned(self) -> bool:
        """Tell whether a server (starting, running or ending) holds the lock."""
        if not self.lock_file.exists():
            return False
        # Two that only ask do not take each other for a server.
        with self.lock(fcntl.LOCK_SH) as descriptor:
            return descriptor is None

    def owner_pid(self) -> int | None:
        """Return the process that holds the lock; None while it starts, and before the first."""
        if not self.lock_file.exists():
            return None
        with self.checked():
            text = self.lock_file.read_text(encoding="ascii").strip()
        return int(text) if text.isdigit() else None

    def server(self) -> ServerInfo | None:
        """Return who owns the directory, and the address in ``server.json``.

        None while either is not known, or the file is damaged.
        """
        pid = self.owner_pid()
        if pid is None or not self.server_file.exists():
            return None
        with self.checked():
            text = self.server_file.read_text(encoding="utf-8")
        try:
            entries = json.loads(text)
            return ServerInfo(HOST, int(entries["port"]), USERNAME, str(entries["password"]), pid)
        except (ValueError, KeyError, TypeError):
            return None

    def open_log(self) -> IO[bytes]:
        """Open the log to be written by the server."""
        with self.checked():
            return open(self.log_file, "ab", opener=_private)

    def log_size(self) -> int:
        """Return the bytes in the log."""
        with self.open_log() as log:
            return log.seek(0, os.SEEK_END)

    def last_log_lines(self, since: int, count: int = 8) -> str:
        """Return the end of what the log says from byte `since` on, indented for a message."""
        with self.checked(), self.log_file.open("rb") as log:
            log.seek(since)
            lines = log.read().decode(errors="replace").splitlines()
        return "".join(f"\n    {line}" for line in lines[-count:]) or " nothing"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def default_data_directory(config_path: Path | None) -> Path:
    """Return where the embedded database is if the configuration does not say.

    Parameters
    ----------
    config_path : Path or None
        The configuration file, if there is one.

    Returns
    -------
    Path
        ``.hyperstream`` beside the configuration file; without a file,
        ``$XDG_DATA_HOME/hyperstream`` or ``~/.local/share/hyperstream``.

    Examples
    --------
    >>> default_data_directory(Path("/srv/home/hyperstream_config.json"))
    PosixPath('/srv/home/.hyperstream')

    """
    if config_path is not None:
        return config_path.absolute().parent / ".hyperstream"
    data_home = Path(os.environ.get("XDG_DATA_HOME", ""))
    if not data_home.is_absolute():
        data_home = Path.home() / ".local" / "share"
    return data_home / "hyperstream"
