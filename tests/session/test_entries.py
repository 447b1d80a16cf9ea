"""What a history consists of, as people read it."""

from __future__ import annotations

import uuid
from dataclasses import FrozenInstanceError

import pytest

from hyperstream.execution import HistoryRecord
from hyperstream.session import Execution, Note
from hyperstream.session.entries import described
from hyperstream.storage.base import StreamAddress
from hyperstream.testing.times import at
from tests.session.parts import record

SESSION = uuid.uuid4()


def execution(**fields):
    """Return an execution."""
    given = record(**fields)
    values = {name: getattr(given, name) for name in HistoryRecord.__dataclass_fields__}
    return Execution(**values, session_id=SESSION, moment=at(5))


def test_an_execution_is_told_in_a_line():
    """When, what, from what, into what, over which time, and how it went."""
    assert str(execution()) == (
        "2020-01-01T00:00:05.000Z clock 0.1.0(stride=60.0, first=None) from "
        "memory:source[house=1] into memory:sink[house=1] over "
        "(2020-01-01 00:00:00, 2020-01-01 00:01:00]: completed, 1 documents in 0.25 s"
    )


def test_many_streams_and_long_parameters_are_cut():
    """A line stays readable."""
    streams = tuple(StreamAddress("memory", str(n)) for n in range(1000))
    text = described("t", "1.0.0", {"func": "x" * 500}, streams)
    assert text == f"t 1.0.0(func={'x' * 79}…) from memory:0, memory:1, memory:2 and 997 more"


def test_a_note_is_told_in_a_line():
    """When, and what."""
    note = Note(session_id=SESSION, moment=at(5), facts={"rows": 3, "file": "a.csv"})
    assert str(note) == "2020-01-01T00:00:05.000Z rows=3, file='a.csv'"


def test_entries_do_not_change():
    """They are values: equal where all is equal, and fixed."""
    assert execution() == execution()
    assert execution() != execution(document_count=2)
    with pytest.raises(FrozenInstanceError):
        execution().outcome = "completed"
