"""What the tests of sessions share."""

from __future__ import annotations

from hyperstream.channels import DatabaseChannel
from hyperstream.client import Client
from hyperstream.execution import ExecutionContext, HistoryRecord
from hyperstream.session import Execution
from hyperstream.storage.base import StreamAddress
from hyperstream.storage.mongo import MongoStorage
from hyperstream.testing.times import over

SOURCE = StreamAddress("memory", "source", (("house", "1"),))
SINK = StreamAddress("memory", "sink", (("house", "1"),))


def record(**fields):
    """Return a record of an execution; what is not given is always the same."""
    given = {
        "tool": "clock",
        "version": "0.1.0",
        "parameters": {"stride": "60.0", "first": "None"},
        "sources": (SOURCE,),
        "sinks": (SINK,),
        "interval": over(0, 60),
        "document_count": 1,
        "duration": 0.25,
        "outcome": "completed",
    }
    return HistoryRecord(**{**given, **fields})


def counts(entries):
    """Return the numbers by which tests tell records apart."""
    return [each.document_count for each in entries]


def recorded(execution):
    """Return the record that an execution in a history was made from."""
    fields = {name: getattr(execution, name) for name in HistoryRecord.__dataclass_fields__}
    assert isinstance(execution, Execution)
    return HistoryRecord(**fields)


def open_database(channels, mongo):
    """Add the channel of a database; return its storage."""
    storage = MongoStorage(Client(mongo))
    channels.add_channel(DatabaseChannel("mongo", storage))
    return storage


def execute(session, tool, sink, interval, sources=()):
    """Compute an interval of a stream in a session."""
    with ExecutionContext(history=session.recorder).active():
        tool.execute(sources=list(sources), sink=sink, interval=interval)
