"""The library streamz: pipelines that events are pushed through."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from streamz import Stream

from benchmarks.peers.bare import Means
from benchmarks.peers.workloads import (
    MINUTE,
    SECOND,
    START_MS,
    Columns,
    Mark,
    Peer,
    Work,
    from_pairs,
    in_order_of_time,
    joined,
)

Pair = tuple[int, float]
_NOTHING = object()


class Streamz(Peer):
    """Pairs of time and number go in one after the other, and into a list in the end."""

    name = "streamz"

    def mapping(self, events: Columns) -> Work:
        """Map."""
        pairs = _pairs(events)

        def run() -> list[Pair]:
            source, results = Stream(), []
            source.map(_function).sink(results.append)
            _emit(source, pairs)
            return results

        return Work(run, from_pairs)

    def sliding(self, events: Columns) -> Work:
        """Accumulate: a running sum costs less than the library's sliding_window."""
        pairs = _pairs(events)

        def run() -> list[Pair]:
            source, results = Stream(), []
            _mean(source).sink(results.append)
            _emit(source, pairs)
            return results

        return Work(run, from_pairs)

    def keyed(self, streams: Sequence[Columns]) -> Work:
        """Give each key a pipeline; the events come in order of time."""
        events = [(key, (stamp, value)) for key, stamp, value in in_order_of_time(streams)]

        def run() -> list[list[Pair]]:
            sources: list[Stream] = [Stream() for _ in streams]
            results: list[list[Pair]] = [[] for _ in streams]
            for source, means in zip(sources, results, strict=True):
                state = (START_MS + MINUTE, 0.0, 0)
                minutes = source.accumulate(_minute, start=state, returns_state=True)
                minutes.filter(_is_there).sink(means.append)
            for key, event in events:
                sources[key].emit(event)
            return results

        return Work(run, lambda found: joined([from_pairs(means) for means in found]))

    def aligned(self, left: Columns, right: Columns) -> Work:
        """Zip."""
        pairs = list(zip(_pairs(left), _pairs(right), strict=True))

        def run() -> list[Pair]:
            one, another, results = Stream(), Stream(), []
            one.zip(another).map(_product).sink(results.append)
            for event, other in pairs:
                one.emit(event)
                another.emit(other)
            return results

        return Work(run, from_pairs)

    def micro_batches(self, batches: Sequence[Columns], mark: Mark) -> Work:
        """Keep the pipeline."""
        inputs = [_pairs(batch) for batch in batches]

        def run() -> list[Pair]:
            source, results = Stream(), []
            _mean(source.map(_function)).sink(results.append)
            for pairs in inputs:
                _emit(source, pairs)
                mark()
            return results

        return Work(run, from_pairs)


def _pairs(columns: Columns) -> list[Pair]:
    return list(zip(columns.stamps.tolist(), columns.values.tolist(), strict=True))


def _emit(source: Stream, events: list[Pair]) -> None:
    for event in events:
        source.emit(event)


def _function(event: Pair) -> Pair:
    stamp, value = event
    return stamp, value * 2 + 1


def _mean(stream: Stream) -> Stream:
    """Compute the mean of 60 s every second."""
    means = stream.accumulate(_slide, start=Means(SECOND), returns_state=True)
    return means.filter(_is_there)


def _slide(state: Means, event: Pair) -> tuple[Means, Any]:
    return state, next(iter(list(state.means([event]))), _NOTHING)


def _minute(state: tuple[int, float, int], event: Pair) -> tuple[tuple[int, float, int], Any]:
    """Add an event to a minute's end, sum and count; give the mean when it is full."""
    end, total, count = state
    stamp, value = event
    total, count = total + value, count + 1
    if stamp < end:
        return (end, total, count), _NOTHING
    return (end + MINUTE, 0.0, 0), (end, total / count)


def _is_there(result: Any) -> bool:
    return result is not _NOTHING


def _product(events: tuple[Pair, Pair]) -> Pair:
    (stamp, value), (other, factor) = events
    if stamp != other:
        raise ValueError(stamp)
    return stamp, operator.mul(value, factor)
