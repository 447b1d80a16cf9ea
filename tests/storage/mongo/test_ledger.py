"""The ledger in MongoDB: marks and producers that many processes change at once."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from hyperstream._time import use_clock
from hyperstream.client import Client
from hyperstream.storage.base import Dependent, ProducerRecord, StreamAddress
from hyperstream.storage.memory import MemoryLedger
from hyperstream.storage.mongo import MongoLedger
from hyperstream.storage.owners import new_owner
from hyperstream.testing.times import at
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils.errors import HyperStreamError, StreamNotFoundError
from tests.storage.mongo.parts import NOTHING, UNKNOWN, spans

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


@pytest.mark.slow
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


def test_a_producer_is_remembered(any_client, address):
    """Tool, parameters and sources come back as they were given."""
    ledger = MongoLedger(any_client)
    assert ledger.producers([address, UNKNOWN]) == [None, None]
    for reach in ((-5000, 0), None):
        record = ProducerRecord("clock", "1.0.0", {"a.b": (1, None), "c": "x"}, ("k1",), reach)
        ledger.set_producers({address: record})
        assert ledger.producers([address]) == [record]


def test_many_producers_are_remembered_at_once(any_client, streams):
    """Each stream has its own, whatever their parameters look like; some may be alike."""
    ledger = MongoLedger(any_client)
    ledger.set_producers({})
    records = {
        stream: ProducerRecord(
            "clock", "1.0.0", {"$a": f"$stream_key {place % 60}"}, (f"k{place}",)
        )
        for place, stream in enumerate(streams)
    }
    alike = ProducerRecord("$tool", "1.0.0", {}, ("$$ROOT",), (0, 0))
    records |= dict.fromkeys(streams[20:40], alike)
    ledger.set_producers(records)
    assert ledger.producers(streams) == list(records.values())
    one = ProducerRecord("clock", "2.0.0", {}, ())
    ledger.set_producers({streams[3]: one})
    assert ledger.producers(streams) == [
        one if each is streams[3] else records[each] for each in streams
    ]


def test_dependents_are_found_in_the_database_and_in_the_process(ledger, address, streams):
    """Streams that were computed from a stream, by whatever process, and in other ledgers."""
    assert ledger.dependents(address) == []
    record = ProducerRecord("clock", "1.0.0", {}, ("another", address.key), (-5, 0))
    ledger.set_producers(dict.fromkeys(streams[:2], record))
    elsewhere = Dependent(MongoLedger(ledger._client), StreamAddress("memory", "copy"), None)
    ledger.link([address], [elsewhere])
    ledger.link([address], [Dependent(ledger, streams[1], (-7, 0))])
    found = {each.address.key: each for each in ledger.dependents(address)}
    assert found == {
        elsewhere.address.key: elsewhere,
        streams[0].key: Dependent(ledger, streams[0], (-5, 0)),
        streams[1].key: Dependent(ledger, streams[1], (-7, 0)),
    }
    assert ledger.dependents(streams[0]) == []


def test_of_a_forgotten_stream_only_its_readers_are_known(ledger, address, streams):
    """Marks, claims and producer are gone; the definition stays, too."""
    ledger.mark(address, spans((0, 10)))
    ledger.claim({address: spans((0, 20))}, new_owner())
    ledger.set_producers({address: ProducerRecord("clock", "1.0.0", {}, ())})
    ledger.link([address], [Dependent(ledger, streams[0], None)])
    ledger.forget(address)
    ledger.forget(UNKNOWN)
    assert ledger.calculated([address]) == [NOTHING]
    assert ledger.producers([address]) == [None]
    assert ledger.dependents(address) == [Dependent(ledger, streams[0], None)]
    grant = ledger.claim({address: spans((0, 20))}, new_owner())[address]
    assert grant == (spans((0, 20)), NOTHING, NOTHING)


@pytest.mark.parametrize(
    "operation",
    [
        lambda ledger: ledger.mark(UNKNOWN, spans((0, 1))),
        lambda ledger: ledger.unmark(UNKNOWN, spans((0, 1))),
        lambda ledger: ledger.replace(UNKNOWN, spans((0, 1))),
        lambda ledger: ledger.claim({UNKNOWN: spans((0, 1))}, "me"),
        lambda ledger: ledger.set_producers({UNKNOWN: ProducerRecord("t", "1", {}, ())}),
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
        ledger.complete(dict.fromkeys(some, spans((0, 50))), owner)
        ledger.release(some, owner)
        assert ledger.calculated(some) == [spans((0, 50))] * len(some)
        return client.runs - before

    assert work(streams[:1]) == work(streams[1:]) == 9


@pytest.mark.slow
def test_streams_in_different_states_are_changed_at_once(any_client, client, streams):
    """Whatever is known of each stream, one call changes all of them."""
    ledger = MongoLedger(any_client)
    owner, others = new_owner(), new_owner()
    client.db.stream_definitions.update_many(
        {"stream_key": {"$in": [each.key for each in streams[100:130]]}},
        {"$unset": {"revision": "", "claims": ""}},
    )
    for place, stream in enumerate(streams[:30]):
        ledger.mark(stream, spans((place, place + 1), (50, 60)))
    ledger.claim({stream: spans((70, 71 + n)) for n, stream in enumerate(streams[:60])}, others)
    memory = MemoryLedger()
    for stream, known in zip(streams, ledger.calculated(streams), strict=True):
        memory.mark(stream, known)
    memory.claim({stream: spans((70, 71 + n)) for n, stream in enumerate(streams[:60])}, others)
    wanted = {stream: spans((0, 200 + n % 7)) for n, stream in enumerate(streams)}
    granted = ledger.claim(wanted, owner)
    assert granted == memory.claim(wanted, owner)
    done = {stream: grant.granted for stream, grant in granted.items()}
    assert ledger.complete(done, owner) == memory.complete(done, owner) == set()
    assert ledger.calculated(streams) == memory.calculated(streams)
    void = {stream: spans((n, n + 1)) for n, stream in enumerate(streams)}
    assert ledger.expire(void) == memory.expire(void)
    ledger.release(streams, others)
    memory.release(streams, others)
    assert ledger.claim(wanted, owner) == memory.claim(wanted, owner)


@pytest.mark.parametrize("run", [1, 2])
def test_a_change_of_one_stream_does_not_disturb_the_others(meddling, ledger, streams, run):
    """Where somebody else changes some of many streams meanwhile, these are looked at again."""
    for place, stream in enumerate(streams[:30]):
        ledger.mark(stream, spans((500 + place, 600)))

    def meddle():
        for stream in (streams[0], streams[5], streams[90]):
            ledger.mark(stream, spans((0, 40)))

    meddling.before[run] = meddle
    owner = new_owner()
    granted = MongoLedger(meddling).claim(dict.fromkeys(streams, spans((0, 100))), owner)
    seen = {each: grant.granted for each, grant in granted.items()}
    assert ledger.complete(seen, owner) == set()
    assert all(spans((0, 100)) == each & spans((0, 100)) for each in ledger.calculated(streams))
    assert {place for place, each in enumerate(streams) if seen[each] == spans((40, 100))} == {
        0,
        5,
        90,
    }


def test_a_stream_remembers_when_somebody_began_to_compute_it(
    ledger, definitions, address, streams
):
    """The time is that of the clock in force; looking at it, or marking it, is no access."""
    with use_clock(at(10)):
        ledger.mark(address, spans((0, 10)))
        ledger.claim({address: spans((0, 10))}, new_owner())
        assert definitions.last_accessed(address) is None
        ledger.claim(dict.fromkeys((address, streams[0]), spans((0, 20))), new_owner())
    assert definitions.last_accessed(address) == definitions.last_accessed(streams[0]) == at(10)


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
        elif method == "expire":
            both("expire", {address: some})
        else:
            both(method, address, some)
        both("calculated", [address])
