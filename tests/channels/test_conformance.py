"""Every channel that stores data passes the same tests."""

from __future__ import annotations

import uuid

import pytest

from hyperstream.channels import AssetsChannel, DatabaseChannel, MemoryChannel
from hyperstream.client import Client
from hyperstream.storage.mongo import MongoStorage
from hyperstream.stream import StreamInstance, StreamInstanceCollection
from hyperstream.testing.conformance import (
    ChannelConformance,
    ForeignChannelConformance,
    StaticChannelConformance,
)
from hyperstream.testing.conformance.base import READINGS


@pytest.fixture(scope="module")
def storage(mongo_client, mongo_server):
    """A database for the tests of this file, each of which has a channel of its own in it."""
    client = Client({**mongo_server, "db": f"test_{uuid.uuid4().hex}"})
    yield MongoStorage(client)
    client.run(lambda db: db.client.drop_database(db.name))
    client.disconnect()


class TestMemoryChannel(ChannelConformance):
    """Streams in memory."""

    def make_channel(self):
        """Return a memory channel."""
        return MemoryChannel("memory")


class TestSandbox(ChannelConformance):
    """Streams in a sandbox, beside others of the same id outside of it."""

    def make_channel(self):
        """Return a memory channel."""
        return MemoryChannel("memory")

    @pytest.fixture
    def stream(self, channel):
        """A stream in a sandbox."""
        return channel.create_stream(READINGS, sandbox="mine")


class DictChannel(MemoryChannel):
    """A channel in the style of release 0.3.8: it reads, writes and purges its own way only."""

    def __init__(self, channel_id):
        super().__init__(channel_id)
        self.rows = {}

    def get_results(self, stream, time_interval):
        """Give the rows as they come to hand, sorted."""
        return sorted(
            StreamInstance(timestamp, value)
            for timestamp, value in self._rows(stream).items()
            if timestamp in time_interval
        )

    def get_stream_writer(self, stream):
        """Return a writer of one instance or a list."""

        def writer(documents):
            if isinstance(documents, StreamInstance):
                documents = [documents]
            self._rows(stream).extend(documents)

        return writer

    def purge_stream(self, stream_id, remove_definition=False, sandbox=None):
        """Remove the rows, too."""
        super().purge_stream(stream_id, remove_definition, sandbox)
        self.rows.pop((sandbox, str(stream_id)), None)

    def _rows(self, stream):
        key = (stream.sandbox, str(stream.stream_id))
        return self.rows.setdefault(key, StreamInstanceCollection(name=stream))


class TestForeignChannel(ForeignChannelConformance):
    """Streams in a channel that overrides the documented methods only."""

    def make_channel(self):
        """Return a channel of one's own."""
        return DictChannel("foreign")


class TestDatabaseChannel(ChannelConformance):
    """Streams in MongoDB."""

    sequences = 5

    @pytest.fixture
    def channel(self, storage):
        """A channel in MongoDB."""
        return DatabaseChannel(f"mongo {uuid.uuid4()}", storage)


class TestAssetsChannel(StaticChannelConformance):
    """Static streams in MongoDB."""

    sequences = 3

    @pytest.fixture
    def channel(self, storage):
        """A channel in MongoDB."""
        return AssetsChannel(f"assets {uuid.uuid4()}", storage)
