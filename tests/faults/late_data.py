"""Processes that work on a few streams at once: ``python -m tests.faults.late_data``.

Its arguments are a file with the ``mongo`` section, what to do, and a seed.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hyperstream._time import UTC
from hyperstream.channel_manager import ChannelManager
from hyperstream.channels import DatabaseChannel
from hyperstream.client import Client
from hyperstream.execution import ExecutionContext
from hyperstream.storage.mongo import MongoStorage
from hyperstream.stream import StreamInstance
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import AggregateTool, Tool
from hyperstream.workflow.meta_data_manager import MetaDataManager
from hyperstream.workflow.plate_manager import PlateManager
from hyperstream.workflow.workflow import Workflow

START = datetime(2020, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
WHOLE = TimeInterval(START, START + 60 * SECOND)
WIDTH = 5 * SECOND
PAUSE = 0.0005
ROUNDS = 15
chance = random.Random()  # noqa: S311 - not a secret


class Rolling(Tool):
    """Adds up what its source held in the last five seconds, slowly."""

    def _execute(
        self, sources: Any, alignment_stream: Any, interval: TimeInterval
    ) -> Iterator[StreamInstance]:
        before = TimeInterval(interval.start - WIDTH, interval.end)
        known = sources[0].window(before, force_calculation=True).items()
        for timestamp, _ in known:
            if timestamp in interval:
                time.sleep(PAUSE)
                window = (v for t, v in known if timestamp - WIDTH < t <= timestamp)
                yield StreamInstance(timestamp, sum(window))


class World(AggregateTool):
    """Adds up, at each moment, what there is of all houses."""

    def _execute(
        self, sources: Any, alignment_stream: Any, interval: TimeInterval
    ) -> Iterator[StreamInstance]:
        sums: Counter[datetime] = Counter()
        for source in sources:
            for timestamp, value in source.window(interval, force_calculation=True):
                sums[timestamp] += value
        for timestamp in sorted(sums):
            yield StreamInstance(timestamp, sums[timestamp])


def in_database(mongo: dict[str, Any]) -> Workflow:
    """Return the workflow, on a plate that is created if it is not there."""
    storage, channels = MongoStorage(Client(mongo)), ChannelManager()
    channels.add_channel(DatabaseChannel("mongo", storage))
    plates = PlateManager(MetaDataManager(storage.catalogue), storage.catalogue)
    if "H" not in plates:
        plates.meta_data_manager.insert_many([("house", "root", house) for house in "123"])
        plates.create_plate("H", "All houses", "house", complement=True)
    w = Workflow("w", "W", "", "me", channel_manager=channels, plate_manager=plates)
    raw, rolling = (w.create_node(name, "mongo", ["H"]) for name in ("raw", "rolling"))
    w.create_factor(Rolling(), [raw], rolling)
    w.create_factor(World("house"), [rolling], w.create_node("world", "mongo"))
    return w


def execute(w: Workflow) -> None:
    """Execute the workflow over some intervals, in batches of different sizes."""
    for _ in range(ROUNDS):
        start = chance.randrange(50)
        interval = TimeInterval(
            START + start * SECOND, START + chance.randint(start + 1, 60) * SECOND
        )
        with ExecutionContext(batch_size=chance.choice([3, 20, 1000])).active():
            w.execute(interval)


def write(w: Workflow) -> None:
    """Write to some houses, at any time."""
    streams = list(w.nodes["raw"])
    for millisecond in chance.sample(range(1, 60_000), 5 * ROUNDS):
        instance = StreamInstance(START + millisecond * SECOND / 1000, chance.randrange(1000))
        chance.choice(streams).writer(instance)
        time.sleep(chance.uniform(0, 0.03))


def forget(w: Workflow) -> None:
    """Make some of what is computed void."""
    for _ in range(ROUNDS):
        start = chance.randrange(50)
        stream = chance.choice([*w.nodes["rolling"], *w.nodes["world"]])
        stream.invalidate(TimeInterval(START + start * SECOND, START + (start + 5) * SECOND))
        time.sleep(chance.uniform(0, 0.1))


if __name__ == "__main__":
    chance.seed(int(sys.argv[3]))
    work = {"execute": execute, "write": write, "forget": forget}[sys.argv[2]]
    work(in_database(json.loads(Path(sys.argv[1]).read_text())))
