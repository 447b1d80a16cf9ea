"""The stored form of history."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import numpy as np
import pytest

from hyperstream._time import UTC
from hyperstream.execution.plan import PrivateInterval
from hyperstream.session.chunks import Pending, address_of, chunks_in, fitting, pack, plain
from hyperstream.session.entries import Execution, Note
from hyperstream.storage.base import StreamAddress
from hyperstream.storage.mongo.codec import LARGEST, decode_value, encode_value
from hyperstream.stream import StreamId
from hyperstream.testing.times import START, at, over
from hyperstream.time_interval import RelativeTimeInterval, TimeInterval, TimeIntervals
from tests.session.parts import SINK, record, recorded

SESSION = uuid.uuid4()


def pending(*contents):
    """Return records and facts as they wait to be written, a second apart."""
    return [Pending(n, at(n), None, content) for n, content in enumerate(contents)]


def read(packed):
    """Return what is read from a chunk that was stored."""
    [chunk] = chunks_in(SESSION, START, {"writer-000": decode_value(encode_value(packed))})
    return chunk.entries()


def streams(count, length=10):
    """Return many streams."""
    return tuple(StreamAddress("memory", f"{n:0{length}}") for n in range(count))


def test_records_come_back():
    """Every field of a record is there, with its session, moment and workflow."""
    given = [
        record(),
        record(sources=(), sinks=streams(3), parameters={}, outcome="failed: ValueError('é')"),
        record(interval=TimeInterval.all_time(), document_count=0, duration=1e-9),
    ]
    waiting = [Pending(n, at(n), f"w{n}", each) for n, each in enumerate(given)]
    found = read(pack(waiting))
    assert [recorded(each) for each in found] == given
    assert [(each.moment, each.workflow, each.session_id) for each in found] == [
        (at(n), f"w{n}", SESSION) for n in range(3)
    ]


def test_notes_come_back_between_records():
    """They have their facts, moment and session, and their place in the order."""
    found = read(pack(pending(record(), {"rows": 3}, record())))
    assert [type(each) for each in found] == [Execution, Note, Execution]
    assert found[1] == Note(session_id=SESSION, moment=at(1), facts={"rows": 3}, workflow=None)


def test_long_parameters_are_stored_once():
    """Records of equal tools share what is stored of these, whatever objects they are."""
    many = [record(parameters={"func": "x" * 10_000 + ""}) for _ in range(100)]
    assert len(pack(pending(*many))["tools"]) == 1
    assert all(each.parameters == {"func": "x" * 10_000} for each in read(pack(pending(*many))))


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([record()] * 10, 10),
        ([record()] * 501, 500),
        ([record(sources=streams(10_000))] * 100, 5),
        ([record(parameters={str(n): "x" * 90_000 for n in range(40)})] * 3, 1),
        ([{"text": "x" * 90_000}] * 100, 33),
    ],
    ids=["few", "many", "many streams", "long parameters", "long facts"],
)
def test_a_chunk_is_not_too_large(records, expected):
    """It has 500 records at most, and less where they are long, so that a document can hold it."""
    waiting = pending(*records)
    assert fitting(waiting) == expected
    assert len(str(pack(waiting[:expected]))) < LARGEST / 2


def test_a_record_may_name_more_streams_than_a_document_holds(caplog):
    """The first of them are kept, and it is told how many."""
    many = streams(40_000, length=100)
    [found] = read(pack(pending(record(sources=many, sinks=many[:100]))))
    assert 20_000 < len(found.sources) < len(many)
    assert found.sources == many[: len(found.sources)]
    assert found.sinks == many[:100]
    assert f"Only {len(found.sources)} of 40000 streams" in caplog.text


def test_texts_that_cannot_be_stored_are_changed():
    """They may be as long as they like, and hold lone surrogates, which UTF-8 does not know."""
    given = record(outcome="failed: " + "é\ud800" * 200_000, parameters={"a": "\ud800"})
    [found] = read(pack(pending(given)))
    assert found.outcome.startswith("failed: é\\ud800")
    assert found.outcome.endswith("… (400008 characters)")
    assert found.parameters == {"a": "\\ud800"}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (None, None),
        (True, True),
        (np.bool_(True), True),
        (2**70, 2**70),
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        ("text", "text"),
        (datetime(2020, 1, 1, 12, 0, 0, 1999), datetime(2020, 1, 1, 12, 0, 0, 1000, tzinfo=UTC)),
        (over(0, 1), over(0, 1)),
        (PrivateInterval.from_ms(0, 1), TimeInterval.from_ms(0, 1)),
        (RelativeTimeInterval(-30, 0), RelativeTimeInterval(-30, 0)),
        (TimeIntervals([over(0, 1)]), TimeIntervals([over(0, 1)])),
        ((1, [2.5, "a"]), [1, [2.5, "a"]]),
        ({1: {"a.b": None}}, {"1": {"a.b": None}}),
        ({"a", "b"}, "{'a', 'b'}"),
        (timedelta(seconds=1), "datetime.timedelta(seconds=1)"),
        (StreamId("a"), "StreamId(name='a', meta_data=())"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_facts_are_kept_in_a_form_that_any_channel_stores(given, kept):
    """Numbers, texts, moments and intervals stay what they are; other things become texts."""
    found = plain(given)
    assert found == kept
    assert type(found) is type(kept)
    assert decode_value(encode_value(found)) == kept


def test_facts_are_copies():
    """Who changes a list afterwards does not change what was told."""
    rows = [1, 2]
    intervals = TimeIntervals([over(0, 10)])
    found = plain({"rows": rows, "intervals": intervals})
    rows.append(3)
    intervals.parse([])
    assert found == {"rows": [1, 2], "intervals": TimeIntervals([over(0, 10)])}


def test_facts_may_contain_themselves():
    """What is nested too deep becomes text."""
    endless: list = []
    endless.append(endless)
    assert "..." in str(plain(endless))


@pytest.mark.parametrize("value", [5, {"tool": "clock"}, {"a": {"tools": []}}], ids=str)
def test_what_others_write_into_a_history_is_a_note(value):
    """It is not lost, and disturbs nothing."""
    [chunk] = chunks_in(SESSION, at(5), value)
    facts = value if isinstance(value, dict) else {"value": value}
    assert chunk.entries() == [Note(session_id=SESSION, moment=at(5), facts=facts)]


def test_a_key_leads_back_to_its_address():
    """All parts of the address are there, also where they hold odd characters."""
    for address in (SINK, StreamAddress("m", 'ö",[', (("a", "1"), ("b", "2")), "box")):
        found = address_of(address.key)
        assert found == address
        assert found.meta_data == address.meta_data
        assert (found.channel_id, found.sandbox) == (address.channel_id, address.sandbox)
