"""The library river: models and statistics that learn from one event after the other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from river import compose, stats, utils

from benchmarks.peers.workloads import SECOND, Columns, Mark, Peer, Work, from_pairs, moments

Pair = tuple[int, float]


class River(Peer):
    """A loop around the objects of the library, which has neither keys nor joins."""

    name = "river"

    def mapping(self, events: Columns) -> Work:
        """Ask a transformer."""
        stamps, values = events.stamps.tolist(), events.values.tolist()

        def run() -> list[Pair]:
            transform = compose.FuncTransformer(_function).transform_one
            return [(stamp, transform(value)) for stamp, value in zip(stamps, values, strict=True)]

        return Work(run, from_pairs)

    def sliding(self, events: Columns) -> Work:
        """Ask a statistic over a period."""
        stamps, values = events.stamps.tolist(), events.values.tolist()
        times = _naive(events)

        def run() -> list[Pair]:
            mean = _mean()
            results = []
            for stamp, time, value in zip(stamps, times, values, strict=True):
                mean.update(value, t=time)
                results.append((stamp, mean.get()))
            return results

        return Work(run, from_pairs)

    def micro_batches(self, batches: Sequence[Columns], mark: Mark) -> Work:
        """Keep the statistic, and ask it every second."""
        inputs = [
            list(zip(batch.stamps.tolist(), _naive(batch), batch.values.tolist(), strict=True))
            for batch in batches
        ]

        def run() -> list[Pair]:
            mean, transform = _mean(), compose.FuncTransformer(_function).transform_one
            results = []
            for batch in inputs:
                for stamp, time, value in batch:
                    mean.update(transform(value), t=time)
                    if stamp % SECOND == 0:
                        results.append((stamp, mean.get()))
                mark()
            return results

        return Work(run, from_pairs)


def _mean() -> utils.TimeRolling:
    return utils.TimeRolling(stats.Mean, period=timedelta(seconds=60))


def _naive(events: Columns) -> list[datetime]:
    """Return the times without zone, as the library wants them."""
    return [moment.replace(tzinfo=None) for moment in moments(events.stamps)]


def _function(value: float) -> float:
    return value * 2 + 1
