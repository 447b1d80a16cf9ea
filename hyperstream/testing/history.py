"""A history that tests read."""

from __future__ import annotations

from typing import Any

from hyperstream.execution import HistoryRecord


class RecordingHistory:
    """Collects what is recorded of executions, in lists.

    Attributes
    ----------
    records : list of HistoryRecord
        The executions, in order.
    notes : list of dict
        What tools told by `BaseTool.write_to_history`.

    Examples
    --------
    >>> from hyperstream.execution import ExecutionContext
    >>> from hyperstream.tool import Tool
    >>> history = RecordingHistory()
    >>> with ExecutionContext(history=history).active():
    ...     Tool.write_to_history(rows=3)
    >>> history.notes
    [{'rows': 3}]
    """

    def __init__(self) -> None:
        self.records: list[HistoryRecord] = []
        self.notes: list[dict[str, Any]] = []

    def record(self, record: HistoryRecord) -> None:
        """Keep a record of one execution."""
        self.records.append(record)

    def note(self, **facts: Any) -> None:
        """Keep what a tool tells."""
        self.notes.append(facts)
