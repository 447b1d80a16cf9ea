"""The stored form of history: many records in one value of a stream.

The history of a session is the stream ``history`` with the meta data ``session=<its id>``, in the
channel that the configuration names. An instance of it is a dict

.. code-block:: python

    {"3f8a5c0e9d21b764-000000000500": {
        "tools": [{"tool": "clock", "version": "0.1.0", "parameters": {"stride": "60.0"}}],
        "streams": ['["memory",null,"ticks",[]]'],
        "records": [
            {"at": …, "tool": 0, "sources": [], "sinks": [0], "start": …, "end": …,
             "documents": 60, "seconds": 0.002, "outcome": "completed", "workflow": "…"},
            {"at": …, "facts": {…}},
        ],
    }}

A key names who wrote it (every process has a name of its own) and the number of the first record,
which counts up in the order of writing. Tools and streams are named by their positions in the
lists of the chunk, so that long parameters are not repeated with each record. Processes that
write at the same millisecond do not disturb each other: dicts without common keys are merged.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import accumulate, chain, takewhile
from typing import Any, NamedTuple, TypeAlias, TypeVar
from uuid import UUID

import numpy as np

from hyperstream._time import normalise
from hyperstream.execution import HistoryRecord
from hyperstream.session.entries import Entry, Execution, Note
from hyperstream.storage.base import StreamAddress
from hyperstream.time_interval import RelativeTimeInterval, TimeInterval, TimeIntervals
from hyperstream.tool.fingerprint import fingerprint
from hyperstream.utils.text import as_unicode

K = TypeVar("K")
Facts: TypeAlias = dict[str, Any]

MOST_RECORDS = 500
# Characters, of which a document of the database holds 16 million at least if they are ASCII.
_MOST_TEXT = 3_000_000
_LONGEST_TEXT = 100_000
_MANY_STREAMS = 5_000
# What BSON adds to a text in a list, and the fixed part of a record, about.
_BESIDE_TEXT, _BESIDE_RECORD = 20, 200
_DEEPEST = 8
_FIELDS = {"tools", "streams", "records"}

logger = logging.getLogger(__name__)


class Pending(NamedTuple):
    """What is to be kept: a record of an execution, or facts, with its number."""

    number: int
    moment: datetime
    workflow: str | None
    content: HistoryRecord | Facts


class Chunk(NamedTuple):
    """A stored chunk, of a session: its key and what is in it."""

    session_id: UUID
    key: str
    content: Facts

    @property
    def writer(self) -> str:
        """Who wrote it."""
        return self.key.rpartition("-")[0]

    @property
    def latest(self) -> datetime:
        """The moment of its last record."""
        return normalise(self.content["records"][-1]["at"])

    def names(self, address: StreamAddress) -> bool:
        """Tell whether a stream is a source or sink of one of the executions."""
        return address.key in self.content["streams"]

    def entries(self) -> list[Entry]:
        """Return what is in it, in order."""
        streams = [address_of(key) for key in self.content["streams"]]
        return [self._entry(record, streams) for record in self.content["records"]]

    def _entry(self, record: Facts, streams: Sequence[StreamAddress]) -> Entry:
        moment, workflow = normalise(record["at"]), record.get("workflow")
        if "facts" in record:
            facts = record["facts"]
            return Note(session_id=self.session_id, moment=moment, facts=facts, workflow=workflow)
        return Execution(
            **self.content["tools"][record["tool"]],
            sources=tuple(streams[place] for place in record["sources"]),
            sinks=tuple(streams[place] for place in record["sinks"]),
            interval=TimeInterval(record["start"], record["end"]),
            document_count=record["documents"],
            duration=record["seconds"],
            outcome=record["outcome"],
            session_id=self.session_id,
            moment=moment,
            workflow=workflow,
        )


def chunks_in(session_id: UUID, moment: datetime, value: Any) -> list[Chunk]:
    """Return the chunks in an instance; what somebody else wrote there counts as a note."""
    if not _is_ours(value):
        facts = value if isinstance(value, dict) else {"value": value}
        note = Pending(0, moment, None, facts)
        value = {f"-{moment.isoformat()}": pack([note])}
    return [Chunk(session_id, key, content) for key, content in value.items()]


def pack(pending: Sequence[Pending]) -> Facts:
    """Return the stored form of records."""
    tools: _Places[Any] = _Places()
    streams: _Places[str] = _Places()
    records = [_packed(each, tools, streams) for each in pending]
    return {
        "tools": [
            {"tool": tool, "version": version, "parameters": dict(parameters)}
            for tool, version, parameters in tools
        ],
        "streams": list(streams),
        "records": records,
    }


def fitting(pending: Sequence[Pending]) -> int:
    """Return how many of the first records make a chunk: at least one, and not too much text."""
    room = _MOST_TEXT
    for count, each in enumerate(pending[:MOST_RECORDS]):
        room -= _weight(each.content)
        if room < 0 < count:
            return count
    return min(len(pending), MOST_RECORDS)


def plain(value: Any, depth: int = _DEEPEST) -> Any:
    """Return a copy of a fact that any channel can store and nobody changes any more.

    What is no number, text, moment, interval, list or dict is told by its fingerprint.

    Examples
    --------
    >>> plain({"rows": np.int64(3), 1: (2.5, {"b", "a"})})
    {'rows': 3, '1': [2.5, "{'a', 'b'}"]}
    """
    for kinds, convert in _CONVERSIONS:
        if isinstance(value, kinds):
            return convert(value)
    if depth and isinstance(value, (list, tuple)):
        return [plain(each, depth - 1) for each in value]
    if depth and isinstance(value, dict):
        return {_text(str(key)): plain(each, depth - 1) for key, each in value.items()}
    if type(value) is datetime:
        return normalise(value)
    return value if value is None else _text(fingerprint(value))


def address_of(key: str) -> StreamAddress:
    """Return the address whose key this is.

    Examples
    --------
    >>> print(address_of('["mongo",null,"temperature",[["house","1"]]]'))
    mongo:temperature[house=1]
    """
    channel_id, sandbox, name, meta_data = json.loads(key)
    return StreamAddress(channel_id, name, tuple((tag, data) for tag, data in meta_data), sandbox)


class _Places(dict[K, int]):
    """The place of each key, in the order in which they are asked for first."""

    def __missing__(self, key: K) -> int:
        place = self[key] = len(self)
        return place


def _packed(pending: Pending, tools: _Places[Any], streams: _Places[str]) -> Facts:
    record: Facts = {"at": pending.moment}
    content = pending.content
    if isinstance(content, dict):
        record["facts"] = content
    else:
        parameters = tuple((name, _text(value)) for name, value in content.parameters.items())
        record |= {
            "tool": tools[content.tool, content.version, parameters],
            "sources": [streams[each.key] for each in _few(content.sources)],
            "sinks": [streams[each.key] for each in _few(content.sinks)],
            "start": content.interval.start,
            "end": content.interval.end,
            "documents": content.document_count,
            "seconds": content.duration,
            "outcome": _text(content.outcome),
        }
    if pending.workflow is not None:
        record["workflow"] = pending.workflow
    return record


def _is_ours(value: Any) -> bool:
    """Tell whether a value has the form that is described above."""
    return isinstance(value, dict) and all(
        isinstance(content, dict) and content.keys() == _FIELDS for content in value.values()
    )


def _weight(content: HistoryRecord | Facts) -> int:
    """Return about how many bytes are stored for a record."""
    if isinstance(content, dict):
        return _BESIDE_RECORD + len(str(content))
    texts = chain(
        (_text(value) for value in content.parameters.values()),
        (each.key for each in content.sources),
        (each.key for each in content.sinks),
    )
    return _BESIDE_RECORD + len(content.outcome) + sum(len(text) + _BESIDE_TEXT for text in texts)


def _few(streams: Sequence[StreamAddress]) -> Sequence[StreamAddress]:
    """Return the streams of a record, or the first of them where they are too many for a chunk."""
    if len(streams) <= _MANY_STREAMS:
        return streams
    lengths = accumulate(len(each.key) + _BESIDE_TEXT for each in streams)
    kept = streams[: sum(1 for _ in takewhile(_MOST_TEXT.__gt__, lengths))]
    if len(kept) < len(streams):
        logger.warning("Only %d of %d streams are kept in a record.", len(kept), len(streams))
    return kept


def _text(value: Any) -> str:
    """Return a text that is not too long."""
    text = value if type(value) is str else str(value)
    if len(text) > _LONGEST_TEXT:
        text = f"{text[:_LONGEST_TEXT]}… ({len(text)} characters)"
    return as_unicode(text)


def _interval(value: TimeInterval) -> TimeInterval:
    """Return a copy: tools are given intervals whose ends they may change."""
    kind = RelativeTimeInterval if isinstance(value, RelativeTimeInterval) else TimeInterval
    return kind.from_ms(value.start_ms, value.end_ms)


# What a fact of some type becomes: numbers of numpy too, but of no other library.
_CONVERSIONS: tuple[tuple[tuple[type, ...], Callable[[Any], Any]], ...] = (
    ((str,), _text),
    ((bool, np.bool_), bool),
    ((int, np.integer), int),
    ((float, np.floating), float),
    ((TimeInterval,), _interval),
    ((TimeIntervals,), TimeIntervals),
)
