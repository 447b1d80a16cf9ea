"""Instances in MongoDB, against the bare driver in the same run."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from bson.codec_options import CodecOptions

from benchmarks.measure import Row, cpu
from hyperstream.client import Client
from hyperstream.embedded import stop_server
from hyperstream.storage.base import StreamAddress
from hyperstream.storage.batch import Batch
from hyperstream.storage.mongo import MongoDefinitions, MongoInstances
from hyperstream.storage.mongo.upgrade import prepare
from hyperstream.time_interval import TimeInterval

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = 20_000
PART = 1000
LONG = 500_000
NOON = 1_577_880_000_000
ALWAYS = TimeInterval.all_time()

KINDS: dict[str, list[Any]] = {
    "floats": np.linspace(0, 1, COUNT).tolist(),
    "dicts of 3": [{"x": n / 7, "y": -n, "room": "hall"} for n in range(COUNT)],
    "datetime intervals": [TimeInterval.from_ms(n, n + 1000) for n in range(COUNT)],
}


def run() -> list[Row]:
    """Measure everything in this module."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "data"
        client = Client({"embedded": True, "path": str(path)})
        try:
            prepare(client)
            store = MongoInstances(client)
            return [
                *(row for kind in KINDS for row in _against_driver(client, store, kind)),
                *_long_stream(client, store),
                *_many_streams(client),
            ]
        finally:
            client.disconnect()
            stop_server(path)


def _against_driver(client: Client, store: MongoInstances, kind: str) -> list[Row]:
    """Compare writing and reading with insert_many and find of the same documents."""
    address = StreamAddress("mongo", kind, (("house", "1"), ("room", "hall")))
    values = KINDS[kind]
    stamps = NOON + 1000 * np.arange(COUNT)
    starts = range(0, COUNT, PART)
    batches = [Batch.of(stamps[n : n + PART], values[n : n + PART]) for n in starts]
    ours = cpu(lambda: [store.write([(address, batch)]) for batch in batches], times=1)
    reading = cpu(lambda: list(store.read(address, ALWAYS, PART)))
    bare = client.db.get_collection("streams", codec_options=CodecOptions())
    documents = list(bare.find({"stream_key": address.key}))
    query = {"stream_key": address.key, "datetime": {"$gt": documents[0]["datetime"]}}
    fields = {"_id": 0, "datetime": 1, "value": 1}
    bare_reading = cpu(lambda: list(bare.find(query, fields)))
    store.delete(address)
    for document in documents:
        del document["_id"]
    parts = [documents[n : n + PART] for n in starts]
    bare_writing = cpu(lambda: [bare.insert_many(part, ordered=False) for part in parts], times=1)
    store.delete(address)
    return [
        Row(f"writing {kind}", ours / COUNT * 1e6, "µs an instance", 25, "870"),
        Row(f"writing {kind}, against insert_many", ours / bare_writing, "×", 3),
        Row(f"reading {kind}", reading / COUNT * 1e6, "µs an instance", 5, "88"),
        Row(f"reading {kind}, against find", reading / bare_reading, "×", 3),
    ]


def _long_stream(client: Client, store: MongoInstances) -> list[Row]:
    """Query a stream of many instances; the time is that of the clock, server included."""
    address = StreamAddress("mongo", "long")
    MongoDefinitions(client).create([address])
    for start in range(0, LONG, 10 * PART):
        numbers = np.arange(start, start + 10 * PART)
        store.write([(address, Batch(NOON + 1000 * numbers, numbers))])
    middle = NOON + 1000 * (LONG // 2)
    some = TimeInterval.from_ms(middle, middle + 10_000)
    queries: dict[str, Callable[[], object]] = {
        "the last instance": lambda: store.tail(address, ALWAYS, 1),
        "the last 10": lambda: store.tail(address, ALWAYS, 10),
        "the first 10": lambda: store.head(address, ALWAYS, 10),
        "the last 100 of a window": lambda: store.tail(address, some + some.width, 100),
        "10 in the middle": lambda: list(store.read(address, some, PART)),
    }
    return [
        Row(f"{name} of {LONG}", _seconds(query) * 1e3, "ms", 10, "")
        for name, query in queries.items()
    ]


def _many_streams(client: Client) -> list[Row]:
    """Find streams among many."""
    definitions = MongoDefinitions(client)
    definitions.create([StreamAddress("assets", "a", (("i", str(i)),)) for i in range(10_000)])
    took = _seconds(lambda: definitions.find("assets"))
    return [Row("finding 10000 stream definitions", took, "s", 1)]


def _seconds(function: Callable[[], object]) -> float:
    """Return the least time, by the clock, of several runs."""
    best = float("inf")
    for _ in range(5):
        started = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - started)
    return best
