"""The documents of streams: collections, fields, and what they stand for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby, islice
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

import bson
from bson.codec_options import DatetimeConversion
from bson.datetime_ms import DatetimeMS
from pymongo import UpdateMany
from pymongo.collection import Collection
from pymongo.cursor import Cursor
from pymongo.database import Database
from pymongo.errors import AutoReconnect, BulkWriteError, CursorNotFound

from hyperstream.models.stream import DEFINITIONS, INSTANCES
from hyperstream.storage.base import MetaData, StreamAddress
from hyperstream.storage.mongo.codec import CODEC_OPTIONS
from hyperstream.time_interval import TimeInterval
from hyperstream.utils.errors import HyperStreamError

Document: TypeAlias = dict[str, Any]
# A stream, a condition on its definition, and the update.
Change: TypeAlias = tuple[StreamAddress, Document, Document]
T = TypeVar("T")

# The ledger counts in milliseconds, and never needs a datetime.
_IN_MILLISECONDS = CODEC_OPTIONS.with_options(datetime_conversion=DatetimeConversion.DATETIME_MS)
# How many values a query may list.
FEW: Final = 100
# How many documents an operation changes where it costs least for each.
_TOGETHER = 25
# So many definitions that change alike are worth an operation of their own; so is a change that
# takes so many bytes, for the largest operation has 16 MB.
_ALIKE = 4
_LARGE = 100_000
_DUPLICATE_KEY = 11000


def definitions(db: Database[Document]) -> Collection[Document]:
    """Return the collection of stream definitions; times are DatetimeMS."""
    return db.get_collection(DEFINITIONS, codec_options=_IN_MILLISECONDS)


def instances(db: Database[Document]) -> Collection[Document]:
    """Return the collection of the streams' instances."""
    return db.get_collection(INSTANCES, codec_options=CODEC_OPTIONS)


def fetched(cursor: Cursor[Document]) -> list[Document]:
    """Return all documents of a cursor.

    Raises
    ------
    AutoReconnect
        Also where the server does not know the cursor any more, since then it
        was started again: the whole query is to be asked again.
    """
    try:
        return cursor.to_list()  # a Python call less for each document than list(cursor)
    except CursorNotFound as error:
        raise AutoReconnect(str(error)) from error


def stored_id(address: StreamAddress) -> Document:
    """Return the `stream_id` of a document."""
    return {"name": address.name, "meta_data": [list(pair) for pair in address.meta_data]}


def address_of(definition: Document) -> StreamAddress:
    """Return the address of the stream that a definition describes."""
    return StreamAddress(
        definition["channel_id"], *name_and_meta_data(definition), definition.get("sandbox")
    )


def name_and_meta_data(document: Document) -> tuple[str, MetaData]:
    """Return the name and the meta data, as they are stored, of a definition or an instance.

    Release 0.3.8 took values of meta data that are no texts.
    """
    stream_id = document["stream_id"]
    pairs = stream_id.get("meta_data") or ()
    return stream_id["name"], tuple((str(tag), str(data)) for tag, data in pairs)


def key_of(address: StreamAddress) -> Document:
    """Return a filter for the documents of a stream."""
    return {"stream_key": address.key}


def find_definitions(
    db: Database[Document], addresses: Iterable[StreamAddress], *fields: str
) -> dict[str, Document]:
    """Return some fields of streams' definitions, by stream key.

    Many streams of one name are found by one query, and others by few.
    """
    projection = {"_id": 0, "stream_key": 1, **dict.fromkeys(fields, 1)}
    wanted = {address.key: address for address in addresses}
    found = {}
    for query in queries(wanted):
        for definition in fetched(definitions(db).find(query, projection)):
            if definition["stream_key"] in wanted:
                found[definition["stream_key"]] = definition
    return found


def queries(wanted: Mapping[str, StreamAddress]) -> Iterator[Document]:
    """Yield filters that find the definitions of streams, and maybe others of the same names.

    On the embedded server a list of values costs the square of its length. The
    streams of a name have keys that follow each other, so that a range of keys
    holds them, and hardly any others where most of the name's streams are wanted.
    """
    rest: list[str] = []
    for _, group in groupby(sorted(wanted), lambda key: _series(wanted[key])):
        keys = list(group)
        if len(keys) > FEW:
            yield {"stream_key": {"$gte": keys[0], "$lte": keys[-1]}}
        else:
            rest += keys
    for keys in chunks(rest, FEW):
        yield {"stream_key": {"$in": keys}}


