"""Streams as DataFrames and back, against bare pandas in the same run."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from benchmarks.bench_core import EVERYTHING, MANY, START_MS, seconds_stream
from benchmarks.measure import Row, cpu
from hyperstream.channels import DatabaseChannel, MemoryChannel
from hyperstream.client import Client
from hyperstream.contrib.pandas import to_pandas
from hyperstream.embedded import stop_server
from hyperstream.storage.batch import Batch
from hyperstream.storage.mongo import MongoStorage

if TYPE_CHECKING:
    from collections.abc import Callable

    from hyperstream.stream import Stream

PART = 10_000
HUNDRED = 100
DICTS = 100_000
STORED = 200_000
PER = 1e6 / STORED


def run() -> list[Row]:
    """Measure everything in this module."""
    return [*_memory(), *_dicts(), *_many_streams(), *_database()]


def _memory() -> list[Row]:
    """Read and write 10⁶ floats; bare pandas gets the same arrays."""
    channel = MemoryChannel("memory")
    stream = seconds_stream(channel, "numbers")
    view = stream.window(EVERYTHING)
    stamps, numbers = START_MS + 1000 * np.arange(1, MANY + 1), np.arange(MANY, dtype=float)

    def bare() -> pd.DataFrame:
        index = pd.DatetimeIndex(stamps.astype("datetime64[ms]"), name="timestamp")
        return pd.DataFrame({"value": numbers.copy()}, index=index.tz_localize("UTC"))

    frame = view.to_pandas()
    pd.testing.assert_frame_equal(frame, bare())
    names = iter(range(10))

    def write() -> None:
        channel.create_stream(f"copy {next(names)}").from_pandas(frame)

    reading, alone = cpu(view.to_pandas, times=10), cpu(bare, times=10)
    return [
        Row("10⁶ floats in memory as a DataFrame", reading * 1e3, "ms", 1000),
        Row("against bare pandas with the arrays", reading / alone, "×", 10),
        Row("10⁶ floats from a DataFrame into memory", cpu(write) * 1e3, "ms", 1000),
        Row("10⁶ floats in memory as an Arrow table", cpu(view.to_arrow) * 1e3, "ms", 1000),
    ]


def _dicts() -> list[Row]:
    channel = MemoryChannel("memory")
    values = [{"x": n / 7, "y": n, "room": "hall"} for n in range(DICTS)]
    stream = _filled(channel.create_stream("dicts"), DICTS, values)
    view = stream.window(EVERYTHING, force_calculation=True)
    frame = view.to_pandas()
    names = iter(range(10))

    def write() -> None:
        channel.create_stream(f"copy {next(names)}").from_pandas(frame)

    each = 1e6 / DICTS
    return [
        Row("dicts of 3 as a DataFrame, an instance", cpu(view.to_pandas) * each, "µs", 5),
        Row("dicts of 3 from a DataFrame, an instance", cpu(write) * each, "µs", 5),
    ]


def _many_streams() -> list[Row]:
    """Put streams side by side that have few timestamps in common."""
    channel = MemoryChannel("memory")
    count = MANY // HUNDRED
    streams = {}
    for number in range(HUNDRED):
        stream = streams[str(number)] = channel.create_stream(f"s{number}")
        stamps = START_MS + 1000 * np.arange(1, count + 1) + 100 * (number % 10)
        channel.write_batches([(stream, Batch(stamps, np.arange(count, dtype=float)))])
    took = cpu(lambda: to_pandas(streams, EVERYTHING, force_calculation=True))
    return [Row("100 streams of 10⁴ floats side by side", took * 1e3, "ms", 1000)]


def _database() -> list[Row]:
    """Read floats from the embedded server; `bench_mongo` compares that with the bare driver."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "data"
        client = Client({"embedded": True, "path": str(path)})
        try:
            stream = DatabaseChannel("mongo", MongoStorage(client)).create_stream("numbers")
            _filled(stream, STORED, np.arange(STORED, dtype=float))
            view = stream.window(EVERYTHING, force_calculation=True)
            took = _seconds(view.to_pandas)
            bare = _seconds(lambda: list(view.batches()))
            used = cpu(view.to_pandas, times=1)
        finally:
            client.disconnect()
            stop_server(path)
    return [
        Row("floats in MongoDB as a DataFrame, an instance, by the clock", took * PER, "µs", 50),
        Row("against reading its batches alone, by the clock", took / bare, "×", 1.5),
        Row("the same, CPU time of this process, an instance", used * PER, "µs", 5),
    ]


def _seconds(function: Callable[[], object]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def _filled(stream: Stream, count: int, values: list[object] | np.ndarray) -> Stream:
    """Write values, one a second."""
    for start in range(0, count, PART):
        stamps = START_MS + 1000 * np.arange(start + 1, start + PART + 1)
        part = values[start : start + PART]
        batch = Batch(stamps, part) if isinstance(part, np.ndarray) else Batch.of(stamps, part)
        stream.channel.write_batches([(stream, batch)])
    return stream
