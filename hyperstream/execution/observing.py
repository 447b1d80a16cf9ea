"""Looking on while something is computed: what an observer is told, and when."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hyperstream.execution.plan import ToolCall
    from hyperstream.time_interval import TimeInterval


class Work(Protocol):
    """A piece of work, as an observer follows it: told about by one thread only."""

    def tell(self, done: int, total: int, about: object) -> None:
        """Say how far it is.

        Parameters
        ----------
        done, total : int
            How much is done, and how much there is. The total may grow.
        about : object
            What else there is to say; see `Observer`.
        """

    def close(self) -> None:
        """Say that it has ended, in whatever way."""


class Observer(Protocol):
    """Is told how far computations are.

    It is called by the threads that compute, at most once for each batch of
    instances: it should be quick, and must not raise.
    """

    def workflow(self, workflow_id: str) -> Work:
        """Begin an execution of a workflow.

        It is told in calls of tools, one for each plate value of a factor, and about the node or
        plate (its name) that is computed now.
        """

    def call(self, call: ToolCall) -> Work:
        """Begin a call of a tool, as far as something is missing.

        It is told in milliseconds of the time that is covered, and about the number of instances.
        """


class NoObserver:
    """Looks at nothing."""

    def workflow(self, workflow_id: str) -> NoObserver:
        """Begin an execution of a workflow."""
        return self

    def call(self, call: ToolCall) -> NoObserver:
        """Begin a call of a tool."""
        return self

    def tell(self, done: int, total: int, about: object) -> None:
        """Hear it."""

    def close(self) -> None:
        """Be done."""


class Extent:
    """How far a call of a tool is, over all pieces of time that it is made for.

    Parameters
    ----------
    work : Work
        What is told of it.
    pieces : iterable of TimeInterval
        The pieces, in the order in which they are computed.
    """

    __slots__ = ("_before", "_done", "_instances", "_total", "_work")

    def __init__(self, work: Work, pieces: Iterable[TimeInterval]) -> None:
        self._work = work
        self._total = sum(each.end_ms - each.start_ms for each in pieces)
        self._before = self._done = self._instances = 0

    def begin(self, piece: TimeInterval) -> Callable[[int, int], None]:
        """Begin a piece; return what is to be told of each batch: its last moment, and its size."""
        offset = self._before - piece.start_ms
        self._before += piece.end_ms - piece.start_ms
        return partial(self._reached, offset)

    def _reached(self, offset: int, moment: int, instances: int) -> None:
        # Batches of several sinks go back and forth in time.
        self._done = max(self._done, offset + moment)
        self._instances += instances
        self._work.tell(self._done, self._total, self._instances)
