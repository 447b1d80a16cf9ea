"""The ledger in MongoDB: claims that many processes make at once."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from hyperstream.storage.mongo import MongoLedger
from hyperstream.storage.owners import new_owner
from tests.storage.mongo.parts import NOTHING, UNKNOWN, spans

CLAIM_AND_DIE = """
import json, os, sys
from hyperstream.client import Client
from hyperstream.storage.base import StreamAddress
from hyperstream.storage.mongo import MongoLedger
from hyperstream.storage.owners import new_owner
from hyperstream.time_interval import TimeIntervals
ledger = MongoLedger(Client(json.loads(sys.argv[1])))
stream = StreamAddress("mongo", "temperature", (("house", "1"), ("room", "hall")))
ledger.claim({stream: TimeIntervals.from_ms([(0, 100)])}, new_owner())
os._exit(1)
"""


def test_a_claim_is_granted_once(ledger, address):
    """What one has claimed is busy for others, and still one's own."""
    first, second = new_owner(), new_owner()
    wanted = {address: spans((0, 100))}
    ledger.mark(address, spans((40, 50)))
    grant = ledger.claim({address: spans((0, 60))}, first)[address]
    assert grant == (spans((0, 40), (50, 60)), NOTHING, NOTHING)
    assert ledger.claim(wanted, second)[address] == (
        spans((60, 100)),
        NOTHING,
        spans((0, 40), (50, 60)),
    )
    assert ledger.claim({address: spans((0, 60))}, first)[address].granted == grant.granted


def test_a_claim_whose_acknowledgement_was_lost_is_granted(repeating, address):
    """Claiming again what one has just claimed gives it."""
    ledger = MongoLedger(repeating)
    grant = ledger.claim({address: spans((0, 100))}, new_owner())[address]
    assert grant == (spans((0, 100)), NOTHING, NOTHING)


def test_of_many_who_claim_each_moment_is_granted_to_one(client, streams):
    """Threads that claim the same streams at the same time share them out."""
    barrier = Barrier(4)
    wanted = dict.fromkeys(streams[:20], spans((0, 100)))

    def claim(_):
        barrier.wait()
        return MongoLedger(client).claim(wanted, new_owner())

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(claim, range(4)))
    for stream in wanted:
        granted = [answer[stream].granted for answer in answers]
        assert sum(not each.is_empty for each in granted) == 1


def test_what_is_completed_is_marked(any_client, address):
    """A claim becomes a mark, part by part."""
    ledger = MongoLedger(any_client)
    owner = new_owner()
    ledger.claim({address: spans((0, 100))}, owner)
    assert ledger.complete({address: spans((0, 30))}, owner) == set()
    assert ledger.calculated([address]) == [spans((0, 30))]
    assert ledger.claim({address: spans((0, 100))}, new_owner())[address].busy == spans((30, 100))
    assert ledger.complete({address: spans((30, 100))}, owner) == set()
    assert ledger.renew([address], owner) == {address}


def test_of_a_stream_all_is_completed_or_nothing(any_client, address, streams):
    """Where a part of what was done was not claimed, that stream is not marked; others are."""
    ledger = MongoLedger(any_client)
    owner = new_owner()
    ledger.claim({address: spans((0, 10), (20, 30)), streams[0]: spans((0, 40))}, owner)
    done = {address: spans((0, 5), (20, 31)), streams[0]: spans((0, 5), (20, 31))}
    assert ledger.complete(done, owner) == {address}
    assert ledger.calculated([address, streams[0]]) == [NOTHING, spans((0, 5), (20, 31))]
    assert ledger.complete({address: spans((0, 5), (20, 30))}, owner) == set()
    assert ledger.calculated([address]) == [spans((0, 5), (20, 30))]


