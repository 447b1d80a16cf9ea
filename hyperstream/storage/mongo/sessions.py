"""Sessions in MongoDB: the collection ``sessions``."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from bson import Binary, UuidRepresentation
from pymongo.collection import Collection as Documents
from pymongo.database import Database

from hyperstream._time import normalise
from hyperstream.client import Client
from hyperstream.models import SessionModel, UnameModel, collection_of
from hyperstream.storage.mongo.codec import CODEC_OPTIONS
from hyperstream.storage.mongo.documents import FEW, Document, chunks, fetched
from hyperstream.storage.sessions import StoredSession

# Release 0.3.8 stored UUIDs in this form, which the driver does not read as UUIDs any more.
_LEGACY = UuidRepresentation.PYTHON_LEGACY


class MongoSessions:
    """A `SessionStore` in the collection ``sessions``, shared by all processes.

    Documents are those of release 0.3.8, and ``owner`` besides, which names the process. Fields
    that are not known are left alone.

    Parameters
    ----------
    client : Client
        The connection.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def add(self, session: StoredSession) -> None:
        """See `SessionStore.add`."""
        model = SessionModel(
            session_id=session.session_id,
            uname=UnameModel(**session.uname) if session.uname else None,
            start=session.start,
            end=session.end,
            active=session.active,
            history_channel=session.history_channel,
            owner=session.owner,
        )
        model.validate()
        document = model.to_mongo().to_dict()
        query = {"session_id": session.session_id}
        self._client.run(lambda db: _sessions(db).replace_one(query, document, upsert=True))

    def end(self, session_id: UUID, moment: datetime) -> None:
        """See `SessionStore.end`."""
        update = {"$set": {"end": moment, "active": False}}
        query = _among([session_id])
        self._client.run(lambda db: _sessions(db).update_one(query, update))

    def sessions(self) -> list[StoredSession]:
        """See `SessionStore.sessions`."""
        found = self._client.run(lambda db: fetched(_sessions(db).find({})))
        return sorted(map(_session, found), key=lambda each: each.start)

    def remove(self, session_ids: Collection[UUID]) -> None:
        """See `SessionStore.remove`."""
        for some in chunks(session_ids, FEW):
            self._client.run(partial(_delete, query=_among(some)))


def _sessions(db: Database[Document]) -> Documents[Document]:
    return db.get_collection(collection_of(SessionModel), codec_options=CODEC_OPTIONS)


def _delete(db: Database[Document], query: Document) -> None:
    _sessions(db).delete_many(query)


def _among(session_ids: Collection[UUID]) -> Document:
    """Return a filter for sessions, in whichever form their ids are stored."""
    legacy = [Binary.from_uuid(each, _LEGACY) for each in session_ids]
    return {"session_id": {"$in": [*session_ids, *legacy]}}


def _session(document: Document) -> StoredSession:
    end = document.get("end")
    uname = document.get("uname") or {}
    return StoredSession(
        session_id=_uuid(document["session_id"]),
        start=normalise(document["start"]),
        end=None if end is None else normalise(end),
        active=document.get("active", True),
        history_channel=document.get("history_channel"),
        uname={name: uname[name] for name in UnameModel._fields if uname.get(name)},
        owner=document.get("owner"),
    )


def _uuid(stored: Any) -> UUID:
    return stored.as_uuid(_LEGACY) if isinstance(stored, Binary) else stored
