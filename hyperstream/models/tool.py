"""Stored tools: a name, a version and parameters."""

from __future__ import annotations

from mongoengine import BooleanField, DynamicField, EmbeddedDocument, EmbeddedDocumentListField

from hyperstream.models.base import text


class ToolParameterModel(EmbeddedDocument):
    """One parameter of a tool; `is_function` and `is_set` say what the value stands for."""

    key = text(required=True)
    value = DynamicField()
    is_function = BooleanField(default=False)
    is_set = BooleanField(default=False)


class ToolModel(EmbeddedDocument):
    """A tool and the parameters it is made with."""

    name = text(required=True)
    version = text(required=True)
    parameters = EmbeddedDocumentListField(ToolParameterModel)
