"""Late data: forgetting what was computed from something that changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from hyperstream._time import MAX_MS, MIN_MS
from hyperstream.time_interval import TimeInterval, TimeIntervals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hyperstream.storage.base import Ledger, StreamAddress

    Change = tuple[Ledger, StreamAddress, TimeIntervals]

T = TypeVar("T")


def despite_interrupt(action: Callable[[], T]) -> T:
    """Do what can be done again and must not be left half done.

    Where Ctrl-C comes meanwhile, the action is done again before it goes on its way.
    """
    try:
        return action()
    except KeyboardInterrupt:
        action()
        raise


def void(ledger: Ledger, address: StreamAddress, intervals: TimeIntervals) -> None:
    """Forget calculated intervals of one stream.

    A stream that a tool computes gets expired claims there, so that computing it again clears the
    data first, and late data still find those who read it. Any other stream keeps its data.
    """
    if ledger.producers([address]) == [None]:
        ledger.unmark(address, intervals)
    else:
        ledger.expire({address: intervals})


def invalidate(ledger: Ledger, address: StreamAddress, intervals: TimeIntervals) -> None:
    """Forget calculated intervals of a stream, as `void` does, and of everything computed from it.

    Parameters
    ----------
    ledger : Ledger
        That of the stream.
    address : StreamAddress
        The stream.
    intervals : TimeIntervals
        What changed.
    """

    def forget() -> None:
        void(ledger, address, intervals)
        invalidate_dependents(ledger, address, intervals)

    despite_interrupt(forget)


def invalidate_dependents(ledger: Ledger, address: StreamAddress, intervals: TimeIntervals) -> None:
    """Forget what was computed from these intervals of a stream, and what from that, and so on."""
    invalidate_readers([(ledger, address, intervals)])


def invalidate_readers(changed: Sequence[Change]) -> None:
    """Forget what was computed from intervals of some streams, and what from that, and so on."""
    told: dict[StreamAddress, TimeIntervals] = {}
    while changed:
        stale: dict[int, tuple[Ledger, dict[StreamAddress, TimeIntervals]]] = {}
        for source_ledger, source, each in changed:
            for dependent in source_ledger.dependents(source):
                _, parts = stale.setdefault(id(dependent.ledger), (dependent.ledger, {}))
                before = parts.get(dependent.address, TimeIntervals())
                parts[dependent.address] = before + affected(each, dependent.reach)
        changed = []
        for ledger, parts in stale.values():
            for address, lost in ledger.expire(parts).items():
                # What was never calculated was not read by anybody either: the walk ends there. So
                # it does where it has been before, for a stream may be computed from itself.
                before = told.get(address, TimeIntervals())
                new = lost - before
                if not new.is_empty:
                    told[address] = before + new
                    changed.append((ledger, address, new))


def affected(changed: TimeIntervals, reach: tuple[int, int] | None) -> TimeIntervals:
    """Return the output times of a computed stream that a change of its source can alter.

    Where outputs in (s, e] need the source in (s + lower, e + upper], a change in
    (a, b] alters those in (a - upper, b - lower]. Without a known reach, any
    after a may be altered.
    """
    span = changed.span
    if span is None:
        return changed
    if reach is None:
        return TimeIntervals([TimeInterval.from_ms(span.start_ms, MAX_MS)])
    lower, upper = reach
    return TimeIntervals(
        TimeInterval.from_ms(max(each.start_ms - upper, MIN_MS), min(each.end_ms - lower, MAX_MS))
        for each in changed
    )
