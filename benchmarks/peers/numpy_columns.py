"""Numpy, on whole columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.peers.workloads import MINUTE, SECOND, START_MS, Columns, Mark, Peer, Work, joined


class Numpy(Peer):
    """Columns in, columns out: what is possible where nothing is a stream."""

    name = "numpy"

    def mapping(self, events: Columns) -> Work:
        """Compute with the column."""
        return Work(lambda: Columns(events.stamps, events.values * 2 + 1), _same)

    def sliding(self, events: Columns) -> Work:
        """Subtract running sums."""
        return Work(lambda: _means(events, events.stamps), _same)

    def keyed(self, streams: Sequence[Columns]) -> Work:
        """Add up by minute."""
        return Work(lambda: joined([_minutes(stream) for stream in streams]), _same)

    def aligned(self, left: Columns, right: Columns) -> Work:
        """Compare the times, and multiply."""

        def run() -> Columns:
            if not np.array_equal(left.stamps, right.stamps):
                raise ValueError
            return Columns(left.stamps, left.values * right.values)

        return Work(run, _same)

    def micro_batches(self, batches: Sequence[Columns], mark: Mark) -> Work:
        """Keep the last 60 s as columns."""

        def run() -> list[Columns]:
            kept, results = [], []
            for stamps, values in batches:
                kept = [*kept[-6:], Columns(stamps, values * 2 + 1)]
                results.append(_means(joined(kept), stamps[stamps % SECOND == 0]))
                mark()
            return results

        return Work(run, joined)


def _means(events: Columns, ends: np.ndarray) -> Columns:
    """Return the mean of the 60 s before each of some times."""
    sums = np.concatenate(([0.0], events.values.cumsum()))
    starts = events.stamps.searchsorted(ends - MINUTE, side="right")
    stops = events.stamps.searchsorted(ends, side="right")
    return Columns(ends, (sums[stops] - sums[starts]) / (stops - starts))


def _minutes(events: Columns) -> Columns:
    """Return the mean of each full minute."""
    minutes = (events.stamps - START_MS - 1) // MINUTE
    full = (events.stamps[-1] - START_MS) // MINUTE
    means = np.bincount(minutes, events.values)[:full] / np.bincount(minutes)[:full]
    return Columns(START_MS + MINUTE * np.arange(1, full + 1), means)


def _same(columns: Columns) -> Columns:
    return columns
