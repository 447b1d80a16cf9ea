"""The five workloads, and what somebody who does them must provide.

Times are milliseconds since 1970, and windows are (start, end]: a mean stamped t is that of what
lies after t - 60 s and not after t.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

START = datetime(2020, 1, 1, tzinfo=timezone.utc)
START_MS = int(START.timestamp() * 1000)
SECOND, MINUTE = 1000, 60_000
SECONDS_TOGETHER = 10  # in a micro-batch
RATE = 10  # events a second in a micro-batch

Mark = Callable[[], None]


class Columns(NamedTuple):
    """Events, or results, as two columns: their times and their values."""

    stamps: NDArray[np.int64]
    values: NDArray[np.float64]


class Work(NamedTuple):
    """A workload that is prepared.

    Attributes
    ----------
    run : callable
        Does the work; this is timed. Returns the results in whatever form is natural.
    columns : callable
        Turns these into columns, to be compared; not timed.
    """

    run: Callable[[], Any]
    columns: Callable[[Any], Columns]


class Peer:
    """Somebody who does the workloads; those that they do not do stay as they are here.

    Each method gets the input, brings it to the form that suits best, and says how to do the work.
    """

    name = ""

    def mapping(self, events: Columns) -> Work | None:
        """Compute ``x * 2 + 1`` for each event."""
        return None

    def sliding(self, events: Columns) -> Work | None:
        """Compute the mean of 60 s every second, of one event a second; the first are shorter."""
        return None

    def keyed(self, streams: Sequence[Columns]) -> Work | None:
        """Compute the mean of each full minute of each stream.

        The results of one stream follow those of another.
        """
        return None

    def aligned(self, left: Columns, right: Columns) -> Work | None:
        """Multiply what two streams hold at the same times."""
        return None

    def micro_batches(self, batches: Sequence[Columns], mark: Mark) -> Work | None:
        """Take in batches of 10 s, compute ``x * 2 + 1``, and the mean of 60 s every second.

        The mean is there when the batch is dealt with, and `mark` is called then. What is still
        to come is not looked at.
        """
        return None


def readings(count: int, interval: int = SECOND, seed: int = 0) -> Columns:
    """Make readings with all the digits that a float has."""
    stamps = START_MS + interval * np.arange(1, count + 1)
    return Columns(stamps, np.random.default_rng(seed).normal(20.0, 1.0, count))


def in_batches(count: int) -> list[Columns]:
    """Make micro-batches of 10 s at 10 Hz."""
    size = SECONDS_TOGETHER * RATE
    stamps, values = readings(count * size, SECOND // RATE)
    cuts = [slice(start, start + size) for start in range(0, len(stamps), size)]
    return [Columns(stamps[cut], values[cut]) for cut in cuts]


def joined(parts: Sequence[Columns]) -> Columns:
    """Put one behind the other."""
    return Columns(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def in_order_of_time(streams: Sequence[Columns]) -> list[tuple[int, int, float]]:
    """Return the events of streams with equal times, as (number of the stream, time, value)."""
    keys = range(len(streams))
    values = zip(*(stream.values.tolist() for stream in streams), strict=True)
    return [
        (key, stamp, value)
        for stamp, row in zip(streams[0].stamps.tolist(), values, strict=True)
        for key, value in zip(keys, row, strict=True)
    ]


def from_pairs(pairs: Sequence[tuple[int, float]]) -> Columns:
    """Make columns of (milliseconds, value) pairs."""
    stamps, values = zip(*pairs, strict=True)
    return Columns(np.array(stamps, dtype=np.int64), np.array(values))


def moments(stamps: NDArray[np.int64]) -> list[datetime]:
    """Return times as datetimes (UTC)."""
    return [START + timedelta(milliseconds=stamp) for stamp in (stamps - START_MS).tolist()]


def milliseconds(moment: datetime) -> int:
    """Return a time, UTC, in milliseconds since 1970."""
    return (moment - START) // timedelta(milliseconds=1) + START_MS
