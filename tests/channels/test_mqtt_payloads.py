"""Payloads become readings: values, with the times and names that are in them."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from math import inf

import pytest

from hyperstream._time import UTC, to_ms
from hyperstream.channels.mqtt_payloads import JSONDecoder, Reading, SenMLDecoder, decode_float
from hyperstream.utils.hyperstream_logger import SenMLFormatter

NOON = datetime(2020, 1, 1, 12, tzinfo=UTC)
SECONDS = to_ms(NOON) // 1000
SENML = SenMLDecoder()


def pack(*records):
    """Return records as SenML in JSON."""
    return json.dumps(records).encode()


def short(readings):
    """Return names and values."""
    return [(reading.name, reading.value) for reading in readings]


@pytest.mark.parametrize(
    ("payload", "value"), [(b"20.5", 20.5), (b" -1e3\n", -1000.0), (b"7", 7.0), (b"inf", inf)]
)
def test_a_number_is_a_float(payload, value):
    """Text of a number is that number, always as a float."""
    [reading] = decode_float(payload)
    assert reading == Reading(value)
    assert type(reading.value) is float


def test_json_as_a_whole_is_the_value():
    """Without fields, whatever the document is, it is the value."""
    for document in (20.5, True, None, "text", [1, 2], {"a": {"b": 1}}):
        assert JSONDecoder()(json.dumps(document).encode()) == [Reading(document)]


def test_json_without_its_time_is_the_value():
    """Where only the time has a field, the rest is the value."""
    decode = JSONDecoder(timestamp="at")
    payload = json.dumps({"at": SECONDS, "t": 20.5, "h": 60}).encode()
    assert decode(payload) == [Reading({"t": 20.5, "h": 60}, NOON)]


def test_json_fields_are_found_by_their_path():
    """A dot leads into an object."""
    decode = JSONDecoder(value="AM2301.Temperature", timestamp="Time")
    payload = b'{"Time": "2020-01-01T12:00:00", "AM2301": {"Temperature": 20.5, "Humidity": 60}}'
    assert decode(payload) == [Reading(20.5, NOON)]


def test_a_list_in_json_has_many_readings():
    """With a field for the value, each item of a list is a reading."""
    decode = JSONDecoder(value="v", timestamp="t")
    payload = json.dumps([{"v": n, "t": SECONDS + n} for n in range(3)]).encode()
    assert decode(payload) == [Reading(n, NOON + timedelta(seconds=n)) for n in range(3)]


@pytest.mark.parametrize(
    ("time", "unit", "milliseconds"),
    [
        ("2020-01-01T12:00:00Z", "s", 0),
        ("2020-01-01T12:00:00", "s", 0),
        ("2020-01-01T14:00:00+02:00", "s", 0),
        ("2020-01-01T12:00:00.123999Z", "s", 123),
        (SECONDS, "s", 0),
        (SECONDS + 0.305, "s", 305),
        (SECONDS + 0.3059, "s", 305),
        (SECONDS * 1000 + 7, "ms", 7),
        (SECONDS * 1000 + 7.9, "ms", 7),
    ],
)
def test_times_are_text_or_numbers(time, unit, milliseconds):
    """Text is ISO 8601, in UTC unless it says otherwise; numbers count from 1970; both are cut."""
    decode = JSONDecoder(value="v", timestamp="t", unit=unit)
    [reading] = decode(json.dumps({"v": 1, "t": time}).encode())
    assert reading.timestamp == NOON + timedelta(milliseconds=milliseconds)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"{",
        b"{}",
        b"5",
        b'{"v": 1}',
        b'{"v": 1, "t": "noon"}',
        b'{"v": 1, "t": true}',
        b'{"v": 1, "t": null}',
        b'{"v": 1, "t": 1e300}',
        b'{"v": 1, "t": NaN}',
    ],
)
def test_bad_json_is_an_error(payload):
    """What is no JSON, or lacks a field, or has no time in its field, is refused."""
    with pytest.raises((ValueError, LookupError, TypeError)):
        JSONDecoder(value="v", timestamp="t")(payload)


def test_senml_resolves_bases():
    """Base name and time hold from the record where they stand on."""
    readings = SENML(
        pack(
            {"bn": "urn:dev:a/", "bt": SECONDS, "bu": "A", "n": "voltage", "u": "V", "v": 120.1},
            {"n": "current", "t": -5, "v": 1.2},
            {"bn": "urn:dev:b/", "n": "current", "t": -4.5, "v": 1.3},
            {"bt": SECONDS + 60, "v": 7},
        )
    )
    assert short(readings) == [
        ("urn:dev:a/voltage", 120.1),
        ("urn:dev:a/current", 1.2),
        ("urn:dev:b/current", 1.3),
        ("urn:dev:b/", 7),
    ]
    seconds = [(reading.timestamp - NOON).total_seconds() for reading in readings]
    assert seconds == [0, -5, -4.5, 60]


def test_senml_has_values_of_many_kinds():
    """Numbers, text, booleans, bytes and sums are read; base value and base sum are added."""
    readings = SENML(
        pack(
            {"bn": "x", "bv": 20, "bs": 100},
            {"n": "v", "v": 1.5},
            {"n": "vs", "vs": "text"},
            {"n": "vb", "vb": False},
            {"n": "vd", "vd": "aGkgCg"},
            {"n": "s", "s": 5},
            {"n": "both", "v": 1, "s": 5},
        )
    )
    assert short(readings) == [
        ("xv", 21.5),
        ("xvs", "text"),
        ("xvb", False),
        ("xvd", b"hi \n"),
        ("xs", 105),
        ("xboth", 21),
    ]


def test_small_times_of_senml_count_from_the_arrival():
    """Below 2**28 a time is relative to now, and 0 or none is now."""
    times = [r.timestamp for r in SENML(pack({"v": 1}, {"v": 2, "t": 0}, {"v": 3, "t": -1.5}))]
    assert times == [None, None, timedelta(seconds=-1.5)]
    assert [r.name for r in SENML(pack({"v": 1}))] == [None]


def test_senml_of_the_draft_is_an_object_with_entries():
    """Bases stand outside of the list, and "bv" and "sv" of an entry are values."""
    document = {
        "bn": "room/",
        "bt": SECONDS,
        "ver": 1,
        "e": [{"n": "t", "v": 20.5}, {"n": "open", "t": 1, "bv": True}, {"n": "s", "sv": "ok"}],
    }
    readings = SENML(json.dumps(document).encode())
    assert short(readings) == [("room/t", 20.5), ("room/open", True), ("room/s", "ok")]
    assert readings[1].timestamp == NOON + timedelta(seconds=1)


def test_our_own_monitoring_messages_are_senml():
    """What the formatter for logging writes is read again."""
    made = logging.makeLogRecord({"msg": 21.5, "n": "lag", "created": float(SECONDS)})
    [reading] = SENML(SenMLFormatter("engine").format(made).encode())
    assert reading == Reading(21.5, NOON, "lag")


@pytest.mark.parametrize(
    "payload",
    [
        b"5",
        b"{}",
        b'[{"n": "a", "v": 1}, 5]',
        pack({"bver": 11, "n": "a", "v": 1}),
        pack({"n": "a", "v": 1, "must_": 2}),
        pack({"n": "a", "v": 1, "t": "noon"}),
        pack({"n": 5, "v": 1}),
        pack({"n": "a", "vd": "a"}),
    ],
)
def test_bad_senml_is_an_error(payload):
    """What cannot be understood is refused, and so is what must be and is not."""
    with pytest.raises((ValueError, LookupError, TypeError, AttributeError)):
        SENML(payload)


def test_unknown_fields_of_senml_are_left_out():
    """A record without value gives no reading; other fields mean nothing."""
    assert SENML(pack({"n": "a", "u": "C"}, {"n": "b", "v": 1, "extra": True})) == [
        Reading(1, None, "b")
    ]
