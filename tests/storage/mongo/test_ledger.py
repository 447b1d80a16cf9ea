"""The ledger in MongoDB: marks and claims that many processes change at once."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from hyperstream.client import Client
from hyperstream.storage.base import Dependent, ProducerRecord, StreamAddress
from hyperstream.storage.memory import MemoryLedger
from hyperstream.storage.mongo import MongoDefinitions, MongoLedger
from hyperstream.storage.owners import new_owner
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils.errors import HyperStreamError, StreamNotFoundError

UNKNOWN = StreamAddress("mongo", "unknown")
NOTHING = TimeIntervals()

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


MARK_OFTEN = """
import json, sys
from hyperstream.client import Client
from hyperstream.storage.base import StreamAddress
from hyperstream.storage.mongo import MongoLedger
from hyperstream.time_interval import TimeIntervals
ledger = MongoLedger(Client(json.loads(sys.argv[1])))
stream = StreamAddress("mongo", "temperature", (("house", "1"), ("room", "hall")))
input()
for start in range(int(sys.argv[2]), 1000, 20):
    ledger.mark(stream, TimeIntervals.from_ms([(start, start + 5)]))
"""


def spans(*pairs):
    """Return the union of (start, end] in milliseconds."""
    return TimeIntervals.from_ms(pairs)


def span(start, end):
    """Return the interval (start, end] in milliseconds."""
    return TimeInterval.from_ms(start, end)


@pytest.fixture
def streams(definitions: MongoDefinitions) -> list[StreamAddress]:
    """Give many streams of one name, and some of others."""
    found = [StreamAddress("mongo", "many", (("i", str(i)),)) for i in range(150)]
    found += [StreamAddress("mongo", f"name {i}") for i in range(10)]
    definitions.create(found)
    return found


def test_marks_add_up_and_are_taken_away(any_client, address):
    """What is calculated is the union of what was marked, less what was unmarked."""
    ledger = MongoLedger(any_client)
    assert ledger.calculated([address, UNKNOWN]) == [NOTHING, NOTHING]
    ledger.mark(address, spans((0, 10), (20, 30)))
    ledger.mark(address, spans((5, 20)))
    ledger.unmark(address, spans((7, 8), (40, 50)))
    assert ledger.calculated([address]) == [spans((0, 7), (8, 30))]
    ledger.replace(address, spans((1, 2)))
    assert ledger.calculated([address]) == [spans((1, 2))]
    ledger.replace(address, NOTHING)
    assert ledger.calculated([address]) == [NOTHING]


def test_all_of_time_can_be_marked(ledger, address):
    """The ends of time come back exactly."""
    ledger.mark(address, TimeIntervals([TimeInterval.all_time()]))
    assert ledger.calculated([address])[0].span == TimeInterval.all_time()


def test_marks_of_many_writers_are_all_kept(client, address):
    """No mark is lost where threads with connections of their own mark at the same time."""
    barrier = Barrier(4)

    def mark(number):
        own = Client(client.server_config)
        barrier.wait()
        for step in range(5):
            start = 100 * step + 10 * number
            MongoLedger(own).mark(address, spans((start, start + 5)))
        own.disconnect()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(mark, range(4)))
    expected = spans(
        *((100 * s + 10 * n, 100 * s + 10 * n + 5) for s in range(5) for n in range(4))
    )
    assert MongoLedger(client).calculated([address]) == [expected]


def test_marks_of_two_processes_are_all_kept(client, ledger, address):
    """No mark is lost where two processes mark at the same time."""
    config = json.dumps(client.server_config)
    command = [sys.executable, "-c", MARK_OFTEN, config]
    starts = ["0", "10"]
    running = [
        subprocess.Popen([*command, start], stdin=subprocess.PIPE, text=True) for start in starts
    ]
    for process in running:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in running:
        process.communicate()
        assert process.returncode == 0
    expected = spans(*((start, start + 5) for start in range(0, 1000, 10)))
    assert ledger.calculated([address]) == [expected]


def test_a_change_that_never_succeeds_is_given_up(meddling, ledger, address, monkeypatch):
    """Where others are faster each time, the error says so."""
    monkeypatch.setattr("hyperstream.storage.mongo.changes._SECONDS", 0.2)
    for run in range(2, 1000, 2):
        meddling.before[run] = lambda: ledger.mark(address, spans((0, 1)))
    with pytest.raises(HyperStreamError, match="again and again"):
        MongoLedger(meddling).mark(address, spans((5, 6)))
    assert ledger.calculated([address]) == [spans((0, 1))]


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
    assert ledger.complete({address: span(0, 30)}, owner) == set()
    assert ledger.calculated([address]) == [spans((0, 30))]
    assert ledger.claim({address: spans((0, 100))}, new_owner())[address].busy == spans((30, 100))
    assert ledger.complete({address: span(30, 100)}, owner) == set()
    assert ledger.renew([address], owner) == {address}


def test_nobody_completes_what_he_has_not_claimed(ledger, address):
    """Without a claim nothing is marked, and the stream is named."""
    owner = new_owner()
    assert ledger.complete({address: span(0, 10), UNKNOWN: span(0, 10)}, owner) == {
        address,
        UNKNOWN,
    }
    ledger.claim({address: spans((0, 10))}, owner)
    assert ledger.complete({address: span(0, 11)}, owner) == {address}
    assert ledger.calculated([address]) == [NOTHING]


def test_what_is_calculated_already_counts_as_completed(ledger, address):
    """Where all is calculated, a claim that is gone does not matter."""
    ledger.mark(address, spans((0, 100)))
    assert ledger.complete({address: span(20, 30)}, new_owner()) == set()


def test_an_expired_claim_is_taken_over(client, address):
    """Another owner gets it, and learns what to clear; the former one cannot complete it."""
    slow, quick = new_owner(), new_owner()
    MongoLedger(client, lease_seconds=0).claim({address: spans((0, 100))}, slow)
    ledger = MongoLedger(client)
    grant = ledger.claim({address: spans((50, 200))}, quick)[address]
    assert grant == (spans((50, 200)), spans((50, 100)), NOTHING)
    assert ledger.complete({address: span(0, 100)}, slow) == {address}
    assert ledger.complete({address: span(0, 50)}, slow) == set()
    assert ledger.complete({address: span(50, 200)}, quick) == set()
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
    ledger.complete({address: span(0, 60)}, second)
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
    assert ledger.expire(address, spans((50, 200))) == spans((50, 100))
    assert ledger.expire(address, spans((300, 400))) == NOTHING
    assert ledger.expire(UNKNOWN, spans((300, 400))) == NOTHING
    assert ledger.calculated([address]) == [spans((0, 50))]
    grant = ledger.claim({address: spans((0, 200))}, new_owner())[address]
    assert grant == (spans((50, 200)), spans((50, 100)), NOTHING)


def test_who_computes_what_expires_has_to_begin_again(ledger, address):
    """The claim is gone there and stays elsewhere; the next one clears what was written."""
    owner = new_owner()
    ledger.claim({address: spans((0, 100))}, owner)
    assert ledger.expire(address, spans((50, 60))) == NOTHING
    assert ledger.complete({address: span(0, 100)}, owner) == {address}
    assert ledger.calculated([address]) == [NOTHING]
    assert ledger.complete({address: span(60, 100)}, owner) == set()
    grant = ledger.claim({address: spans((0, 100))}, new_owner())[address]
    assert grant == (spans((50, 60)), spans((50, 60)), spans((0, 50)))


def test_waiting_ends_with_a_claim(ledger, address, streams):
    """A waiting thread goes on when one of the claims is over, or at its deadline."""
    owners = new_owner(), new_owner()
    ledger.claim({address: spans((0, 10))}, owners[0])
    ledger.claim({streams[0]: spans((0, 10))}, owners[1])
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(ledger.wait, [address, streams[0]], 60)
        ledger.wait([address, streams[0]], 0.2)
        assert not waiting.done()
        ledger.complete({address: span(0, 10)}, owners[0])
        waiting.result(30)
    ledger.wait([address, streams[0]], 60)
    ledger.wait([UNKNOWN], 60)
    ledger.wait([], 0.01)


def test_a_producer_is_remembered(any_client, address):
    """Tool, parameters and sources come back as they were given."""
    ledger = MongoLedger(any_client)
    assert ledger.producers([address, UNKNOWN]) == [None, None]
    for reach in ((-5000, 0), None):
        record = ProducerRecord("clock", "1.0.0", {"a.b": (1, None), "c": "x"}, ("k1",), reach)
        ledger.set_producer([address], record)
        assert ledger.producers([address]) == [record]


def test_dependents_are_found_in_the_database_and_in_the_process(ledger, address, streams):
    """Streams that were computed from a stream, by whatever process, and in other ledgers."""
    assert ledger.dependents(address) == []
    record = ProducerRecord("clock", "1.0.0", {}, ("another", address.key), (-5, 0))
    ledger.set_producer(streams[:2], record)
    elsewhere = Dependent(MongoLedger(ledger._client), StreamAddress("memory", "copy"), None)
    ledger.link(address, elsewhere)
    ledger.link(address, Dependent(ledger, streams[1], (-7, 0)))
    found = {each.address.key: each for each in ledger.dependents(address)}
    assert found == {
        elsewhere.address.key: elsewhere,
        streams[0].key: Dependent(ledger, streams[0], (-5, 0)),
        streams[1].key: Dependent(ledger, streams[1], (-7, 0)),
    }
    assert ledger.dependents(streams[0]) == []


def test_what_is_forgotten_is_gone(ledger, address, streams):
    """Marks, claims, producer and links; the definition stays."""
    ledger.mark(address, spans((0, 10)))
    ledger.claim({address: spans((0, 20))}, new_owner())
    ledger.set_producer([address], ProducerRecord("clock", "1.0.0", {}, ()))
    ledger.link(address, Dependent(ledger, streams[0], None))
    ledger.forget(address)
    ledger.forget(UNKNOWN)
    assert ledger.calculated([address]) == [NOTHING]
    assert ledger.producers([address]) == [None]
    assert ledger.dependents(address) == []
    grant = ledger.claim({address: spans((0, 20))}, new_owner())[address]
    assert grant == (spans((0, 20)), NOTHING, NOTHING)


@pytest.mark.parametrize(
    "operation",
    [
        lambda ledger: ledger.mark(UNKNOWN, spans((0, 1))),
        lambda ledger: ledger.unmark(UNKNOWN, spans((0, 1))),
        lambda ledger: ledger.replace(UNKNOWN, spans((0, 1))),
        lambda ledger: ledger.claim({UNKNOWN: spans((0, 1))}, "me"),
        lambda ledger: ledger.set_producer([UNKNOWN], ProducerRecord("t", "1", {}, ())),
    ],
)
def test_an_unknown_stream_is_an_error(ledger, operation):
    """What is to be remembered of a stream needs its definition."""
    with pytest.raises(StreamNotFoundError, match="mongo:unknown is not in the database"):
        operation(ledger)


def test_many_streams_take_no_more_round_trips_than_one(client, streams):
    """The number of operations does not depend on how many streams of a name there are."""
    ledger = MongoLedger(client)

    def work(some):
        owner = new_owner()
        before = client.runs
        ledger.claim(dict.fromkeys(some, spans((0, 100))), owner)
        ledger.renew(some, owner)
        ledger.complete(dict.fromkeys(some, span(0, 50)), owner)
        ledger.release(some, owner)
        assert ledger.calculated(some) == [spans((0, 50))] * len(some)
        return client.runs - before

    assert work(streams[:1]) == work(streams[1:]) == 7


def test_a_stream_without_revision_can_be_changed(client, ledger, address):
    """A definition of release 0.3.8 has none."""
    client.db.stream_definitions.update_one({}, {"$unset": {"revision": "", "claims": ""}})
    ledger.mark(address, spans((0, 10)))
    ledger.claim({address: spans((0, 20))}, new_owner())
    assert ledger.calculated([address]) == [spans((0, 10))]


@pytest.mark.parametrize("seed", range(6))
def test_it_agrees_with_the_ledger_of_a_process(ledger, address, seed):
    """Whatever is done, both ledgers answer the same."""
    generator = random.Random(seed)  # noqa: S311 - no secret
    memory = MemoryLedger()
    owners = [new_owner(), new_owner()]

    def both(method, *arguments):
        answers = [getattr(each, method)(*arguments) for each in (ledger, memory)]
        assert answers[0] == answers[1], (method, arguments)
        return answers[0]

    for _ in range(25):
        start = generator.randrange(100)
        some = spans((start, start + generator.randrange(1, 40)))
        owner = generator.choice(owners)
        method = generator.choice(
            ["mark", "unmark", "replace", "expire", "claim", "release", "abandon"]
        )
        if method == "claim":
            granted = both("claim", {address: some}, owner)[address].granted
            for each in granted[: generator.randrange(3)]:
                both("complete", {address: each}, owner)
        elif method == "release":
            both("release", [address], owner)
        elif method == "abandon":
            both("abandon", {address: some}, owner)
        else:
            both(method, address, some)
        both("calculated", [address])
