"""HyperStream on the embedded database: start-up, and many small executions."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.bench_core import EVERYTHING, Double, seconds_stream, span
from benchmarks.measure import Row, cpu
from hyperstream.channels import DatabaseChannel, MemoryChannel
from hyperstream.client import Client
from hyperstream.embedded import stop_server
from hyperstream.storage.base import StreamAddress
from hyperstream.storage.mongo import MongoStorage
from hyperstream.stream import Stream
from hyperstream.time_interval import TimeInterval

STREAMS = 10_000
_START = (
    "import sys, time; started = time.perf_counter()\n"
    "from hyperstream import HyperStream\n"
    "imported = time.perf_counter()\n"
    "hs = HyperStream(file_logger=False, config_filename=sys.argv[1])\n"
    "found = len(hs.channel_manager.mongo.streams)\n"
    "print(time.perf_counter() - imported, found)"
)


def run() -> list[Row]:
    """Measure everything in this module."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mongo = {"embedded": True, "path": str(folder / "data")}
        client = Client(mongo)
        try:
            storage = MongoStorage(client)
            storage.definitions.create(
                [
                    StreamAddress("mongo", "stream", (("number", str(number)),))
                    for number in range(STREAMS)
                ]
            )
            config = folder / "config.json"
            config.write_text(json.dumps({"mongo": mongo}), encoding="utf-8")
            return [_start(config), *_consecutive(storage)]
        finally:
            client.disconnect()
            stop_server(folder / "data")


def _start(config: Path) -> Row:
    took = []
    for _ in range(3):
        answer = subprocess.run(
            [sys.executable, "-c", _START, str(config)], check=True, capture_output=True, text=True
        ).stdout.split()
        if int(answer[1]) != STREAMS:
            message = f"Found {answer[1]} streams instead of {STREAMS}."
            raise RuntimeError(message)
        took.append(float(answer[0]))
    return Row(f"`HyperStream()` with all of {STREAMS} stored streams", min(took), "s", 1.5)


def _consecutive(storage: MongoStorage) -> list[Row]:
    """Execute a tool in 500 consecutive intervals of 10 s."""
    source = seconds_stream(MemoryChannel("memory"), "source")
    sink = DatabaseChannel("mongo", storage).create_stream("sink")
    tool = Double()

    def execute(first: int, last: int) -> float:
        intervals: list[TimeInterval] = [span(10 * n, 10 * n + 10) for n in range(first, last)]

        def all_of_them(into: Stream = sink) -> None:
            for interval in intervals:
                tool.execute([source], into, interval)

        return cpu(all_of_them, times=1) / (last - first) * 1e3

    early, _, late = execute(0, 100), execute(100, 400), execute(400, 500)
    if sink.window(EVERYTHING, force_calculation=True).last() is None:
        message = "Nothing was stored."
        raise RuntimeError(message)
    return [
        Row("an interval of 10 s into the database", early, "ms of client CPU", 5),
        Row("the last 100 of 500 intervals against the first 100", late / early, "×", 1.3),
    ]
