"""Whoever is compared in benchmarks/peers does the same work."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.peers.__main__ import check, workloads
from benchmarks.peers.bare import Bare, Calling
from benchmarks.peers.hyperstream_ import Applying, HyperStream
from benchmarks.peers.numpy_columns import Numpy
from benchmarks.peers.workloads import Columns, in_batches

WORKLOADS = workloads(scale=0.01)
OTHERS = [Calling(), Numpy(), HyperStream(), Applying()]


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.title)
def test_all_give_what_the_bare_loop_gives(workload):
    """At equal times, up to rounding."""
    expected = workload.prepare(Bare())
    results = expected.columns(expected.run())
    assert len(results.stamps)
    for peer in OTHERS:
        work = workload.prepare(peer)
        if work is not None:
            check(peer.name, workload.title, work.columns(work.run()), results)


def test_micro_batches_give_what_the_bare_loop_gives():
    """Each of them is marked when it is dealt with."""
    batches, marks, results = in_batches(10), [], []
    for peer in (Bare(), Numpy(), HyperStream()):
        work = peer.micro_batches(batches, lambda: marks.append(None))
        results.append(work.columns(work.run()))
    assert len(marks) == 3 * 10
    assert len(results[0].stamps) == 100
    for found in results[1:]:
        check("one", "micro-batches", found, results[0])


def test_results_that_differ_are_an_error():
    """In their times, or in their values beyond rounding."""
    stamps, values = np.array([1, 2]), np.array([1.0, 2.0])
    check("one", "this", Columns(stamps, values * (1 + 1e-12)), Columns(stamps, values))
    with pytest.raises(ValueError, match="other times"):
        check("one", "this", Columns(stamps + 1, values), Columns(stamps, values))
    with pytest.raises(ValueError, match="other values"):
        check("one", "this", Columns(stamps, values * 1.001), Columns(stamps, values))
