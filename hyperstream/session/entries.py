"""What the history of a session consists of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from hyperstream._time import iso_format
from hyperstream.execution import HistoryRecord
from hyperstream.storage.base import StreamAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution(HistoryRecord):
    """One execution of a tool over one interval, as it is in the history of a session.

    Parameters
    ----------
    session_id : UUID
        The session.
    moment : datetime
        When it had been done (UTC).
    workflow : str, optional
        The workflow that asked for it.

    Notes
    -----
    See `hyperstream.execution.HistoryRecord` for tool, version, parameters, sources, sinks,
    interval, document_count, duration and outcome.
    """

    session_id: UUID
    moment: datetime
    workflow: str | None = None

    def __str__(self) -> str:
        made = described(self.tool, self.version, self.parameters, self.sources)
        return (
            f"{iso_format(self.moment)} {made} into {_names(self.sinks)} over "
            f"{self.interval.humanized}: {self.outcome}, {self.document_count} documents "
            f"in {self.duration:.3g} s"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a tool or a user told by ``write_to_history``.

    Parameters
    ----------
    session_id : UUID
        The session.
    moment : datetime
        When it was told (UTC).
    facts : dict
        What was told, by name.
    workflow : str, optional
        The workflow that was running.
    """

    session_id: UUID
    moment: datetime
    facts: dict[str, Any]
    workflow: str | None = None

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{iso_format(self.moment)} {facts}"


Entry: TypeAlias = Execution | Note


def described(
    tool: str, version: str, parameters: dict[str, Any], sources: tuple[StreamAddress, ...]
) -> str:
    """Return a computation in one line.

    Examples
    --------
    >>> described("clock", "0.1.0", {"stride": "60"}, ())
    'clock 0.1.0(stride=60) from no sources'
    """
    arguments = ", ".join(f"{name}={_short(value)}" for name, value in parameters.items())
    return f"{tool} {version}({arguments}) from {_names(sources) or 'no sources'}"


def _names(streams: tuple[StreamAddress, ...]) -> str:
    rest = f" and {len(streams) - 3} more" if streams[3:] else ""
    return ", ".join(map(str, streams[:3])) + rest


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:79]}…"  # noqa: PLR2004 - a line
