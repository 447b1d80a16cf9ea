"""Stored sessions: who used HyperStream, where and when."""

from __future__ import annotations

from mongoengine import (
    BooleanField,
    DateTimeField,
    Document,
    EmbeddedDocument,
    EmbeddedDocumentField,
    UUIDField,
)

from hyperstream.models.base import stored_in, text


class UnameModel(EmbeddedDocument):
    """The machine, as ``platform.uname`` names it."""

    sysname = text()
    nodename = text()
    release = text()
    version = text()
    machine = text()


class SessionModel(Document):
    """A session, `active` from `start` until `end`; its history is in `history_channel`.

    `owner` names the process that it belongs to; release 0.3.8 stored no such thing.
    """

    session_id = UUIDField(required=True)
    uname = EmbeddedDocumentField(UnameModel)
    start = DateTimeField(required=True)
    end = DateTimeField()
    active = BooleanField(default=True)
    history_channel = text()
    owner = text()

    meta = stored_in("sessions", {"fields": ["session_id"], "unique": True})
