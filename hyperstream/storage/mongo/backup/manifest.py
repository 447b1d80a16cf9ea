"""What is in a backup: the file ``manifest.json``, by which the other files are checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import bson
from bson import json_util
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

from hyperstream.utils.errors import BackupError

FILENAME: Final = "manifest.json"
RAW: Final = CodecOptions[RawBSONDocument](document_class=RawBSONDocument)
_FORMAT = "hyperstream-backup"
_VERSION = 1
_CHUNK = 1 << 20

Index: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class CollectionFile:
    """One collection of a backup.

    Attributes
    ----------
    name : str
        The collection.
    file : str
        The file with its documents, one after the other in BSON, as ``mongodump`` writes them.
    documents, bytes : int
        How many documents are in it, and how large it is.
    sha256 : str
        The checksum of the file.
    indexes : tuple of dict
        The indexes but that of ``_id``: ``name``, ``key`` and options.
    """

    name: str
    file: str
    documents: int
    bytes: int
    sha256: str
    indexes: tuple[Index, ...]


@dataclass(frozen=True)
class Manifest:
    """What is in a backup.

    Attributes
    ----------
    database : str
        The name of the database that it was made of.
    hyperstream : str
        The version that made it.
    started, finished : str
        When (UTC, ISO 8601).
    collections : tuple of CollectionFile
        The collections, in the order in which they were read.
    """

    database: str
    hyperstream: str
    started: str
    finished: str
    collections: tuple[CollectionFile, ...]

    @property
    def documents(self) -> int:
        """The number of documents."""
        return sum(each.documents for each in self.collections)

    def write(self, folder: Path) -> None:
        """Write it into the folder of the backup."""
        content = {"format": _FORMAT, "version": _VERSION, **asdict(self)}
        (folder / FILENAME).write_text(json_util.dumps(content, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read it from the folder of a backup.

        Raises
        ------
        BackupError
            There is none, or it cannot be understood.
        """
        path = folder / FILENAME
        try:
            content = json_util.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError) as error:
            msg = f"There is no backup in {folder}: it has no {FILENAME}."
            raise BackupError(msg, path=folder) from error
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise BackupError(f"{path} cannot be read: {error}.", path=folder) from error
        try:
            return cls._of(content)
        except (KeyError, TypeError) as error:
            msg = f"{path} is not the manifest of a backup that this version of HyperStream reads."
            raise BackupError(msg, path=folder) from error

    @classmethod
    def _of(cls, content: dict[str, Any]) -> Manifest:
        if (content.pop("format"), content.pop("version")) != (_FORMAT, _VERSION):
            raise KeyError("version")
        collections = content.pop("collections")
        files = (CollectionFile(**{**each, "indexes": (*each["indexes"],)}) for each in collections)
        return cls(collections=tuple(files), **content)


def check(folder: Path, each: CollectionFile) -> None:
    """Check that a file of a backup is as it was written.

    Raises
    ------
    BackupError
        It is not.
    """
    path = folder / each.file
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        msg = f"The file {path} of the backup cannot be read: {error.strerror}."
        raise BackupError(msg, path=path) from error
    if digest.hexdigest() != each.sha256:
        msg = f"The file {path} of the backup is damaged: its checksum is not that of the manifest."
        raise BackupError(msg, path=path)


def documents(folder: Path, each: CollectionFile) -> Iterator[RawBSONDocument]:
    """Yield the documents of a file, as they are stored."""
    with (folder / each.file).open("rb") as file:
        yield from bson.decode_file_iter(file, RAW)
