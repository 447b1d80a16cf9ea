"""Stores on a database of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hyperstream.client import Client
from hyperstream.storage.base import StreamAddress
from hyperstream.storage.mongo import MongoDefinitions, MongoInstances, MongoLedger
from hyperstream.storage.mongo.upgrade import prepare


class CountingClient(Client):
    """Counts the operations; each is one round trip or a few."""

    runs = 0

    def run(self, operation):
        """Run it, and count it."""
        self.runs += 1
        return super().run(operation)


class MeddlingClient(CountingClient):
    """Lets somebody else do something right before an operation."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self.before: dict[int, Callable[[], object]] = {}

    def run(self, operation):
        """Run it, after what is to be done before the operation of this number."""
        self.before.pop(self.runs + 1, lambda: None)()
        return super().run(operation)


class RepeatingClient(Client):
    """Does everything twice, as happens where a server dies before its answer arrives."""

    def run(self, operation):
        """Run it twice; the first answer is lost."""
        super().run(operation)
        return super().run(operation)


@pytest.fixture
def client(mongo_config: dict[str, Any]) -> Iterator[CountingClient]:
    """Give a connection to a new database that is ready."""
    with_database = CountingClient(mongo_config)
    prepare(with_database)
    yield with_database
    with_database.disconnect()


@pytest.fixture
def repeating(client: Client) -> Iterator[RepeatingClient]:
    """Give another connection to the same database, which does everything twice."""
    other = RepeatingClient(client.server_config)
    yield other
    other.disconnect()


@pytest.fixture
def meddling(client: Client) -> Iterator[MeddlingClient]:
    """Give another connection to the same database, where others come between."""
    other = MeddlingClient(client.server_config)
    yield other
    other.disconnect()


@pytest.fixture(params=["once", "twice"])
def any_client(request: pytest.FixtureRequest, client: Client) -> Client:
    """Give the one connection, and the other."""
    return client if request.param == "once" else request.getfixturevalue("repeating")


@pytest.fixture
def instances(client: Client) -> MongoInstances:
    """Give the store of instances."""
    return MongoInstances(client)


@pytest.fixture
def ledger(client: Client) -> MongoLedger:
    """Give the ledger."""
    return MongoLedger(client)


@pytest.fixture
def definitions(client: Client) -> MongoDefinitions:
    """Give the definitions."""
    return MongoDefinitions(client)


@pytest.fixture
def address(definitions: MongoDefinitions) -> StreamAddress:
    """Give a stream that is defined."""
    stream = StreamAddress("mongo", "temperature", (("house", "1"), ("room", "hall")))
    definitions.create([stream])
    return stream


@pytest.fixture
def streams(definitions: MongoDefinitions) -> list[StreamAddress]:
    """Give many streams of one name, and some of others."""
    found = [StreamAddress("mongo", "many", (("i", str(i)),)) for i in range(150)]
    found += [StreamAddress("mongo", f"name {i}") for i in range(10)]
    definitions.create(found)
    return found
