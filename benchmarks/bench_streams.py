"""Many streams at once: making them, and what ledgers do with them; how both grow."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Row
from hyperstream.channels import DatabaseChannel, MemoryChannel
from hyperstream.client import Client
from hyperstream.embedded import stop_server
from hyperstream.storage.base import Dependent, ProducerRecord
from hyperstream.storage.mongo import MongoStorage
from hyperstream.storage.owners import new_owner
from hyperstream.stream import StreamId
from hyperstream.time_interval import TimeIntervals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hyperstream.channels import BaseChannel

SIZES = (1000, 10_000)
# What each step should not exceed, in microseconds a stream: in memory and in the database.
AIMS = {"making": (50, 500), "asking": (2, 100), "finding": (2, 100), "linking": (20, 20)}
OTHERWISE = (20, 700)


def run() -> list[Row]:
    """Measure everything in this module; the time is that of the clock, server included."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "data"
        client = Client({"embedded": True, "path": str(path)})
        try:
            storage = MongoStorage(client)
            storage.ledger.calculated([])  # which makes the database ready
            return [
                *(row for size in SIZES for row in _in_memory(size)),
                *(row for size in SIZES for row in _in_database(storage, size)),
            ]
        finally:
            client.disconnect()
            stop_server(path)


def _in_memory(size: int) -> list[Row]:
    steps = _steps(MemoryChannel("memory"), size)
    return [_row("memory", what, seconds, size) for what, seconds in steps]


def _in_database(storage: MongoStorage, size: int) -> list[Row]:
    channel, again = (DatabaseChannel("mongo", storage) for _ in range(2))
    steps = [
        *_steps(channel, size),
        ("finding them in another process", _seconds(again.get_or_create_streams, _ids(size))),
    ]
    return [_row("database", what, seconds, size) for what, seconds in steps]


def _steps(channel: BaseChannel, size: int) -> Iterator[tuple[str, float]]:
    """Measure what happens to the streams of a node; each step relies on those before."""
    ids = _ids(size)
    yield "making", _seconds(channel.get_or_create_streams, ids)
    streams = [stream.address for stream in channel.get_or_create_streams(ids)]
    ledger, owner = channel.ledger, new_owner()
    records = {
        stream: ProducerRecord("tool", "1.0.0", {}, (f"source {number}",))
        for number, stream in enumerate(streams)
    }
    yield "storing the producer of each", _seconds(ledger.set_producers, records)
    dependents = [Dependent(ledger, stream, None) for stream in streams]
    yield "linking each to all", _seconds(ledger.link, streams, dependents)
    for name, end in (("first", 1000), ("next", 2000)):
        span = dict.fromkeys(streams, TimeIntervals.from_ms([(end - 1000, end)]))
        yield f"claiming the {name} interval", _seconds(ledger.claim, span, owner)
        yield f"completing the {name} interval", _seconds(ledger.complete, span, owner)
    apart = {stream: TimeIntervals.from_ms([(0, 3000 + n)]) for n, stream in enumerate(streams)}
    yield "claiming another interval of each", _seconds(ledger.claim, apart, owner)
    yield "renewing", _seconds(ledger.renew, streams, owner)
    yield "releasing", _seconds(ledger.release, streams, owner)
    yield "expiring", _seconds(ledger.expire, apart)
    yield "asking for producers", _seconds(ledger.producers, streams)
    yield "asking what is calculated", _seconds(ledger.calculated, streams)


def _ids(size: int) -> list[StreamId]:
    return [StreamId(f"one of {size}", {"number": number}) for number in range(size)]


def _row(where: str, what: str, seconds: float, size: int) -> Row:
    aim = AIMS.get(what.split(maxsplit=1)[0], OTHERWISE)[where == "database"]
    return Row(f"{where}, {size}: {what}", seconds / size * 1e6, "µs a stream", aim)


def _seconds(function: Callable[..., object], *arguments: object) -> float:
    started = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - started
