"""A process that is disturbed at its work: ``python -m tests.faults.work CONFIG NAME compute``.

With ``pieces`` it computes one piece after the other, each a request of its own. With ``write`` it
writes the same instances by hand, and tells each that is acknowledged.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from hyperstream._time import UTC
from hyperstream.channels import DatabaseChannel
from hyperstream.client import Client
from hyperstream.execution import ExecutionContext
from hyperstream.storage.mongo import MongoStorage
from hyperstream.stream import Stream, StreamInstance
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import Tool

START = datetime(2020, 1, 1, tzinfo=UTC)
COUNT = 600
INTERVAL = TimeInterval(START, START + timedelta(seconds=COUNT))


class Slow(Tool):
    """Counts the seconds since the start, with a pause before each."""

    pause = 0.0  # no parameter: it changes nothing in the result

    def _execute(
        self, sources: Any, alignment_stream: Any, interval: TimeInterval
    ) -> Iterator[StreamInstance]:
        first = round((interval.start - START).total_seconds()) + 1
        last = round((interval.end - START).total_seconds())
        for second in range(first, last + 1):
            time.sleep(self.pause)
            yield StreamInstance(START + timedelta(seconds=second), {"second": second})


def open_stream(mongo: dict[str, Any], name: str) -> Stream:
    """Return a stream of the database."""
    channel = DatabaseChannel("mongo", MongoStorage(Client(mongo)))
    return channel.get_or_create_stream(name)


def compute(sink: Stream, pause: float = 0.0, pieces: int = 1) -> None:
    """Compute the stream in small batches, so that a kill finds some of them written."""
    tool = Slow()
    tool.pause = pause
    seconds = timedelta(seconds=COUNT // pieces)
    with ExecutionContext(batch_size=20).active():
        for piece in range(pieces):
            start = START + piece * seconds
            tool.execute(sources=[], sink=sink, interval=TimeInterval(start, start + seconds))


def write(stream: Stream, pause: float) -> None:
    """Write one instance after the other; print the number of each that is stored."""
    for second in range(1, COUNT + 1):
        time.sleep(pause)
        stream.writer(StreamInstance(START + timedelta(seconds=second), {"second": second}))
        sys.stdout.write(f"{second}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    work = {"compute": compute, "pieces": partial(compute, pieces=12), "write": write}[sys.argv[3]]
    work(open_stream(json.loads(Path(sys.argv[1]).read_text()), sys.argv[2]), pause=0.004)
