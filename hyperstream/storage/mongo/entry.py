"""What a definition says about the work on its stream: what is calculated, and who has claims."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from bson.datetime_ms import DatetimeMS

from hyperstream.storage.base import Grant
from hyperstream.storage.claims import grant
from hyperstream.storage.mongo.documents import Document
from hyperstream.storage.owners import is_dead
from hyperstream.time_interval import TimeIntervals

FIELDS = ("calculated_intervals", "claims")
NOBODY = ""
LONG_AGO = 0


class Claim(NamedTuple):
    """An owner's claim on intervals, until a moment of real time (milliseconds).

    It is void where late data have come: the owner, who does not know that yet and may still
    write, keeps others away, but completes nothing.
    """

    intervals: TimeIntervals
    owner: str
    expires: int
    is_void: bool = False

    def is_alive(self, now: int) -> bool:
        """Tell whether the owner may still be at work."""
        return self.owner != NOBODY and self.expires > now and not is_dead(self.owner)


@dataclass(frozen=True)
class Entry:
    """The state of one stream. Immutable: what changes it returns a new one."""

    calculated: TimeIntervals
    claims: tuple[Claim, ...] = ()

    @classmethod
    def of(cls, definition: Document) -> Entry:
        """Read the state from a definition."""
        return cls(
            _intervals(definition.get("calculated_intervals") or ()),
            tuple(
                Claim(
                    _intervals([item]),
                    item["owner"],
                    int(item["expires"]),
                    item.get("is_void", False),
                )
                for item in definition.get("claims") or ()
            ),
        )

    def document(self) -> Document:
        """Return the fields of a definition for this state."""
        return {
            "calculated_intervals": _documents(self.calculated),
            "claims": [
                {
                    **item,
                    "owner": claim.owner,
                    "expires": DatetimeMS(claim.expires),
                    "is_void": claim.is_void,
                }
                for claim in self.claims
                for item in _documents(claim.intervals)
            ],
        }

    def held_by(self, owner: str) -> TimeIntervals:
        """Return what an owner has claimed and may complete."""
        return _union(each for each in self.claims if each.owner == owner and not each.is_void)

    def ever_calculated(self) -> TimeIntervals:
        """Return what is calculated, or was until it became void."""
        return self.calculated + self.held_by(NOBODY)

    def with_calculated(self, calculated: TimeIntervals) -> Entry:
        """Return the state with other calculated intervals."""
        return Entry(calculated, self.claims)

    def with_claim(self, owner: str, intervals: TimeIntervals, expires: int) -> Entry:
        """Return the state where an owner claims these intervals instead of what it holds now."""
        others = tuple(each for each in self.claims if each.owner != owner or each.is_void)
        mine = () if intervals.is_empty else (Claim(intervals, owner, expires),)
        return Entry(self.calculated, others + mine)

    def expired(self, intervals: TimeIntervals) -> Entry:
        """Return the state after intervals are not calculated any more, but to be cleared."""
        state = self.with_calculated(self.calculated - intervals)
        return state.with_claim(NOBODY, self.held_by(NOBODY) + intervals, LONG_AGO)

    def void(self, intervals: TimeIntervals) -> Entry:
        """Return the state after intervals are void: to be computed again, after clearing.

        Whoever is computing them finds that its claim is of no use any more, and begins again.
        """
        owned = [each for each in self.claims if each.owner != NOBODY and not each.is_void]
        gone = (self.calculated + _union(owned)) & intervals
        if gone.is_empty:
            return self
        rest = tuple(each for each in self.claims if each not in owned)
        split = [
            Claim(part, each.owner, each.expires, is_void)
            for each in owned
            for part, is_void in ((each.intervals - gone, False), (each.intervals & gone, True))
        ]
        return Entry(self.calculated, (*split, *rest)).expired(gone)

    def without(self, owner: str) -> Entry:
        """Return the state after an owner gave up all its claims."""
        others = tuple(each for each in self.claims if each.owner != owner)
        return self if others == self.claims else Entry(self.calculated, others)

    def claim(
        self, wanted: TimeIntervals, owner: str, now: int, expires: int
    ) -> tuple[Grant, Entry]:
        """Return what of the wanted intervals an owner may compute, and the state after that."""
        others = self.without(owner).claims
        alive = [claim for claim in others if claim.is_alive(now)]
        dead = [claim for claim in others if claim not in alive]
        answer = grant(wanted, self.calculated, _union(alive), _union(dead))
        if answer.granted.is_empty:
            return answer, self
        # A dead owner, which may only be slow, keeps what nobody takes from it.
        kept = [Claim(each.intervals - answer.granted, *each[1:]) for each in dead]
        state = Entry(self.calculated, (*alive, *kept)).expired(answer.leftovers)
        mine = self.held_by(owner) + answer.granted
        return answer, state.with_claim(owner, mine, expires)

    def complete(self, intervals: TimeIntervals, owner: str, expires: int) -> Entry:
        """Return the state after an owner finished intervals that it has claimed."""
        state = self.with_calculated(self.calculated + intervals)
        state = state.with_claim(NOBODY, self.held_by(NOBODY) - intervals, LONG_AGO)
        return state.with_claim(owner, self.held_by(owner) - intervals, expires)

    def abandon(self, intervals: TimeIntervals, owner: str, expires: int) -> Entry:
        """Return the state after an owner left intervals that it has claimed to be cleared."""
        held = self.held_by(owner)
        return self.with_claim(owner, held - intervals, expires).expired(held & intervals)


def real_time() -> int:
    """Return the real time in milliseconds, whatever clock a run has been given."""
    return time.time_ns() // 1_000_000


def _union(claims: Iterable[Claim]) -> TimeIntervals:
    found = [claim.intervals for claim in claims]
    if len(found) == 1:
        return found[0]
    return TimeIntervals.from_ms(pair for intervals in found for pair in intervals.as_ms())


def _intervals(items: Iterable[Any]) -> TimeIntervals:
    pairs = ((int(item["start"]), int(item["end"])) for item in items)
    # One of release 0.3.8 that was shorter than a millisecond is stored as nothing.
    return TimeIntervals.from_ms((start, end) for start, end in pairs if start < end)


def _documents(intervals: TimeIntervals) -> list[Document]:
    return [
        {"start": DatetimeMS(start), "end": DatetimeMS(end)} for start, end in intervals.as_ms()
    ]
