"""What the models have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from mongoengine import Document, StringField, ValidationError
from pymongo import IndexModel

from hyperstream.utils.errors import HyperStreamError
from hyperstream.utils.text import NO_UNICODE, is_unicode

ALIAS = "hyperstream"
DESCRIPTION_LENGTH = 4096
# What stored documents have besides the fields of their model is left alone.
LENIENT: Final = {"strict": False}
_LENGTH = 512
D = TypeVar("D", bound=Document)


def text(*, required: bool = False, longest: int = _LENGTH, **options: Any) -> StringField:
    """Return a field for a string of 1 to `longest` characters."""
    bounds = {"min_length": 1, "max_length": longest}
    return StringField(required=required, validation=_check_characters, **bounds, **options)


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
        **LENIENT,
    }


def collection_of(document: type[Document]) -> str:
    """Return the name of the collection where a model's documents are."""
    return str(document._meta["collection"])  # noqa: SLF001 - MongoEngine has no other way


def declared_indexes(document: type[Document]) -> list[IndexModel]:
    """Return the indexes that a document model declares, as the driver wants them."""
    declared = document._meta["index_specs"]  # noqa: SLF001 - as above
    return [IndexModel(each["fields"], unique=each.get("unique", False)) for each in declared]


def from_document(model: type[D], stored: Mapping[str, Any]) -> D:
    """Return the model of a stored document, which may have more fields, or fewer."""
    found: D = model._from_son(stored)  # noqa: SLF001 - MongoEngine has no other way
    return found


def checked(model: D) -> D:
    """Return a model that can be stored.

    Raises
    ------
    HyperStreamError
        It cannot be.
    """
    problem = problems(model)
    if problem:
        raise HyperStreamError(f"A {type(model).__name__} cannot be stored: {problem}.")
    return model


def copied(model: D) -> D:
    """Return a copy of a model as it would come back from a database.

    Raises
    ------
    HyperStreamError
        It cannot be stored.
    """
    return from_document(type(model), checked(model).to_mongo())


def problems(model: Document) -> str:
    """Return why a model cannot be stored; nothing if it can.

    Examples
    --------
    >>> from hyperstream.models import MetaDataModel
    >>> problems(MetaDataModel(tag="house", data="1")), problems(MetaDataModel(tag="house"))
    ('', 'data: Field is required')
    """
    try:
        model.validate()
    except ValidationError as error:
        return "; ".join(f"{field}: {reason}" for field, reason in error.to_dict().items())
    return ""


def _check_characters(value: object) -> None:
    """Refuse what cannot be stored."""
    if not is_unicode(str(value)):
        raise ValidationError(NO_UNICODE)
