"""Which outputs a change of a source makes void."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream._time import MAX_MS, MIN_MS
from hyperstream.storage.base import Dependent, ProducerRecord, StreamAddress
from hyperstream.storage.memory import MemoryLedger
from hyperstream.stream.late import affected, invalidate, invalidate_dependents
from hyperstream.testing.times import over
from hyperstream.time_interval import TimeInterval, TimeIntervals
from tests.interrupts import interrupted

A, B, C, D = (StreamAddress("memory", name) for name in "abcd")


def intervals(*pairs):
    """Intervals by seconds."""
    return TimeIntervals([over(*pair) for pair in pairs])


def seconds(first, last):
    """A reach in seconds."""
    return (1000 * first, 1000 * last)


@pytest.fixture
def ledger():
    """A ledger in which all streams are calculated from 0 to 100, and b, c and d are computed."""
    ledger = MemoryLedger()
    for address in (A, B, C, D):
        ledger.mark(address, intervals((0, 100)))
    ledger.set_producers(dict.fromkeys((B, C, D), ProducerRecord("tool", "1.0.0", {}, ())))
    return ledger


def left(ledger, address):
    """What of a stream is calculated."""
    return ledger.calculated([address])[0]


@given(
    st.integers(-5, 5), st.integers(0, 5), st.integers(0, 30), st.integers(1, 5), st.integers(0, 40)
)
def test_exactly_what_reads_a_change_is_affected(lower, width, start, length, output):
    """An output is affected if and only if the part of the source that it needs has changed."""
    reach = (lower, lower + width)
    changed = TimeInterval.from_ms(start, start + length)
    void = affected(TimeIntervals(changed), reach)
    needed = set(range(output - 1 + reach[0] + 1, output + reach[1] + 1))
    reads = bool(needed & set(range(start + 1, start + length + 1)))
    assert (TimeInterval.from_ms(output - 1, output) in void) == reads


def test_without_reach_everything_after_is_affected():
    """Where the reach is not known, all from the first change on is void."""
    void = affected(intervals((10, 20), (30, 40)), None)
    assert void == TimeIntervals([TimeInterval.from_ms(over(10, 20).start_ms, MAX_MS)])


def test_nothing_changed_affects_nothing():
    """No change, no effect."""
    assert affected(TimeIntervals(), None).is_empty


@pytest.mark.parametrize("reach", [(0, 0), seconds(-10, 10), (2 * MIN_MS, 2 * MAX_MS)])
def test_the_ends_of_time_are_no_obstacle(reach):
    """A change of all time can be computed with, whatever the reach."""
    everything = TimeIntervals([TimeInterval.from_ms(MIN_MS, MAX_MS)])
    assert affected(everything, reach) == everything


def test_what_is_written_by_hand_is_unmarked(ledger):
    """A stream without producer loses its marks, and needs no clearing."""
    invalidate(ledger, A, intervals((10, 20)))
    assert left(ledger, A) == intervals((0, 10), (20, 100))
    assert ledger.claim({A: intervals((0, 100))}, "me")[A].leftovers.is_empty


def test_what_is_computed_must_be_cleared(ledger):
    """A computed stream loses its marks, and must be cleared where it had them."""
    invalidate(ledger, B, intervals((90, 110)))
    assert left(ledger, B) == intervals((0, 90))
    assert ledger.claim({B: intervals((0, 200))}, "me")[B].leftovers == intervals((90, 100))


def test_a_chain_is_followed(ledger):
    """Readers of readers are void too, each by its own reach."""
    ledger.link([A], [Dependent(ledger, B, seconds(-10, 0))])
    ledger.link([B], [Dependent(ledger, C, seconds(0, 5))])
    ledger.link([C], [Dependent(ledger, D, None)])
    invalidate(ledger, A, intervals((20, 30)))
    assert left(ledger, A) == intervals((0, 20), (30, 100))
    assert left(ledger, B) == intervals((0, 20), (40, 100))
    assert left(ledger, C) == intervals((0, 15), (40, 100))
    assert left(ledger, D) == intervals((0, 15))


def test_what_is_read_on_two_ways_is_void_on_both(ledger):
    """A reader of two changed streams loses what either change can alter."""
    ledger.link([A], [Dependent(ledger, each, (0, 0)) for each in (B, C)])
    ledger.link([B], [Dependent(ledger, D, seconds(-5, 0))])
    ledger.link([C], [Dependent(ledger, D, seconds(0, 10))])
    invalidate(ledger, A, intervals((20, 30)))
    assert left(ledger, D) == intervals((0, 10), (35, 100))


def test_what_was_not_calculated_was_not_read(ledger):
    """Where a reader was not calculated, its own readers stay as they are."""
    ledger.replace(B, intervals((0, 50)))
    ledger.link([A], [Dependent(ledger, B, (0, 0))])
    ledger.link([B], [Dependent(ledger, C, (0, 0))])
    invalidate_dependents(ledger, A, intervals((40, 60)))
    assert left(ledger, A) == intervals((0, 100))
    assert left(ledger, B) == intervals((0, 40))
    assert left(ledger, C) == intervals((0, 40), (50, 100))


def test_a_circle_comes_to_an_end(ledger):
    """Streams that read each other are void once."""
    ledger.link([A], [Dependent(ledger, B, seconds(-1, 0))])
    ledger.link([B], [Dependent(ledger, B, seconds(-1, 0))])
    invalidate(ledger, A, intervals((20, 30)))
    assert left(ledger, B) == intervals((0, 20))


def test_a_reader_may_be_in_another_ledger(ledger):
    """A stream's readers may live in another channel."""
    other = MemoryLedger()
    other.mark(B, intervals((0, 100)))
    ledger.link([A], [Dependent(other, B, (0, 0))])
    invalidate(ledger, A, intervals((20, 30)))
    assert left(other, B) == intervals((0, 20), (30, 100))
    assert left(ledger, B) == intervals((0, 100))


def test_an_interrupt_does_not_stop_it_half_way():
    """Wherever Ctrl-C comes, all that depends on a change is void, or nothing is."""

    def make():
        ledger = MemoryLedger()
        record = ProducerRecord("tool", "1.0.0", {}, ())
        for source, reader in ((A, B), (B, C), (C, D)):
            ledger.link([source], [Dependent(ledger, reader, (0, 0))])
            ledger.set_producers({reader: record})
        for address in (A, B, D):
            ledger.mark(address, intervals((0, 100)))
        ledger.recall({C: intervals((0, 100))})  # known from a former process only
        return ledger

    for ledger in interrupted(make, lambda ledger: invalidate(ledger, A, intervals((10, 20)))):
        assert left(ledger, A) == left(ledger, B) == left(ledger, D)
    assert left(ledger, D) == intervals((0, 10), (20, 100))
