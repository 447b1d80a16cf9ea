"""One run of a tool over one piece of time: what it writes, and how that is taken back."""

from __future__ import annotations

from collections import defaultdict
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np

from hyperstream._time import from_ms
from hyperstream.execution.context import current_context
from hyperstream.execution.plan import PrivateInterval
from hyperstream.storage.batch import INTERVAL, Batch, column, concatenated, plain
from hyperstream.utils.errors import DatabaseConnectionError

if TYPE_CHECKING:
    from hyperstream.execution.lease import Lease
    from hyperstream.execution.plan import Segment, ToolCall
    from hyperstream.storage.batch import Milliseconds
    from hyperstream.stream import Stream

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
    """

    def __init__(self, call: ToolCall, segment: Segment, lease: Lease, batch_size: int) -> None:
        self.call = call
        self.segment = segment
        self._lease = lease
        self.count = 0
        # Whether something may be stored that `undo` does not know of.
        self.in_doubt = False
        self._limit = batch_size
        self._waiting: defaultdict[int, list[Batch]] = defaultdict(list)
        self._waiting_rows = 0
        self._inserted: list[tuple[Stream, Milliseconds]] = []
        self._mine = [call.sinks[place].address for place in segment.positions]

    def run(self) -> None:
        """Compute the segment and store everything.

        Raises
        ------
        ClaimLostError
            Somebody else is computing it by now; what was written is theirs.
        """
        interval = self.segment.interval
        private = PrivateInterval.from_ms(interval.start_ms, interval.end_ms)
        wanted = set(self.segment.positions)
        stop = current_context().stop
        with closing(self.call.produce(private)) as produced:  # ends the tool's generator too
            for place, batch in produced:
                stop.check(in_call=True)
                if len(_checked(batch)) and place in wanted:
                    self._take(place, batch)
        self._flush()

    def undo(self) -> None:
        """Remove what this attempt has written, and nothing else."""
        for sink, stamps in self._inserted:
            sink.channel.delete_at(sink, stamps)
        self._inserted.clear()

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
        self._waiting[place].append(_compact(batch))
        self._waiting_rows += len(batch)
        if self._waiting_rows >= self._limit or self._lease.is_due():
            self._flush()

    def _flush(self) -> None:
        self._lease.keep(self._mine)
        parts: defaultdict[int, list[tuple[Stream, Batch]]] = defaultdict(list)
        for place, batches in self._waiting.items():
            sink = self.call.sinks[place]
            parts[id(sink.channel)].append((sink, concatenated(batches)))
        self._waiting.clear()
        self._waiting_rows = 0
        for group in parts.values():
            try:
                inserted = group[0][0].channel.write_batches(group)
            except DatabaseConnectionError:
                self.in_doubt = True
                raise
            for (sink, batch), stamps in zip(group, inserted, strict=True):
                self._inserted.append((sink, stamps))
                self.count += len(batch)


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
