"""A data directory whose server ends with the test, and the ping that the driver makes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from hyperstream.embedded import ServerInfo, ensure_server, stop_server


def connect(server: ServerInfo, **options) -> MongoClient:
    """Log in."""
    return MongoClient(
        server.host,
        server.port,
        username=server.username,
        password=server.password,
        serverSelectionTimeoutMS=500,
        journal=True,
        **options,
    )


def ping(server: ServerInfo) -> bool:
    """Tell whether the server answers and accepts the password."""
    try:
        with connect(server) as client:
            client.admin.command("listCollections")
    except PyMongoError:
        return False
    return True


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """Give a data directory that is not there yet; its server ends after the test."""
    yield tmp_path / "database"
    stop_server(tmp_path / "database")


@pytest.fixture
def driver() -> SimpleNamespace:
    """Give what needs the driver: `connect`, `ping`, and `ensure` with that ping."""
    ensure = partial(ensure_server, ping=ping, idle_seconds=30)
    return SimpleNamespace(connect=connect, ping=ping, ensure=ensure)