def test_nobody_completes_what_he_has_not_claimed(ledger, address):
    """Without a claim nothing is marked, and the stream is named."""
    owner = new_owner()
    assert ledger.complete({address: spans((0, 10)), UNKNOWN: spans((0, 10))}, owner) == {
        address,
        UNKNOWN,
    }
    ledger.claim({address: spans((0, 10))}, owner)
    assert ledger.complete({address: spans((0, 11))}, owner) == {address}
    assert ledger.calculated([address]) == [NOTHING]


def test_what_is_calculated_already_counts_as_completed(ledger, address):
    """Where all is calculated, a claim that is gone does not matter."""
    ledger.mark(address, spans((0, 100)))
    assert ledger.complete({address: spans((20, 30))}, new_owner()) == set()


def test_an_expired_claim_is_taken_over(client, address):
    """Another owner gets it, and learns what to clear; the former one cannot complete it."""
    slow, quick = new_owner(), new_owner()
    MongoLedger(client, lease_seconds=0).claim({address: spans((0, 100))}, slow)
    ledger = MongoLedger(client)
    grant = ledger.claim({address: spans((50, 200))}, quick)[address]
    assert grant == (spans((50, 200)), spans((50, 100)), NOTHING)
    assert ledger.complete({address: spans((0, 100))}, slow) == {address}
    assert ledger.complete({address: spans((0, 50))}, slow) == set()
    assert ledger.complete({address: spans((50, 200))}, quick) == set()
    assert ledger.calculated([address]) == [spans((0, 200))]


def test_what_is_to_be_cleared_is_known_until_it_is_completed(client, address):
    """An owner that gives up leaves the knowledge to the next one."""
    MongoLedger(client, lease_seconds=0).claim({address: spans((0, 100))}, new_owner())
    ledger = MongoLedger(client)
    wanted = {address: spans((0, 200))}
    first, second, third = new_owner(), new_owner(), new_owner()
    assert ledger.claim(wanted, first)[address].leftovers == spans((0, 100))
    ledger.release([address], first)
    assert ledger.claim(wanted, second)[address].leftovers == spans((0, 100))
    ledger.complete({address: spans((0, 60))}, second)
    ledger.release([address], second)
    assert ledger.claim(wanted, third)[address].leftovers == spans((60, 100))


def test_the_claim_of_a_process_that_has_ended_is_free_at_once(client, ledger, address):
    """A dead owner on the same machine is known to be dead."""
    config = client.server_config
    command = [sys.executable, "-c", CLAIM_AND_DIE, json.dumps(config)]
    subprocess.run(command, check=False)
    ledger.wait([address], 60)
    grant = ledger.claim({address: spans((0, 100))}, new_owner())[address]
    assert grant == (spans((0, 100)), spans((0, 100)), NOTHING)


def test_a_renewed_claim_lasts_longer(any_client, address, streams):
    """Renewing puts off the end, and names the streams where nothing is left to renew."""
    owner = new_owner()
    MongoLedger(any_client, lease_seconds=0).claim({address: spans((0, 10), (20, 30))}, owner)
    ledger = MongoLedger(any_client)
    assert ledger.renew([address, streams[0], UNKNOWN], owner) == {streams[0], UNKNOWN}
    assert ledger.renew([address], owner) == set()
    assert ledger.claim({address: spans((0, 30))}, new_owner())[address].busy == spans(
        (0, 10), (20, 30)
    )
    assert ledger.renew([], owner) == set()


def test_many_claims_are_renewed_at_once(client, ledger, streams):
    """Of streams of one name, also some that are asked for and some that are not."""
    owner = new_owner()
    MongoLedger(client, lease_seconds=0).claim(dict.fromkeys(streams, spans((0, 10))), owner)
    ledger.release(streams[:1], owner)
    assert ledger.renew(streams[:130], owner) == {streams[0]}
    answers = ledger.claim(dict.fromkeys(streams[1:130], spans((0, 10))), new_owner())
    assert {each.busy.humanized for each in answers.values()} == {spans((0, 10)).humanized}


