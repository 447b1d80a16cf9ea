"""The instances of streams, in MongoDB."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bson.datetime_ms import DatetimeMS
from pymongo import DeleteMany

from hyperstream.client import Client
from hyperstream.storage.base import Count, StreamAddress
from hyperstream.storage.batch import Batch, Milliseconds, concatenated
from hyperstream.storage.mongo.documents import FEW, chunks, during, instances, key_of
from hyperstream.storage.mongo.reading import Walk, read_together
from hyperstream.storage.mongo.spread import find_spread, note_deleted, note_emptied
from hyperstream.storage.mongo.writing import Write
from hyperstream.time_interval import TimeInterval

BATCH_SIZE = 1000


class MongoInstances:
    """An `InstanceStore` in the collection ``streams``: one document for each instance.

    A document holds ``stream_id`` (name and [tag, value] pairs), ``stream_key``
    (the key of the stream's address), ``datetime`` and ``value``; see
    `hyperstream.storage.mongo.codec` for the values. What writes and deletes
    also leaves a hint in the stream's definition, if there is one, that makes
    reading cheaper; see `hyperstream.storage.mongo.spread`.

    Parameters
    ----------
    client : Client
        The connection.
    batch_size : int
        How many documents to send at once.

    Notes
    -----
    A write either stores everything or, when it raises, nothing; except where
    the server does not answer any more, or the process dies. Then a part may be
    stored, and writing the same again completes it.
    """

    def __init__(self, client: Client, batch_size: int = BATCH_SIZE) -> None:
        self._client = client
        self._batch_size = batch_size
        self._spacing: dict[str, float] = {}
        self.reads_together = not client.embedded

    def write(self, parts: Sequence[tuple[StreamAddress, Batch]]) -> list[Milliseconds]:
        """See `InstanceStore.write`."""
        return Write(self._client, self._batch_size).run(parts)

    def read(self, address: StreamAddress, interval: TimeInterval, size: int) -> Iterator[Batch]:
        """See `InstanceStore.read`."""
        walk = Walk(self._client, address, interval, size)
        for page in walk.pages(self._spacing.get(address.key)):
            if len(page) > 1:
                width = int(page.timestamps[-1]) - int(page.timestamps[0])
                self._spacing[address.key] = width / (len(page) - 1)
            # In even parts: a page is only about as large as it should be.
            parts = -(-len(page) // size)
            for part in range(parts):
                yield page.part(part * len(page) // parts, (part + 1) * len(page) // parts)

    def read_together(
        self, addresses: Sequence[StreamAddress], interval: TimeInterval, limit: int
    ) -> dict[StreamAddress, Batch]:
        """Return what lies in (start, end] of several streams, by one query.

        Streams that would make it more than `limit` instances are left out. The embedded server,
        which finds no list of streams by its index, is not asked: all are left out.
        """
        if not self.reads_together:
            return {}
        return read_together(self._client, addresses, interval, limit)

    def head(self, address: StreamAddress, interval: TimeInterval, n: int) -> Batch:
        """See `InstanceStore.head`."""
        return concatenated(_enough(Walk(self._client, address, interval, n).pages(), n)).part(0, n)

    def tail(self, address: StreamAddress, interval: TimeInterval, n: int) -> Batch:
        """See `InstanceStore.tail`."""
        walk = Walk(self._client, address, interval, n, backwards=True)
        found = concatenated(_enough(walk.pages(), n)[::-1])
        return found.part(max(len(found) - n, 0), len(found))

    def count(self, address: StreamAddress, interval: TimeInterval, limit: int) -> Count | None:
        """See `InstanceStore.count`."""
        spread = self._client.run(lambda db: find_spread(db, address))
        about = None if spread is None else spread.number_in(interval.start_ms, interval.end_ms)
        if about is None or about > limit:  # counting costs what the interval holds
            return None if about is None else Count(about, is_exact=False)
        query = during(address, interval)
        exact = self._client.run(lambda db: instances(db).count_documents(query))
        return Count(exact, is_exact=True)

    def delete(self, address: StreamAddress, interval: TimeInterval | None = None) -> int:
        """See `InstanceStore.delete`."""
        query = key_of(address) if interval is None else during(address, interval)
        count = self._client.run(lambda db: instances(db).delete_many(query)).deleted_count
        if interval is None:
            self._client.run(lambda db: note_emptied(db, address))
        elif count:
            self._client.run(lambda db: note_deleted(db, address, count))
        return count

    def delete_at(self, address: StreamAddress, timestamps: Milliseconds) -> int:
        """See `InstanceStore.delete_at`."""
        moments = map(DatetimeMS, timestamps.tolist())
        deletions = [
            DeleteMany({**key_of(address), "datetime": {"$in": some}})
            for some in chunks(moments, FEW)
        ]
        if not deletions:
            return 0
        result = self._client.run(lambda db: instances(db).bulk_write(deletions, ordered=False))
        count = result.deleted_count
        if count:
            self._client.run(lambda db: note_deleted(db, address, count))
        return count


def _enough(pages: Iterator[Batch], n: int) -> list[Batch]:
    """Return the first pages, until they hold `n` instances."""
    taken: list[Batch] = []
    missing = n
    while missing > 0 and (page := next(pages, None)) is not None:
        if len(page):
            taken.append(page)
            missing -= len(page)
    return taken
