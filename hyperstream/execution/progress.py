"""What computations know of those around them: what is in work, done, and failed."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from hyperstream.execution.lease import calculated_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hyperstream.storage.base import StreamAddress
    from hyperstream.stream import Stream
    from hyperstream.time_interval import TimeInterval, TimeIntervals
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

    Whoever has claimed what it computes looks what of its sources is calculated,
    once for all of them. That stays so as far as it is concerned: late data that
    arrive meanwhile take its claim away, so that it begins again. A stream that
    failed is not tried again.

    Examples
    --------
    >>> with Progress().active() as progress:
    ...     current_progress() is progress
    True
    """

    def __init__(self) -> None:
        self._calculated: dict[StreamAddress, TimeIntervals] = {}
        self.failed: dict[StreamAddress, ToolExecutionError] = {}

    def look(self, sources: Iterable[Stream]) -> None:
        """Find out, in few round trips, what is calculated of those that somebody computes."""
        computed = dict.fromkeys(each for each in sources if each.producer is not None)
        self._calculated.update(calculated_of(computed))

    def is_done(self, stream: Stream, interval: TimeInterval) -> bool:
        """Tell whether an interval of a stream was calculated when it was looked at last."""
        known = self._calculated.get(stream.address)
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
        return self.failures_of([(sources, needed)])[0]

    def failures_of(
        self, wanted: Iterable[tuple[Iterable[Stream], TimeIntervals | None]]
    ) -> list[ToolExecutionError | None]:
        """Do what `failure_of` does for many at once, in few round trips."""
        failed = [
            ([each for each in sources if each.address in self.failed], needed)
            for sources, needed in wanted
        ]
        asked = {each: None for sources, needed in failed if needed is not None for each in sources}
        known = calculated_of(asked)
        return [
            next(
                (
                    self.failed[each.address]
                    for each in sources
                    if needed is None or needed not in known[each.address]
                ),
                None,
            )
            for sources, needed in failed
        ]

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
