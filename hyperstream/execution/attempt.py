"""One run of a tool over one piece of time: what it writes, and how that is taken back."""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np

from hyperstream._time import from_ms
from hyperstream.execution.context import current_context
from hyperstream.execution.lease import ClaimLostError, Lease, grouped
from hyperstream.execution.plan import PrivateInterval
from hyperstream.storage.batch import INTERVAL, Batch, column, concatenated, plain
from hyperstream.utils.errors import DatabaseConnectionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hyperstream.execution.plan import Segment, ToolCall
    from hyperstream.storage.batch import Milliseconds
    from hyperstream.stream import Stream
    from hyperstream.stream.stream import Channel

    # An attempt, and the position of one of its sinks.
    Part = tuple["Attempt", int]

_COMPACT = (np.dtype(np.float64), np.dtype(np.int64), np.dtype(np.bool_), INTERVAL)


class Attempt:
    """Runs a tool over one segment and stores what it gives, in batches.

    Parameters
    ----------
    call : ToolCall
        The tool, its sources and sinks.
    segment : Segment
        The piece of time, and which sinks miss it.
    lease : Lease
        The claims on the sinks.
    batch_size : int
        How many instances to gather before they are written.
    tell : callable
        Is told after each batch up to when (ms) it reaches, and how many instances it has.

    Attributes
    ----------
    waiting : dict
        By position of the sink, what is computed and not stored yet.
    rows, count : int, int
        How many instances wait, and how many are stored.
    duration : float
        The seconds that the tool has taken.
    in_doubt : bool
        Whether something may be stored that `undo` does not know of.
    """

    def __init__(
        self,
        call: ToolCall,
        segment: Segment,
        lease: Lease,
        batch_size: int,
        tell: Callable[[int, int], None],
    ) -> None:
        self.call = call
        self.segment = segment
        self.waiting: defaultdict[int, list[Batch]] = defaultdict(list)
        self.rows = self.count = 0
        self.duration = 0.0
        self.in_doubt = False
        self._lease = lease
        self._limit = batch_size
        self._tell = tell
        self._inserted: list[tuple[Stream, Milliseconds]] = []
        self._failure: Exception | None = None
        self._mine = [call.sinks[place].address for place in segment.positions]

    def run(self) -> None:
        """Compute the segment, and store it, but for a rest that others store together with more.

        Raises
        ------
        ClaimLostError
            Somebody else is computing it by now; what was written is theirs.
        """
        started = time.perf_counter()
        try:
            self._produce()
            if not self._can_wait():
                self.flush()
        finally:
            self.duration = time.perf_counter() - started

    def flush(self) -> None:
        """Store what waits.

        Raises
        ------
        ClaimLostError
            As in `run`.
        """
        self._lease.keep(self._mine)
        if self._failure is not None:
            raise self._failure
        for channel, parts in by_channel([self]):
            write(channel, parts)

    def can_be_stored(self) -> bool:
        """Tell whether the claims hold; what waits is given up where they do not."""
        try:
            self._lease.keep(self._mine)
        except ClaimLostError:
            self.waiting.clear()
            return False
        return True

    def part(self, place: int) -> tuple[Stream, Batch]:
        """Return a sink, and what waits to be stored in it."""
        return self.call.sinks[place], concatenated(self.waiting[place])

    def stored(self, place: int, inserted: Milliseconds) -> None:
        """Take note that what waited for a sink is stored, and which timestamps are new there."""
        self._inserted.append((self.call.sinks[place], inserted))
        count = sum(map(len, self.waiting.pop(place)))
        self.rows -= count
        self.count += count

    def fail(self, error: BaseException) -> None:
        """Take note that nobody knows what of it is stored: `flush` raises what is no interrupt."""
        self.in_doubt = True
        if isinstance(error, Exception):
            self._failure = error

    def undo(self) -> None:
        """Remove what this attempt has written, and nothing else."""
        self.waiting.clear()
        self.rows = 0
        for sink, stamps in self._inserted:
            sink.channel.delete_at(sink, stamps)
        self._inserted.clear()

    def _can_wait(self) -> bool:
        """Tell whether nobody needs what waits, the tool itself least of all, and it pays."""
        call = self.call
        return all(call.sinks[place].channel.writes_together for place in self.waiting) and set(
            call.sources
        ).isdisjoint(call.sinks)

    def _produce(self) -> None:
        interval = self.segment.interval
        private = PrivateInterval.from_ms(interval.start_ms, interval.end_ms)
        wanted = set(self.segment.positions)
        stop = current_context().stop
        with closing(self.call.produce(private)) as produced:  # ends the tool's generator too
            for place, batch in produced:
                stop.check(in_call=True)
                if len(_checked(batch)) and place in wanted:
                    self._take(place, batch)
                    self._tell(int(batch.timestamps[-1]), len(batch))

    def _take(self, place: int, batch: Batch) -> None:
        start, end = self.segment.interval.start_ms, self.segment.interval.end_ms
        stamps = batch.timestamps
        if stamps.min() <= start or stamps.max() > end:
            outside = int(stamps[(stamps <= start) | (stamps > end)][0])
            msg = (
                f"It yielded an instance at {from_ms(outside).isoformat()}, outside of the "
                f"interval it was asked for, {self.segment.interval.humanized}."
            )
            raise ValueError(msg)
        self.waiting[place].append(_compact(batch))
        self.rows += len(batch)
        if self.rows >= self._limit or self._lease.is_due():
            self.flush()


def by_channel(attempts: Iterable[Attempt]) -> list[tuple[Channel, list[Part]]]:
    """Group what waits by the channel that it goes to."""
    parts = ((attempt, place) for attempt in attempts for place in attempt.waiting)
    return grouped(parts, lambda part: part[0].call.sinks[part[1]].channel)


def write(channel: Channel, parts: Sequence[Part]) -> None:
    """Store parts of attempts in a channel at once."""
    try:
        inserted = channel.write_batches([attempt.part(place) for attempt, place in parts])
        for (attempt, place), stamps in zip(parts, inserted, strict=True):
            attempt.stored(place, stamps)
    except BaseException as error:
        # After any other error the channel has removed what it had stored.
        if isinstance(error, DatabaseConnectionError) or not isinstance(error, Exception):
            for attempt, _ in parts:
                attempt.fail(error)
        raise


def _checked(batch: object) -> Batch:
    """Return what a tool yielded as a batch, if it is a proper one."""
    if not isinstance(batch, Batch):
        msg = f"It yielded {batch!r}, which is no Batch."
        raise TypeError(msg)
    if getattr(batch.timestamps, "dtype", None) != np.int64:
        msg = "It yielded a batch whose timestamps are no array of int64: use Batch.of."
        raise TypeError(msg)
    if len(batch.timestamps) != len(batch.values):
        stamps, values = len(batch.timestamps), len(batch.values)
        msg = f"It yielded a batch of {stamps} timestamps with {values} values."
        raise ValueError(msg)
    return batch


def _compact(batch: Batch) -> Batch:
    """Bring the values of a tool's batch to the form that loses no type."""
    values = batch.values
    if isinstance(values, np.ndarray) and values.ndim == 1 and values.dtype in _COMPACT:
        return batch
    return Batch(batch.timestamps, column(plain(values)))
