"""HyperStream, with memory channels; streams in and out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import numpy as np

from benchmarks.bench_tools import TOOLS
from benchmarks.bench_workflows import managers
from benchmarks.peers.workloads import (
    MINUTE,
    SECOND,
    START,
    Columns,
    Mark,
    Peer,
    Work,
    joined,
)
from hyperstream.channels import BaseChannel, MemoryChannel
from hyperstream.itertools2 import online_average
from hyperstream.storage.memory import MemoryCatalogue
from hyperstream.stream import Batch, Stream, StreamId
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import Tool
from hyperstream.tool.pointwise import PointwiseTool
from hyperstream.workflow import Node, Workflow, WorkflowManager

_NAMES = count()


class HyperStream(Peer):
    """Streams that are there beforehand, as the lists and arrays of others are."""

    name = "HyperStream"

    def mapping(self, events: Columns) -> Work:
        """Use a tool that is written for batches."""
        sources = [_filled(MemoryChannel("memory"), "source", events)]
        return Work(lambda: _execute(_Line(), sources, events), columns_of)

    def sliding(self, events: Columns) -> Work:
        """Make windows, and apply a function that the library knows."""
        source = _filled(MemoryChannel("memory"), "source", events)

        def run() -> Stream:
            windows = _execute(_tool("sliding_window", **_windows(SECOND)), [], events)
            means = _tool("sliding_apply", func=online_average)
            return _execute(means, [windows, source], events)

        return Work(run, columns_of)

    def keyed(self, streams: Sequence[Columns]) -> Work:
        """Execute a workflow over a plate."""
        manager = managers(MemoryCatalogue())
        memory, plates = manager.channel_manager.memory, manager.plate_manager
        plates.meta_data_manager.insert_many(
            ("key", "root", f"{n:03}") for n in range(len(streams))
        )
        plate = plates.create_plate("K", "keys", "key", complement=True)
        for value, events in zip(plate.values, streams, strict=True):
            _filled(memory, StreamId("source", value), events)

        def run() -> list[Stream]:
            flow = manager.create(f"flow {next(_NAMES)}", "Means", "benchmarks", "of minutes")
            source = flow.create_node("source", memory, [plate])
            means = _means(flow, source, flow.workflow_id, MINUTE)
            flow.execute(_covered(streams[0]))
            return [means.streams[value] for value in plate.values]

        return Work(run, lambda found: joined([columns_of(stream) for stream in found]))

    def aligned(self, left: Columns, right: Columns) -> Work:
        """Use the tool for it."""
        channel = MemoryChannel("memory")
        sources = [_filled(channel, "left", left), _filled(channel, "right", right)]
        return Work(lambda: _execute(_tool("product"), sources, left), columns_of)

    def micro_batches(self, batches: Sequence[Columns], mark: Mark) -> Work:
        """Write what comes in, and execute a workflow up to there."""

        def run() -> Stream:
            manager = managers(MemoryCatalogue())
            step, means = online(manager, manager.channel_manager.memory)
            for batch in batches:
                step(batch)
                mark()
            return means

        return Work(run, columns_of)


class Applying(Peer):
    """The tool that calls a function."""

    name = "HyperStream, calling a function"

    def mapping(self, events: Columns) -> Work:
        """Apply a function."""
        sources = [_filled(MemoryChannel("memory"), "source", events)]
        return Work(lambda: _execute(_tool("apply", func=_function), sources, events), columns_of)


class _Line(PointwiseTool):
    """Computes with whole columns, as a user's own tool may."""

    def _convert(self, batch: Batch) -> Batch:
        return Batch(batch.timestamps, batch.values * 2 + 1)


def online(
    manager: WorkflowManager, channel: BaseChannel
) -> tuple[Callable[[Columns], None], Stream]:
    """Make a workflow; return what takes in a micro-batch, and the stream of results."""
    flow = manager.create("online", "Means", "benchmarks", "of what comes in")
    source, mapped = (flow.create_node(name, channel, []) for name in ("source", "mapped"))
    apply = {"name": "apply", "parameters": {"func": _function}}
    flow.create_factor(apply, [source], mapped)
    means = _means(flow, mapped, "online", SECOND)
    incoming = source.streams[None]

    def step(batch: Columns) -> None:
        channel.write_batches([(incoming, Batch(*batch))])
        flow.execute(_covered(batch))

    return step, means.streams[None]


def _means(flow: Workflow, source: Node, name: str, every: int) -> Node:
    """Add the mean of 60 s of a node to a workflow; the windows are in memory."""
    memory = MemoryChannel("memory")
    windows = flow.create_node(f"windows of {name}", memory, [])
    means = flow.create_node(f"means of {name}", source.channel, source.plates)
    making = {"name": "sliding_window", "parameters": _windows(every)}
    flow.create_factor(making, None, windows)
    applying = {"name": "sliding_apply", "parameters": {"func": online_average}}
    flow.create_factor(applying, [windows, source], means)
    return means


def _windows(every: int) -> dict[str, Any]:
    return {"first": START, "lower": -60.0, "increment": every / SECOND}


def _function(value: float) -> float:
    return value * 2 + 1


def _filled(channel: BaseChannel, name: str | StreamId, events: Columns) -> Stream:
    stream = channel.create_stream(name)
    channel.write_batches([(stream, Batch(*events))])
    return stream


def _tool(name: str, **parameters: Any) -> Tool:
    return TOOLS.get_tool_class(name)(**parameters)


def _execute(tool: Tool, sources: Sequence[Stream], events: Columns) -> Stream:
    """Execute a tool over the time of some events, into a new stream."""
    sink = MemoryChannel("results").create_stream(f"sink {next(_NAMES)}")
    tool.execute(sources, sink, _covered(events))
    return sink


def _covered(events: Columns) -> TimeInterval:
    """Return the time of events, which come at equal distances."""
    first, second = events.stamps[:2].tolist()
    return TimeInterval.from_ms(2 * first - second, int(events.stamps[-1]))


def columns_of(stream: Stream) -> Columns:
    """Return what a stream holds."""
    parts = list(stream.window(force_calculation=True).batches())
    return joined([Columns(part.timestamps, np.asarray(part.values)) for part in parts])
