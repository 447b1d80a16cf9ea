"""A history that tests read."""

from __future__ import annotations

from hyperstream.channels import MemoryChannel
from hyperstream.execution import ExecutionContext
from hyperstream.testing import RecordingHistory
from hyperstream.testing.times import over
from tests.execution.parts import Seconds


def test_it_collects_records_and_notes():
    """Executions are in `records`, what tools tell is in `notes`."""
    history = RecordingHistory()
    tool, sink = Seconds(), MemoryChannel("memory").create_stream("a")
    with ExecutionContext(history=history).active():
        tool.execute(sources=[], sink=sink, interval=over(0, 5))
        tool.write_to_history(a=1)
    assert [(each.tool, each.document_count) for each in history.records] == [("seconds", 5)]
    assert history.notes == [{"a": 1}]
