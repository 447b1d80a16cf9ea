"""Sessions begin, end, are found again and cleared."""

from __future__ import annotations

import os
import uuid

import pytest

from hyperstream._time import use_clock
from hyperstream.channel_manager import ChannelManager
from hyperstream.session import Sessions
from hyperstream.storage.memory import MemorySessions
from hyperstream.storage.sessions import StoredSession
from hyperstream.stream import StreamId
from hyperstream.testing import FixedClock
from hyperstream.testing.times import START, at
from hyperstream.utils.errors import ChannelNotFoundError, ConfigurationError
from tests.interrupts import interrupted
from tests.session.parts import counts, record


def remember(sessions, **fields):
    """Store a session as somebody else would."""
    stored = StoredSession(session_id=uuid.uuid4(), start=START, **fields)
    sessions._store.add(stored)
    return stored.session_id


def history_streams(sessions):
    """Return the ids of the sessions of which there is a history."""
    channel = sessions._channels.get_channel(sessions._history_channel)
    return {stream_id.meta_data[0][1] for stream_id in channel.find_streams(name="history")}


def test_there_is_none_at_first(sessions):
    """Nobody has begun one."""
    assert sessions.current is None
    assert sessions.all() == []
    sessions.close()


def test_a_new_session_is_the_current_one(sessions):
    """It is active, knows who uses which machine, and has no history yet."""
    with use_clock(at(5)):
        session = sessions.new()
    assert sessions.current is session
    assert (session.start, session.end, session.active) == (at(5), None, True)
    assert session.uname["nodename"] == os.uname().nodename
    assert session.history_channel == sessions._history_channel
    assert session.history == []
    assert repr(session) == f"Session({session.session_id}, 2020-01-01T00:00:05.000Z, active)"


def test_a_new_session_ends_the_one_before(sessions):
    """Whose history is written."""
    clock = FixedClock(at(5))
    with use_clock(clock):
        first = sessions.new()
        first.recorder.record(record())
        clock.advance(10)
        second = sessions.new()
    assert (first.active, first.end) == (False, at(15))
    assert "ended 2020-01-01T00:00:15.000Z" in repr(first)
    assert len(first.history) == 1
    assert second.active
    assert second.history == []


def test_stored_sessions_are_found_again(sessions):
    """They are in the order of their beginning; the current one is the very same object."""
    first = sessions.new()
    first.recorder.record(record(document_count=7))
    second = sessions.new()
    second.recorder.record(record(document_count=8))
    found = sessions.all()
    assert found == [first, second]
    assert found[0] is not first
    assert found[1] is second
    assert (found[0].end, found[0].active) == (first.end, False)
    assert [counts(each.history) for each in found] == [[7], [8]]


def test_what_is_told_to_a_session_that_was_found_is_added_to_it(sessions):
    """Though it has ended."""
    sessions.new().recorder.record(record())
    sessions.new()
    found = sessions.all()[0]
    found.write_to_history(remark="good")
    assert found.history[1].facts == {"remark": "good"}


def test_closing_twice_changes_nothing(sessions):
    """The end stays what it was."""
    clock = FixedClock(at(5))
    with use_clock(clock):
        session = sessions.new()
        session.close()
        clock.advance(10)
        session.close()
        sessions.close()
    assert (session.end, sessions.all()[0].end) == (at(5), at(5))
    assert sessions.current is None


def test_a_session_of_another_process_cannot_be_closed(sessions):
    """It goes on."""
    session = sessions.new()
    elsewhere = Sessions(sessions._open_store, sessions._channels, sessions._history_channel)
    [found] = elsewhere.all()
    found.close()
    assert found.active
    assert found == session
    assert elsewhere.all()[0].active


def test_inactive_sessions_are_cleared(sessions):
    """The active ones stay, and so do all histories."""
    old, current = sessions.new(), sessions.new()
    elsewhere = remember(sessions, owner="elsewhere|1|2|abc")
    before = history_streams(sessions)
    sessions.clear()
    assert {each.session_id for each in sessions.all()} == {current.session_id, elsewhere}
    assert history_streams(sessions) == before
    assert str(old.session_id) in before


