"""The ledger of one process."""

from __future__ import annotations

import threading

import pytest

from hyperstream.storage.base import Dependent, ProducerRecord, StreamAddress
from hyperstream.storage.memory import MemoryLedger
from hyperstream.testing.times import over
from hyperstream.time_interval import TimeIntervals

STREAM, OTHER = StreamAddress("memory", "a"), StreamAddress("memory", "b")


def intervals(*pairs):
    """Intervals by seconds."""
    return TimeIntervals([over(*pair) for pair in pairs])


@pytest.fixture
def ledger():
    """A new ledger."""
    return MemoryLedger()


def calculated(ledger, address=STREAM):
    """What is calculated of a stream."""
    return ledger.calculated([address])[0]


def claim(ledger, owner, *pairs, address=STREAM):
    """Claim intervals of a stream."""
    return ledger.claim({address: intervals(*pairs)}, owner)[address]


def test_an_unknown_stream_is_not_calculated(ledger):
    """Of what is not known nothing is calculated, in the order asked."""
    ledger.mark(OTHER, intervals((0, 1)))
    assert ledger.calculated([STREAM, OTHER]) == [TimeIntervals(), intervals((0, 1))]


def test_marks_are_added_and_taken_away(ledger):
    """`mark` adds, `unmark` takes away, `replace` sets."""
    ledger.mark(STREAM, intervals((0, 10)))
    ledger.mark(STREAM, intervals((10, 20)))
    ledger.unmark(STREAM, intervals((5, 6)))
    assert calculated(ledger) == intervals((0, 5), (6, 20))
    ledger.replace(STREAM, intervals((1, 2)))
    assert calculated(ledger) == intervals((1, 2))


def test_a_claim_is_granted_once(ledger):
    """What one has claimed is busy for the other, who gets the rest."""
    assert claim(ledger, "one", (0, 10)).granted == intervals((0, 10))
    answer = claim(ledger, "two", (5, 15))
    assert (answer.granted, answer.busy) == (intervals((10, 15)), intervals((5, 10)))


def test_what_is_calculated_is_not_granted(ledger):
    """A claim covers only what is missing."""
    ledger.mark(STREAM, intervals((0, 5)))
    answer = claim(ledger, "one", (0, 10))
    assert (answer.granted, answer.busy) == (intervals((5, 10)), TimeIntervals())


def test_completing_marks(ledger):
    """What an owner completes is calculated, and only the rest stays claimed."""
    claim(ledger, "one", (0, 10))
    assert ledger.complete({STREAM: intervals((0, 4))}, "one") == set()
    assert calculated(ledger) == intervals((0, 4))
    assert claim(ledger, "two", (0, 10)).busy == intervals((4, 10))


def test_completing_what_is_not_claimed_is_lost(ledger):
    """Who does not hold the claim marks nothing, and is told so."""
    claim(ledger, "one", (0, 10))
    done = dict.fromkeys((STREAM, OTHER), intervals((0, 10)))
    assert ledger.complete(done, "two") == {STREAM, OTHER}
    assert ledger.complete({STREAM: intervals((5, 15))}, "one") == {STREAM}
    assert calculated(ledger).is_empty


def test_of_a_stream_all_is_completed_or_nothing(ledger):
    """Where a part of what was done was not claimed, that stream is not marked; others are."""
    claim(ledger, "one", (0, 10), (20, 30))
    claim(ledger, "one", (0, 40), address=OTHER)
    done = dict.fromkeys((STREAM, OTHER), intervals((0, 5), (20, 31)))
    assert ledger.complete(done, "one") == {STREAM}
    assert ledger.calculated([STREAM, OTHER]) == [TimeIntervals(), intervals((0, 5), (20, 31))]
    assert ledger.complete({STREAM: intervals((0, 5), (20, 30))}, "one") == set()
    assert claim(ledger, "two", (0, 40)).busy == intervals((5, 10))


def test_released_claims_are_free(ledger):
    """What was released can be claimed, and needs no clearing."""
    claim(ledger, "one", (0, 10))
    ledger.release([STREAM, OTHER], "one")
    answer = claim(ledger, "two", (0, 10))
    assert (answer.granted, answer.leftovers) == (intervals((0, 10)), TimeIntervals())


def test_abandoned_claims_need_clearing(ledger):
    """What was abandoned is claimed by the next, who must clear it; the rest stays claimed."""
    claim(ledger, "one", (0, 10))
    ledger.abandon({STREAM: intervals((0, 4)), OTHER: intervals((0, 4))}, "one")
    answer = claim(ledger, "two", (0, 10))
    assert answer.granted == answer.leftovers == intervals((0, 4))
    assert answer.busy == intervals((4, 10))
    assert claim(ledger, "two", (0, 10), address=OTHER).leftovers.is_empty


def test_expired_marks_need_clearing_once(ledger):
    """Void marks are to be cleared by whoever computes them next, and then no more."""
    ledger.mark(STREAM, intervals((0, 10)))
    assert ledger.expire({STREAM: intervals((5, 20))}) == {STREAM: intervals((5, 10))}
    assert calculated(ledger) == intervals((0, 5))
    answer = claim(ledger, "one", (0, 20))
    assert (answer.granted, answer.leftovers) == (intervals((5, 20)), intervals((5, 10)))
    ledger.complete({STREAM: intervals((5, 20))}, "one")
    ledger.unmark(STREAM, intervals((0, 20)))
    assert claim(ledger, "two", (0, 20)).leftovers.is_empty


