"""The built-in tools, in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bench_core import EVERYTHING, START, START_MS, seconds_stream, span
from benchmarks.measure import Row, cpu
from hyperstream import itertools2
from hyperstream.channels import MemoryChannel, ToolChannel
from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils import utcnow

MANY = 200_000
SPAN = TimeInterval(START, START + timedelta(seconds=MANY))
# Where windows of half the data are full.
SECOND_HALF = span(MANY // 2, MANY)
LENGTHS_OF = ("online_average", "online_variance", "online_product")
TOOLS = ToolChannel("tools", Path(__file__).parents[1] / "hyperstream" / "tools", utcnow())


class Bench:
    """A memory channel with one float a second, on which tools are measured."""

    def __init__(self) -> None:
        self.channel = MemoryChannel("memory")
        self.numbers = seconds_stream(self.channel, "numbers", MANY)
        self.readings = readings_stream(self.channel)
        self._names = count()

    def execute(
        self,
        name: str,
        sources: Sequence[Stream],
        interval: TimeInterval = SPAN,
        **parameters: Any,
    ) -> Stream:
        """Execute a tool into a new stream."""
        sink = self.channel.create_stream(f"sink {next(self._names)}")
        TOOLS.get_tool_class(name)(**parameters).execute(sources, sink, interval)
        return sink

    def took(
        self,
        name: str,
        sources: Sequence[Stream],
        items: int = MANY,
        interval: TimeInterval = SPAN,
        **parameters: Any,
    ) -> float:
        """Return the CPU time of a tool, in µs an item."""

        def once() -> None:
            sink = self.execute(name, sources, interval, **parameters)
            sink.channel.purge_stream(sink.stream_id, remove_definition=True)

        return cpu(once) / items * 1e6


def readings_stream(channel: MemoryChannel) -> Stream:
    """Return a calculated stream with one float a second, with all digits that a float has."""
    stream = channel.create_stream("readings")
    values = np.random.default_rng(0).normal(20.0, 1.0, MANY)
    channel.write_batches([(stream, Batch(START_MS + 1000 * np.arange(1, MANY + 1), values))])
    stream.calculated_intervals = TimeIntervals([EVERYTHING])
    return stream


def run() -> list[Row]:
    """Measure everything in this module."""
    bench = Bench()
    return [*_pointwise(bench), *_windows(bench), *_lengths(bench), *_joins(bench)]


def _pointwise(bench: Bench) -> list[Row]:
    return [
        Row("clock, a tick", bench.took("clock", []), "µs", 0.3, "14.5 µs"),
        Row(
            "apply `x * 2 + 1`, an instance",
            bench.took("apply", [bench.numbers], func=lambda value: value * 2 + 1),
            "µs",
            0.35,
            "19.7 µs",
        ),
    ]


def _windows(bench: Bench) -> list[Row]:
    minute = {"lower": -60.0, "increment": 1.0}
    windows = bench.execute("sliding_window", [], **minute)
    making = bench.took("sliding_window", [], **minute)

    def applying(func: Callable[[Any], Any]) -> float:
        return bench.took("sliding_apply", [windows, bench.readings], func=func)

    known = {name: applying(getattr(itertools2, name)) for name in itertools2.__all__}
    return [
        Row(
            "60 s/1 s sliding mean with `online_average`, a window: both tools",
            making + known["online_average"],
            "µs",
            0.3,
            "52 µs",
        ),
        Row("the same with a function that does nothing", making + applying(_nothing), "µs", 5),
        Row("sliding_window alone, a window", making, "µs", 0.3),
        *(Row(f"sliding_apply alone with `{name}`", known[name], "µs", 0.3) for name in known),
    ]


def _lengths(bench: Bench) -> list[Row]:
    """Measure how a window's time grows with what lies in it."""
    times = {}
    for length in (10, 1000, MANY // 2):
        windows = bench.execute("sliding_window", [], SECOND_HALF, lower=-float(length))
        for name in LENGTHS_OF:
            func = getattr(itertools2, name)
            sources = [windows, bench.readings]
            times[name, length] = bench.took(
                "sliding_apply", sources, MANY // 2, SECOND_HALF, func=func
            )
    return [
        Row(
            f"`{name}`, a window of {length:,} rows against one of 10",
            times[name, length] / times[name, 10],
            "×",
            12 if name == "online_product" else 5,
        )
        for name in LENGTHS_OF
        for length in (1000, MANY // 2)
    ]


def _nothing(data: object) -> float:
    del data
    return 0.0


def _joins(bench: Bench) -> list[Row]:
    sources = [bench.numbers, bench.numbers]
    few, many = (_plate(bench.channel, length) for length in (200, 2000))
    parameters = {"func": sum, "aggregation_meta_data": "house"}
    short, long = (
        bench.took("aggregate", streams, 100 * length, **parameters)
        for streams, length in ((few, 200), (many, 2000))
    )
    return [
        Row(
            "aligned_merge of 2 streams, an instance", bench.took("aligned_merge", sources), "µs", 1
        ),
        Row(
            "aggregate over 100 streams × 200 instances", short * 100 * 200 / 1e6, "s", 0.1, "7.4 s"
        ),
        Row("an instance of 100 × 2,000 against one of 100 × 200", long / short, "×", 1.5),
    ]


def _plate(channel: MemoryChannel, length: int) -> list[Stream]:
    """Return 100 streams whose times differ."""
    streams = [channel.create_stream(f"{length} of {number}") for number in range(100)]
    for number, stream in enumerate(streams):
        stamps = START_MS + number + 1000 * np.arange(1, length + 1)
        channel.write_batches([(stream, Batch(stamps, np.arange(float(length))))])
        stream.calculated_intervals = TimeIntervals([EVERYTHING])
    return streams
