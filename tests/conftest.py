"""Fixtures for tests that store something in MongoDB, and the package's set-up for pytest."""

from __future__ import annotations

import gc
import signal
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

import tests
from hyperstream.client import Client
from hyperstream.embedded import stop_server
from tests.mosquitto import Mosquitto


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """Keep the thousands of tests, which all stay, away from the garbage collector."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def package() -> Iterator[None]:
    """Call what nose calls by itself."""
    tests.setup()
    yield
    tests.teardown()


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Let processes that tests start be interrupted, also where the tests run in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def keys_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Leave the keys of whoever runs the tests alone, in all processes that tests start too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield


@pytest.fixture(scope="session")
def mongo_client(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Client]:
    """Keep the embedded server of the session alive, one for all parallel workers."""
    parallel = hasattr(request.config, "workerinput")
    folder = tmp_path_factory.getbasetemp()
    path = (folder.parent if parallel else folder) / "mongo"
    client = Client({"embedded": True, "path": str(path), "idle_seconds": 2})
    yield client
    client.disconnect()
    if not parallel:
        stop_server(path)


@pytest.fixture(scope="session")
def mongo_server(mongo_client: Client) -> dict[str, Any]:
    """Return the ``mongo`` section, without ``db``, of the server that all tests share."""
    return {"embedded": True, "path": mongo_client.address}


@pytest.fixture
def mongo_config(mongo_client: Client, mongo_server: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give a ``mongo`` section with a database of its own, which is dropped afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    yield {**mongo_server, "db": name}
    mongo_client.run(lambda db: db.client.drop_database(name))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """Give an MQTT broker of the test's own, which is running."""
    with Mosquitto(tmp_path / "mosquitto") as running:
        yield running
