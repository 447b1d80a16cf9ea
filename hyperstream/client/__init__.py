"""The connection to MongoDB that everything in HyperStream shares.

>>> client = Client({"host": "db.example.org", "username": "ann", "password": "secret"}, False)
>>> client
Client(address='db.example.org:27017', db_name='hyperstream', embedded=False, username='ann')
>>> client.get_config_value("port", 27017)
27017
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from pymongo import MongoClient
from pymongo import errors as driver
from pymongo.database import Database

from hyperstream.client.loan import ALIAS, borrows, lend, take_back
from hyperstream.client.options import ADDRESS_KEYS, DATABASE, HOST, PORT, driver_options, uri_parts
from hyperstream.client.outage import Outage
from hyperstream.embedded import (
    IDLE_SECONDS,
    START_SECONDS,
    ServerInfo,
    default_data_directory,
    ensure_server,
)
from hyperstream.utils.containers import Printable
from hyperstream.utils.errors import (
    ConfigurationError,
    DatabaseConnectionError,
    EmbeddedServerError,
)

Document: TypeAlias = dict[str, Any]
T = TypeVar("T")

RETRY_SECONDS = 30.0
_AUTHENTICATION_CODES = (18, 8000)
# Without its server, an operation on this machine fails soon: `run` starts the server again.
_LOCAL = {"connect_seconds": 1.0, "retry_reads": False}
_INTERNAL_ERROR_CODE = 1
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0

logger = logging.getLogger(__name__)


class Client(Printable):
    """The main mongo client.

    Everything goes through one `pymongo.MongoClient` in each process: times are in UTC, and a write
    is acknowledged when it is in the journal. The models of MongoEngine use it too, through the
    alias ``hyperstream``, which belongs to the client that connected last; so does the default
    alias unless the program has given it to another connection.

    After a fork, the child opens a connection of its own with its first operation.

    Parameters
    ----------
    server_config : mapping or None
        The ``mongo`` section of the configuration: ``host``, ``port``, ``username``, ``password``,
        ``authentication_database`` (``admin``), ``tz_aware`` (true) and ``db`` (``hyperstream``);
        or ``connection_string`` and ``db``; or ``embedded`` (true), ``path`` and ``db``. Without an
        address it means the embedded server. Also, in seconds: ``connect_seconds`` (4; 1 for the
        embedded one) to look for the server, ``retry_seconds`` (30) during which `run` tries, and
        ``idle_seconds`` (10) after which an embedded server without connections ends.
    auto_connect : bool
        Connect at once; otherwise the first use connects.

    Attributes
    ----------
    address : str
        Host and port, or the data directory of the embedded server.
    db_name : str
        The name of the database.
    embedded : bool
        Whether the embedded server is used.
    username : str or None
        The user of a MongoDB server.

    Raises
    ------
    ConfigurationError
        If the configuration cannot be understood.
    DatabaseConnectionError
        If the server does not answer or refuses the user; an `EmbeddedServerError` if it is the
        embedded one.

    """

    def __init__(
        self, server_config: Mapping[str, Any] | None = None, auto_connect: bool = True
    ) -> None:
        self._lock = threading.RLock()
        self._mongo: MongoClient[Document] | None = None
        self._login: Document | None = None
        self._closed = False
        self._has_lent = False
        self._configure(server_config)
        _clients.add(self)
        if auto_connect:
            self._open()

    @property
    def server_config(self) -> dict[str, Any]:
        """The configuration (a copy)."""
        return dict(self._config)

    @property
    def client(self) -> MongoClient[Document]:
        """The driver's client of this process."""
        return self._open() if self._mongo is None else self._mongo

    @property
    def db(self) -> Database[Document]:
        """The database, as the driver gives it."""
        return self.client[self.db_name]

    @property
    def session(self) -> MongoClient[Document]:
        """The driver's client that the models use: the same one."""
        return self.client

    @property
    def outage(self) -> Outage:
        """How long an operation waits for a server that does not answer; and if that is so."""
        return self._outage

    def get_config_value(self, key: str, default: Any = None) -> Any:
        """Return a value of the configuration.

        Parameters
        ----------
        key : str
            The name of the value.
        default : object
            What to return if it is not there.

        """
        return self._config.get(key, default)

    def connect(self, server_config: Mapping[str, Any] | None) -> None:
        """Connect using the configuration given, instead of the present one.

        Parameters
        ----------
        server_config : mapping or None
            As for the class.

        Raises
        ------
        ConfigurationError, DatabaseConnectionError
            As for the class.

        """
        with self._lock:
            self.disconnect()
            self._configure(server_config)
            self._closed = self._has_lent = False
            self._open()

    def disconnect(self) -> None:
        """Close the connection; only `connect` opens it again."""
        with self._lock:
            self._closed = True
            if borrows(ALIAS, self):
                take_back()
            if self._mongo is not None:
                self._mongo.close()
            self._mongo = None

    def run(self, operation: Callable[[Database[Document]], T]) -> T:
        """Run an operation, again and again while the server does not answer.

        An embedded server that has died is started again, on the same port. In an outage that has
        lasted for ``retry_seconds`` already, the operation is tried once.

        Parameters
        ----------
        operation : callable
            Is given the database. It must be idempotent, for it may run again after it has done
            its work in part or in full: an insert may report the duplicates that it has made
            itself.

        Returns
        -------
        object
            What the operation returns.

        Raises
        ------
        DatabaseConnectionError
            If the server has not answered anybody during ``retry_seconds``, or an embedded server
            cannot be started again. Every other error of the operation is passed on.

        """
        started = time.monotonic()
        pause = _FIRST_PAUSE
        while True:
            try:
                self._revive(started + self._outage.patience)
                answer = operation(self.db)
            except EmbeddedServerError:
                self._outage.note_silence(self._name)
                raise
            except (driver.AutoReconnect, driver.OperationFailure) as error:
                if not self._is_lost(error):
                    self._outage.note_answer(self._name)
                    raise
                lasts = self._outage.note_silence(self._name)
                waited = max(time.monotonic() - started, lasts)
                if waited + pause > (patience := self._outage.patience):
                    message = (
                        f"{self._name} has not answered for {patience or waited:.3g} s "
                        f"({_reason(error)}); the operation was given up."
                    )
                    raise DatabaseConnectionError(message, address=self.address) from error
                logger.debug("%s does not answer; trying again", self._name, exc_info=True)
            else:
                self._outage.note_answer(self._name)
                return answer
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def __str__(self) -> str:
        return f"{self.db_name}, {'embedded in' if self.embedded else 'at'} {self.address}"

    def _configure(self, server_config: Mapping[str, Any] | None) -> None:
        """Take over the configuration, and what follows from it without a connection."""
        config = dict(server_config or {})
        by_address = any(config.get(key) for key in ADDRESS_KEYS)
        self.embedded = bool(config.get("embedded", not by_address))
        if self.embedded and by_address:
            message = 'The "mongo" section wants the embedded server, yet gives an address.'
            raise ConfigurationError(message)
        uri = uri_parts(config.get("connection_string") or "")
        self._config = config
        self._outage = Outage(self._seconds("retry_seconds", RETRY_SECONDS))
        # Absolute, since the working directory may change.
        path = Path(config.get("path") or default_data_directory(None))
        self._path = path.expanduser().absolute()
        self.db_name = str(config.get("db") or uri["database"] or DATABASE)
        self.username = config.get("username") or (uri["username"] or None)
        self.address = uri["address"] or f"{config.get('host', HOST)}:{config.get('port', PORT)}"
        if self.embedded:
            self.address = str(self._path)

    @property
    def _name(self) -> str:
        return f"{'The embedded database' if self.embedded else 'MongoDB'} at {self.address}"

    def _seconds(self, key: str, default: float) -> float:
        return float(self._config.get(key, default))

    def _open(self) -> MongoClient[Document]:
        """Connect if that is not done yet."""
        with self._lock:
            self._check_open()
            if self._mongo is None and self.embedded:
                self._find_server(START_SECONDS)
            return self._open_remote() if self._mongo is None else self._mongo

    def _check_open(self) -> None:
        if self._closed:
            message = f"{self._name} has been disconnected; call connect() to use it again."
            raise DatabaseConnectionError(message, address=self.address)

    def _adopt(
        self, mongo: MongoClient[Document], login: Document | None = None
    ) -> MongoClient[Document]:
        """Use a new driver's client, also for the models unless they belong to another client."""
        former, self._mongo, self._login = self._mongo, mongo, login
        if former is not None:
            former.close()
        if not self._has_lent or borrows(ALIAS, self):
            lend(self)
            self._has_lent = True
        return mongo

    def _revive(self, deadline: float) -> None:
        """Start an embedded server again that is known to have ended."""
        if self.embedded and not self.client.topology_description.has_writable_server():
            self._find_server(min(deadline - time.monotonic(), START_SECONDS))

    def _is_lost(self, error: driver.PyMongoError) -> bool:
        """Tell whether an error means that the server has gone.

        An embedded server whose engine fails, on a full disk say, reports an error of its own and
        then ends.
        """
        if isinstance(error, driver.AutoReconnect):
            return True
        if not self.embedded or getattr(error, "code", None) != _INTERNAL_ERROR_CODE:
            return False
        time.sleep(_LONGEST_PAUSE)
        return not self.client.topology_description.has_writable_server()

    def _find_server(self, timeout: float) -> None:
        """Find or start the embedded server, and connect to it."""
        idle = self._seconds("idle_seconds", IDLE_SECONDS)
        ensure_server(self._path, self._answers, idle_seconds=idle, timeout=timeout)

    def _answers(self, server: ServerInfo) -> bool:
        """Tell whether an embedded server lets this client in; if so, be connected to it."""
        login = {
            "host": server.host,
            "port": server.port,
            "username": server.username,
            "password": server.password,
        }
        with self._lock:
            self._check_open()
            try:
                if self._mongo is not None and self._login == login:
                    self._check(self._mongo)
                else:
                    self._adopt(self._checked(_LOCAL | self._config | login), login)
            except driver.PyMongoError:
                logger.debug("%s does not answer", self._name, exc_info=True)
                return False
        return True

    def _open_remote(self) -> MongoClient[Document]:
        """Connect to the server that the configuration names, or say what is wrong."""
        try:
            return self._adopt(self._checked(self._config))
        except (driver.InvalidURI, TypeError, ValueError) as error:
            # The words of the error may contain a password.
            message = f'The "mongo" section cannot be used ({type(error).__name__}); '
            hint = "see how a connection string is written, and that the port is a number."
            raise ConfigurationError(message + hint) from None
        except driver.OperationFailure as error:
            raise DatabaseConnectionError(self._refusal(error), address=self.address) from error
        except driver.PyMongoError as error:
            message = (
                f"{self._name} does not answer ({_reason(error)}). Start mongod there, or correct "
                'the address in the "mongo" section of the configuration, or remove that section '
                "to use the embedded database."
            )
            raise DatabaseConnectionError(message, address=self.address) from error

    def _refusal(self, error: driver.OperationFailure) -> str:
        keys = '"username", "password" and "authentication_database" in the "mongo" section'
        source = self._config.get("authentication_database", "admin")
        user = f"user {self.username!r} (authentication database {source!r})"
        if error.code in _AUTHENTICATION_CODES:
            return f"{self._name} does not accept the password of {user}; correct {keys}."
        if self.username is None:
            return f"{self._name} wants a user: set {keys}."
        return f"{self._name} refuses {user} the database {self.db_name!r}: {error}."

    def _checked(self, config: Mapping[str, Any]) -> MongoClient[Document]:
        """Return a driver's client that is connected."""
        mongo: MongoClient[Document] = MongoClient(**driver_options(config))
        try:
            self._check(mongo)
        except BaseException:
            mongo.close()
            raise
        return mongo

    def _check(self, mongo: MongoClient[Document]) -> None:
        """Send a command that every user of the database may give, but nobody else."""
        mongo[self.db_name].command("listCollections", nameOnly=True, authorizedCollections=True)

    def _after_fork(self) -> None:
        """Forget the parent's connection, in the child."""
        self._lock = threading.RLock()
        self._outage = Outage(self._outage.patience)
        inherited, self._mongo = self._mongo, None
        if borrows(ALIAS, self):
            lend(self)
        if inherited is not None:
            # The driver has left the parent's sockets to the parent: this sends nothing.
            inherited.close()


_clients: weakref.WeakSet[Client] = weakref.WeakSet()


def _after_fork() -> None:
    for client in list(_clients):
        client._after_fork()  # noqa: SLF001 - the class is in this module


os.register_at_fork(after_in_child=_after_fork)


def _reason(error: Exception) -> str:
    """Return the first part of a driver's message; the rest describes its settings."""
    return re.split(r" \(configured|, Timeout:", str(error))[0]
