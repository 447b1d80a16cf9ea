"""The ledger of what is calculated, in MongoDB: shared by all processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from random import uniform
from typing import TypeAlias

from bson.datetime_ms import DatetimeMS
from pymongo import UpdateMany

from hyperstream._time import to_ms, utcnow
from hyperstream.client import Client
from hyperstream.storage.base import Dependent, Grant, ProducerRecord, StreamAddress
from hyperstream.storage.links import Links
from hyperstream.storage.mongo import producers
from hyperstream.storage.mongo.changes import change
from hyperstream.storage.mongo.documents import (
    Document,
    definitions,
    find_definitions,
    queries,
)
from hyperstream.storage.mongo.entry import Entry, real_time
from hyperstream.time_interval import TimeIntervals

LEASE_SECONDS = 60.0
_POLL_SECONDS = (0.05, 0.2)
_Held: TypeAlias = tuple[str, int, int]


class MongoLedger:
    """A `Ledger` in the collection ``stream_definitions``.

    A definition has a ``revision``: whatever changes its ``calculated_intervals``
    or ``claims`` counts it up, and does nothing where somebody else did so
    meanwhile, but looks again. A claim is {start, end, owner, expires,
    is_void}; one whose time is over, or whose owner was a process of this
    machine that has ended, is expired, and one without owner is what such a
    claim leaves to be cleared.

    Parameters
    ----------
    client : Client
        The connection.
    lease_seconds : float
        After so long a claim expires that is not renewed. The clocks of all
        machines that compute must agree much better than that.
    """

    def __init__(self, client: Client, lease_seconds: float = LEASE_SECONDS) -> None:
        self._client = client
        self._lease_ms = int(lease_seconds * 1000)
        self._links = Links()

    def calculated(self, addresses: Sequence[StreamAddress]) -> list[TimeIntervals]:
        """See `Ledger.calculated`."""
        found = self._client.run(lambda db: find_definitions(db, addresses, "calculated_intervals"))
        return [Entry.of(found.get(address.key, {})).calculated for address in addresses]

    def mark(self, address: StreamAddress, intervals: TimeIntervals) -> None:
        """See `Ledger.mark`; StreamNotFoundError for a stream without definition."""
        self._change(address, lambda entry: entry.with_calculated(entry.calculated + intervals))

    def unmark(self, address: StreamAddress, intervals: TimeIntervals) -> None:
        """See `Ledger.unmark`; StreamNotFoundError for a stream without definition."""
        self._change(address, lambda entry: entry.with_calculated(entry.calculated - intervals))

    def replace(self, address: StreamAddress, intervals: TimeIntervals) -> None:
        """See `Ledger.replace`; StreamNotFoundError for a stream without definition."""
        self._change(address, lambda entry: entry.with_calculated(intervals))

    def expire(
        self, void: Mapping[StreamAddress, TimeIntervals]
    ) -> dict[StreamAddress, TimeIntervals]:
        """See `Ledger.expire`."""
        lost = {address: TimeIntervals() for address in void}

        def decide(
            address: StreamAddress, entry: Entry | None, _: int
        ) -> tuple[None, Entry | None]:
            if entry is None:
                return None, None
            # Summed up, in case the acknowledgement of a change that was made is lost.
            lost[address] = lost[address] + (entry.ever_calculated() & void[address])
            return None, entry.void(void[address])

        change(self._client, list(void), decide)
        return lost

    def claim(
        self, wanted: Mapping[StreamAddress, TimeIntervals], owner: str
    ) -> dict[StreamAddress, Grant]:
        """See `Ledger.claim`; StreamNotFoundError for a stream without definition."""

        def decide(address: StreamAddress, entry: Entry | None, now: int) -> tuple[Grant, Entry]:
            known = _known(address, entry)
            return known.claim(wanted[address], owner, now, now + self._lease_ms)

        accessed = {"last_accessed": DatetimeMS(to_ms(utcnow()))}
        return change(self._client, list(wanted), decide, accessed)

    def renew(self, addresses: Sequence[StreamAddress], owner: str) -> set[StreamAddress]:
        """See `Ledger.renew`; other claims of the owner may be renewed, too."""
        expires = DatetimeMS(real_time() + self._lease_ms)
        updates = [
            UpdateMany(
                {**query, "claims.owner": owner},
                {"$set": {"claims.$[mine].expires": expires}, "$inc": {"revision": 1}},
                array_filters=[{"mine.owner": owner}],
            )
            for query in queries({address.key: address for address in addresses})
        ]
        if not updates:
            return set()
        self._client.run(lambda db: definitions(db).bulk_write(updates, ordered=False))
        entries = self._entries(addresses)
        return {
            address
            for address in addresses
            if address.key not in entries or entries[address.key].held_by(owner).is_empty
        }

    def complete(
        self, done: Mapping[StreamAddress, TimeIntervals], owner: str
    ) -> set[StreamAddress]:
        """See `Ledger.complete`.

        A stream whose claim is gone, but where all is calculated, is not among
        those returned: either this very call did it and its acknowledgement was
        lost, or somebody else has computed the same.
        """

        def decide(
            address: StreamAddress, entry: Entry | None, now: int
        ) -> tuple[bool, Entry | None]:
            if entry is None:
                return False, None
            intervals = done[address]
            if intervals not in entry.held_by(owner):
                return intervals in entry.calculated, None
            return True, entry.complete(intervals, owner, now + self._lease_ms)

        answers = change(self._client, list(done), decide)
        return {address for address, is_done in answers.items() if not is_done}

    def abandon(self, left: Mapping[StreamAddress, TimeIntervals], owner: str) -> None:
        """See `Ledger.abandon`."""

        def decide(
            address: StreamAddress, entry: Entry | None, now: int
        ) -> tuple[None, Entry | None]:
            expires = now + self._lease_ms
            return None, None if entry is None else entry.abandon(left[address], owner, expires)

        change(self._client, list(left), decide)

    def release(self, addresses: Sequence[StreamAddress], owner: str) -> None:
        """See `Ledger.release`."""

        def decide(_: StreamAddress, entry: Entry | None, __: int) -> tuple[None, Entry | None]:
            return None, None if entry is None else entry.without(owner)

        change(self._client, addresses, decide)

    def wait(self, addresses: Sequence[StreamAddress], seconds: float) -> None:
        """See `Ledger.wait`; asks the database every 0.05 to 0.2 seconds."""
        deadline = time.monotonic() + seconds
        before = self._alive(addresses)
        while before and all(before.values()) and time.monotonic() < deadline:
            pause = uniform(*_POLL_SECONDS)  # noqa: S311 - no secret
            time.sleep(max(min(pause, deadline - time.monotonic()), 0))
            now = self._alive(addresses)
            if any(not claims <= now[key] for key, claims in before.items()):
                return

    def producers(self, addresses: Sequence[StreamAddress]) -> list[ProducerRecord | None]:
        """See `Ledger.producers`."""
        return producers.producers(self._client, addresses)

    def set_producers(self, records: Mapping[StreamAddress, ProducerRecord]) -> None:
        """See `Ledger.set_producers`; StreamNotFoundError for a stream without definition."""
        producers.set_producers(self._client, records)

    def link(self, sources: Sequence[StreamAddress], dependents: Sequence[Dependent]) -> None:
        """See `Ledger.link`."""
        self._links.add(sources, dependents)

    def recall(self, read: Mapping[StreamAddress, TimeIntervals]) -> None:
        """See `Ledger.recall`: there is nothing that this one does not know."""

    def dependents(self, source: StreamAddress) -> list[Dependent]:
        """See `Ledger.dependents`: those linked in this process, and those in the database."""
        known = {each.address.key: each for each in self._links.of(source)}
        for address, reach in producers.readers(self._client, source):
            known.setdefault(address.key, Dependent(self, address, reach))
        return list(known.values())

    def forget(self, address: StreamAddress) -> None:
        """See `Ledger.forget`; a definition that is still there stays, without what it knew."""
        nothing: Document = Entry(TimeIntervals()).document()
        update = {"$set": nothing, "$unset": {"producer": ""}, "$inc": {"revision": 1}}
        producers.take_out(
            self._client,
            address,
            lambda collection, query: collection.update_one(query, update).matched_count,
        )

    def _change(self, address: StreamAddress, result: Callable[[Entry], Entry]) -> None:
        change(self._client, [address], lambda _, entry, __: (None, result(_known(address, entry))))

    def _entries(self, addresses: Sequence[StreamAddress]) -> dict[str, Entry]:
        found = self._client.run(lambda db: find_definitions(db, addresses, "claims"))
        return {key: Entry.of(definition) for key, definition in found.items()}

    def _alive(self, addresses: Sequence[StreamAddress]) -> dict[str, set[_Held]]:
        """Return what the living have claimed of each stream, by its key."""
        now = real_time()
        alive: dict[str, set[_Held]] = {address.key: set() for address in addresses}
        for key, entry in self._entries(addresses).items():
            for claim in entry.claims:
                if claim.is_alive(now):
                    alive[key].update((claim.owner, *pair) for pair in claim.intervals.as_ms())
        return alive


def _known(address: StreamAddress, entry: Entry | None) -> Entry:
    if entry is None:
        raise producers.unknown(address)
    return entry