def test_a_released_claim_is_free(any_client, address):
    """Others get it; claims of others stay."""
    ledger = MongoLedger(any_client)
    first, second = new_owner(), new_owner()
    ledger.claim({address: spans((0, 10))}, first)
    ledger.claim({address: spans((10, 20))}, second)
    ledger.release([address, UNKNOWN], first)
    grant = ledger.claim({address: spans((0, 20))}, new_owner())[address]
    assert grant == (spans((0, 10)), NOTHING, spans((10, 20)))


def test_expired_marks_are_to_be_cleared(any_client, address):
    """What is calculated becomes a claim of nobody; the rest stays as it is."""
    ledger = MongoLedger(any_client)
    ledger.mark(address, spans((0, 100)))
    assert ledger.expire({address: spans((50, 200))}) == {address: spans((50, 100))}
    assert ledger.expire({address: spans((300, 400)), UNKNOWN: spans((300, 400))}) == {
        address: NOTHING,
        UNKNOWN: NOTHING,
    }
    assert ledger.expire({}) == {}
    assert ledger.calculated([address]) == [spans((0, 50))]
    grant = ledger.claim({address: spans((0, 200))}, new_owner())[address]
    assert grant == (spans((50, 200)), spans((50, 100)), NOTHING)


def test_who_computes_what_expires_has_to_begin_again(ledger, address):
    """It completes nothing there; nobody else computes there while it may still write."""
    owner, other = new_owner(), new_owner()
    ledger.claim({address: spans((0, 100))}, owner)
    assert ledger.expire({address: spans((50, 60))}) == {address: NOTHING}
    assert ledger.complete({address: spans((0, 100))}, owner) == {address}
    assert ledger.calculated([address]) == [NOTHING]
    assert ledger.complete({address: spans((60, 100))}, owner) == set()
    assert ledger.expire({address: spans((0, 100))}) == {address: spans((50, 100))}
    assert ledger.claim({address: spans((0, 60))}, other)[address].busy == spans((0, 60))
    ledger.release([address], owner)
    grant = ledger.claim({address: spans((0, 100))}, other)[address]
    assert grant == (spans((0, 100)), spans((0, 100)), NOTHING)


def test_who_finds_its_claim_void_may_claim_again(ledger, address):
    """It gets it, and clears first what it has written."""
    owner = new_owner()
    ledger.claim({address: spans((0, 10))}, owner)
    ledger.expire({address: spans((5, 20))})
    assert ledger.renew([address], owner) == set()
    grant = ledger.claim({address: spans((0, 10))}, owner)[address]
    assert grant == (spans((0, 10)), spans((5, 10)), NOTHING)
    assert ledger.complete({address: spans((0, 10))}, owner) == set()


def test_the_void_claim_of_a_slow_owner_expires(client, address):
    """Who does not renew it in time loses it like any other."""
    MongoLedger(client, lease_seconds=0).claim({address: spans((0, 10))}, new_owner())
    ledger = MongoLedger(client)
    ledger.expire({address: spans((0, 10))})
    grant = ledger.claim({address: spans((0, 10))}, new_owner())[address]
    assert grant == (spans((0, 10)), spans((0, 10)), NOTHING)


def test_waiting_ends_with_a_claim(ledger, address, streams):
    """A waiting thread goes on when one of the claims is over, or at its deadline."""
    owners = new_owner(), new_owner()
    ledger.claim({address: spans((0, 10))}, owners[0])
    ledger.claim({streams[0]: spans((0, 10))}, owners[1])
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(ledger.wait, [address, streams[0]], 60)
        ledger.wait([address, streams[0]], 0.2)
        assert not waiting.done()
        ledger.complete({address: spans((0, 10))}, owners[0])
        waiting.result(30)
    ledger.wait([address, streams[0]], 60)
    ledger.wait([UNKNOWN], 60)
    ledger.wait([], 0.01)
