"""Streams, views, the loop and intervals, in memory."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.measure import Row, cpu
from hyperstream.channels import MemoryChannel
from hyperstream.stream import Batch, Stream, StreamInstance
from hyperstream.time_interval import UTC, TimeInterval, TimeIntervals
from hyperstream.tool import Tool

if TYPE_CHECKING:
    from collections.abc import Iterator

MANY = 1_000_000
START = datetime(2020, 1, 1, tzinfo=UTC)
START_MS = TimeInterval(START, START + timedelta(1)).start_ms
EVERYTHING = TimeInterval(START, START + timedelta(seconds=MANY))


class Double(Tool):
    """A tool written against instances."""

    def _execute(
        self, sources: list[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[StreamInstance]:
        del alignment_stream
        for timestamp, value in sources[0].window(interval, force_calculation=True):
            yield StreamInstance(timestamp, 2 * value)


def seconds_stream(channel: MemoryChannel, name: str, count: int = MANY) -> Stream:
    """Return a calculated stream with one float a second."""
    stream = channel.create_stream(name)
    stamps = START_MS + 1000 * np.arange(1, count + 1)
    channel.write_batches([(stream, Batch(stamps, np.arange(count, dtype=float)))])
    stream.calculated_intervals = TimeIntervals([EVERYTHING])
    return stream


def span(start: float, end: float) -> TimeInterval:
    """Return the interval from one second after the start to another."""
    return TimeInterval(START + timedelta(seconds=start), START + timedelta(seconds=end))


def run() -> list[Row]:
    """Measure everything in this module."""
    return [*_streams(), *_tools(), *_intervals(), *_memory(), _import()]


def _streams() -> list[Row]:
    stream = seconds_stream(MemoryChannel("memory"), "numbers")
    some = span(5000, 5010)
    query = cpu(lambda: stream.window(some).items(), calls=1000) * 1e6
    last = cpu(lambda: stream.window().last(), calls=1000) * 1e6
    return [
        Row("10 items of a memory stream of 10⁶", query, "µs", 30, "25 ms (of 10⁵)"),
        Row("`last()` of a memory stream of 10⁶", last, "µs", 30, "0.79 s"),
    ]


def _tools() -> list[Row]:
    channel = MemoryChannel("memory")
    source = seconds_stream(channel, "source")
    names = iter(range(10))

    def execute() -> None:
        Double().execute([source], channel.create_stream(f"sink {next(names)}"), EVERYTHING)

    one = cpu(execute) / MANY * 1e6
    first, last = _consecutive(channel, source)
    return [
        Row("a tool written against `_execute`, an instance", one, "µs", 2.5, "19.7 µs"),
        Row("the 451st to 500th of 500 intervals against the first 50", last / first, "×", 1.2),
    ]


def _consecutive(channel: MemoryChannel, source: Stream) -> tuple[float, float]:
    """Return the CPU time of the first and of the last 50 of 500 intervals of 10 s."""
    best = [float("inf")] * 2
    for attempt in range(5):
        sink, tool = channel.create_stream(f"consecutive {attempt}"), Double()
        for part, numbers in enumerate((range(50), range(50, 450), range(450, 500))):
            intervals = [span(10 * number, 10 * number + 10) for number in numbers]

            took = cpu(partial(_execute_each, tool, source, sink, intervals), times=1)
            if part != 1:
                best[part // 2] = min(best[part // 2], took)
    return best[0], best[1]


def _execute_each(tool: Tool, source: Stream, sink: Stream, intervals: list[TimeInterval]) -> None:
    for interval in intervals:
        tool.execute([source], sink, interval)


def _intervals() -> list[Row]:
    one = TimeIntervals(span(20 * number, 20 * number + 10) for number in range(10_000))
    two = TimeIntervals(span(20 * number + 5, 20 * number + 15) for number in range(10_000))
    return [
        Row(
            "union of 2 × 10,000 intervals",
            cpu(lambda: one + two) * 1e3,
            "ms",
            30,
            "0.97 s (of 2 × 1,000)",
        ),
        Row("difference of 2 × 10,000 intervals", cpu(lambda: one - two) * 1e3, "ms", 30),
    ]


def _memory() -> list[Row]:
    channel = MemoryChannel("memory")
    stream = channel.create_stream("numbers")
    tracemalloc.start()
    for start in range(0, MANY, 1000):
        stamps = START_MS + 1000 * np.arange(start + 1, start + 1001)
        channel.write_batches([(stream, Batch(stamps, np.arange(start, start + 1000.0)))])
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return [Row("10⁶ floats in a memory stream", used / 1e6, "MB", 40)]


def _import() -> Row:
    """Measure what `import hyperstream` takes beyond what it imports from elsewhere."""
    program = (
        "import time, sys\n"
        "import numpy, mongoengine, pymongo, dateutil.parser, pytz, six, treelib, tqdm\n"
        "import semantic_version, ciso8601, filelock, cloudpickle, logging.handlers\n"
        "started = time.process_time(); import hyperstream\n"
        "print(time.process_time() - started)"
    )
    took = [
        float(
            subprocess.run([sys.executable, "-c", program], check=True, capture_output=True).stdout
        )
        for _ in range(3)
    ]
    return Row("`import hyperstream`, without its dependencies", min(took), "s", 0.2)
