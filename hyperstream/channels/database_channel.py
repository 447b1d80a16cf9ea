"""Channels whose data live in MongoDB."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from hyperstream.channels.base_channel import BaseChannel
from hyperstream.channels.writer import StreamWriter
from hyperstream.storage.base import Count, StreamAddress
from hyperstream.storage.mongo import MongoStorage
from hyperstream.stream import DatabaseStream, StreamId, get_stream_id
from hyperstream.stream.late import void
from hyperstream.stream.stream_instance import instances
from hyperstream.time_interval import TimeInterval, TimeIntervals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from hyperstream.storage.batch import Batch, Milliseconds
    from hyperstream.storage.mongo import MongoDefinitions, MongoLedger
    from hyperstream.stream import Stream, StreamDict, StreamInstance
    from hyperstream.stream.stream import Writer

    AnyStreamId = StreamId | str

_PART = 1000


class DatabaseChannel(BaseChannel):
    """A channel whose data are kept in MongoDB.

    Values are what BSON can hold, and what the value codec of
    `hyperstream.storage.mongo.codec` adds. What is written is in the journal
    of the server before the writer returns.

    Parameters
    ----------
    channel_id : str
        The name of the channel.
    storage : MongoStorage, optional
        The database; the one opened last otherwise. It is connected at the
        first use.
    """

    stream_class: type[DatabaseStream] = DatabaseStream
    writes_together = True

    def __init__(self, channel_id: str, storage: MongoStorage | None = None) -> None:
        super().__init__(channel_id, can_calc=True, can_create=True)
        self._storage = storage
        self._loaded = False

    @property
    def storage(self) -> MongoStorage:
        """The database."""
        if self._storage is None:
            self._storage = MongoStorage.latest()
        return self._storage

    @property
    def ledger(self) -> MongoLedger:
        """What is known to be calculated."""
        return self.storage.ledger

    @property
    def definitions(self) -> MongoDefinitions:
        """The definitions of the streams."""
        return self.storage.definitions

    @property
    def streams(self) -> StreamDict:
        """The streams outside of sandboxes, by id.

        These are those in the database at the first use, and those that this
        process has opened since; `find_streams` looks into the database again.
        """
        if not self._loaded:
            for address in self.definitions.find(self.channel_id):
                self._open(address)
            self._loaded = True
        return super().streams

    def create_stream(self, stream_id: AnyStreamId, sandbox: str | None = None) -> Stream:
        """Create a stream; see `BaseChannel.create_stream`."""
        address = self._address(get_stream_id(stream_id), sandbox)
        self.definitions.create([address])
        return self._open(address)

    def find_streams(self, **kwargs: Any) -> dict[StreamId, Stream]:
        """Return the streams whose meta data contain all pairs; see `BaseChannel.find_streams`."""
        name = kwargs.pop("name", None)
        tags = {tag: str(value) for tag, value in kwargs.items()}
        found = self.definitions.find(self.channel_id, name=name, tags=tags)
        return {stream.stream_id: stream for stream in map(self._open, found)}

    def get_results(self, stream: Stream, time_interval: TimeInterval) -> Iterator[StreamInstance]:
        """Yield the instances of a stream in (start, end], in time order."""
        # Not `self.batches`: a subclass that overrides this method has one that calls it.
        for batch in self.storage.instances.read(stream.address, time_interval, _PART):
            yield from instances(batch)

    def get_stream_writer(self, stream: Stream) -> Writer:
        """Return a function that stores one instance, or a list of them.

        A personal channel may override it, to write elsewhere.
        """
        # Not `self.write_batches`: a subclass that overrides this method has one that calls it.
        return StreamWriter(partial(DatabaseChannel.write_batches, self), stream)

    def update_streams(self, up_to_timestamp: datetime) -> None:
        """Do nothing: what is in the database is always up to date."""

    def purge_stream(
        self, stream_id: AnyStreamId, remove_definition: bool = False, sandbox: str | None = None
    ) -> None:
        """Remove the data and calculated intervals of a stream; see `BaseChannel.purge_stream`."""
        found = self._find(get_stream_id(stream_id), sandbox)
        if found is None:
            raise self._not_found(stream_id)
        # Marks go first: a mark without data would be a lie, data without a mark are not.
        void(self.ledger, found.address, TimeIntervals([TimeInterval.all_time()]))
        self.storage.instances.delete(found.address)
        if remove_definition:
            # First the reference, which must not outlive the definition.
            self._streams_in(sandbox).pop(found.stream_id, None)
            self.definitions.remove(found.address)
            self.ledger.forget(found.address)

    def purge_node(
        self, node_id: str, remove_definition: bool = False, sandbox: str | None = None
    ) -> None:
        """Purge all streams of a name; see `BaseChannel.purge_node`."""
        for address in self.definitions.find(self.channel_id, sandbox, name=node_id):
            stream_id = self._open(address).stream_id
            self.purge_stream(stream_id, remove_definition=remove_definition, sandbox=sandbox)

    def batches(self, stream: Stream, interval: TimeInterval, size: int) -> Iterator[Batch]:
        """Yield the instances in (start, end], in time order, in batches of at most `size`."""
        return self.storage.instances.read(stream.address, interval, size)

    def read_together(
        self, streams: Sequence[Stream], interval: TimeInterval, limit: int
    ) -> dict[Stream, Batch]:
        """Return what lies in (start, end] of those streams that can be read at once."""
        addresses = {stream.address: stream for stream in streams}
        found = self.storage.instances.read_together(list(addresses), interval, limit)
        return {addresses[address]: batch for address, batch in found.items()}

    def head(self, stream: Stream, interval: TimeInterval, n: int) -> Batch:
        """Return the first `n` instances in (start, end]."""
        return self.storage.instances.head(stream.address, interval, n)

    def tail(self, stream: Stream, interval: TimeInterval, n: int) -> Batch:
        """Return the last `n` instances in (start, end], in time order."""
        return self.storage.instances.tail(stream.address, interval, n)

    def count(self, stream: Stream, interval: TimeInterval, limit: int) -> Count | None:
        """Return how many instances lie in (start, end], roughly if more than `limit`."""
        return self.storage.instances.count(stream.address, interval, limit)

    def write_batches(self, parts: Sequence[tuple[Stream, Batch]]) -> list[Milliseconds]:
        """Store batches of several streams; return which timestamps were not there before."""
        return self.storage.instances.write([(stream.address, batch) for stream, batch in parts])

    def delete(self, stream: Stream, interval: TimeInterval) -> int:
        """Remove the instances in (start, end]; return how many."""
        return self.storage.instances.delete(stream.address, interval)

    def delete_at(self, stream: Stream, timestamps: Milliseconds) -> int:
        """Remove the instances at these timestamps; return how many."""
        return self.storage.instances.delete_at(stream.address, timestamps)

    def _facts(self) -> Mapping[str, object]:
        return {"database": self.storage.client}

    def _first_streams(self, n: int) -> tuple[int, list[Stream]]:
        """Return how many streams there are, and at most `n` of them; the others are not read."""
        found = self.definitions.find(self.channel_id, limit=n)
        return self.definitions.count(self.channel_id), list(map(self._open, found))

    def _find(self, stream_id: StreamId, sandbox: str | None) -> Stream | None:
        known = self._streams_in(sandbox).get(stream_id)
        if known is not None:
            return known
        stored = self.definitions.get(self._address(stream_id, sandbox))
        return None if stored is None else self._open(stored)

    def _find_all(
        self, stream_ids: Sequence[StreamId], sandbox: str | None
    ) -> dict[StreamId, Stream]:
        """Return those of the streams that are there; the database is asked for all at once."""
        streams = self._streams_in(sandbox)
        found = {each: streams[each] for each in stream_ids if each in streams}
        unknown = [self._address(each, sandbox) for each in stream_ids if each not in found]
        stored = map(self._open, self.definitions.stored(unknown))
        return found | {stream.stream_id: stream for stream in stored}

    def _create_all(
        self, stream_ids: Sequence[StreamId], sandbox: str | None
    ) -> dict[StreamId, Stream]:
        """Create streams that were not there a moment ago, all at once."""
        new = [self._address(each, sandbox) for each in stream_ids]
        created = map(self._open, self.definitions.create_missing(new))
        return {stream.stream_id: stream for stream in created}

    def _open(self, address: StreamAddress) -> Stream:
        """Return the reference to a stored stream, always the same one."""
        streams = self._streams_in(address.sandbox)
        stream_id = StreamId(address.name, address.meta_data)
        with self._lock:
            if stream_id not in streams:
                streams[stream_id] = self.stream_class(self, stream_id, sandbox=address.sandbox)
            return streams[stream_id]

    def _address(self, stream_id: StreamId, sandbox: str | None) -> StreamAddress:
        return StreamAddress(self.channel_id, stream_id.name, stream_id.meta_data, sandbox)
