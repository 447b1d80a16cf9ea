"""What was read of several streams at once, for whoever reads one of them next."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperstream.storage.batch import Batch
    from hyperstream.stream.stream import Stream
    from hyperstream.time_interval import TimeInterval


class ReadAhead:
    """What some streams hold in an interval, at the moment when it was read.

    Views of the computation that it was read for take it from here.

    Parameters
    ----------
    interval : TimeInterval
        What was read: open at the start, closed at the end.
    batches : mapping of Stream to Batch
        All that lies there, in time order.
    """

    def __init__(self, interval: TimeInterval, batches: Mapping[Stream, Batch]) -> None:
        self._interval = interval
        self._batches = batches

    def part(self, stream: Stream, interval: TimeInterval) -> Batch | None:
        """Return what a stream holds in (start, end]; None where that was not read."""
        batch = self._batches.get(stream)
        if batch is None or interval not in self._interval:
            return None
        bounds = (interval.start_ms, interval.end_ms)
        first, last = np.searchsorted(batch.timestamps, bounds, side="right")
        return batch.part(int(first), int(last))


@contextmanager
def reading_from(ahead: ReadAhead | None) -> Iterator[None]:
    """Let views inside a ``with`` block take what was read ahead; None: nothing was."""
    token = _ahead.set(ahead)
    try:
        yield
    finally:
        _ahead.reset(token)


def read_ahead(stream: Stream, interval: TimeInterval) -> Batch | None:
    """Return what was read ahead of a stream in (start, end], if it was."""
    ahead = _ahead.get()
    return None if ahead is None else ahead.part(stream, interval)


_ahead: ContextVar[ReadAhead | None] = ContextVar("hyperstream_read_ahead", default=None)
