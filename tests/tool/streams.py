"""Streams with data, for tests of tools."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hyperstream.channels import MemoryChannel
from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval, TimeIntervals


class CountingChannel(MemoryChannel):
    """A memory channel that knows what is read, and gives batches of a size of its own.

    Attributes
    ----------
    reads : list of TimeInterval
        The intervals of all reads.
    rows : int
        How many rows were handed out.
    size : int or None
        How many rows a batch has, at most.
    """

    def __init__(self, size: int | None = None) -> None:
        super().__init__("memory")
        self.size = size
        self.reads: list[TimeInterval] = []
        self.rows = 0

    def batches(self, stream: Stream, interval: TimeInterval, size: int) -> Iterator[Batch]:
        """Yield the instances in an interval."""
        self.reads.append(interval)
        for batch in super().batches(stream, interval, self.size or size):
            self.rows += len(batch)
            yield batch


def filled(channel: MemoryChannel, name: str, rows: Mapping[int, Any] | Iterable[Any]) -> Stream:
    """Return a stream with values at milliseconds, or at 1, 2, 3, … milliseconds since 1970."""
    if not isinstance(rows, Mapping):
        rows = dict(enumerate(rows, start=1))
    stream = channel.create_stream(name)
    channel.write_batches([(stream, Batch.of(list(rows), list(rows.values())))])
    stream.calculated_intervals = TimeIntervals([TimeInterval.up_to_now()])
    return stream
