"""One execution of a workflow."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from hyperstream.execution import Computation, current_context
from hyperstream.execution.computation import run_all
from hyperstream.execution.producers import attach
from hyperstream.execution.progress import Progress
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import ToolExecutionError, WorkflowExecutionError
from hyperstream.workflow.factor import BaseFactor
from hyperstream.workflow.order import reached, requests

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hyperstream.time_interval import TimeInterval
    from hyperstream.workflow.node import Node
    from hyperstream.workflow.order import AnyFactor

_SHOWN = 5


def execute(
    workflow_id: str,
    order: Sequence[AnyFactor],
    intervals: TimeIntervals,
    also: Mapping[Node, TimeIntervals],
) -> None:
    """Compute what is missing, so that all leaves are calculated over some intervals.

    Parameters
    ----------
    workflow_id : str
        Whose factors they are.
    order : sequence of factors
        In topological order.
    intervals : TimeIntervals
        Open at the start, closed at the end, and not in the future.
    also : dict
        What some of the leaves are to be calculated over besides.

    Raises
    ------
    WorkflowExecutionError
        Some calls of tools failed; all that does not depend on them is computed.
    """
    context = dataclasses.replace(current_context(), workflow=workflow_id)
    with context.active(), Progress().active() as progress:
        attached = attach_all(order)
        failures: dict[int, ToolExecutionError] = {}
        for factor, needed in requests(order, intervals, also):
            context.stop.check()
            computations = _computations(factor)
            if computations is not attached[id(factor)]:
                # Plates have grown, maybe in another thread, and what computes the new streams
                # that this factor reads may be behind us.
                attached = attach_all(order)
            # A source that many read, and that fails, is one failure.
            failures |= {id(e): e for e in _run(factor, computations, needed, progress)}
    if failures:
        raise _failed(workflow_id, intervals, list(failures.values()))


def attach_all(order: Sequence[AnyFactor]) -> dict[int, Sequence[Computation]]:
    """Let all streams know who computes them; return the computations of each factor, by its id."""
    found: dict[int, Sequence[Computation]] = {}
    for factor in order:
        # One after the other: how far a tool reaches may depend on what computes its sources.
        found[id(factor)] = _computations(factor)
        attach(found[id(factor)])
    return found


def _computations(factor: AnyFactor) -> Sequence[Computation]:
    """Return the computations of a factor: the same object until plates change."""
    return factor.computations if isinstance(factor, BaseFactor) else ()


def _run(
    factor: Any, computations: Sequence[Computation], needed: TimeIntervals, progress: Progress
) -> list[ToolExecutionError]:
    """Compute a factor as far as what it reads could be computed."""
    failures: list[ToolExecutionError] = []
    for interval in needed:
        if isinstance(factor, BaseFactor):
            failures += _run_calls(computations, interval, progress)
        else:
            failures += factor.run(interval)
    for failure in failures:
        failure.__dict__.setdefault("factor", factor)
    return failures


def _run_calls(
    computations: Sequence[Computation], interval: TimeInterval, progress: Progress
) -> list[ToolExecutionError]:
    if progress.failed:
        for each in computations:
            read = reached(each.call.record.reach, TimeIntervals([interval]))
            reason = progress.failure_of(each.call.sources, read)
            if reason is not None:
                progress.fail(each.call.sinks, reason)
        computations = [
            each for each in computations if progress.failure_of(each.call.sinks) is None
        ]
    return run_all(computations, interval)


def _failed(
    workflow_id: str, intervals: TimeIntervals, failures: Sequence[ToolExecutionError]
) -> WorkflowExecutionError:
    reasons = "; ".join(map(str, failures[:_SHOWN])) + ("; …" if failures[_SHOWN:] else "")
    count = "a call of a tool" if len(failures) == 1 else f"{len(failures)} calls of tools"
    msg = (
        f"Workflow {workflow_id}: {count} failed over {intervals.humanized}, and what depends on "
        f"that is not computed: {reasons}"
    )
    return WorkflowExecutionError(msg, failures, workflow_id=workflow_id, interval=intervals.span)