def test_renewing_tells_what_is_lost(ledger):
    """A claim lasts until it is released, or its stream is forgotten."""
    claim(ledger, "one", (0, 10))
    assert ledger.renew([STREAM], "one") == set()
    assert ledger.renew([STREAM, OTHER], "one") == {OTHER}
    ledger.forget(STREAM)
    assert ledger.renew([STREAM], "one") == {STREAM}


def test_waiting_ends_with_the_claim(ledger):
    """Who waits goes on when the claim is released."""
    claim(ledger, "one", (0, 10))
    waiting, went_on = threading.Event(), threading.Event()

    def wait():
        waiting.set()
        ledger.wait([STREAM], 600)
        went_on.set()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    waiting.wait()
    while not went_on.is_set():  # the thread may not have begun to wait yet
        ledger.release([STREAM], "one")
        went_on.wait(0.01)
    thread.join()


def test_there_is_no_waiting_for_nothing(ledger):
    """Without a claim nobody waits."""
    ledger.wait([STREAM], 600)


def test_who_computes_what_expires_has_to_begin_again(ledger):
    """It completes nothing there; nobody else computes there while it may still write."""
    claim(ledger, "one", (0, 100))
    assert ledger.expire({STREAM: intervals((50, 60))}) == {STREAM: TimeIntervals()}
    whole, rest = intervals((0, 100)), intervals((60, 100))
    assert ledger.complete({STREAM: whole}, "one") == {STREAM}
    assert ledger.complete({STREAM: rest}, "one") == set()
    assert ledger.expire({STREAM: whole}) == {STREAM: whole - intervals((0, 50))}
    assert claim(ledger, "two", (0, 60)) == (TimeIntervals(), TimeIntervals(), intervals((0, 60)))
    ledger.release([STREAM], "one")
    assert claim(ledger, "two", (0, 100)) == (whole, whole, TimeIntervals())


def test_who_finds_its_claim_void_may_claim_again(ledger):
    """It gets it, and clears first what it has written."""
    claim(ledger, "one", (0, 10))
    ledger.expire({STREAM: intervals((5, 20))})
    assert ledger.renew([STREAM], "one") == set()
    answer = claim(ledger, "one", (0, 10))
    assert answer == (intervals((0, 10)), intervals((5, 10)), TimeIntervals())
    assert ledger.complete({STREAM: intervals((0, 10))}, "one") == set()


def test_a_producer_is_remembered(ledger):
    """Who computed a stream last is known until it is forgotten."""
    record = ProducerRecord("tool", "1.0.0", {}, ())
    assert ledger.producers([STREAM, OTHER]) == [None, None]
    ledger.set_producers({STREAM: record})
    assert ledger.producers([OTHER, STREAM]) == [None, record]
    ledger.forget(STREAM)
    assert ledger.producers([STREAM]) == [None]


def test_dependents_are_remembered_once(ledger):
    """A stream knows who reads it, each reader once, with its last reach."""
    ledger.link([STREAM], [Dependent(ledger, OTHER, None)])
    ledger.link([STREAM], [Dependent(ledger, OTHER, (0, 0))])
    assert ledger.dependents(STREAM) == [Dependent(ledger, OTHER, (0, 0))]
    assert ledger.dependents(OTHER) == []


def test_of_a_forgotten_stream_only_its_readers_are_known(ledger):
    """Nothing is calculated or claimed; what comes under its address is late data for them."""
    ledger.mark(STREAM, intervals((0, 1)))
    claim(ledger, "one", (0, 10))
    ledger.link([STREAM], [Dependent(ledger, OTHER, None)])
    ledger.forget(STREAM)
    assert calculated(ledger).is_empty
    assert ledger.dependents(STREAM) == [Dependent(ledger, OTHER, None)]
    assert claim(ledger, "two", (0, 10)).granted == intervals((0, 10))


def test_what_is_recalled_was_calculated_once(ledger):
    """Its readers are to be told of each change; it need not be cleared."""
    ledger.recall({STREAM: intervals((0, 10))})
    assert calculated(ledger).is_empty
    for _ in range(2):
        assert ledger.expire({STREAM: intervals((5, 20))}) == {STREAM: intervals((5, 10))}
    assert claim(ledger, "one", (0, 20)).leftovers.is_empty


@pytest.mark.parametrize("known_first", [True, False])
def test_what_was_read_for_that_is_recalled_too(ledger, known_first):
    """As far as the tool reaches, whether it is known before or afterwards."""
    record = ProducerRecord("tool", "1.0.0", {}, (OTHER.key,), (-2000, 0))
    if known_first:
        ledger.set_producers({STREAM: record})
    ledger.recall({STREAM: intervals((4, 10))})
    ledger.set_producers({STREAM: record})
    everything = intervals((0, 100))
    assert ledger.expire({OTHER: everything}) == {OTHER: intervals((2, 10))}


def test_recalling_a_circle_comes_to_an_end(ledger):
    """A stream that reads itself is no obstacle."""
    record = ProducerRecord("tool", "1.0.0", {}, (STREAM.key,), (-1000, 0))
    ledger.set_producers({STREAM: record})
    ledger.recall({STREAM: intervals((4, 10))})
    assert ledger.expire({STREAM: intervals((0, 100))})[STREAM].end == intervals((4, 10)).end
