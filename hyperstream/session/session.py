"""One session: who used HyperStream when, and what was executed."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from multiprocessing.util import Finalize
from typing import Any
from uuid import UUID

from hyperstream._time import iso_format, utcnow
from hyperstream.channel_manager import ChannelManager
from hyperstream.session.entries import History
from hyperstream.session.reading import entries, latest
from hyperstream.session.recorder import EXIT_PRIORITY, Recorder
from hyperstream.storage.sessions import SessionStore, StoredSession
from hyperstream.stream import Stream, StreamId
from hyperstream.utils import html
from hyperstream.utils.errors import StreamNotFoundError

HISTORY = "history"

logger = logging.getLogger(__name__)


class Session:
    """A session; its history is kept in a stream of the history channel.

    Sessions are made and found by `Sessions`. One that was found, of another process say, can be
    read; what is told to it is added to its history.

    Parameters
    ----------
    stored : StoredSession
        What is stored of it.
    store : SessionStore
        Where that is.
    channels : ChannelManager
        The channels, among them that of the history.
    is_new : bool
        Whether it begins now, in this process.

    Attributes
    ----------
    recorder : Recorder
        The `hyperstream.execution.History` of the session, for an `ExecutionContext`.
    """

    def __init__(
        self,
        stored: StoredSession,
        store: SessionStore,
        channels: ChannelManager,
        *,
        is_new: bool = False,
    ) -> None:
        self._stored = stored
        self._store = store
        self._channels = channels
        self._stream_id = StreamId(HISTORY, (("session", str(stored.session_id)),))
        self.recorder = Recorder(self._open_stream, f"The history of session {self.session_id}")
        self._pid = os.getpid() if is_new else None
        if is_new:
            # After the recorder has written what it has.
            self._finalizer = Finalize(None, self._at_exit, exitpriority=EXIT_PRIORITY - 1)
            self._begin()

    @property
    def session_id(self) -> UUID:
        """The identifier."""
        return self._stored.session_id

    @property
    def start(self) -> datetime:
        """When it began (UTC)."""
        return self._stored.start

    @property
    def end(self) -> datetime | None:
        """When it ended (UTC); None while it goes on, and where its process was killed."""
        return self._stored.end

    @property
    def active(self) -> bool:
        """Whether it goes on, as far as this machine can tell.

        One whose process on this machine was killed is not active any more. Of processes of other
        machines, and of release 0.3.8, that cannot be known.
        """
        return self._stored.is_running

    @property
    def history_channel(self) -> str | None:
        """The id of the channel that keeps the history."""
        return self._stored.history_channel

    @property
    def uname(self) -> dict[str, str]:
        """The machine: sysname, nodename, release, version, machine."""
        return dict(self._stored.uname)

    @property
    def history(self) -> History:
        """What was executed (`Execution`), and told (`Note`), oldest first.

        Nothing where it was kept in the memory of another process, or was cleared.

        Raises
        ------
        HistoryError
            What this process has recorded could not be written yet.
        ChannelNotFoundError
            The channel of the history is not there.
        """
        self.recorder.flush()
        stream = self.find_stream()
        return History(() if stream is None else entries(stream, self.session_id))

    def write_to_history(self, **kwargs: Any) -> None:
        """Add facts to the history.

        Parameters
        ----------
        **kwargs
            What to remember: numbers, texts, moments, intervals, lists and dicts of these. Anything
            else is kept in printable form.
        """
        self.recorder.note(**kwargs)

    def close(self) -> None:
        """End the session, after its history was written; nothing if it has ended.

        A session of another process goes on: only what this process has told is written.

        Raises
        ------
        HistoryError
            Its history cannot be written yet: it is kept, and the session stays active. Close it
            again; at the end of the process that is tried, too.
        """
        self.recorder.close()
        if self._pid == os.getpid() and self._stored.active:
            end = utcnow()
            self._store.end(self.session_id, end)
            self._stored = replace(self._stored, end=end, active=False)
            self._finalizer.cancel()

    def find_stream(self) -> Stream | None:
        """Return the stream of the history, if it is there.

        Raises
        ------
        ChannelNotFoundError
            Its channel is not.
        """
        if self.history_channel is None:
            return None
        try:
            return self._channels.get_channel(self.history_channel)[self._stream_id]
        except StreamNotFoundError:
            return None

    def clear_history(self) -> None:
        """Remove the stream of the history.

        Raises
        ------
        ChannelNotFoundError
            Its channel is not there.
        """
        stream = self.find_stream()
        if stream is not None:
            stream.channel.purge_stream(self._stream_id, remove_definition=True)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Session):
            return NotImplemented
        return self.session_id == other.session_id

    def __hash__(self) -> int:
        return hash(self.session_id)

    def __repr__(self) -> str:
        return f"Session({self.session_id}, {iso_format(self.start)}, {self._state()})"

    def _repr_html_(self) -> str:
        return html.page("Session", self.session_id, self._shown())

    def _shown(self) -> Iterator[html.Html]:
        machine = " ".join(self.uname.get(key, "") for key in ("nodename", "sysname"))
        known = {"began": self.start, "state": self._state(), "machine": machine}
        yield html.facts({**known, "history in": self.history_channel})
        stream = self.find_stream()
        if stream is not None:
            # What waits to be written is left out: to show a session writes nothing.
            found = History(latest(stream, self.session_id, html.ROWS))
            yield from found.shown() if found else [html.note("nothing is written yet")]

    def _state(self) -> str:
        if self.end is not None:
            return f"ended {iso_format(self.end)}"
        return "active" if self.active else "its process has ended"

    def _begin(self) -> None:
        """Store that the session has begun, or nothing at all."""
        try:
            self._open_stream()  # where the channel cannot do that, this is the moment to say so
            self._store.add(self._stored)
        except BaseException as error:
            self._finalizer.cancel()
            if not isinstance(error, Exception):
                self.clear_history()
                self._store.remove([self.session_id])
            raise

    def _open_stream(self) -> Stream:
        channel = self._channels.get_channel(self.history_channel or "")
        return channel.get_or_create_stream(self._stream_id)

    def _at_exit(self) -> None:
        try:
            self.close()
        except Exception as error:  # noqa: BLE001 - it ends with its process in any case
            logger.warning("The end of session %s could not be stored: %s", self.session_id, error)
