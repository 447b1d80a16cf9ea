"""The ledger of streams that live in one process."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hyperstream.storage.claims import grant
from hyperstream.time_interval import TimeIntervals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hyperstream.storage.base import Dependent, Grant, ProducerRecord, StreamAddress
    from hyperstream.time_interval import TimeInterval


@dataclass(slots=True)
class _Entry:
    calculated: TimeIntervals = field(default_factory=TimeIntervals)
    claims: dict[str, TimeIntervals] = field(default_factory=dict)
    expired: TimeIntervals = field(default_factory=TimeIntervals)
    producer: ProducerRecord | None = None

    def busy(self, owner: str) -> TimeIntervals:
        others = TimeIntervals()
        for name, intervals in self.claims.items():
            if name != owner:
                others = others + intervals
        return others

    def end_claim(self, owner: str, intervals: TimeIntervals) -> TimeIntervals:
        """Take intervals out of an owner's claim; return those that were in it."""
        claimed = self.claims.pop(owner, TimeIntervals())
        rest = claimed - intervals
        if not rest.is_empty:
            self.claims[owner] = rest
        return claimed & intervals


class MemoryLedger:
    """A `Ledger` for one process: a dictionary behind a lock.

    Claims do not expire by time here, since whoever holds one ends with the
    process; an attempt that fails releases its claim.
    """

    def __init__(self) -> None:
        self._entries: defaultdict[str, _Entry] = defaultdict(_Entry)
        self._links: defaultdict[str, dict[str, Dependent]] = defaultdict(dict)
        self._changed = threading.Condition(threading.RLock())

    def calculated(self, addresses: Sequence[StreamAddress]) -> list[TimeIntervals]:
        """See `Ledger.calculated`."""
        with self._changed:
            # Copies, since intervals can be changed in place.
            return [TimeIntervals(self._entries[each.key].calculated) for each in addresses]

    def mark(self, address: StreamAddress, intervals: TimeIntervals) -> None:
        """See `Ledger.mark`."""
        with self._changed:
            entry = self._entries[address.key]
            entry.calculated = entry.calculated + intervals

    def unmark(self, address: StreamAddress, intervals: TimeIntervals) -> None:
        """See `Ledger.unmark`."""
        with self._changed:
            entry = self._entries[address.key]
            entry.calculated = entry.calculated - intervals

    def replace(self, address: StreamAddress, intervals: TimeIntervals) -> None:
        """See `Ledger.replace`."""
        with self._changed:
            self._entries[address.key].calculated = intervals

    def expire(self, address: StreamAddress, intervals: TimeIntervals) -> TimeIntervals:
        """See `Ledger.expire`."""
        with self._changed:
            entry = self._entries[address.key]
            lost = entry.calculated & intervals
            entry.calculated = entry.calculated - lost
            entry.expired = entry.expired + lost
            for owner in list(entry.claims):
                entry.expired = entry.expired + entry.end_claim(owner, intervals)
            return lost

    def claim(
        self, wanted: Mapping[StreamAddress, TimeIntervals], owner: str
    ) -> dict[StreamAddress, Grant]:
        """See `Ledger.claim`."""
        with self._changed:
            return {
                address: self._claim(self._entries[address.key], intervals, owner)
                for address, intervals in wanted.items()
            }

    def renew(self, addresses: Sequence[StreamAddress], owner: str) -> set[StreamAddress]:
        """See `Ledger.renew`; here a claim is lost only by `expire` and `forget`."""
        with self._changed:
            return {each for each in addresses if owner not in self._entries[each.key].claims}

    def complete(
        self, done: Mapping[StreamAddress, TimeInterval], owner: str
    ) -> set[StreamAddress]:
        """See `Ledger.complete`."""
        lost = set()
        with self._changed:
            for address, interval in done.items():
                entry = self._entries[address.key]
                if interval not in entry.claims.get(owner, TimeIntervals()):
                    lost.add(address)
                    continue
                entry.end_claim(owner, TimeIntervals(interval))
                entry.calculated = entry.calculated + interval
                entry.expired = entry.expired - interval
            self._changed.notify_all()
        return lost

    def abandon(self, left: Mapping[StreamAddress, TimeIntervals], owner: str) -> None:
        """See `Ledger.abandon`."""
        with self._changed:
            for address, intervals in left.items():
                entry = self._entries[address.key]
                entry.expired = entry.expired + entry.end_claim(owner, intervals)
            self._changed.notify_all()

    def release(self, addresses: Sequence[StreamAddress], owner: str) -> None:
        """See `Ledger.release`."""
        with self._changed:
            for address in addresses:
                self._entries[address.key].claims.pop(owner, None)
            self._changed.notify_all()

    def wait(self, addresses: Sequence[StreamAddress], seconds: float) -> None:
        """See `Ledger.wait`."""
        with self._changed:
            if any(self._entries[address.key].claims for address in addresses):
                self._changed.wait(seconds)

    def producers(self, addresses: Sequence[StreamAddress]) -> list[ProducerRecord | None]:
        """See `Ledger.producers`."""
        with self._changed:
            return [self._entries[address.key].producer for address in addresses]

    def set_producer(self, addresses: Sequence[StreamAddress], record: ProducerRecord) -> None:
        """See `Ledger.set_producer`."""
        with self._changed:
            for address in addresses:
                self._entries[address.key].producer = record

    def link(self, source: StreamAddress, dependent: Dependent) -> None:
        """See `Ledger.link`."""
        with self._changed:
            self._links[source.key][dependent.address.key] = dependent

    def dependents(self, source: StreamAddress) -> list[Dependent]:
        """See `Ledger.dependents`."""
        with self._changed:
            return list(self._links[source.key].values()) if source.key in self._links else []

    def forget(self, address: StreamAddress) -> None:
        """See `Ledger.forget`."""
        with self._changed:
            self._entries.pop(address.key, None)
            self._changed.notify_all()

    def _claim(self, entry: _Entry, wanted: TimeIntervals, owner: str) -> Grant:
        answer = grant(wanted, entry.calculated, entry.busy(owner), entry.expired)
        if not answer.granted.is_empty:
            entry.claims[owner] = entry.claims.get(owner, TimeIntervals()) + answer.granted
        return answer
