"""Sessions in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from hyperstream.storage.sessions import StoredSession


class MemorySessions:
    """A `SessionStore` for one process."""

    def __init__(self) -> None:
        self._sessions: dict[UUID, StoredSession] = {}

    def add(self, session: StoredSession) -> None:
        """See `SessionStore.add`."""
        self._sessions[session.session_id] = session

    def end(self, session_id: UUID, moment: datetime) -> None:
        """See `SessionStore.end`."""
        session = self._sessions.get(session_id)
        if session is not None:
            self._sessions[session_id] = replace(session, end=moment, active=False)

    def sessions(self) -> list[StoredSession]:
        """See `SessionStore.sessions`."""
        return sorted(self._sessions.values(), key=lambda each: each.start)

    def remove(self, session_ids: Collection[UUID]) -> None:
        """See `SessionStore.remove`."""
        for session_id in session_ids:
            self._sessions.pop(session_id, None)
