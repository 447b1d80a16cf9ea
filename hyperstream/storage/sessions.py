"""What a store of sessions must do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from hyperstream.storage.owners import is_dead


@dataclass(frozen=True)
class StoredSession:
    """What is stored of a session.

    Parameters
    ----------
    session_id : UUID
        Its identifier.
    start : datetime
        When it began (UTC).
    end : datetime, optional
        When it ended (UTC); None while it goes on, and for ever where its process was killed.
    active : bool
        Whether nobody has ended it.
    history_channel : str, optional
        The channel that keeps its history.
    uname : dict
        The machine: sysname, nodename, release, version, machine, as far as they are known.
    owner : str, optional
        The process, as `hyperstream.storage.owners` names it; None for sessions of release 0.3.8.
    """

    session_id: UUID
    start: datetime
    end: datetime | None = None
    active: bool = True
    history_channel: str | None = None
    uname: dict[str, str] = field(default_factory=dict)
    owner: str | None = None

    @property
    def is_running(self) -> bool:
        """Whether it may still go on.

        A session that nobody has ended is over where its process certainly has ended. Of another
        machine's processes nothing is certain, nor of those of release 0.3.8.
        """
        return self.active and not (self.owner is not None and is_dead(self.owner))


class SessionStore(Protocol):
    """Keeps sessions."""

    def add(self, session: StoredSession) -> None:
        """Keep a session; the same one again changes nothing."""

    def end(self, session_id: UUID, moment: datetime) -> None:
        """Remember when a session ended; nothing for one that is not there."""

    def sessions(self) -> list[StoredSession]:
        """Return all sessions, in the order in which they began."""

    def remove(self, session_ids: Collection[UUID]) -> None:
        """Remove sessions, as far as they are there."""
