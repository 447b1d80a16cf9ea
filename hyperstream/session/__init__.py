"""Sessions: what was executed by whom and when, and where a stream's data come from."""

from __future__ import annotations

from hyperstream.session.entries import Entry, Execution, Note
from hyperstream.session.provenance import Provenance, provenance
from hyperstream.session.recorder import Recorder
from hyperstream.session.session import Session
from hyperstream.session.sessions import Sessions

__all__ = [
    "Entry",
    "Execution",
    "Note",
    "Provenance",
    "Recorder",
    "Session",
    "Sessions",
    "provenance",
]
