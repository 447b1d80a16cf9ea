"""``python -m benchmarks.peers [NAME …]``: compare, measure, and print tables for README.md."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from statistics import median
from typing import NamedTuple

import numpy as np

from benchmarks.peers import database
from benchmarks.peers.bare import Bare, Calling
from benchmarks.peers.hyperstream_ import Applying, HyperStream
from benchmarks.peers.numpy_columns import Numpy
from benchmarks.peers.workloads import Columns, Mark, Peer, Work, in_batches, readings

REPETITIONS = 5
BATCHES, PART = 500, 100
LIBRARIES = {"csp": "Csp", "bytewax": "Bytewax", "river": "River", "streamz": "Streamz"}


class Workload(NamedTuple):
    """What to do, for the table.

    Attributes
    ----------
    title : str
        The column of the table.
    events : int
        How many go in.
    prepare : callable
        Given a peer, returns the work.
    """

    title: str
    events: int
    prepare: Callable[[Peer], Work | None]


def workloads(scale: float = 1.0) -> list[Workload]:
    """Return the workloads that are measured by events a second; `scale` makes them smaller."""
    many, some, each, pairs = (int(scale * n) for n in (1_000_000, 100_000, 10_000, 200_000))
    streams = [readings(each, seed=key) for key in range(100)]
    left, right = readings(pairs), readings(pairs, seed=1)
    return [
        Workload("1 map", many, lambda peer: peer.mapping(readings(many))),
        Workload("2 sliding mean", some, lambda peer: peer.sliding(readings(some))),
        Workload("3 means by key", 100 * each, lambda peer: peer.keyed(streams)),
        Workload("4 aligned product", 2 * pairs, lambda peer: peer.aligned(left, right)),
    ]


def found_peers(names: Sequence[str]) -> Iterator[Peer]:
    """Yield who is compared; say who is not installed."""
    yield from (Bare(), Calling(), Numpy(), HyperStream(), Applying())
    for name in names or LIBRARIES:
        try:
            module = import_module(f"benchmarks.peers.{name}_")
        except ModuleNotFoundError as error:
            print(f"{name} is left out: {error}.")
        else:
            yield getattr(module, LIBRARIES[name])()


def check(name: str, title: str, found: Columns, expected: Columns) -> None:
    """Compare results with those of the bare loop; times exactly, values up to rounding.

    Raises
    ------
    ValueError
        They differ.
    """
    if not np.array_equal(found.stamps, expected.stamps):
        raise ValueError(f"{name} gives other times in ({title}) than the bare loop.")
    if not np.allclose(found.values, expected.values, rtol=1e-9, atol=0):
        raise ValueError(f"{name} gives other values in ({title}) than the bare loop.")


def medians(workload: Workload, peers: Sequence[Peer]) -> dict[str, float]:
    """Return the CPU time of each who does it; all are run in turn, so that none has a bad hour."""
    prepared = [(peer, workload.prepare(peer)) for peer in peers]
    works = {peer.name: work for peer, work in prepared if work is not None}
    expected = works[Bare.name].columns(works[Bare.name].run())
    for peer, work in prepared:
        if work is not None:
            check(peer.name, workload.title, work.columns(work.run()), expected)
    gc.collect()
    gc.freeze()  # the input of one is not to be looked through while another is at work
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(REPETITIONS):
        for name, work in works.items():
            gc.collect()
            started = time.process_time()
            work.run()
            times[name].append(time.process_time() - started)
    gc.unfreeze()
    return {name: median(each) for name, each in times.items()}


def micro_batches(peers: Sequence[Peer]) -> dict[str, list[float]]:
    """Return the time of each of 500 micro-batches in ms.

    In memory it is CPU time; with the database the clock's, since the server is at work, too.
    """
    batches = in_batches(BATCHES)
    times, results = {}, {}
    for peer in peers:
        marks: list[float] = []
        work = peer.micro_batches(batches, _clock(marks))
        if work is not None:
            gc.collect()
            marks.append(time.process_time())
            results[peer.name] = work.columns(work.run())
            times[peer.name] = (np.diff(marks) * 1000).tolist()
    stored_times, stored_results = database.micro_batches(batches)
    for name, found in {**results, **stored_results}.items():
        check(name, "5 micro-batches", found, results[Bare.name])
    return {**times, **stored_times}


def _clock(marks: list[float]) -> Mark:
    return lambda: marks.append(time.process_time())


def main(names: Sequence[str]) -> None:
    """Measure all workloads for the libraries named, or all."""
    peers = list(found_peers(names))
    columns = workloads()
    found = [medians(workload, peers) for workload in columns]
    print("\n10⁶ events a second (times the bare loop)\n")
    _line("", *(workload.title for workload in columns))
    _line(*["---"] * (len(columns) + 1))
    for peer in peers:
        _line(peer.name, *map(_cell, columns, found, [peer.name] * len(columns)))
    print("\n5 micro-batches: ms for one\n")
    _line("", f"first {PART}", f"last {PART}", "last against first")
    _line(*["---"] * 4)
    for name, times in micro_batches(peers).items():
        first, last = median(times[:PART]), median(times[-PART:])
        _line(name, _short(first), _short(last), f"{_short(last / first)} ×")


def _cell(workload: Workload, times: dict[str, float], name: str) -> str:
    if name not in times:
        return "not done"
    rate = workload.events / times[name] / 1e6
    return f"{_short(rate)} ({_short(times[Bare.name] / times[name])} ×)"


def _short(number: float) -> str:
    """Write three digits, without exponent."""
    return f"{float(f'{number:.3g}'):,g}"


def _line(*cells: str) -> None:
    print("|", " | ".join(cells), "|")


if __name__ == "__main__":
    main(sys.argv[1:])
