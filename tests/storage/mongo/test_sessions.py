"""Sessions in MongoDB, and those that release 0.3.8 left there."""

from __future__ import annotations

import uuid
from datetime import datetime, timezone

import pytest
from bson import Binary, UuidRepresentation
from mongoengine import ValidationError

from hyperstream.models import SessionModel
from hyperstream.storage.mongo import MongoSessions
from hyperstream.storage.sessions import StoredSession
from hyperstream.testing.times import START
from tests.fixtures import documents
from tests.storage.session_stores import UNAME, SessionStoreConformance, session

OLD = uuid.UUID("0d6a3c2e-9a53-4a5b-8f0e-5f8a1c2b3d4e")


class TestMongoSessions(SessionStoreConformance):
    """They pass what every store of sessions passes, also where each operation is done twice."""

    @pytest.fixture
    def store(self, any_client):
        """A store in a new database."""
        return MongoSessions(any_client)


@pytest.fixture
def store(client):
    """A store in a new database."""
    return MongoSessions(client)


def insert(client, document):
    """Store a document as it is."""
    client.run(lambda db: SessionModel._get_collection().insert_one(document))


def test_a_session_of_release_038_is_read(client, store):
    """It has no owner, and everything else."""
    for document in documents("sessions"):
        insert(client, document)
    assert store.sessions() == [
        StoredSession(
            session_id=OLD,
            start=datetime(2017, 2, 28, 16, tzinfo=timezone.utc),
            end=datetime(2017, 2, 28, 16, 14, 8, tzinfo=timezone.utc),
            active=False,
            history_channel="mongo",
            uname={
                "sysname": "Linux",
                "nodename": "engine",
                "release": "4.4.0-64-generic",
                "version": "#85-Ubuntu SMP",
                "machine": "x86_64",
            },
        )
    ]


def test_ids_in_the_old_form_are_understood(client, store):
    """A session whose id is a UUID of the kind that 0.3.8 stored is read, ended and removed."""
    legacy = Binary.from_uuid(OLD, UuidRepresentation.PYTHON_LEGACY)
    insert(client, {"session_id": legacy, "start": START, "active": True})
    assert [each.session_id for each in store.sessions()] == [OLD]
    store.end(OLD, START)
    assert [each.active for each in store.sessions()] == [False]
    store.remove([OLD])
    assert store.sessions() == []


def test_fields_that_are_not_known_do_no_harm(client, store):
    """A document with more fields, or with fewer, is a session."""
    insert(client, {"session_id": OLD, "start": START, "mood": "good", "uname": {"os": "x"}})
    assert store.sessions() == [StoredSession(session_id=OLD, start=START)]


def test_the_documents_are_those_of_the_model(client, store):
    """MongoEngine reads what was stored."""
    stored = session(history_channel="mongo", uname=UNAME, owner="machine|1|2|abc")
    store.add(stored)
    [found] = SessionModel.objects
    assert found.session_id == stored.session_id
    assert found.uname.nodename == "engine"
    assert (found.active, found.end, found.owner) == (True, None, "machine|1|2|abc")


def test_what_is_not_valid_is_not_stored(store):
    """A session that its model refuses is an error, and leaves nothing."""
    with pytest.raises(ValidationError):
        store.add(session(history_channel="x" * 513))
    assert store.sessions() == []
