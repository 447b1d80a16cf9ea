"""The ledger of streams that live in one process."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hyperstream.storage.base import read_for
from hyperstream.storage.claims import grant
from hyperstream.storage.links import Links
from hyperstream.time_interval import TimeIntervals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hyperstream.storage.base import Dependent, Grant, ProducerRecord, StreamAddress


@dataclass(slots=True)
class _Entry:
    calculated: TimeIntervals = field(default_factory=TimeIntervals)
    claims: dict[str, TimeIntervals] = field(default_factory=dict)
    # What owners have claimed that cannot be completed any more; they may still write there.
    void_claims: dict[str, TimeIntervals] = field(default_factory=dict)
    expired: TimeIntervals = field(default_factory=TimeIntervals)
    # What former processes had, which others have calculated something from.
    recalled: TimeIntervals = field(default_factory=TimeIntervals)
    producer: ProducerRecord | None = None

    def busy(self, owner: str) -> TimeIntervals:
        others = TimeIntervals()
        for claims in (self.claims, self.void_claims):
            for name, intervals in claims.items():
                if name != owner:
                    others = others + intervals
        return others

    def claim(self, wanted: TimeIntervals, owner: str) -> Grant:
        """Claim for an owner what is wanted and free."""
        answer = grant(wanted, self.calculated, self.busy(owner), self.expired)
        if not answer.granted.is_empty:
            self.claims[owner] = self.claims.get(owner, TimeIntervals()) + answer.granted
            self.void_claims.pop(owner, None)
        return answer

    def complete(self, intervals: TimeIntervals, owner: str) -> bool:
        """Turn an owner's claim on intervals into marks; tell whether it had one on all of them."""
        held = self.claims.get(owner, TimeIntervals())
        if intervals not in held:
            return False
        self.calculated = self.calculated + intervals  # first, should an interrupt come
        self._keep_claim(owner, held - intervals)
        if not self.expired.is_empty:
            self.expired = self.expired - intervals
        return True

    def abandon(self, intervals: TimeIntervals, owner: str) -> None:
        """Turn an owner's claim on intervals into an expired one."""
        held = self.claims.get(owner, TimeIntervals())
        self.expired = self.expired + (held & intervals)
        self._keep_claim(owner, held - intervals)

    def void(self, intervals: TimeIntervals) -> TimeIntervals:
        """Expire intervals that are calculated or claimed; see `Ledger.expire`."""
        mine = (self.calculated + self.expired) & intervals
        lost = mine + (self.recalled & intervals)
        # In this order, and recalled for good: after an interrupt all of it must be told again.
        self.expired = self.expired + mine
        self.calculated = self.calculated - mine
        for owner, held in list(self.claims.items()):
            taken = held & intervals
            if not taken.is_empty:
                self.void_claims[owner] = self.void_claims.get(owner, TimeIntervals()) + taken
                self.abandon(taken, owner)
        return lost

    def release(self, owner: str) -> None:
        """Drop an owner's claims."""
        self.claims.pop(owner, None)
        self.void_claims.pop(owner, None)

    def _keep_claim(self, owner: str, rest: TimeIntervals) -> None:
        if rest.is_empty:
            self.claims.pop(owner, None)
        else:
            self.claims[owner] = rest


