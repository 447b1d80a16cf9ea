"""Restoring a backup."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from bson.raw_bson import RawBSONDocument
from pymongo import IndexModel
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from hyperstream.client import Client
from hyperstream.storage.mongo.backup.common import collections, explained, place
from hyperstream.storage.mongo.backup.manifest import (
    RAW,
    CollectionFile,
    Index,
    Manifest,
    check,
    documents,
)
from hyperstream.storage.mongo.documents import Document, duplicates
from hyperstream.storage.mongo.upgrade import Progress, needs_upgrade, prepare
from hyperstream.utils.errors import BackupError

# So much is sent at once.
_DOCUMENTS = 1000
_BYTES = 16 << 20


def restore(
    client: Client,
    folder: str | os.PathLike[str],
    *,
    replace: bool = False,
    progress: Progress | None = None,
) -> Manifest:
    """Put the collections of a backup into a database.

    All files of the backup are checked before anything is changed. Nobody
    should use the database meanwhile. A restoration that was interrupted is done
    again with `replace`.

    Parameters
    ----------
    client : Client
        The database, of this name or another, on a server of any kind.
    folder : path
        The backup.
    replace : bool
        Whether to remove all collections that are there. Otherwise the database must be empty.
    progress : callable, optional
        Is given the number of documents that are done, and of all.

    Returns
    -------
    Manifest
        What was restored.

    Raises
    ------
    BackupError
        The backup is damaged, the database is not empty or refuses something,
        or afterwards it does not hold what the backup does.
    DatabaseConnectionError
        The database does not answer any more.
    """
    source = Path(folder).expanduser().absolute()
    manifest = Manifest.read(source)
    for each in manifest.collections:
        check(source, each)
    with explained(f"The backup {source} cannot be restored"):
        _make_room(client, replace=replace)
        _insert(client, source, manifest, progress or (lambda *_: None))
        for each in manifest.collections:
            _verify(client, each)
        if not needs_upgrade(client):
            prepare(client)
    return manifest


def _make_room(client: Client, *, replace: bool) -> None:
    """Remove what is in the database, or refuse to."""
    present = client.run(collections)
    if replace:
        for name in present:
            client.run(partial(_drop, name=name))
        return
    filled = [name for name in present if client.run(partial(_has_documents, name=name))]
    if filled:
        raise BackupError(
            f"The database {client.db_name!r} at {client.address} is not empty: it holds "
            f'{", ".join(filled)}. Restore into another one ("db" in the section "mongo"), or '
            "say that what it holds is to be replaced.",
            collections=filled,
        )


def _drop(db: Database[Document], name: str) -> None:
    db.drop_collection(name)


def _has_documents(db: Database[Document], name: str) -> bool:
    return db[name].find_one({}, {"_id": 1}) is not None


def _insert(client: Client, source: Path, manifest: Manifest, progress: Progress) -> None:
    done = 0
    # The other way round than they were read: what a mark speaks of is there before the mark.
    for each in sorted(manifest.collections, key=lambda each: place(each.name), reverse=True):
        for part in _parts(documents(source, each)):
            client.run(partial(_insert_part, name=each.name, part=part))
            done += len(part)
            progress(done, manifest.documents)
        client.run(partial(_create_indexes, each=each))


def _parts(found: Iterator[RawBSONDocument]) -> Iterator[list[RawBSONDocument]]:
    part: list[RawBSONDocument] = []
    size = 0
    for document in found:
        if part and (len(part) == _DOCUMENTS or size + len(document.raw) > _BYTES):
            yield part
            part, size = [], 0
        part.append(document)
        size += len(document.raw)
    if part:
        yield part


def _insert_part(db: Database[Document], name: str, part: list[RawBSONDocument]) -> None:
    try:
        db.get_collection(name, codec_options=RAW).insert_many(part, ordered=False)
    except BulkWriteError as error:
        # An earlier try may have inserted some, without its answer coming through.
        duplicates(error)


def _create_indexes(db: Database[Document], each: CollectionFile) -> None:
    """Create a collection, which may have no documents, with its indexes."""
    if each.name not in db.list_collection_names():
        db.create_collection(each.name)
    if each.indexes:
        db[each.name].create_indexes(list(map(_index, each.indexes)))


def _index(stored: Index) -> IndexModel:
    options: dict[str, Any] = dict(stored)
    return IndexModel([tuple(field) for field in options.pop("key")], **options)


def _verify(client: Client, each: CollectionFile) -> None:
    count = client.run(lambda db: db[each.name].estimated_document_count())
    if count != each.documents:
        raise BackupError(
            f"The collection {each.name} has {count} documents after the restoration, and the "
            f"backup {each.documents}. Restore it again, while nobody else uses the database.",
            collection=each.name,
        )
