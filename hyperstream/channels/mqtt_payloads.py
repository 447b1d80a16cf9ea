"""Decoders of MQTT payloads: what is in a message, and when it was measured.

A decoder is a function from bytes to readings. `JSONDecoder`, `SenMLDecoder` and `decode_float` are
there; any other function may take their place. What it raises says that a payload is bad.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from typing import Any, Literal, NamedTuple, TypeAlias

import ciso8601

from hyperstream._time import from_ms, normalise

_RELATIVE = 2**28  # SenML: times below that are seconds from now
_SENML_VERSION = 10
_SENML_VALUES = ("v", "vs", "sv", "vb", "bv", "vd", "s")


class Reading(NamedTuple):
    """One value of a payload.

    Parameters
    ----------
    value : object
        The value.
    timestamp : datetime or timedelta, optional
        When it was measured: a moment (naive means UTC), or the time from the arrival of the
        message, negative before it. None means the arrival.
    name : str, optional
        What was measured, if the payload says so.
    """

    value: Any
    timestamp: datetime | timedelta | None = None
    name: str | None = None


Decoder: TypeAlias = Callable[[bytes], Iterable[Reading]]


def decode_float(payload: bytes) -> list[Reading]:
    """Read a payload that is one number as text, measured at its arrival.

    Examples
    --------
    >>> decode_float(b" 20.5")
    [Reading(value=20.5, timestamp=None, name=None)]
    """
    return [Reading(float(payload))]


@dataclass(frozen=True)
class JSONDecoder:
    """Reads a JSON document.

    Parameters
    ----------
    value : str, optional
        The field with the value, ``"a.b"`` for field b of the object in field a. None: the
        value is the whole document, without its field `timestamp`.
    timestamp : str, optional
        The field with the time: text in ISO 8601 (without zone: UTC), or a number since 1970.
        None: the time is that of the arrival.
    unit : {"s", "ms"}
        The unit of a time that is a number.

    Notes
    -----
    Where `value` is given and the document is a list, each of its items is a reading.

    Examples
    --------
    >>> decode = JSONDecoder(value="sensor.t", timestamp="at")
    >>> [reading] = decode(b'{"at": "2020-01-01T12:00:00Z", "sensor": {"t": 20.5}}')
    >>> reading.value, str(reading.timestamp)
    (20.5, '2020-01-01 12:00:00+00:00')
    >>> JSONDecoder()(b'{"t": 20.5, "h": 60}')
    [Reading(value={'t': 20.5, 'h': 60}, timestamp=None, name=None)]
    """

    value: str | None = None
    timestamp: str | None = None
    unit: Literal["s", "ms"] = "s"

    def __call__(self, payload: bytes) -> list[Reading]:
        """Read a payload."""
        document = json.loads(payload)
        many = self.value is not None and isinstance(document, list)
        return [self._reading(item) for item in (document if many else [document])]

    def _reading(self, document: Any) -> Reading:
        moment = None
        if self.timestamp is not None:
            moment = _moment(_field(document, self.timestamp), self.unit)
        if self.value is not None:
            return Reading(_field(document, self.value), moment)
        if self.timestamp is None:
            return Reading(document)
        rest = {key: value for key, value in document.items() if key != self.timestamp}
        return Reading(rest, moment)


class SenMLDecoder:
    """Reads SenML in JSON: packs of RFC 8428, and objects as of draft-jennings-senml-10.

    Base names, times, values and sums are resolved. The name of a reading is base name and name
    together, None if both are empty. A time below 2**28 is in seconds from the arrival, as in
    the RFC. ``vd`` becomes bytes; of an entry that has a value and a sum, the value is taken;
    units are not looked at.

    Examples
    --------
    >>> decode = SenMLDecoder()
    >>> readings = decode(b'[{"bn": "room/", "bt": 1577880000, "n": "t", "v": 20.5},'
    ...                   b' {"n": "open", "t": 1, "vb": true}]')
    >>> [(reading.name, reading.value) for reading in readings]
    [('room/t', 20.5), ('room/open', True)]
    >>> [reading.value for reading in decode(b'{"bn": "room/", "e": [{"n": "t", "v": 20.5}]}')]
    [20.5]
    """

    def __call__(self, payload: bytes) -> list[Reading]:
        """Read a payload."""
        document = json.loads(payload)
        if isinstance(document, dict):
            return list(_resolved([{**document, "e": None}, *document["e"]]))
        return list(_resolved(document))


def _resolved(records: Iterable[Mapping[str, Any]]) -> Iterator[Reading]:
    """Yield the readings of records, each with the base that those before it have set."""
    name, time, value, total = "", 0, 0, 0
    for record in records:
        _check_understood(record)
        name, time = record.get("bn", name), record.get("bt", time)
        # In the draft, "bv" of an entry is a boolean value.
        value = record["bv"] if _is_number(record.get("bv")) else value
        total = record.get("bs", total)
        key = next((each for each in _SENML_VALUES if _has(record, each)), None)
        if key is None:
            continue
        found = record[key]
        if key == "v" and _is_number(found):
            found += value
        elif key == "s":
            found += total
        elif key == "vd":
            found = base64.urlsafe_b64decode(found + "=" * (-len(found) % 4))
        label = name + record.get("n", "")
        yield Reading(found, _senml_time(time + record.get("t", 0)), label or None)


def _check_understood(record: Mapping[str, Any]) -> None:
    if record.get("bver", 0) > _SENML_VERSION:
        raise ValueError(f"SenML of version {record['bver']} is not known.")
    foreign = [key for key in record if key.endswith("_")]
    if foreign:
        raise ValueError(f"The SenML field {foreign[0]!r} must be understood, and is not.")


def _has(record: Mapping[str, Any], key: str) -> bool:
    return key in record and not (key == "bv" and _is_number(record[key]))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _senml_time(time: float) -> datetime | timedelta | None:
    if time == 0:
        return None
    return timedelta(seconds=time) if time < _RELATIVE else _moment(time, "s")


def _field(document: Any, path: str) -> Any:
    return reduce(lambda found, key: found[key], path.split("."), document)


def _moment(time: Any, unit: str) -> datetime:
    """Return the moment that a payload names."""
    if isinstance(time, str):
        return normalise(ciso8601.parse_datetime(time))
    if not _is_number(time):
        raise ValueError(f"{time!r} is no time.")
    # To the microsecond, and cut: as binary fractions, seconds may lie just below a millisecond.
    microseconds = round(time * (1_000_000 if unit == "s" else 1000))
    return from_ms(microseconds // 1000)
