"""The tests that every store of sessions passes."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

from hyperstream.storage.sessions import StoredSession
from hyperstream.testing.times import START

UNAME = {
    "sysname": "Linux",
    "nodename": "engine",
    "release": "6.1",
    "version": "#1 SMP",
    "machine": "x86_64",
}


def session(hours=0, **fields):
    """Return a session that begins so many hours after the start of 2020."""
    start = START + timedelta(hours=hours)
    return StoredSession(session_id=uuid.uuid4(), start=start, **fields)


class SessionStoreConformance:
    """A subclass has the fixture ``store``: a store without any sessions."""

    def test_there_are_none_at_first(self, store):
        """A new store has no sessions."""
        assert store.sessions() == []

    def test_what_is_added_comes_back(self, store):
        """All fields of a session are kept, and those that are not given stay so."""
        full = session(
            end=START + timedelta(hours=1),
            active=False,
            history_channel="mongo",
            uname=UNAME,
            owner="machine|1|2|abc",
        )
        bare = session(1)
        store.add(full)
        store.add(bare)
        assert store.sessions() == [full, bare]

    def test_they_are_in_the_order_of_their_beginning(self, store):
        """The order does not depend on when they were added."""
        later, earlier = session(2), session(1)
        store.add(later)
        store.add(earlier)
        assert store.sessions() == [earlier, later]

    def test_adding_again_changes_nothing(self, store):
        """A repeated write leaves one session."""
        one = session(uname=UNAME)
        store.add(one)
        store.add(one)
        assert store.sessions() == [one]

    def test_a_session_ends(self, store):
        """It has an end, and is not active any more; the others are."""
        one, other = session(1), session(2)
        store.add(one)
        store.add(other)
        end = START + timedelta(hours=3, milliseconds=5)
        store.end(one.session_id, end)
        assert store.sessions() == [replace(one, end=end, active=False), other]

    def test_what_is_not_there_cannot_end(self, store):
        """Ending or removing a session that is not there changes nothing."""
        one = session()
        store.add(one)
        store.end(uuid.uuid4(), START)
        store.remove([uuid.uuid4()])
        assert store.sessions() == [one]

    def test_sessions_are_removed(self, store):
        """Those that are named are gone, however many they are."""
        many = [session(hour) for hour in range(120)]
        for each in many:
            store.add(each)
        store.remove([each.session_id for each in many[1:]])
        assert store.sessions() == many[:1]
        store.remove([])
        assert store.sessions() == many[:1]
