"""Workflows: what factors and plate values cost beside the work of the tools."""

from __future__ import annotations

import tempfile
import time
from itertools import pairwise
from pathlib import Path

from benchmarks.measure import Row, cpu
from hyperstream.channel_manager import ChannelManager
from hyperstream.channels import BaseChannel, DatabaseChannel
from hyperstream.client import Client
from hyperstream.embedded import stop_server
from hyperstream.storage.catalogue import Catalogue
from hyperstream.storage.memory import MemoryCatalogue
from hyperstream.storage.mongo import MongoStorage
from hyperstream.time_interval import TimeInterval
from hyperstream.workflow import MetaDataManager, PlateManager, Workflow, WorkflowManager

FEW, MANY = 1_000, 10_000
HOUR = 3_600_000


def run() -> list[Row]:
    """Measure everything in this module."""
    with tempfile.TemporaryDirectory() as name:
        client = Client({"embedded": True, "path": str(Path(name) / "data")})
        try:
            return [*_in_memory(), *_in_mongo(MongoStorage(client))]
        finally:
            client.disconnect()
            stop_server(Path(name) / "data")


def chain(managers: WorkflowManager, channel: BaseChannel, factors: int, values: int) -> Workflow:
    """Return a workflow in which `factors` tools follow each other, over `values` plate values."""
    plates, tag = managers.plate_manager, f"{factors} for each of {values}"
    plates.meta_data_manager.insert_many((tag, "root", str(each)) for each in range(values))
    plates.create_plate(tag, "things", tag, complement=True)
    workflow = managers.create(tag, "Chain", "benchmarks", "tools one after the other")
    nodes = [workflow.create_node(f"node {each}", channel, [tag]) for each in range(factors)]
    workflow.create_factor({"name": "clock", "parameters": {"stride": 3600.0}}, None, nodes[0])
    for source, sink in pairwise(nodes):
        workflow.create_factor({"name": "copy"}, [source], sink)
    return workflow


def managers(catalogue: Catalogue) -> WorkflowManager:
    """Return managers of plates and workflows on a catalogue."""
    plates = PlateManager(MetaDataManager(catalogue), catalogue)
    return WorkflowManager(ChannelManager(), plates)


def _in_memory() -> list[Row]:
    rows = []
    for what, factors, values in (
        (f"{MANY} plate values, 3 factors", 3, MANY),
        (f"a chain of {MANY} factors", MANY, 1),
    ):
        idle, busy = _overheads(factors, values)
        idle_before, busy_before = _overheads(
            *(each if each < MANY else FEW for each in (factors, values))
        )
        rows += [
            Row(f"{what}, nothing to compute: a factor and value", idle, "µs", 100),
            Row(f"{what}, one instance each: a factor and value", busy, "µs", 200),
            Row(f"the same against {FEW}, nothing to compute", idle / idle_before, "×", 1.5),
            Row(f"the same against {FEW}, one instance each", busy / busy_before, "×", 1.5),
        ]
    return rows


def _overheads(factors: int, values: int) -> tuple[float, float]:
    """Return the cost of a factor and plate value where nothing, and where a little is missing."""
    found = managers(MemoryCatalogue())
    workflow = chain(found, found.channel_manager.memory, factors, values)
    workflow.execute(_hour(0))
    busy = cpu(lambda: workflow.execute(_hour(1)), times=1)
    idle = cpu(lambda: workflow.execute(_hour(1)))
    return idle / factors / values * 1e6, busy / factors / values * 1e6


def _hour(number: int) -> TimeInterval:
    return TimeInterval.from_ms(number * HOUR, (number + 1) * HOUR)


def _in_mongo(storage: MongoStorage) -> list[Row]:
    channel = DatabaseChannel("mongo", storage)
    return [*_creation(storage, channel), *_loading(storage, channel)]


def _creation(storage: MongoStorage, channel: BaseChannel) -> list[Row]:
    """Create nodes of many streams; wall clock, for most of the time is the server's."""
    took = []
    for values in (FEW, MANY):
        plates = managers(storage.catalogue).plate_manager
        tag = f"of {values}"
        plates.meta_data_manager.insert_many((tag, "root", str(each)) for each in range(values))
        plate = plates.create_plate(tag, "things", tag, complement=True)
        workflow = Workflow(tag, "Creation", "one node", "benchmarks")
        started = time.perf_counter()
        workflow.create_node(tag, channel, [plate])
        took.append(time.perf_counter() - started)
    few, many = took
    return [
        Row(f"a node of {MANY} streams, created (wall clock)", many, "s", 5),
        Row(f"a stream of it, against a node of {FEW}", many / few * FEW / MANY, "×", 1.5),
    ]


def _loading(storage: MongoStorage, channel: BaseChannel) -> list[Row]:
    """Load workflows of many factors over many plate values; wall clock."""
    few, many = (_loaded(storage, channel, factors) for factors in (10, 100))
    what = f"a workflow of 100 factors × {FEW} plate values, loaded (wall clock)"
    return [
        Row(what, many, "s", 3),
        Row("a factor of it, against a workflow of 10 factors", many / few / 10, "×", 1.5),
    ]


def _loaded(storage: MongoStorage, channel: BaseChannel, factors: int) -> float:
    """Return how long it takes to load a workflow; its streams are looked up when needed."""
    made = managers(storage.catalogue)
    made.channel_manager.add_channel(channel)
    workflow_id = chain(made, channel, factors, FEW).workflow_id
    made.commit_workflow(workflow_id)
    again = managers(storage.catalogue)
    again.channel_manager.add_channel(DatabaseChannel("mongo", storage))
    started = time.perf_counter()
    again.load_workflow(workflow_id)
    return time.perf_counter() - started
