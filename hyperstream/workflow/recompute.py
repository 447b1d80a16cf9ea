"""Forgetting what a workflow has computed from some interval, so that it is computed again."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from hyperstream.execution.lease import by_ledger
from hyperstream.execution.producers import attach
from hyperstream.stream.late import affected, despite_interrupt, invalidate_readers
from hyperstream.time_interval import TimeIntervals
from hyperstream.workflow.factor import BaseFactor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hyperstream.storage.base import Ledger, StreamAddress
    from hyperstream.workflow.node import Node
    from hyperstream.workflow.order import AnyFactor


def forget(order: Sequence[AnyFactor], intervals: TimeIntervals) -> dict[Node, TimeIntervals]:
    """Forget what factors have computed from these intervals of what they read.

    That goes on through all factors, each as far as its tool reaches, and to
    what others have computed from it. Data that nothing computes stay as they
    are.

    Parameters
    ----------
    order : sequence of factors
        In topological order.
    intervals : TimeIntervals
        Of the nodes that nothing computes, and of what tools without sources give.

    Returns
    -------
    dict
        What was calculated of the streams of each leaf, until now or until it became void.
    """
    return despite_interrupt(partial(_forget, order, intervals))


def _forget(order: Sequence[AnyFactor], intervals: TimeIntervals) -> dict[Node, TimeIntervals]:
    stale: dict[int, TimeIntervals] = {}
    gone: list[tuple[Ledger, StreamAddress, TimeIntervals]] = []
    leaves: dict[Node, TimeIntervals] = {}
    for factor in order:
        if not isinstance(factor, BaseFactor):
            continue
        mine = stale[id(factor.sink)] = _stale(factor, stale, intervals)
        for ledger, sinks in by_ledger(factor.sink):
            lost = ledger.expire({sink.address: mine for sink in sinks})
            gone += [(ledger, address, each) for address, each in lost.items()]
            if factor.sink.is_leaf:
                leaves[factor.sink] = TimeIntervals(chain.from_iterable(lost.values()))
    invalidate_readers(gone)
    return leaves


def _stale(
    factor: BaseFactor, stale: dict[int, TimeIntervals], intervals: TimeIntervals
) -> TimeIntervals:
    """Return what of its sink a factor has to compute again."""
    computations = factor.computations
    attach(computations)
    if not factor.read or not computations:
        return intervals
    # It may differ: how far windows reach back may depend on the plate value.
    reaches = {each.call.record.reach for each in computations}
    changed = TimeIntervals()
    for node in factor.read:
        changed += stale.get(id(node), intervals)
    return TimeIntervals(chain.from_iterable(affected(changed, reach) for reach in reaches))
