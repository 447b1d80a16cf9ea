"""Fixtures for tests of the connection."""

from __future__ import annotations

import pytest

from hyperstream.client import Client
from hyperstream.embedded import server_status


@pytest.fixture
def connect():
    """Make clients that are disconnected after the test."""
    clients = []

    def make(*args, **options):
        clients.append(Client(*args, **options))
        return clients[-1]

    yield make
    for client in clients:
        client.disconnect()


@pytest.fixture
def client(connect, mongo_config):
    """Give a client with a database of its own."""
    return connect(mongo_config)


@pytest.fixture
def address(mongo_config):
    """Say where the embedded server is, as if it were any MongoDB."""
    server = server_status(mongo_config["path"])
    return {"host": server.host, "port": server.port, "connect_seconds": 1}


@pytest.fixture
def login(mongo_config, address):
    """Address the embedded server as any MongoDB, with user and database."""
    server = server_status(mongo_config["path"])
    user = {"username": server.username, "password": server.password}
    return address | user | {"db": mongo_config["db"]}
