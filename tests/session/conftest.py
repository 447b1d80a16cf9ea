"""Sessions whose history is in memory, and in MongoDB."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hyperstream.channel_manager import ChannelManager
from hyperstream.session import Sessions
from hyperstream.storage.memory import MemorySessions
from hyperstream.stream import StreamId
from tests.session.parts import open_database


@pytest.fixture
def channels():
    """The channels that are always there."""
    return ChannelManager()


@pytest.fixture
def memory_sessions(channels):
    """Sessions in memory."""
    store = MemorySessions()
    yield (found := Sessions(lambda: store, channels, "memory"))
    found.close()


@pytest.fixture
def mongo_sessions(channels, mongo_config):
    """Sessions in the database."""
    storage = open_database(channels, mongo_config)
    yield (found := Sessions(lambda: storage.sessions, channels, "mongo"))
    found.close()
    storage.client.disconnect()


@pytest.fixture(params=["memory_sessions", "mongo_sessions"])
def sessions(request):
    """Sessions in memory, and in the database."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def session(sessions):
    """A session that goes on."""
    return sessions.new()


@pytest.fixture
def sink(channels):
    """A stream to be computed."""
    return channels.memory.create_stream(StreamId("sink", {"house": "1"}))


@pytest.fixture(scope="session")
def dead_owner():
    """Return the name of a process that has ended."""
    program = "from hyperstream.storage.owners import new_owner; print(new_owner())"
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
