"""The commands on sessions."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from hyperstream._time import use_clock
from hyperstream.storage.owners import new_owner
from tests.cli.parts import DAY


@pytest.fixture
def sessions(fill):
    """Give three sessions: one has ended, of one the process was killed, one goes on."""
    with fill() as hs:
        with use_clock(DAY), hs:
            hs.current_session.write_to_history(rows=3)
        stored = hs._storage.sessions
        (ended,) = stored.sessions()
        gone = "|".join((new_owner().split("|")[0], "999999999", "1", "a"))
        for owner in (gone, new_owner()):
            new = {"session_id": uuid.uuid4(), "end": None, "active": True, "owner": owner}
            stored.add(replace(ended, **new))


def states(command):
    """Return how the sessions end, in the table."""
    return [line.split()[2] for line in command("sessions", "list").lines[1:]]


def test_sessions_are_listed(command, sessions):
    """With begin, end and machine; and whether one that has no end goes on."""
    lines = command("sessions", "list").lines
    assert lines[0].split() == ["SESSION", "START", "END", "MACHINE"]
    assert sorted(states(command)) == ["2020-01-01T00:00Z", "active", "killed"]
    for session, line in zip(command.json("sessions", "list"), lines[1:], strict=True):
        assert line.startswith(f"{session['session']}  2020-01-01T00:00Z  ")
        assert line.endswith(session["machine"]["nodename"])
        assert session["active"] == ("active" in line)
        assert session["history_channel"] == "mongo"


def test_sessions_that_are_over_are_cleared(command, sessions):
    """The others stay, and so do histories."""
    assert command("sessions", "clear", "--yes").lines == ["Removed 2 sessions; 1 session left."]
    assert states(command) == ["active"]
    assert len(command.json("streams", "list", "--name", "history")) == 1


def test_all_sessions_are_cleared_with_their_histories(command, sessions):
    """If that is said."""
    data = command.json("sessions", "clear", "--all", "--history", "--yes")
    assert (len(data["removed"]), data["left"]) == (3, 0)
    assert command.json("sessions", "list") == command.json("streams", "list") == []


def test_nothing_is_asked_where_nothing_is_cleared(command):
    """No --yes is needed."""
    assert command("sessions", "clear").lines == ["Removed 0 sessions; 0 sessions left."]


def test_sessions_are_not_cleared_without_being_asked(command, sessions):
    """Where nobody can be asked, --yes must be said."""
    said = command("sessions", "clear", "--history")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("hyperstream: Remove 2 sessions and their histories? There is no")
    assert len(states(command)) == 3
