"""Stored tools: a name, a version and parameters."""

from __future__ import annotations

from typing import Any

from mongoengine import BooleanField, DynamicField, EmbeddedDocument, EmbeddedDocumentListField

from hyperstream.models.base import LENIENT, text


class EncodedField(DynamicField):
    """What the value codec made: MongoEngine looks for no documents of its own in it."""

    def to_mongo(self, value: Any, use_db_field: bool = True, fields: Any = None) -> Any:
        """Return the value as it is."""
        return value

    def to_python(self, value: Any) -> Any:
        """Return the value as it is."""
        return value


class EncodedFieldsListField(EmbeddedDocumentListField):
    """Documents with encoded values, which are not searched for references, nor changed."""

    _auto_dereference = False


class ToolParameterModel(EmbeddedDocument):
    """One parameter of a tool; `is_function` and `is_set` say what the value stands for."""

    key = text(required=True)
    value: Any = EncodedField()
    is_function = BooleanField(default=False)
    is_set = BooleanField(default=False)

    meta = LENIENT


class ToolModel(EmbeddedDocument):
    """A tool and the parameters it is made with."""

    name = text(required=True)
    version = text(required=True)
    parameters: Any = EncodedFieldsListField(ToolParameterModel)

    meta = LENIENT
