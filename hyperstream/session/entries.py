"""What the history of a session consists of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from hyperstream._time import iso_format
from hyperstream.execution import HistoryRecord
from hyperstream.storage.base import StreamAddress
from hyperstream.utils import html
from hyperstream.utils.text import brief, with_names


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

    def _repr_html_(self) -> str:
        known = {
            "done at": self.moment,
            "parameters": with_names(
                ", ".join(f"{key}={each}" for key, each in self.parameters.items())
            ),
            "from": _names(self.sources),
            "computed": _names(self.sinks),
            "over": self.interval,
            "instances": self.document_count,
            "seconds": float(f"{self.duration:.3g}"),
            "outcome": self.outcome,
            "workflow": self.workflow,
            "session": self.session_id,
        }
        return html.page("Execution", f"{self.tool} {self.version}", [html.facts(known)])


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

    def _repr_html_(self) -> str:
        told = {str(key): brief(each) for key, each in self.facts.items()}
        known = {"told at": self.moment, **told, "session": self.session_id}
        return html.page("Note", "", [html.facts(known)])


Entry: TypeAlias = Execution | Note


class History(html.Listing[Entry]):
    """The history of a session: a list, oldest first."""

    kind = "History"
    what = "entry"
    columns = ("done at", "tool", "computed", "instances", "seconds", "outcome", "over")

    def row(self, item: Entry) -> Sequence[object]:
        """Return what is shown of an entry."""
        if isinstance(item, Note):
            return item.moment, "note", brief(item.facts)
        tool, sinks = f"{item.tool} {item.version}", _names(item.sinks)
        seconds = float(f"{item.duration:.3g}")
        count = item.document_count
        return item.moment, tool, sinks, count, seconds, item.outcome, item.interval


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