def test_histories_are_cleared_with_their_sessions(sessions):
    """Nothing of them is left; what belongs to others is."""
    old = sessions.new()
    old.recorder.record(record())
    current = sessions.new()
    current.recorder.record(record())
    sessions.clear(clear_history=True)
    assert history_streams(sessions) == {str(current.session_id)}
    assert len(current.history) == 1
    assert old.history == []


def test_all_sessions_are_cleared(sessions):
    """The current one ends; another may begin."""
    session = sessions.new()
    remember(sessions, owner="elsewhere|1|2|abc", history_channel=session.history_channel)
    sessions.clear(inactive_only=False, clear_history=True)
    assert sessions.all() == []
    assert sessions.current is None
    assert not session.active
    assert history_streams(sessions) == set()
    assert sessions.all() == []
    assert sessions.new().active


def test_a_session_of_a_dead_process_is_not_active(sessions, dead_owner):
    """Its history is there to be read; it is cleared with the inactive ones."""
    session_id = remember(sessions, owner=dead_owner, history_channel=sessions._history_channel)
    [found] = sessions.all()
    assert (found.active, found.end) == (False, None)
    assert repr(found) == f"Session({session_id}, 2020-01-01T00:00:00.000Z, its process has ended)"
    assert found.history == []
    sessions.clear(clear_history=True)
    assert sessions.all() == []


def test_a_session_whose_history_is_out_of_reach_is_cleared(sessions, caplog):
    """The history stays where it is, which is told; asking for it is an error."""
    remember(sessions, active=False, history_channel="gone")
    [found] = sessions.all()
    with pytest.raises(ChannelNotFoundError, match="gone"):
        _ = found.history
    sessions.clear(clear_history=True)
    assert sessions.all() == []
    assert "gone" in caplog.text


def test_a_session_without_history_channel_has_no_history(sessions):
    """As release 0.3.8 may have stored it."""
    remember(sessions, active=False)
    [found] = sessions.all()
    assert found.history == []
    sessions.clear(clear_history=True)
    assert sessions.all() == []


def test_what_others_write_into_a_history_is_read(sessions):
    """It is a note of that moment."""
    session = sessions.new()
    session.find_stream().writer((at(5), "by hand") for _ in range(1))
    [note] = session.history
    assert (note.moment, note.facts) == (at(5), {"value": "by hand"})


def test_a_history_channel_must_be_there():
    """Otherwise it is an error of the configuration, at once."""
    with pytest.raises(ConfigurationError, match=r"history_channel: .*'mongoo'"):
        Sessions(MemorySessions, ChannelManager(), "mongoo")


def test_a_history_channel_must_store_streams(channels):
    """Otherwise no session begins, and none is stored."""
    sessions = Sessions(MemorySessions, channels, "tools")
    with pytest.raises(NotImplementedError, match=r"'tools'.*history"):
        sessions.new()
    assert sessions.current is None
    assert sessions.all() == []


def test_sessions_are_equal_by_their_id(sessions):
    """Two references to one session are one in a set, and a session is nothing else."""
    session = sessions.new()
    found = [each for each in sessions.all() if each == session]
    assert len({session, *found}) == 1
    assert session != StreamId("a")


def test_the_database_is_not_asked_before_it_is_needed(channels):
    """Making the object is cheap."""
    asked = []

    def open_store():
        asked.append(1)
        return MemorySessions()

    sessions = Sessions(open_store, channels, "memory")
    assert asked == []
    sessions.all()
    sessions.all()
    assert asked == [1]


def test_an_interrupt_begins_no_session_that_nobody_knows(channels):
    """Wherever Ctrl-C comes, a session is the current one, or not stored, nor its history."""

    def make():
        store = MemorySessions()
        channels.memory.purge_all(remove_definitions=True)
        return Sessions(lambda: store, channels, "memory")

    for sessions in interrupted(make, Sessions.new, step=3):
        assert sessions.all() == ([] if sessions.current is None else [sessions.current])
        assert history_streams(sessions) == {str(each.session_id) for each in sessions.all()}
        sessions.new()
        sessions.close()
        assert not any(each.active for each in sessions.all())
