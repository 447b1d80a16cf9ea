"""Micro-batches through the embedded database: HyperStream beside the bare driver.

The driver makes the calls that move data, with the same documents and the same care (`j`): three
inserts and two finds a batch. It keeps no account of what is calculated, and claims nothing.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from bson.codec_options import CodecOptions
from pymongo import WriteConcern

from benchmarks.bench_workflows import managers
from benchmarks.peers.bare import Means
from benchmarks.peers.hyperstream_ import columns_of, online
from benchmarks.peers.workloads import (
    MINUTE,
    SECOND,
    SECONDS_TOGETHER,
    Columns,
    from_pairs,
    milliseconds,
    moments,
)
from hyperstream.channels import DatabaseChannel
from hyperstream.client import Client
from hyperstream.embedded import stop_server
from hyperstream.storage.base import StreamAddress
from hyperstream.storage.mongo import MongoStorage
from hyperstream.time_interval import UTC

DRIVER, DATABASE = "the driver alone", "HyperStream, database channel"


def micro_batches(
    batches: Sequence[Columns],
) -> tuple[dict[str, list[float]], dict[str, Columns]]:
    """Return the time of each micro-batch in ms, by the clock, server included; and the results.

    Both take turns, batch by batch, so that whatever else the machine does meets both.
    """
    with tempfile.TemporaryDirectory() as name:
        client = Client({"embedded": True, "path": str(Path(name) / "data")})
        try:
            storage = MongoStorage(client)
            manager = managers(storage.catalogue)
            channel = DatabaseChannel("mongo", storage)
            manager.channel_manager.add_channel(channel)
            ours, means = online(manager, channel)
            driver = Driver(client)
            times = _in_turn({DRIVER: driver.step, DATABASE: ours}, batches)
            return times, {DRIVER: driver.means(), DATABASE: columns_of(means)}
        finally:
            client.disconnect()
            stop_server(Path(name) / "data")


def _in_turn(
    steps: dict[str, Callable[[Columns], None]], batches: Sequence[Columns]
) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in steps}
    for batch in batches:
        for name, step in steps.items():
            started = time.perf_counter()
            step(batch)
            times[name].append((time.perf_counter() - started) * 1000)
    return times


class Driver:
    """What a micro-batch costs with pymongo alone.

    Parameters
    ----------
    client : Client
        Whose collection and indexes are used.
    """

    def __init__(self, client: Client) -> None:
        self._collection = client.db.get_collection(
            "streams",
            CodecOptions(tz_aware=True, tzinfo=UTC),
            write_concern=WriteConcern(1, j=True),
        )
        self._addresses = {
            name: StreamAddress("driver", name) for name in ("source", "mapped", "means")
        }

    def step(self, batch: Columns) -> None:
        """Store what comes in, read it, map it, store it, read a minute of it, store the means."""
        self._insert("source", zip(moments(batch.stamps), batch.values.tolist(), strict=True))
        end = int(batch.stamps[-1])
        start = end - SECONDS_TOGETHER * SECOND
        found = self._find("source", start, end)
        self._insert("mapped", ((each["datetime"], each["value"] * 2 + 1) for each in found))
        # Each of the batch's means looks back a minute.
        found = self._find("mapped", start + SECOND - MINUTE, end)
        events = [(milliseconds(each["datetime"]), each["value"]) for each in found]
        means = [mean for mean in Means(SECOND).means(events) if mean[0] > start]
        stamps, values = from_pairs(means)
        self._insert("means", zip(moments(stamps), values.tolist(), strict=True))

    def means(self) -> Columns:
        """Return all results."""
        found = self._find("means", 0, 2**42)
        return from_pairs([(milliseconds(each["datetime"]), each["value"]) for each in found])

    def _insert(self, name: str, instances: Any) -> None:
        address = self._addresses[name]
        identity = {"name": name, "meta_data": []}
        documents = [
            {"stream_id": identity, "stream_key": address.key, "datetime": moment, "value": value}
            for moment, value in instances
        ]
        self._collection.insert_many(documents, ordered=False)

    def _find(self, name: str, start: int, end: int) -> list[dict[str, Any]]:
        after, until = moments(np.array([start, end]))
        query = {
            "stream_key": self._addresses[name].key,
            "datetime": {"$gt": after, "$lte": until},
        }
        return list(self._collection.find(query, {"_id": 0, "datetime": 1, "value": 1}))
