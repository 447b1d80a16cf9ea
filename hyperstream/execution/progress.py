"""What computations know of those around them: what is in work, done, and failed."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from hyperstream.time_interval import TimeIntervals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hyperstream.storage.base import StreamAddress
    from hyperstream.stream import Stream
    from hyperstream.time_interval import TimeInterval
    from hyperstream.utils.errors import ToolExecutionError

# What this thread of computation is in the middle of. A tool that reads its own sink gets what is
# there, instead of waiting for itself.
_in_work: ContextVar[frozenset[Stream]] = ContextVar("hyperstream_in_work", default=frozenset())


@contextmanager
def working_on(sinks: Iterable[Stream]) -> Iterator[None]:
    """Compute these streams inside a ``with`` block."""
    token = _in_work.set(_in_work.get().union(sinks))
    try:
        yield
    finally:
        _in_work.reset(token)


def is_in_work(sinks: Iterable[Stream]) -> bool:
    """Tell whether one of these streams is being computed by whoever asks."""
    return not _in_work.get().isdisjoint(sinks)


class Progress:
    """What one execution of a workflow knows of its streams, so that it need not ask again.

    A stream that was found calculated stays so as far as this execution is
    concerned: late data that arrive meanwhile take the claims away from who
    has read it, so that it is computed again. A stream that failed is not
    tried again.

    Examples
    --------
    >>> with Progress().active() as progress:
    ...     current_progress() is progress
    True
    """

    def __init__(self) -> None:
        self._done: dict[StreamAddress, TimeIntervals] = {}
        self.failed: dict[StreamAddress, ToolExecutionError] = {}

    def add(self, sinks: Iterable[Stream], interval: TimeInterval) -> None:
        """Remember that an interval of these streams is calculated."""
        new = TimeIntervals([interval])
        for sink in sinks:
            known = self._done.get(sink.address)
            self._done[sink.address] = new if known is None else known + new

    def is_done(self, stream: Stream, interval: TimeInterval) -> bool:
        """Tell whether an interval of a stream is known to be calculated."""
        known = self._done.get(stream.address)
        return known is not None and interval in known

    def fail(self, sinks: Iterable[Stream], error: ToolExecutionError) -> None:
        """Remember that these streams could not be computed."""
        for sink in sinks:
            self.failed[sink.address] = error

    def failure_of(
        self, sources: Iterable[Stream], needed: TimeIntervals | None = None
    ) -> ToolExecutionError | None:
        """Return why one of these streams could not be computed, if so.

        Where it is said what is needed of them, a stream that is calculated
        there all the same counts as one that has not failed.
        """
        for source in sources if self.failed else ():
            error = self.failed.get(source.address)
            if error and (needed is None or needed not in source.calculated_intervals):
                return error
        return None

    @contextmanager
    def active(self) -> Iterator[Progress]:
        """Make this what computations know inside a ``with`` block."""
        token = _progress.set(self)
        try:
            yield self
        finally:
            _progress.reset(token)


_progress: ContextVar[Progress | None] = ContextVar("hyperstream_progress", default=None)


def current_progress() -> Progress | None:
    """Return what the execution in course knows; None outside of the execution of a workflow."""
    return _progress.get()
