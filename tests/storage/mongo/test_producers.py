"""How streams are computed, as MongoDB keeps it, where many are computed from many."""

from __future__ import annotations

import random

import pytest

from hyperstream.storage.base import Dependent, ProducerRecord, StreamAddress
from hyperstream.storage.mongo import MongoDefinitions, MongoLedger
from tests.storage.mongo.parts import UNKNOWN

SOURCES = [StreamAddress("mongo", "source", (("i", str(i)),)) for i in range(60)]
KEYS = tuple(source.key for source in SOURCES)
SELECT = ProducerRecord("select", "1.0.0", {"index": "hall"}, KEYS, (0, 0))
GROWN = ProducerRecord("select", "1.0.0", {"index": "hall"}, (*KEYS, "another"), (0, 0))
COPY = ProducerRecord("copy", "1.0.0", {}, (SOURCES[3].key,), (0, 0))


@pytest.fixture
def sinks(definitions):
    """Give as many streams as there are sources."""
    found = [StreamAddress("mongo", "sink", (("i", str(i)),)) for i in range(60)]
    definitions.create(found)
    return found


def stored_keys(client):
    """Return how many keys of sources there are in the database."""
    found = client.db.stream_definitions.find({}, {"producer.sources": 1})
    return sum(len(each.get("producer", {}).get("sources", ())) for each in found)


def reading(ledger, source):
    """Return the streams that read a source."""
    return {each.address for each in ledger.dependents(source)}


def test_many_streams_from_the_same_many_keep_their_keys_once(any_client, sinks):
    """What is stored grows with the sources and the sinks, not with their product."""
    ledger = MongoLedger(any_client)
    records = dict.fromkeys(sinks, SELECT) | {
        sinks[-1]: ProducerRecord("select", "1.0.0", {"index": "attic"}, KEYS)
    }
    ledger.set_producers(records)
    assert stored_keys(any_client) == len(KEYS)
    assert ledger.producers(sinks) == list(records.values())
    assert ledger.producers(sinks[-1:]) == [records[sinks[-1]]]
    found = ledger.dependents(SOURCES[-1])
    assert set(found) == {Dependent(ledger, each, records[each].reach) for each in sinks}
    assert len(found) == len(sinks)
    assert ledger.dependents(sinks[0]) == []


def test_round_trips_do_not_depend_on_how_many_keys_are_kept(client, sinks):
    """Ordinary tools take one round trip each; streams that share many sources a few at times."""
    ledger = MongoLedger(client)

    def trips(operation, *arguments):
        before = client.runs
        operation(*arguments)
        return client.runs - before

    for record, some, expected in [
        (COPY, sinks, [1, 1, 1, 1]),
        (SELECT, sinks[:1], [1, 1, 1, 1]),
        (SELECT, sinks[:40], [1, 1, 2, 2]),
        (GROWN, sinks, [4, 1, 2, 2]),
    ]:
        assert [
            trips(ledger.set_producers, dict.fromkeys(some, record)),
            trips(ledger.producers, some),
            trips(ledger.producers, some[-1:]),
            trips(ledger.dependents, SOURCES[3]),
        ] == expected
    remove = MongoDefinitions(client).remove
    keeper = client.db.stream_definitions.find_one({"producer.keeps": True})["stream_key"]
    assert {trips(remove, each) for each in sinks if each.key != keeper} == {1}
    assert [trips(remove, each) for each in sinks if each.key == keeper] == [4]
    assert trips(remove, UNKNOWN) == 2


@pytest.mark.parametrize(
    "leave",
    [
        lambda client, sink: MongoDefinitions(client).remove(sink),
        lambda client, sink: MongoLedger(client).forget(sink),
        lambda client, sink: MongoLedger(client).set_producers({sink: COPY}),
    ],
    ids=["removed", "forgotten", "computed in another way"],
)
def test_the_keys_of_a_group_stay_as_long_as_one_of_its_streams(any_client, sinks, leave):
    """Whoever leaves, the others know their sources; with the last one the keys are gone."""
    ledger, sinks = MongoLedger(any_client), sinks[:20]
    ledger.set_producers(dict.fromkeys(sinks, SELECT))
    for place in (0, 1, 2):
        leave(any_client, sinks[place])
        rest = sinks[place + 1 :]
        assert ledger.producers(rest) == [SELECT] * len(rest)
        assert reading(ledger, SOURCES[0]) == set(rest)
        assert stored_keys(any_client) <= len(KEYS) + place + 1
    for sink in sinks[3:]:
        leave(any_client, sink)
    assert reading(ledger, SOURCES[0]) == set()
    assert stored_keys(any_client) <= len(sinks)


