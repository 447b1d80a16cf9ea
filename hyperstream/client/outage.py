"""Waiting for a server that does not answer: how long, since when, and said once."""

from __future__ import annotations

import logging
import threading
import time

# What is over sooner is nothing to tell: the server was started again, say.
_SILENCE = 2.0

logger = logging.getLogger(__name__)


class Outage:
    """What is known of a server that may not answer; safe between threads.

    Parameters
    ----------
    patience : float
        Seconds after which the operations that wait are given up, and others tried only once.

    Attributes
    ----------
    patience : float
        As given. Setting it, also to infinity or 0, acts on who waits already.
    since : float or None
        Since when the server has not answered (`time.monotonic`); None while it does.

    Examples
    --------
    >>> outage = Outage(30)
    >>> outage.note_silence("MongoDB at db1:27017")
    0.0
    >>> outage.since is None
    False
    >>> outage.note_answer("MongoDB at db1:27017")
    >>> outage.since is None
    True

    """

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self.since: float | None = None
        self._is_said = False
        self._lock = threading.Lock()

    def note_silence(self, name: str) -> float:
        """Take note that the server of this name has not answered; return for how many seconds."""
        with self._lock:
            now = time.monotonic()
            self.since = now if self.since is None else self.since
            lasts = now - self.since
            if not self._is_said and lasts > _SILENCE:
                self._is_said = True
                logger.warning("%s does not answer; waiting for it", name)
        return lasts

    def note_answer(self, name: str) -> None:
        """Take note that it has answered."""
        if self.since is None:
            return
        with self._lock:
            if self._is_said and self.since is not None:
                logger.warning(
                    "%s answers again, after %.0f s", name, time.monotonic() - self.since
                )
            self._is_said = False
            self.since = None
