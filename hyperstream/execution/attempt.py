"""One run of a tool over one piece of time: what it writes, and how that is taken back."""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np

from hyperstream._time import from_ms
from hyperstream.execution.plan import PrivateInterval
from hyperstream.storage.batch import INTERVAL, Batch, column, concatenated, plain
from hyperstream.utils.errors import DatabaseConnectionError

if TYPE_CHECKING:
    from hyperstream.execution.plan import Segment, ToolCall
    from hyperstream.storage.base import Ledger
    from hyperstream.storage.batch import Milliseconds
    from hyperstream.stream import Stream

# A quarter of the time that a claim in the database holds.
_RENEW_EVERY = 15.0
_COMPACT = (np.dtype(np.float64), np.dtype(np.int64), np.dtype(np.bool_), INTERVAL)


class ClaimLostError(Exception):
    """Somebody else has taken over what this attempt was computing."""


class Attempt:
    """Runs a tool over one segment and stores what it gives, in batches.

    Parameters
    ----------
    call : ToolCall
        The tool, its sources and sinks.
    segment : Segment
        The piece of time, and which sinks miss it.
    owner : str
        Whose claim it is.
    batch_size : int
        How many instances to gather before they are written.
    """

    def __init__(self, call: ToolCall, segment: Segment, owner: str, batch_size: int) -> None:
        self.call = call
        self.segment = segment
        self.owner = owner
        self.count = 0
        # Whether something may be stored that `undo` does not know of.
        self.in_doubt = False
        self._limit = batch_size
        self._waiting: defaultdict[int, list[Batch]] = defaultdict(list)
        self._waiting_rows = 0
        self._inserted: list[tuple[Stream, Milliseconds]] = []
        self._renewed = time.monotonic()

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
        with closing(self.call.produce(private)) as produced:  # ends the tool's generator too
            for place, batch in produced:
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
        if self._waiting_rows >= self._limit or self._is_due():
            self._flush()

    def _flush(self) -> None:
        self._keep_claim()
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

    def _keep_claim(self) -> None:
        if not self._is_due():
            return
        self._renewed = time.monotonic()
        mine = {self.call.sinks[place].address for place in self.segment.positions}
        for ledger, sinks in by_ledger(self.call.sinks):
            if mine & ledger.renew([sink.address for sink in sinks], self.owner):
                raise ClaimLostError

    def _is_due(self) -> bool:
        """Tell whether it is time to renew the claim, and to store what there is by then."""
        return time.monotonic() - self._renewed >= _RENEW_EVERY


def by_ledger(sinks: tuple[Stream, ...]) -> list[tuple[Ledger, list[Stream]]]:
    """Group streams by the ledger that knows them."""
    groups: dict[int, tuple[Ledger, list[Stream]]] = {}
    for sink in sinks:
        ledger = sink.channel.ledger
        groups.setdefault(id(ledger), (ledger, []))[1].append(sink)
    return list(groups.values())


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