def test_sources_that_become_more_leave_nothing_behind(any_client, sinks):
    """What streams were computed from before takes no room any more."""
    ledger = MongoLedger(any_client)
    for end in (40, 50, 60):
        record = ProducerRecord("select", "1.0.0", {}, KEYS[:end], (0, 0))
        ledger.set_producers(dict.fromkeys(sinks, record))
        assert stored_keys(any_client) == end
        assert reading(ledger, SOURCES[39]) == set(sinks)
        assert ledger.producers(sinks) == [record] * len(sinks)


def test_keys_that_each_stream_has_are_still_read(client, ledger, sinks):
    """A definition that keeps all of its many sources itself is as good."""
    ledger.set_producers({sinks[0]: SELECT})
    stored = client.db.stream_definitions.find_one({"stream_key": sinks[0].key})["producer"]
    assert set(stored) == {"tool", "version", "parameters", "sources", "reach"}
    client.db.stream_definitions.update_many(
        {"stream_key": {"$in": [each.key for each in sinks]}}, {"$set": {"producer": stored}}
    )
    assert ledger.producers(sinks) == [SELECT] * len(sinks)
    assert reading(ledger, SOURCES[7]) == set(sinks)
    ledger.set_producers(dict.fromkeys(sinks, SELECT))
    assert ledger.producers(sinks) == [SELECT] * len(sinks)
    assert stored_keys(client) == len(KEYS)


def test_a_group_without_its_keys_is_stored_anew(client, ledger, sinks):
    """Where nobody has the keys, nothing is known until the producers are told again."""
    ledger.set_producers(dict.fromkeys(sinks, SELECT))
    client.db.stream_definitions.update_one({"producer.keeps": True}, {"$unset": {"producer": ""}})
    assert ledger.producers(sinks) == [None] * len(sinks)
    ledger.set_producers(dict.fromkeys(sinks, SELECT))
    assert ledger.producers(sinks) == [SELECT] * len(sinks)


@pytest.mark.parametrize("run", range(1, 5))
def test_two_processes_may_tell_of_their_producers_at_once(client, meddling, ledger, sinks, run):
    """Whoever tells it last is believed, and those that neither speaks of keep their sources."""
    ledger.set_producers(dict.fromkeys(sinks, SELECT))
    theirs, mine = (
        ProducerRecord("select", version, {}, KEYS[:50], (0, 0)) for version in ("2.0.0", "3.0.0")
    )
    meddling.before[run] = lambda: ledger.set_producers(dict.fromkeys(sinks[:50], theirs))
    MongoLedger(meddling).set_producers(dict.fromkeys(sinks[:50], mine))
    meddling.before.pop(run, lambda: None)()
    assert all(each in (mine, theirs) for each in ledger.producers(sinks[:50]))
    assert ledger.producers(sinks[50:]) == [SELECT] * 10
    assert reading(ledger, SOURCES[0]) == set(sinks)
    assert reading(ledger, SOURCES[-1]) == set(sinks[50:])


@pytest.mark.parametrize("seed", range(3))
def test_it_agrees_with_what_was_told(any_client, sinks, monkeypatch, seed):
    """Whatever is told of which streams, and whatever goes, all that is known is right."""
    monkeypatch.setattr("hyperstream.storage.mongo.producers._REPEATED", 4)
    generator = random.Random(seed)  # noqa: S311 - no secret
    ledger, definitions = MongoLedger(any_client), MongoDefinitions(any_client)
    sources, streams = SOURCES[:6], sinks[:9]
    known = dict.fromkeys(streams)
    for _ in range(25):
        some = generator.sample(streams, generator.randrange(1, 9))
        what = generator.choice(["set", "set", "set", "forget", "remove"])
        if what == "set":
            keys = [generator.choice([KEYS[:5], KEYS[2:6], KEYS[1:2]]) for _ in range(2)]
            records = {
                each: ProducerRecord("t", generator.choice("12"), {}, generator.choice(keys))
                for each in some
            }
            ledger.set_producers(records)
            known |= records
        else:
            for each in some[:2]:
                ledger.forget(each) if what == "forget" else definitions.remove(each)
                known[each] = None
            definitions.create_missing(streams)
        assert ledger.producers(streams) == list(known.values())
        for source in sources:
            expected = {
                each for each, record in known.items() if record and source.key in record.sources
            }
            assert reading(ledger, source) == expected
