"""Stored plates."""

from __future__ import annotations

from mongoengine import BooleanField, Document, EmbeddedDocument, ListField

from hyperstream.models.base import LENIENT, stored_in, text


class PlateModel(EmbeddedDocument):
    """The values of a plate; with `complement`, all values but these."""

    meta_data_id = text(required=True)
    values = ListField(text())
    complement = BooleanField(default=False)

    meta = LENIENT


class PlateDefinitionModel(Document):
    """A plate: a name for some values of one tag of the meta data tree."""

    plate_id = text(required=True)
    meta_data_id = text(required=True)
    description = text()
    values = ListField(text())
    complement = BooleanField(default=False)
    parent_plate = text()

    meta = stored_in("plate_definitions", {"fields": ["plate_id"], "unique": True})
