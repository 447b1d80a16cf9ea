"""What writing a backup and restoring it share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.database import Database
from pymongo.errors import PyMongoError

from hyperstream.models.stream import DEFINITIONS, INSTANCES
from hyperstream.storage.mongo.documents import Document
from hyperstream.utils.errors import BackupError

# A mark is read before the data that it speaks of, and written after them; so is what says how far
# a workflow is computed.
_LATEST = {"workflow_status": -1, DEFINITIONS: 1, INSTANCES: 2}


def place(collection: str) -> tuple[int, str]:
    """Return what sorts collections in the order in which they are read."""
    return _LATEST.get(collection, 0), collection


def collections(db: Database[Document]) -> list[str]:
    """Return the names of the collections that have documents of their own."""
    return [
        each["name"]
        for each in db.list_collections()
        if each.get("type", "collection") == "collection" and not each["name"].startswith("system.")
    ]


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn what the system or the database refuses into a `BackupError` that begins so."""
    try:
        yield
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        raise BackupError(f"{what}: {error.strerror}{where}.") from error
    except PyMongoError as error:
        raise BackupError(f"{what}, the database refuses it: {error}.") from error
