"""Writing a backup."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from shutil import rmtree
from urllib.parse import quote

from bson.raw_bson import RawBSONDocument
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import AutoReconnect, CursorNotFound

from hyperstream._time import iso_format, utcnow
from hyperstream.client import Client
from hyperstream.models.stream import INSTANCES
from hyperstream.storage.mongo.backup.common import collections, explained, place
from hyperstream.storage.mongo.backup.manifest import RAW, CollectionFile, Index, Manifest
from hyperstream.storage.mongo.backup.streamwise import about, streamwise
from hyperstream.storage.mongo.documents import Document
from hyperstream.storage.mongo.upgrade import Progress, needs_upgrade
from hyperstream.utils.errors import BackupError
from hyperstream.version import __version__

_BATCH = 1000
# What an index has besides the options that it was made with.
_NOT_OPTIONS = ("v", "ns")
_OF_IDS = "_id_"


def backup(
    client: Client, folder: str | os.PathLike[str], progress: Progress | None = None
) -> Manifest:
    """Copy all collections of a database into a new folder.

    The folder is there when it is complete, and not before. Only this user can
    read it.

    Parameters
    ----------
    client : Client
        The database.
    folder : path
        The folder; it must not be there, or be empty.
    progress : callable, optional
        Is given the number of documents that are done, and about that of all.

    Returns
    -------
    Manifest
        What is in it.

    Raises
    ------
    BackupError
        The folder is taken or cannot be written, or the database refuses to be read.
    DatabaseConnectionError
        The database does not answer any more.
    """
    target = Path(folder).expanduser().absolute()
    with explained(f"The backup {target} cannot be made"):
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise BackupError(f"{target} is there already: name a new folder.", path=target)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        try:
            manifest = _Backup(client, draft, progress).run()
            _sync(draft)
            draft.rename(target)
            _sync(target.parent)
        except BaseException:
            rmtree(draft, ignore_errors=True)
            raise
    return manifest


class _Backup:
    def __init__(self, client: Client, folder: Path, progress: Progress | None) -> None:
        self._client = client
        self._folder = folder
        self._progress = progress or (lambda *_: None)
        # The embedded server collects all that it is asked for before it answers, and answers
        # nobody else meanwhile: of the instances, by far the most, it is asked for a few at a time.
        self._is_careful = client.embedded and not needs_upgrade(client)
        self._total = self._done = 0

    def run(self) -> Manifest:
        """Write all files."""
        started = iso_format(utcnow())
        names = sorted(self._client.run(collections), key=place)
        self._total = sum(map(self._about, names))
        files = tuple(map(self._copy, names))
        finished = iso_format(utcnow())
        manifest = Manifest(self._client.db_name, __version__, started, finished, files)
        manifest.write(self._folder)
        return manifest

    def _about(self, name: str) -> int:
        """Return about how many documents a collection has."""
        if self._is_careful and name == INSTANCES:
            return self._client.run(about)
        return self._client.run(lambda db: db[name].estimated_document_count())

    def _copy(self, name: str) -> CollectionFile:
        indexes = self._client.run(lambda db: _indexes(db[name]))
        path = self._folder / f"{quote(name, safe=' $')}.bson"
        if self._is_careful and name == INSTANCES:
            content = self._write(path, streamwise(self._client))
        else:
            # Where the server goes away, the file is begun anew.
            content = self._client.run(lambda db: self._write(path, _all(db, name)))
        self._done += content.documents
        return CollectionFile(
            name, path.name, content.documents, content.bytes, content.sha256, indexes
        )

    def _write(self, path: Path, documents: Iterable[RawBSONDocument]) -> _Content:
        content = _Content()
        with path.open("wb") as file:
            for document in documents:
                content.add(document.raw)
                file.write(document.raw)
                if not content.documents % _BATCH:
                    self._tell(content.documents)
            file.flush()
            os.fsync(file.fileno())
        self._tell(content.documents)
        return content

    def _tell(self, documents: int) -> None:
        done = self._done + documents
        self._progress(done, max(self._total, done))


class _Content:
    """What is known of a file while it is written."""

    def __init__(self) -> None:
        self.documents = self.bytes = 0
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def add(self, document: bytes | memoryview) -> None:
        self.documents += 1
        self.bytes += len(document)
        self._digest.update(document)


def _all(db: Database[Document], name: str) -> Iterator[RawBSONDocument]:
    try:
        yield from db.get_collection(name, codec_options=RAW).find({}, batch_size=_BATCH)
    except CursorNotFound as error:  # the server was started again
        raise AutoReconnect(str(error)) from error


def _indexes(collection: Collection[Document]) -> tuple[Index, ...]:
    return tuple(
        {"name": name, **{key: each for key, each in found.items() if key not in _NOT_OPTIONS}}
        for name, found in collection.index_information().items()
        if name != _OF_IDS
    )


def _sync(folder: Path) -> None:
    """Let what is in a folder be there after a power failure, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
