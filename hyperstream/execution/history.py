"""The history of executions: what was computed, how, and how it went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from hyperstream.storage.base import StreamAddress
    from hyperstream.time_interval import TimeInterval


@dataclass(frozen=True, slots=True)
class HistoryRecord:
    """One execution of a tool over one interval.

    Parameters
    ----------
    tool, version : str
        The tool.
    parameters : dict
        Parameter name to a printable form of its value.
    sources : tuple of StreamAddress
        The streams it read.
    sinks : tuple of StreamAddress
        The streams it computed.
    interval : TimeInterval
        What it computed, open at the start, closed at the end.
    document_count : int
        How many instances it wrote.
    duration : float
        How long it took, in seconds.
    outcome : str
        ``"completed"``, ``"failed: …"`` with the reason, or ``"superseded"``
        where another process had taken it over.
    """

    tool: str
    version: str
    parameters: dict[str, Any]
    sources: tuple[StreamAddress, ...]
    sinks: tuple[StreamAddress, ...]
    interval: TimeInterval
    document_count: int
    duration: float
    outcome: str


class History(Protocol):
    """Keeps records of executions."""

    def record(self, record: HistoryRecord) -> None:
        """Keep a record of one execution."""

    def note(self, **facts: Any) -> None:
        """Keep facts that a tool tells by `BaseTool.write_to_history`."""


class NoHistory:
    """Keeps nothing."""

    def record(self, record: HistoryRecord) -> None:
        """Let the record go."""

    def note(self, **facts: Any) -> None:
        """Let the facts go."""