class MemoryLedger:
    """A `Ledger` for one process: a dictionary behind a lock.

    Claims do not expire by time here, since whoever holds one ends with the
    process; an attempt that fails releases its claim.
    """

    def __init__(self) -> None:
        self._entries: defaultdict[str, _Entry] = defaultdict(_Entry)
        self._links = Links()
        self._changed = threading.Condition(threading.RLock())

    def calculated(self, addresses: Sequence[StreamAddress]) -> list[TimeIntervals]:
        """See `Ledger.calculated`."""
        with self._changed:
            # Copies, since intervals can be changed in place.
            return [
                TimeIntervals(entry.calculated if entry is not None else None)
                for entry in self._found(addresses)
            ]

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

    def expire(
        self, void: Mapping[StreamAddress, TimeIntervals]
    ) -> dict[StreamAddress, TimeIntervals]:
        """See `Ledger.expire`."""
        with self._changed:
            lost = {
                address: self._entries[address.key].void(intervals)
                for address, intervals in void.items()
            }
            self._changed.notify_all()
        return lost

    def claim(
        self, wanted: Mapping[StreamAddress, TimeIntervals], owner: str
    ) -> dict[StreamAddress, Grant]:
        """See `Ledger.claim`."""
        with self._changed:
            return {
                address: self._entries[address.key].claim(intervals, owner)
                for address, intervals in wanted.items()
            }

    def renew(self, addresses: Sequence[StreamAddress], owner: str) -> set[StreamAddress]:
        """See `Ledger.renew`; here a claim is lost only by `expire` and `forget`."""
        with self._changed:
            return {
                address
                for address, entry in zip(addresses, self._found(addresses), strict=True)
                if entry is None or owner not in entry.claims
            }

    def complete(
        self, done: Mapping[StreamAddress, TimeIntervals], owner: str
    ) -> set[StreamAddress]:
        """See `Ledger.complete`."""
        with self._changed:
            lost = {
                address
                for address, intervals in done.items()
                if not self._entries[address.key].complete(intervals, owner)
            }
            self._changed.notify_all()
        return lost

    def abandon(self, left: Mapping[StreamAddress, TimeIntervals], owner: str) -> None:
        """See `Ledger.abandon`."""
        with self._changed:
            for address, intervals in left.items():
                self._entries[address.key].abandon(intervals, owner)
            self._changed.notify_all()

    def release(self, addresses: Sequence[StreamAddress], owner: str) -> None:
        """See `Ledger.release`."""
        with self._changed:
            for entry in self._found(addresses):
                if entry is not None:
                    entry.release(owner)
            self._changed.notify_all()

    def wait(self, addresses: Sequence[StreamAddress], seconds: float) -> None:
        """See `Ledger.wait`."""
        with self._changed:
            found = self._found(addresses)
            if any(entry is not None and (entry.claims or entry.void_claims) for entry in found):
                self._changed.wait(seconds)

    def producers(self, addresses: Sequence[StreamAddress]) -> list[ProducerRecord | None]:
        """See `Ledger.producers`."""
        with self._changed:
            found = self._found(addresses)
            return [None if entry is None else entry.producer for entry in found]

    def set_producers(self, records: Mapping[StreamAddress, ProducerRecord]) -> None:
        """See `Ledger.set_producers`."""
        with self._changed:
            for address, record in records.items():
                entry = self._entries[address.key]
                entry.producer = record
                if not entry.recalled.is_empty:  # its readers were told of first
                    read, entry.recalled = entry.recalled, TimeIntervals()
                    self._recall({address.key: read})

    def link(self, sources: Sequence[StreamAddress], dependents: Sequence[Dependent]) -> None:
        """See `Ledger.link`."""
        self._links.add(sources, dependents)

    def recall(self, read: Mapping[StreamAddress, TimeIntervals]) -> None:
        """See `Ledger.recall`; what those were computed from was read, too."""
        with self._changed:
            self._recall({address.key: intervals for address, intervals in read.items()})

    def dependents(self, source: StreamAddress) -> list[Dependent]:
        """See `Ledger.dependents`."""
        return self._links.of(source)

    def forget(self, address: StreamAddress) -> None:
        """See `Ledger.forget`."""
        with self._changed:
            self._entries.pop(address.key, None)
            self._changed.notify_all()

    def _recall(self, read: Mapping[str, TimeIntervals]) -> None:
        reached: set[str] = set()
        generation = 0
        # Streams may be computed from each other: no way without a circle is longer than this.
        while read and generation <= len(reached):
            generation += 1
            reached.update(read)
            above: dict[str, TimeIntervals] = {}
            for key, intervals in read.items():
                self._recall_one(self._entries[key], intervals, above)
            read = above

    @staticmethod
    def _recall_one(
        entry: _Entry, intervals: TimeIntervals, above: dict[str, TimeIntervals]
    ) -> None:
        """Take note of what of a stream was read; add what was read for that."""
        new = intervals - entry.calculated - entry.recalled
        entry.recalled = entry.recalled + new
        if entry.producer is not None and not new.is_empty:
            part = read_for(new, entry.producer.reach)
            for source in entry.producer.sources:
                above[source] = above[source] + part if source in above else part

    def _found(self, addresses: Sequence[StreamAddress]) -> list[_Entry | None]:
        """Return what is known of each stream; None where that is nothing."""
        known = self._entries.get
        return [known(address.key) for address in addresses]
