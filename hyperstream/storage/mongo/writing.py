"""Writing instances to MongoDB: all of them or none."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import chain
from random import uniform
from typing import Any, NamedTuple

import bson
import numpy as np
from bson import ObjectId
from pymongo import DeleteMany, UpdateOne
from pymongo.database import Database
from pymongo.errors import BulkWriteError, PyMongoError

from hyperstream._time import from_ms, iso_format, to_ms
from hyperstream.client import Client
from hyperstream.storage.base import StreamAddress
from hyperstream.storage.batch import Batch, Milliseconds, combined, concatenated, plain
from hyperstream.storage.mongo.codec import (
    CODEC_OPTIONS,
    Unencodable,
    decode_value,
    encode_column,
    encode_value,
)
from hyperstream.storage.mongo.documents import (
    FEW,
    Document,
    chunks,
    duplicates,
    fetched,
    instances,
    stored_id,
)
from hyperstream.storage.mongo.spread import note_written
from hyperstream.utils.errors import (
    DatabaseConnectionError,
    DuplicateInstanceError,
    HyperStreamError,
    ValueEncodingError,
)

_TRIES = 50
_LONGEST_PAUSE = 0.05

logger = logging.getLogger(__name__)


class _Column(NamedTuple):
    """What is to be written to one stream, in time order, with each value in its stored form."""

    address: StreamAddress
    timestamps: Milliseconds
    stored: list[Any]

    @classmethod
    def of(cls, address: StreamAddress, batches: Sequence[Batch]) -> _Column:
        """Check and encode what is to be written to a stream."""
        batch = concatenated(batches).in_order(address)
        for stamp in (*batch.timestamps[:1], *batch.timestamps[-1:]):
            from_ms(int(stamp))  # numpy would give plain integers for what no datetime can be
        try:
            stored = encode_column(batch.values)
        except Unencodable as error:
            row = error.position
            value = plain(batch.values[row : row + 1])[0]
            raise _refused(address, int(batch.timestamps[row]), value, error) from error
        return cls(address, batch.timestamps, stored)

    def documents(self) -> Iterator[Document]:
        """Yield the documents, with ids of their own, so that they are known again."""
        stream_id, key = stored_id(self.address), self.address.key
        # Without a time zone, which numpy makes much faster; the driver takes that as UTC.
        moments = self.timestamps.astype("datetime64[ms]").tolist()
        for moment, value in zip(moments, self.stored, strict=True):
            yield {
                "_id": ObjectId(),
                "stream_id": stream_id,
                "stream_key": key,
                "datetime": moment,
                "value": value,
            }


class Write:
    """One write: what it has sent so far, and what had been there before.

    Parameters
    ----------
    client : Client
        Where to write.
    size : int
        How many documents to send at once.
    """

    def __init__(self, client: Client, size: int) -> None:
        self._client = client
        self._size = size
        self._sent: list[ObjectId] = []
        self._addresses: dict[str, StreamAddress] = {}
        self._present: defaultdict[str, set[int]] = defaultdict(set)

    def run(self, parts: Sequence[tuple[StreamAddress, Batch]]) -> list[Milliseconds]:
        """Do what `InstanceStore.write` says."""
        given: defaultdict[StreamAddress, list[Batch]] = defaultdict(list)
        for address, batch in parts:
            given[address].append(batch)
        columns = [_Column.of(address, batches) for address, batches in given.items()]
        self._addresses = {address.key: address for address in given}
        try:
            self._store(chain.from_iterable(column.documents() for column in columns))
            added = {column.address: self._added(column) for column in columns}
            self._client.run(lambda db: note_written(db, added))
        except DatabaseConnectionError:  # nothing can be removed where nobody answers
            raise
        except BaseException:
            self._undo()
            raise
        return _shared_out(added, parts)

    def _store(self, documents: Iterator[Document]) -> None:
        rejected: list[Document] = []
        for chunk in chunks(documents, self._size):
            rejected += self._insert(chunk)
        for attempt in range(_TRIES):
            if not rejected:
                return
            time.sleep(uniform(0, _LONGEST_PAUSE) if attempt else 0)  # noqa: S311 - no secret
            rejected = self._settle(rejected)
        names = ", ".join({str(self._addresses[each["stream_key"]]) for each in rejected})
        raise DuplicateInstanceError(
            f"Other processes changed the same instances of {names} again and again; "
            "let one process at a time write them.",
        )

    def _insert(self, documents: list[Document]) -> list[Document]:
        """Insert documents; return those at whose timestamps there is one already."""
        self._sent += [document["_id"] for document in documents]
        return self._client.run(lambda db: _insert(db, documents))

    def _settle(self, documents: Sequence[Document]) -> list[Document]:
        """Compare documents with what is there instead; return those that are to be tried again.

        All are compared before any is changed.
        """
        merges, gone = [], []
        for document, there in self._with_present(documents):
            key, stamp = document["stream_key"], to_ms(document["datetime"])
            if there is None:
                gone.append(document)
                self._present[key].discard(stamp)
            elif there["_id"] != document["_id"]:
                self._present[key].add(stamp)
                merged = self._merged(document, there["value"])
                if merged is not None:
                    same = {"_id": there["_id"], "value": {"$eq": there["value"]}}
                    merges.append((document, UpdateOne(same, {"$set": {"value": merged}})))
        return (self._insert(gone) if gone else []) + (self._merge(merges) if merges else [])

    def _with_present(
        self, documents: Sequence[Document]
    ) -> Iterator[tuple[Document, Document | None]]:
        """Yield each document with the one that has its timestamp in the database, if any."""
        by_key: defaultdict[str, dict[datetime, Document]] = defaultdict(dict)
        for document in documents:
            by_key[document["stream_key"]][document["datetime"]] = document
        for key, wanted in by_key.items():
            for moments in chunks(wanted, FEW):
                present = self._client.run(partial(_at, key=key, moments=moments))
                for moment in moments:
                    yield wanted[moment], present.get(moment)

    def _merged(self, document: Document, present: Any) -> Any:
        """Return what is to be stored for both values; None where it is what is stored."""
        address, stamp = self._addresses[document["stream_key"]], to_ms(document["datetime"])
        # As it would come back: only that can be compared with what does come back.
        raw = bson.encode({"value": document["value"]}, codec_options=CODEC_OPTIONS)
        new = decode_value(bson.decode(raw, codec_options=CODEC_OPTIONS)["value"])
        old = decode_value(present)
        value = combined(address, stamp, old, new)
        if value is old or len(value) == len(old):
            return None
        try:
            return encode_value(value)
        except Unencodable as error:
            raise _refused(address, stamp, value, error) from error

    def _merge(self, merges: Sequence[tuple[Document, UpdateOne]]) -> list[Document]:
        """Update values that are still as they were read; return what has to be looked at again."""
        updates = [update for _, update in merges]
        result = self._client.run(lambda db: instances(db).bulk_write(updates, ordered=False))
        # Which ones failed is not told. An instance that was merged will be found so.
        done = result.matched_count == len(updates)
        return [] if done else [document for document, _ in merges]

    def _undo(self) -> None:
        """Remove what was inserted."""
        try:
            for ids in chunks(self._sent, self._size):
                self._client.run(partial(_delete, ids=ids))
        except (HyperStreamError, PyMongoError) as error:
            logger.warning("A part of a failed write could not be removed again: %s", error)

    def _added(self, column: _Column) -> Milliseconds:
        present = self._present.get(column.address.key)
        if not present:
            return column.timestamps
        return column.timestamps[~np.isin(column.timestamps, list(present))]


def _insert(db: Database[Document], documents: list[Document]) -> list[Document]:
    try:
        instances(db).insert_many(documents, ordered=False)
    except BulkWriteError as error:
        return [documents[each["index"]] for each in duplicates(error)]
    return []


def _delete(db: Database[Document], ids: list[ObjectId]) -> None:
    deletions = [DeleteMany({"_id": {"$in": some}}) for some in chunks(ids, FEW)]
    instances(db).bulk_write(deletions, ordered=False)


def _at(db: Database[Document], key: str, moments: list[datetime]) -> dict[datetime, Document]:
    """Return a stream's documents at some timestamps."""
    query = {"stream_key": key, "datetime": {"$in": moments}}
    cursor = instances(db).find(query, {"datetime": 1, "value": 1})
    return {document["datetime"]: {"value": None, **document} for document in fetched(cursor)}


def _shared_out(
    added: dict[StreamAddress, Milliseconds], parts: Sequence[tuple[StreamAddress, Batch]]
) -> list[Milliseconds]:
    """Return for each part its timestamps among those that were added to its stream."""
    if len(added) == len(parts):
        return list(added.values())
    result = []
    for address, batch in parts:
        mine = np.isin(added[address], batch.timestamps)
        result.append(added[address][mine])
        added[address] = added[address][~mine]
    return result


def _refused(
    address: StreamAddress, stamp: int, value: Any, error: Unencodable
) -> ValueEncodingError:
    moment = from_ms(stamp)
    return ValueEncodingError(
        f"The value at {iso_format(moment)} for stream {address} cannot be stored in MongoDB: "
        f"it {error.reason}.",
        stream=address,
        timestamp=moment,
        value_type=type(value),
    )
