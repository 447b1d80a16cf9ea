"""The library csp: a graph of nodes written in C++, in which each event is a tick."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import csp
import numpy as np
from csp import ts

from benchmarks.peers.workloads import START, Columns, Mark, Peer, Work, joined

_SECOND, _MINUTE = timedelta(seconds=1), timedelta(seconds=60)
_TICK = timedelta(microseconds=1)


class Csp(Peer):
    """Arrays in, arrays out, and between them nodes of the library only."""

    name = "csp"

    def mapping(self, events: Columns) -> Work:
        """Compute with the edges of the graph."""
        return _work([events], lambda edges: [edges[0] * 2.0 + 1.0])

    def sliding(self, events: Columns) -> Work:
        """Ask for the mean at each event: that is every second."""
        return _work([events], lambda edges: [_mean(edges[0])])

    def keyed(self, streams: Sequence[Columns]) -> Work:
        """Forget everything after each full minute, which costs less than a window."""

        def build(edges: list[Any]) -> list[Any]:
            minute = csp.timer(_MINUTE, value=True)
            reset = csp.delay(minute, _TICK)
            return [csp.stats.mean(edge, trigger=minute, reset=reset) for edge in edges]

        return _work(streams, build)

    def aligned(self, left: Columns, right: Columns) -> Work:
        """Multiply: both tick in the same cycle."""
        return _work([left, right], lambda edges: [edges[0] * edges[1]])

    def micro_batches(self, batches: Sequence[Columns], mark: Mark) -> Work:
        """Take the events as they are, and look at the clock every 10 s of their time."""

        def build(edges: list[Any]) -> list[Any]:
            second = csp.timer(_SECOND, value=True)
            _marks(csp.timer(10 * _SECOND, value=True), mark)
            return [_mean(edges[0] * 2.0 + 1.0, trigger=second)]

        return _work([joined(batches)], build)


@csp.node
def _marks(timer: ts[bool], mark: object):
    if csp.ticked(timer):
        mark()


def _mean(edge: Any, **options: Any) -> Any:
    """Return the mean of 60 s, from the first event on."""
    return csp.stats.mean(edge, _MINUTE, min_window=_TICK, **options)


def _work(inputs: Sequence[Columns], build: Callable[[list[Any]], list[Any]]) -> Work:
    """Prepare a run of a graph over some columns."""
    curves = [
        (stamps.astype("datetime64[ms]").astype("datetime64[ns]"), values)
        for stamps, values in inputs
    ]
    start = START.replace(tzinfo=None)  # csp takes naive times for UTC
    end = curves[0][0][-1].astype("datetime64[us]").item()

    @csp.graph
    def graph():
        outputs = build([csp.curve(float, curve) for curve in curves])
        for place, output in enumerate(outputs):
            csp.add_graph_output(str(place), output)

    def columns(outputs: dict[str, tuple[np.ndarray, np.ndarray]]) -> Columns:
        return joined(
            [
                Columns(stamps.astype("datetime64[ms]").astype(np.int64), values)
                for stamps, values in (outputs[str(place)] for place in range(len(outputs)))
            ]
        )

    return Work(lambda: csp.run(graph, starttime=start, endtime=end, output_numpy=True), columns)