def _series(address: StreamAddress) -> tuple[str, str | None, str]:
    return address.channel_id, address.sandbox, address.name


def in_series(channel_id: str, sandbox: str | None, name: str | None = None) -> Document:
    """Return a filter for the definitions of a channel's streams, maybe of one name only."""
    key = StreamAddress(channel_id, name or "", (), sandbox).key
    # Their keys begin alike, up to a comma.
    start = key.removesuffix('"",[]]' if name is None else "[]]")
    return {"stream_key": {"$gte": start, "$lt": start[:-1] + chr(ord(",") + 1)}}


def grouped_updates(changes: Iterable[Change]) -> list[UpdateMany]:
    """Return updates of definitions in as few operations as possible.

    The streams of a node are mostly in the same state and change alike, and to
    the embedded server an operation is dearer than a document.

    Parameters
    ----------
    changes : iterable of (StreamAddress, dict, dict)
        Streams, each with a condition on its definition, and the update.
    """
    return [
        UpdateMany({**_any_of(some), **group.condition}, group.update)
        for group in _grouped(changes)
        for some in chunks(group.keys, _TOGETHER)
    ]


def setting_updates(changes: Iterable[Change]) -> list[UpdateMany]:
    """Return updates of definitions that set fields, in as few operations as possible.

    Here also streams that change in different ways have operations in common.

    Parameters
    ----------
    changes : iterable of (StreamAddress, dict, dict)
        Streams, each with the values that some fields of its definition must
        have (None: or the field is not there), always of the same fields; and
        the new values of fields.
    """
    groups = _grouped(changes)
    alike = [each for each in groups if len(each.keys) >= _ALIKE or each.size > _LARGE]
    others = [each for each in groups if len(each.keys) < _ALIKE and each.size <= _LARGE]
    loners = ((key, each.condition, each.update) for each in others for key in each.keys)
    return [
        UpdateMany({**_any_of(some), **each.condition}, {"$set": each.update})
        for each in alike
        for some in chunks(each.keys, _TOGETHER)
    ] + [_each_its_own(some) for some in chunks(loners, _TOGETHER)]


class _Group(NamedTuple):
    """Streams whose definitions change alike, and how many bytes that takes to say."""

    condition: Document
    update: Document
    keys: list[str]
    size: int


def _grouped(changes: Iterable[Change]) -> list[_Group]:
    groups: dict[bytes, _Group] = {}
    for address, condition, update in changes:
        form = bson.encode({"condition": condition, "update": update})
        group = groups.setdefault(form, _Group(condition, update, [], len(form)))
        group.keys.append(address.key)
    return list(groups.values())


def _any_of(keys: list[str]) -> Document:
    return {"stream_key": {"$in": keys}}


def _each_its_own(changes: list[tuple[str, Document, Document]]) -> UpdateMany:
    """Return one update that sets different fields of each definition."""
    expected = [[key, *condition.values()] for key, condition, _ in changes]
    present = ["$stream_key", *(f"${name}" for name in changes[0][1])]
    position = {"$indexOfArray": [{"$literal": expected}, present]}
    # A definition that is not as expected has the position -1, which means the last one: no change.
    fields = {"$literal": [*(fields for _, _, fields in changes), {}]}
    merged = {"$mergeObjects": ["$$ROOT", {"$arrayElemAt": [fields, position]}]}
    return UpdateMany(_any_of([key for key, _, _ in changes]), [{"$replaceWith": merged}])


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield the items in lists of a size; the last may be shorter."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def inside(address: StreamAddress, low_ms: int, high_ms: int) -> Document:
    """Return a filter for a stream's instances in (low, high]."""
    # One equality and one range on the fields of one index, nothing else: so any server uses it.
    bounds = {"$gt": DatetimeMS(low_ms), "$lte": DatetimeMS(high_ms)}
    return {**key_of(address), "datetime": bounds}


def during(address: StreamAddress, interval: TimeInterval) -> Document:
    """Return a filter for a stream's instances in an interval."""
    return inside(address, interval.start_ms, interval.end_ms)


def duplicates(error: BulkWriteError) -> list[Document]:
    """Return the errors of a bulk insert, all of which tell of a duplicate.

    Raises
    ------
    HyperStreamError
        The server refused a document for another reason.
    """
    errors: list[Document] = error.details["writeErrors"] + error.details["writeConcernErrors"]
    for each in errors:
        if each["code"] != _DUPLICATE_KEY:
            raise HyperStreamError(
                f"The database refused to store documents: {each['errmsg']}.", code=each["code"]
            ) from error
    return errors
