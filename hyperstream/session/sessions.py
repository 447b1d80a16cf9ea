"""All sessions: the current one, and those that are stored."""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from hyperstream._time import utcnow
from hyperstream.channel_manager import ChannelManager
from hyperstream.session.session import Session
from hyperstream.storage.owners import new_owner
from hyperstream.storage.sessions import SessionStore, StoredSession
from hyperstream.utils import html
from hyperstream.utils.errors import ChannelNotFoundError, ConfigurationError

_LONGEST = 512

logger = logging.getLogger(__name__)


class SessionList(html.Listing[Session]):
    """Sessions as a list, the oldest first."""

    kind = "Sessions"
    what = "session"
    columns = ("session", "began", "ended", "active", "on")

    def row(self, item: Session) -> Sequence[object]:
        """Return what is shown of a session."""
        return item.session_id, item.start, item.end, item.active, item.uname.get("nodename")


class Sessions:
    """Makes, finds and clears sessions.

    Parameters
    ----------
    open_store : callable
        Returns where sessions are stored; it is called at the first use.
    channels : ChannelManager
        The channels.
    history_channel : str
        The id of the channel that keeps the history of new sessions.

    Raises
    ------
    ConfigurationError
        There is no such channel.

    Examples
    --------
    >>> from hyperstream.storage.memory import MemorySessions
    >>> sessions = Sessions(MemorySessions, ChannelManager(), "memory")
    >>> session = sessions.new()
    >>> session.write_to_history(rows=3)
    >>> session.history[0].facts, sessions.all() == [sessions.current]
    ({'rows': 3}, True)
    >>> sessions.close()
    >>> session.active
    False
    """

    def __init__(
        self,
        open_store: Callable[[], SessionStore],
        channels: ChannelManager,
        history_channel: str,
    ) -> None:
        try:
            channels.get_channel(history_channel)
        except ChannelNotFoundError as error:
            raise ConfigurationError(f"history_channel: {error}", key="history_channel") from error
        self._open_store = open_store
        self._channels = channels
        self._history_channel = history_channel
        self._current: Session | None = None

    @property
    def current(self) -> Session | None:
        """The session that is going on."""
        return self._current

    def new(self) -> Session:
        """Begin a session; one that is going on ends.

        Raises
        ------
        HistoryError
            The history of the one that is going on cannot be written yet; nothing is begun.
        NotImplementedError
            The channel of the history cannot create streams.
        """
        self.close()
        stored = StoredSession(
            session_id=uuid.uuid4(),
            start=utcnow(),
            history_channel=self._history_channel,
            uname=_uname(),
            owner=new_owner(),
        )
        self._current = Session(stored, self._store, self._channels, is_new=True)
        return self._current

    def close(self) -> None:
        """End the session that is going on, if there is one; see `Session.close`."""
        if self._current is not None:
            self._current.close()
            self._current = None

    def all(self) -> SessionList:
        """Return all sessions that are stored, in the order in which they began."""
        found = [Session(each, self._store, self._channels) for each in self._store.sessions()]
        current = self._current
        return SessionList(
            current if current is not None and each == current else each for each in found
        )

    def clear(self, inactive_only: bool = True, clear_history: bool = False) -> None:
        """Remove stored sessions.

        Parameters
        ----------
        inactive_only : bool
            Keep those that are active (see `Session.active`). Otherwise the session that is going
            on here ends and is removed, and so are those of other processes, which go on unseen.
        clear_history : bool
            Remove their history too. Otherwise its streams stay in the channel.

        Raises
        ------
        HistoryError
            The history of the session that is going on cannot be written yet.
        """
        if not inactive_only:
            self.close()
        gone = [each for each in self.all() if not (inactive_only and each.active)]
        for session in gone if clear_history else ():
            try:
                session.clear_history()
            except ChannelNotFoundError as error:
                logger.warning("The history of %s stays: %s", session, error)
        self._store.remove([each.session_id for each in gone])

    def _repr_html_(self) -> str:
        return html.page("Sessions", "", self._shown())

    def _shown(self) -> Iterator[html.Html]:
        yield from self.all().shown()

    @cached_property
    def _store(self) -> SessionStore:
        return self._open_store()


def _uname() -> dict[str, str]:
    """Return what this machine says of itself; nothing is longer than it may be."""
    found = os.uname()
    names = ("sysname", "nodename", "release", "version", "machine")
    return {name: fact[:_LONGEST] for name in names if (fact := getattr(found, name))}
