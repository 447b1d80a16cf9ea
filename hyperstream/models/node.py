"""Stored nodes of workflows."""

from __future__ import annotations

from mongoengine import EmbeddedDocument, ListField

from hyperstream.models.base import LENIENT, text


class NodeDefinitionModel(EmbeddedDocument):
    """A node: streams of one name in one channel, one for each value of its plates."""

    stream_name = text(required=True)
    plate_ids = ListField(text())
    channel_id = text(required=True)

    meta = LENIENT
