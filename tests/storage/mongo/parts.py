"""What the tests of instances and of the ledger share."""

from __future__ import annotations

from datetime import datetime

from hyperstream._time import to_ms
from hyperstream.storage.base import StreamAddress
from hyperstream.storage.batch import Batch, concatenated
from hyperstream.time_interval import TimeInterval, TimeIntervals

ALWAYS = TimeInterval.all_time()
NOON = to_ms(datetime(2020, 1, 1, 12))

OTHER = StreamAddress("mongo", "other")
UNKNOWN = StreamAddress("mongo", "unknown")
NOTHING = TimeIntervals()


def contents(store, address, interval=ALWAYS, size=1000):
    """Return what a stream holds, as {milliseconds: value}."""
    batch = concatenated(list(store.read(address, interval, size)))
    return dict(zip(batch.timestamps.tolist(), batch.value_list(), strict=True))


def batch_of(values):
    """Return {milliseconds: value} as a batch."""
    return Batch.of(list(values), list(values.values()))


def spans(*pairs):
    """Return the union of (start, end] in milliseconds."""
    return TimeIntervals.from_ms(pairs)


def span(start, end):
    """Return the interval (start, end] in milliseconds."""
    return TimeInterval.from_ms(start, end)
