"""A process that executes a workflow over many plate values: ``python -m tests.faults.workflow``.

Its arguments are a file with the ``mongo`` section, and the number of pieces to compute one by one.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hyperstream._time import UTC
from hyperstream.channel_manager import ChannelManager
from hyperstream.channels import DatabaseChannel
from hyperstream.client import Client
from hyperstream.execution import ExecutionContext
from hyperstream.storage.catalogue import Catalogue
from hyperstream.storage.memory import MemoryCatalogue
from hyperstream.storage.mongo import MongoStorage
from hyperstream.stream import StreamInstance
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import AggregateTool, Tool
from hyperstream.workflow.meta_data_manager import MetaDataManager
from hyperstream.workflow.plate_manager import PlateManager
from hyperstream.workflow.workflow import Workflow

START = datetime(2020, 1, 1, tzinfo=UTC)
SECONDS = 12
INTERVAL = TimeInterval(START, START + timedelta(seconds=SECONDS))
# Windows reach back, so that what they read is computed from here on.
EVERYTHING = TimeInterval(START - timedelta(seconds=4), INTERVAL.end)
HOUSES = [str(house) for house in range(1, 51)]
PAUSE = 0.001


class Seconds(Tool):
    """Gives each second a value for each house."""

    def _execute(
        self, sources: Any, alignment_stream: Any, interval: TimeInterval
    ) -> Iterator[StreamInstance]:
        first, last = ((end - START) // timedelta(seconds=1) for end in interval)
        for second in range(first + 1, last + 1):
            value = {house: second * int(house) for house in HOUSES}
            yield StreamInstance(START + timedelta(seconds=second), value)


class Slow(Tool):
    """Adds up what its source held in the last five seconds, slowly."""

    pause = 0.0  # no parameter: it changes nothing in the result

    def _execute(
        self, sources: Any, alignment_stream: Any, interval: TimeInterval
    ) -> Iterator[StreamInstance]:
        before = TimeInterval(interval.start - timedelta(seconds=4), interval.end)
        known = dict(sources[0].window(before, force_calculation=True).items())
        for timestamp in known:
            if timestamp in interval:
                time.sleep(self.pause)
                window = (timestamp - timedelta(seconds=back) for back in range(5))
                yield StreamInstance(timestamp, sum(known.get(each, 0) for each in window))


class Sum(AggregateTool):
    """Adds up what all houses have."""

    def _execute(
        self, sources: Any, alignment_stream: Any, interval: TimeInterval
    ) -> Iterator[StreamInstance]:
        columns = [source.window(interval, force_calculation=True).items() for source in sources]
        for row in zip(*columns, strict=True):
            yield StreamInstance(row[0].timestamp, sum(instance.value for instance in row))


def make(catalogue: Catalogue, channels: ChannelManager, channel: str, pause: float) -> Workflow:
    """Return the workflow, on plates that are created if they are not there."""
    plates = PlateManager(MetaDataManager(catalogue), catalogue)
    if "H" not in plates:
        plates.meta_data_manager.insert_many([("house", "root", house) for house in HOUSES])
        plates.create_plate("H", "All houses", "house", complement=True)
    w = Workflow("w", "W", "", "me", channel_manager=channels, plate_manager=plates)
    raw, world = w.create_node("raw", channel), w.create_node("world", channel)
    houses, sums = w.create_node("houses", channel, ["H"]), w.create_node("sums", channel, ["H"])
    slow = Slow()
    slow.pause = pause
    mapping = {house: house for house in HOUSES}
    w.create_factor(Seconds(), None, raw)
    splitter = {"name": "splitter_of_dict", "parameters": {"mapping": mapping}}
    w.create_multi_output_factor(splitter, raw, None, houses)
    w.create_factor(slow, [houses], sums)
    w.create_factor(Sum("house"), [sums], world)
    return w


def in_database(mongo: dict[str, Any], pause: float = 0.0) -> Workflow:
    """Return the workflow in a database."""
    storage, channels = MongoStorage(Client(mongo)), ChannelManager()
    channels.add_channel(DatabaseChannel("mongo", storage))
    return make(storage.catalogue, channels, "mongo", pause)


def in_memory() -> Workflow:
    """Return the workflow in memory, executed without any disturbance."""
    w = make(MemoryCatalogue(), ChannelManager(), "memory", 0.0)
    w.execute(INTERVAL)
    return w


def execute(w: Workflow, pieces: int = 1) -> None:
    """Execute it in small batches, so that a kill finds some of them written."""
    width = INTERVAL.width / pieces
    with ExecutionContext(batch_size=20).active():
        for piece in range(pieces):
            w.execute(TimeInterval(START + piece * width, START + (piece + 1) * width))


if __name__ == "__main__":
    execute(in_database(json.loads(Path(sys.argv[1]).read_text()), PAUSE), int(sys.argv[2]))
