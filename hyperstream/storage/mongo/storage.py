"""A database with everything that HyperStream keeps of streams in it."""

from __future__ import annotations

import threading
import weakref
from functools import cached_property
from typing import TYPE_CHECKING

from hyperstream.storage.mongo.catalogue import MongoCatalogue
from hyperstream.storage.mongo.definitions import MongoDefinitions
from hyperstream.storage.mongo.instances import MongoInstances
from hyperstream.storage.mongo.ledger import MongoLedger
from hyperstream.storage.mongo.sessions import MongoSessions
from hyperstream.storage.mongo.upgrade import prepare
from hyperstream.utils.errors import DatabaseConnectionError

if TYPE_CHECKING:
    from hyperstream.client import Client

_latest: list[weakref.ref[MongoStorage]] = []


class MongoStorage:
    """The stores of one database; it is connected and made ready at the first use.

    Parameters
    ----------
    client : Client
        The connection.
    upgrade : bool
        Whether documents of release 0.3.8 may be brought up to date.
    """

    def __init__(self, client: Client, upgrade: bool = True) -> None:
        self.client = client
        self.upgrade = upgrade
        self._lock = threading.RLock()
        _latest[:] = [weakref.ref(self)]

    @staticmethod
    def latest() -> MongoStorage:
        """Return the storage that was made last in this process.

        Raises
        ------
        DatabaseConnectionError
            There is none.
        """
        found = _latest[0]() if _latest else None
        if found is None:
            msg = "No database is open: make a HyperStream() first, or give the channel a storage."
            raise DatabaseConnectionError(msg)
        return found

    @cached_property
    def instances(self) -> MongoInstances:
        """The data."""
        self._ready()
        return MongoInstances(self.client)

    @cached_property
    def definitions(self) -> MongoDefinitions:
        """The definitions of streams."""
        self._ready()
        return MongoDefinitions(self.client)

    @cached_property
    def ledger(self) -> MongoLedger:
        """What is calculated."""
        self._ready()
        return MongoLedger(self.client)

    @cached_property
    def sessions(self) -> MongoSessions:
        """Who used it, where and when."""
        self._ready()
        return MongoSessions(self.client)

    @cached_property
    def catalogue(self) -> MongoCatalogue:
        """The definitions of meta data, plates and workflows."""
        self._ready()
        return MongoCatalogue(self.client)

    def _ready(self) -> None:
        with self._lock:
            if not self.__dict__.get("_prepared"):
                prepare(self.client, upgrade=self.upgrade)
                self._prepared = True
