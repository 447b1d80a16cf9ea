"""What the models have in common."""

from __future__ import annotations

from typing import Any

from mongoengine import Document, StringField
from pymongo import IndexModel

ALIAS = "hyperstream"
DESCRIPTION_LENGTH = 4096
_LENGTH = 512


def text(*, required: bool = False, longest: int = _LENGTH, **options: Any) -> StringField:
    """Return a field for a string of 1 to `longest` characters."""
    return StringField(required=required, min_length=1, max_length=longest, **options)


def stored_in(collection: str, *indexes: dict[str, Any]) -> dict[str, Any]:
    """Return the `meta` of a document model.

    Parameters
    ----------
    collection : str
        Where its documents are.
    *indexes : dict
        ``fields``, and ``unique`` where no two documents may agree in them.

    Notes
    -----
    Nothing is created with the first query: a database of release 0.3.8 needs
    its keys before their unique index can be built, so that whoever opens a
    database creates the indexes, from these declarations.
    """
    return {
        "db_alias": ALIAS,
        "collection": collection,
        "indexes": list(indexes),
        "auto_create_index": False,
    }


def collection_of(document: type[Document]) -> str:
    """Return the name of the collection where a model's documents are."""
    return str(document._meta["collection"])  # noqa: SLF001 - MongoEngine has no other way


def declared_indexes(document: type[Document]) -> list[IndexModel]:
    """Return the indexes that a document model declares, as the driver wants them."""
    declared = document._meta["index_specs"]  # noqa: SLF001 - as above
    return [IndexModel(each["fields"], unique=each.get("unique", False)) for each in declared]
