"""All instances of a database, stream by stream, in small queries that use the index."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, cast

import numpy as np
from bson.codec_options import DatetimeConversion
from bson.raw_bson import RawBSONDocument
from pymongo.cursor import Cursor
from pymongo.database import Database

from hyperstream._time import MIN_MS
from hyperstream.client import Client
from hyperstream.models.stream import INSTANCES
from hyperstream.storage.base import StreamAddress
from hyperstream.storage.batch import Batch
from hyperstream.storage.mongo.backup.manifest import RAW
from hyperstream.storage.mongo.documents import Document, address_of, definitions, fetched
from hyperstream.storage.mongo.reading import Walk
from hyperstream.time_interval import TimeInterval

_PAGE = 1000
_FIELDS = {"_id": 0, "stream_id": 1, "channel_id": 1, "sandbox": 1}
_IN_MILLISECONDS = RAW.with_options(datetime_conversion=DatetimeConversion.DATETIME_MS)
# No key begins like another one; so this follows a key and what begins with it, at no cost.
_JUST_AFTER = "\x01"


def about(db: Database[Document]) -> int:
    """Return about how many instances there are, by what the definitions say."""
    found = fetched(definitions(db).find({}, {"_id": 0, "instance_count": 1}))
    return sum(max(each.get("instance_count") or 0, 0) for each in found)


def streamwise(client: Client) -> Iterator[RawBSONDocument]:
    """Yield all documents of the collection ``streams``, as they are stored.

    First come those of each stream, then those that belong to none.

    Parameters
    ----------
    client : Client
        The database, whose documents have keys already.
    """
    found = client.run(lambda db: fetched(definitions(db).find({}, _FIELDS)))
    addresses = sorted(map(address_of, found), key=lambda address: address.key)
    for address in addresses:
        for page in _RawWalk(client, address).pages():
            yield from cast("list[RawBSONDocument]", page.values)
    for query in _others([address.key for address in addresses]):
        yield from client.run(partial(_found, query=query))


def _found(db: Database[Document], query: Document) -> list[Any]:
    cursor: Cursor[Any] = db.get_collection(INSTANCES, RAW).find(query)
    return fetched(cursor)


def _others(keys: list[str]) -> Iterator[Document]:
    """Yield filters that find what has none of these keys, which are sorted."""
    yield {"stream_key": None}
    starts: list[Document] = [{}, *({"$gte": key + _JUST_AFTER} for key in keys)]
    ends: list[Document] = [*({"$lt": key} for key in keys), {}]
    for start, end in zip(starts, ends, strict=True):
        yield {"stream_key": {**start, **end} or {"$gte": ""}}


class _RawWalk(Walk):
    """A walk over all that a stream holds, that gives documents in the place of values."""

    def __init__(self, client: Client, address: StreamAddress) -> None:
        super().__init__(client, address, TimeInterval.all_time(), _PAGE)

    def _cursor(self, db: Database[Document], query: Document) -> Cursor[Any]:
        bounds = query["datetime"]
        if int(bounds["$gt"]) == MIN_MS:  # the very first moment is in no interval
            query = {**query, "datetime": {"$gte": bounds["$gt"], "$lte": bounds["$lte"]}}
        return db.get_collection(INSTANCES, _IN_MILLISECONDS).find(query)

    def _batch(self, documents: list[Any]) -> Batch:
        stamps = [int(document["datetime"]) for document in documents]
        return Batch(np.array(stamps, dtype=np.int64), documents)
