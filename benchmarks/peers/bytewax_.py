"""The library bytewax: a dataflow of operators, run by one worker in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.operators import windowing
from bytewax.testing import TestingSink, TestingSource, run_main

from benchmarks.peers.workloads import (
    START,
    Columns,
    Mark,
    Peer,
    Work,
    from_pairs,
    in_order_of_time,
    milliseconds,
    moments,
)

Event = tuple[datetime, float]
_BATCH = 1000  # events that the source hands on together
_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)
# Windows are [start, end) in bytewax.
_ALIGNED = START + timedelta(milliseconds=1)
_NOW = datetime(2025, 1, 1, tzinfo=timezone.utc)
# Recorded events: that time passes while they are worked on makes none of them late.
_CLOCK = windowing.EventClock(lambda event: event[0], timedelta(0), now_getter=lambda: _NOW)


class Bytewax(Peer):
    """Lists in and out; windows fold a sum and a count."""

    name = "bytewax"

    def mapping(self, events: Columns) -> Work:
        """Map."""
        pairs = _events(events)

        def build(flow: Dataflow) -> Any:
            return op.map("map", op.input("in", flow, TestingSource(pairs, _BATCH)), _function)

        return Work(lambda: _run(build), _columns)

    def sliding(self, events: Columns) -> Work:
        """Fold into sliding windows: each event goes into 60 of them."""
        pairs = [("all", event) for event in _events(events)]

        def build(flow: Dataflow) -> Any:
            return _means(op.input("in", flow, TestingSource(pairs, _BATCH)), _SECOND)

        return Work(lambda: _run(build), lambda found: _windows(found, _SECOND, events.stamps[-1]))

    def keyed(self, streams: Sequence[Columns]) -> Work:
        """Fold into tumbling windows by key; the events come in order of time."""
        times = dict(zip(streams[0].stamps.tolist(), moments(streams[0].stamps), strict=True))
        pairs = [
            (f"{key:03}", (times[stamp], value)) for key, stamp, value in in_order_of_time(streams)
        ]

        def build(flow: Dataflow) -> Any:
            return _means(op.input("in", flow, TestingSource(pairs, _BATCH)), _MINUTE)

        end = streams[0].stamps[-1]
        return Work(lambda: _run(build), lambda found: _windows(found, _MINUTE, end))

    def aligned(self, left: Columns, right: Columns) -> Work:
        """Join by time."""
        inputs = [
            [(time.isoformat(), (time, value)) for time, value in _events(columns)]
            for columns in (left, right)
        ]

        def build(flow: Dataflow) -> Any:
            sides = [
                op.input(f"in {place}", flow, TestingSource(pairs, _BATCH))
                for place, pairs in enumerate(inputs)
            ]
            return op.map("product", op.join("join", *sides), _product)

        return Work(lambda: _run(build), _columns)

    def micro_batches(self, batches: Sequence[Columns], mark: Mark) -> Work:
        """Hand on a batch at a time; the last mean of each comes with the next one."""
        inputs = [_events(batch) for batch in batches]

        def source() -> Iterator[Event]:
            for events in inputs:
                yield from events
                mark()  # when the next batch is asked for

        def build(flow: Dataflow) -> Any:
            events = op.input("in", flow, TestingSource(source(), len(inputs[0])))
            mapped = op.map("map", events, _function)
            return _means(op.key_on("key", mapped, lambda _event: "all"), _SECOND)

        end = batches[-1].stamps[-1]
        return Work(lambda: _run(build), lambda found: _windows(found, _SECOND, end))


def _run(build: Callable[[Dataflow], Any]) -> list[Any]:
    flow, results = Dataflow("flow"), []
    op.output("out", build(flow), TestingSink(results))
    run_main(flow)
    return results


def _means(keyed: Any, every: timedelta) -> Any:
    """Fold windows of 60 s; gives (key, (number of the window, (sum, count)))."""
    if every == _MINUTE:
        windower: Any = windowing.TumblingWindower(length=_MINUTE, align_to=_ALIGNED)
    else:
        windower = windowing.SlidingWindower(length=_MINUTE, offset=every, align_to=_ALIGNED)
    return windowing.fold_window(
        "mean", keyed, _CLOCK, windower, lambda: (0.0, 0), _fold, _merge, ordered=False
    ).down


def _fold(state: tuple[float, int], event: Event) -> tuple[float, int]:
    return state[0] + event[1], state[1] + 1


def _merge(one: tuple[float, int], another: tuple[float, int]) -> tuple[float, int]:
    return one[0] + another[0], one[1] + another[1]


def _function(event: Event) -> Event:
    time, value = event
    return time, value * 2 + 1


def _product(joined_events: tuple[str, tuple[Event, Event]]) -> Event:
    _, ((time, value), (_, factor)) = joined_events
    return time, value * factor


def _events(columns: Columns) -> list[Event]:
    return list(zip(moments(columns.stamps), columns.values.tolist(), strict=True))


def _columns(results: list[Event]) -> Columns:
    return from_pairs([(milliseconds(time), value) for time, value in sorted(results)])


def _windows(results: Iterable[Any], every: timedelta, end: int) -> Columns:
    """Give the means, key by key, of windows that are complete when the events end."""
    found = sorted(
        (key, milliseconds(START + number * every + _MINUTE), total / count)
        for key, (number, (total, count)) in results
    )
    return from_pairs([(stamp, mean) for _, stamp, mean in found if stamp <= end])
