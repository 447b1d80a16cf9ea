"""Ending an execution before its end, from another thread."""

from __future__ import annotations

import math
import time


class ExecutionStoppedError(BaseException):
    """An execution ended because that was asked for.

    As after Ctrl-C, what was marked stays, and what the call in work had written is removed. It
    is no Exception, so that no tool takes it for a failure of its own.
    """


class StopRequest:
    """Asks executions to end: at once between two calls of tools, inside of a call only later.

    It is given to executions as the `stop` of their `ExecutionContext`. Inside of a call they look
    at it whenever the tool yields something.

    Attributes
    ----------
    reason : str or None
        Why they are to end; None as long as they may go on.

    Examples
    --------
    >>> stop = StopRequest()
    >>> stop.check()
    >>> stop.make("it is late", patience=60)
    >>> stop.check(in_call=True)
    >>> stop.check()
    Traceback (most recent call last):
    hyperstream.execution.stopping.ExecutionStoppedError: it is late
    """

    def __init__(self) -> None:
        self.reason: str | None = None
        self._patient_until = math.inf

    def make(self, reason: str, patience: float = 0.0) -> None:
        """Ask executions to end.

        Parameters
        ----------
        reason : str
            Why; the first reason counts.
        patience : float
            Seconds that the calls in work still have; the shortest time that was ever said counts.
        """
        self._patient_until = min(self._patient_until, time.monotonic() + patience)
        self.reason = self.reason or reason

    def check(self, *, in_call: bool = False) -> None:
        """Go on, or end.

        Parameters
        ----------
        in_call : bool
            Whether it is asked inside of a call, whose work would be lost.

        Raises
        ------
        ExecutionStoppedError
            It is time to end.
        """
        if self.reason is None or (in_call and time.monotonic() < self._patient_until):
            return
        raise ExecutionStoppedError(self.reason)
