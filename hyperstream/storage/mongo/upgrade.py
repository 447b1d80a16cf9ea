"""Making a database ready: its indexes, and the documents of release 0.3.8.

That release knows a stream by name and meta data alone, and stores these with
each instance, its pairs in some order. Here the documents get a ``stream_key``
besides, which also says channel and sandbox; the rest stays as it is. The key's
unique index comes last, and its presence means that everything is done.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pymongo import UpdateMany, UpdateOne
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import AutoReconnect, CursorNotFound, DuplicateKeyError, OperationFailure

from hyperstream._time import to_ms_array
from hyperstream.client import Client
from hyperstream.models import DOCUMENTS, StreamInstanceModel, collection_of, declared_indexes
from hyperstream.models.stream import DEFINITIONS, INSTANCES
from hyperstream.storage.base import MetaData, StreamAddress
from hyperstream.storage.mongo.documents import (
    FEW,
    Document,
    address_of,
    chunks,
    definitions,
    fetched,
    instances,
    name_and_meta_data,
)
from hyperstream.storage.mongo.spread import note_found
from hyperstream.utils.errors import DatabaseConnectionError, DatabaseUpgradeError

Progress: TypeAlias = Callable[[int, int], None]
_StreamId: TypeAlias = tuple[str, MetaData]

_OLD = {"stream_key": {"$exists": False}}
_PART = 5000
_INDEX_NOT_FOUND = 27
# There is an index of that name with other options, or with other fields.
_OTHER_INDEX = frozenset({85, 86})

logger = logging.getLogger(__name__)


@dataclass
class UpgradeReport:
    """What an upgrade did.

    Attributes
    ----------
    definitions, instances : int
        How many documents got a key.
    orphans : Counter
        How many instances there are of streams that have no definition, by
        stream. They are kept, but belong to no channel.
    """

    definitions: int = 0
    instances: int = 0
    orphans: Counter[str] = field(default_factory=Counter)


def prepare(client: Client, *, upgrade: bool = True) -> None:
    """Make a database ready for use; cheap where it is.

    Parameters
    ----------
    client : Client
        The database.
    upgrade : bool
        Whether documents of release 0.3.8 may be brought up to date.

    Raises
    ------
    DatabaseUpgradeError
        There are documents of release 0.3.8, and they must not be or cannot be
        brought up to date.
    """
    if not needs_upgrade(client):
        client.run(_create_indexes)
    elif upgrade:
        _Upgrade(client, None, _PART).run()
    else:
        raise DatabaseUpgradeError(
            f"The database {client.db_name!r} at {client.address} holds documents of HyperStream "
            "0.3.8. Run `hyperstream db upgrade` to bring them up to date (0.3.8 cannot read the "
            'stream definitions afterwards), or remove "upgrade": false from the configuration.',
            database=client.db_name,
        )


def needs_upgrade(client: Client) -> bool:
    """Tell whether a database holds documents of release 0.3.8."""
    return client.run(lambda db: not _has_keys(db) and not _is_empty(db))


def upgrade(
    client: Client, progress: Progress | None = None, part_size: int = _PART
) -> UpgradeReport:
    """Bring the documents of release 0.3.8 up to date.

    It may be interrupted and started again, and done twice. Nobody should write
    to the database meanwhile.

    Parameters
    ----------
    client : Client
        The database.
    progress : callable, optional
        Is given the number of instances that are done, and of all.
    part_size : int
        How many instances to change at once.

    Raises
    ------
    DatabaseUpgradeError
        A definition is damaged, or two claim the same instances: nothing was
        changed. Or an instance is damaged, or two of a stream have the same
        time: no index was changed.
    """
    return _Upgrade(client, progress, part_size).run()


class _Upgrade:
    def __init__(self, client: Client, progress: Progress | None, part_size: int) -> None:
        self._client = client
        self._part_size = part_size
        self._progress = progress or (lambda *_: None)
        self._report = UpgradeReport()

    def run(self) -> UpgradeReport:
        old = self._client.run(_definitions)
        self._check(old)
        total = self._client.run(lambda db: instances(db).estimated_document_count())
        logger.warning(
            "Upgrading the database %r at %s: %d stream definitions and up to %d instances of "
            "HyperStream 0.3.8 get a stream key. HyperStream 0.3.8 cannot read the definitions "
            "afterwards. An interrupted upgrade goes on at the next start.",
            self._client.db_name,
            self._client.address,
            len(old),
            total,
        )
        self._upgrade_definitions(old)
        self._upgrade_instances({_stream_id(each): address_of(each) for each in old}, total)
        self._client.run(_replace_indexes)
        self._tell()
        return self._report

    def _check(self, old: list[Document]) -> None:
        """Refuse definitions that say of no stream, or that claim the same instances."""
        damaged = [each["_id"] for each in old if not _is_readable(each, "channel_id")]
        if damaged:
            raise _damage(DEFINITIONS, damaged, "channel_id")
        claimed: defaultdict[_StreamId, list[Document]] = defaultdict(list)
        for definition in old:
            claimed[_stream_id(definition)].append(definition)
        disputed = [
            ", ".join(str(address_of(each)) for each in group)
            for group in claimed.values()
            if len(group) > 1 and not all("stream_key" in each for each in group)
        ]
        if disputed:
            raise DatabaseUpgradeError(
                "In these groups of stream definitions, all claim the same instances, since "
                f"HyperStream 0.3.8 stores no channel with them: {'; '.join(disputed)}. "
                "Remove all but one of each group from the collection stream_definitions, and "
                "start again. Nothing was changed.",
                streams=disputed,
            )

    def _upgrade_definitions(self, old: list[Document]) -> None:
        updates = [
            UpdateOne({"_id": each["_id"]}, {"$set": {"stream_key": address_of(each).key}})
            for each in old
            if "stream_key" not in each
        ]
        if updates:
            self._client.run(lambda db: definitions(db).bulk_write(updates, ordered=False))
        self._report.definitions = len(updates)

    def _upgrade_instances(self, known: dict[_StreamId, StreamAddress], total: int) -> None:
        while True:
            before = self._report.instances
            try:
                for part in _parts(instances(self._client.db), self._part_size):
                    self._upgrade_part(known, part)
                    self._progress(self._report.instances, max(total, self._report.instances))
            except (AutoReconnect, CursorNotFound) as error:
                if self._report.instances == before:
                    raise DatabaseConnectionError(
                        f"The database at {self._client.address} does not answer any more "
                        f"({error}); start again, and the upgrade goes on where it was."
                    ) from error
            else:
                return

    def _upgrade_part(self, known: dict[_StreamId, StreamAddress], part: list[Document]) -> None:
        damaged = [each["_id"] for each in part if not _is_readable(each, "datetime")]
        if damaged:
            raise _damage(INSTANCES, damaged, "datetime")
        groups: defaultdict[StreamAddress, list[Document]] = defaultdict(list)
        for document in part:
            stream_id = _stream_id(document)
            address = known.get(stream_id)
            if address is None:
                # A key that no channel has, so that the unique index can be made.
                address = StreamAddress("", *stream_id)
                self._report.orphans[str(address)[1:]] += 1
            groups[address].append(document)
        updates = [
            UpdateMany({"_id": {"$in": some}}, {"$set": {"stream_key": address.key}})
            for address, group in groups.items()
            for some in chunks([each["_id"] for each in group], FEW)
        ]
        found = {
            address: to_ms_array([each["datetime"] for each in group])
            for address, group in groups.items()
        }
        self._client.run(lambda db: instances(db).bulk_write(updates, ordered=False))
        self._client.run(lambda db: note_found(db, found))
        self._report.instances += len(part)

    def _tell(self) -> None:
        logger.warning(
            "The upgrade is complete: %d definitions and %d instances got a key.",
            self._report.definitions,
            self._report.instances,
        )
        for name, count in self._report.orphans.most_common():
            logger.warning("%d instances belong to %s, which has no definition.", count, name)


def _has_keys(db: Database[Document]) -> bool:
    [declared] = declared_indexes(StreamInstanceModel)
    return declared.document["name"] in instances(db).index_information()


def _is_empty(db: Database[Document]) -> bool:
    return not any(db[name].find_one({}, {"_id": 1}) for name in (DEFINITIONS, INSTANCES))


def _definitions(db: Database[Document]) -> list[Document]:
    fields = {"stream_id": 1, "channel_id": 1, "sandbox": 1, "stream_key": 1}
    return fetched(definitions(db).find({}, fields))


def _parts(collection: Collection[Document], size: int) -> Iterator[list[Document]]:
    """Return the instances that have no key, a few thousand at a time."""
    cursor = collection.find(_OLD, {"stream_id": 1, "datetime": 1}, batch_size=size)
    return chunks(cursor, size)


def _stream_id(document: Document) -> _StreamId:
    """Return name and meta data, the latter in an order that does not depend on the document."""
    name, pairs = name_and_meta_data(document)
    return name, tuple(sorted(pairs))


def _is_readable(document: Document, field: str) -> bool:
    """Tell whether a document says which stream it belongs to, and has a field."""
    try:
        name, pairs = name_and_meta_data(document)
    except (AttributeError, KeyError, TypeError, ValueError):
        return False
    has_tags_once = len(dict(pairs)) == len(pairs)
    return isinstance(name, str) and has_tags_once and document.get(field) is not None


def _damage(collection: str, ids: list[Any], field: str) -> DatabaseUpgradeError:
    return DatabaseUpgradeError(
        f"The collection {collection} holds damaged documents: each needs a stream_id, with a name "
        f"and with meta_data that are [tag, value] pairs, no tag twice, and a {field}. Correct or "
        f"remove those with these _id, and start again: {', '.join(map(str, ids))}.",
        collection=collection,
        documents=ids,
    )


def _replace_indexes(db: Database[Document]) -> None:
    """Make the indexes; those of 0.3.8 on stream ids would forbid one id in two channels."""
    for collection in (definitions(db), instances(db)):
        for name, index in collection.index_information().items():
            if index["key"][0][0] == "stream_id":
                _drop(collection, name)
    try:
        _create_indexes(db)
    except DuplicateKeyError as error:
        raise DatabaseUpgradeError(
            f"Two instances of one stream have the same time: {error.details}. Remove one of "
            "them from the collection streams, and start again.",
        ) from error


def _drop(collection: Collection[Document], name: str) -> None:
    try:
        collection.drop_index(name)
    except OperationFailure as error:
        if error.code != _INDEX_NOT_FOUND:  # another process may have dropped it
            raise


def _create_indexes(db: Database[Document]) -> None:
    """Create what the models declare; last that of the instances, which says that all is done."""
    for model in sorted(DOCUMENTS, key=lambda each: each is StreamInstanceModel):
        collection, declared = db[collection_of(model)], declared_indexes(model)
        try:
            collection.create_indexes(declared)
        except OperationFailure as error:
            if error.code not in _OTHER_INDEX:
                raise
            # MongoEngine gave those of 0.3.8 options that mean nothing, but may be compared.
            for index in declared:
                _drop(collection, index.document["name"])
            collection.create_indexes(declared)
