"""One execution of a workflow."""

from __future__ import annotations

import dataclasses
from contextlib import closing, contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any

from hyperstream.execution import Computation, current_context
from hyperstream.execution.computation import run_all
from hyperstream.execution.producers import attach
from hyperstream.execution.progress import Progress
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import (
    DatabaseConnectionError,
    ToolExecutionError,
    WorkflowExecutionError,
)
from hyperstream.workflow.factor import BaseFactor
from hyperstream.workflow.order import reached, requests
from hyperstream.workflow.upstream import attach_upstream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from hyperstream.execution import Work
    from hyperstream.time_interval import TimeInterval
    from hyperstream.workflow.node import Node
    from hyperstream.workflow.order import AnyFactor
    from hyperstream.workflow.workflow import Workflow

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
    with (
        context.active(),
        Progress().active() as progress,
        closing(context.observer.workflow(workflow_id)) as work,
    ):
        attached = attach_all(order)
        asked = requests(order, intervals, also)
        calls = _Calls(work, {id(each): _count(attached[id(each)], over) for each, over in asked})
        failures = _Failures(progress)
        for factor, needed in asked:
            context.stop.check()
            with failures.of(factor, needed, attached[id(factor)]):
                computations = _computations(factor)
                if computations is not attached[id(factor)]:
                    # Plates have grown, maybe in another thread, and what computes the new
                    # streams that this factor reads may be behind us.
                    attached = attach_all(order)
                tell = calls.begin(factor, _count(computations, needed))
                failures.add(factor, _run(factor, computations, needed, progress, tell))
            if failures.is_outage:
                break
    if failures.found:
        raise _failed(workflow_id, intervals, failures.found)


def execute_requested(workflows: Iterable[Workflow]) -> None:
    """Execute workflows, each over the intervals requested of it.

    Raises
    ------
    WorkflowExecutionError
        Some failed: a group of what each said. The others are executed.
    """
    wanted = [(each, interval) for each in workflows for interval in each.requested_intervals]
    failures = []
    for workflow, interval in wanted:
        try:
            workflow.execute(interval)
        except Exception as error:  # noqa: BLE001 - raised below
            failures.append(_failure(workflow.workflow_id, interval, error))
    if failures:
        msg = f"{len(failures)} of {len(wanted)} executions of workflows failed: "
        raise WorkflowExecutionError(msg + "; ".join(map(str, failures)), failures)


def attach_all(order: Sequence[AnyFactor]) -> dict[int, Sequence[Computation]]:
    """Let all streams know who computes them; return the computations of each factor, by its id.

    So do those that the factors read and that other workflows compute.
    """
    attach_upstream(node for factor in order for node in factor.read if node.factor is None)
    found: dict[int, Sequence[Computation]] = {}
    for factor in order:
        # One after the other: how far a tool reaches may depend on what computes its sources.
        found[id(factor)] = _computations(factor)
        attach(found[id(factor)])
    return found


class _Failures:
    """The failures of an execution, each once.

    Parameters
    ----------
    progress : Progress
        Remembers which streams could not be computed.

    Attributes
    ----------
    is_outage : bool
        Whether a database does not answer, so that there is no use in going on.
    """

    def __init__(self, progress: Progress) -> None:
        self.is_outage = False
        self._progress = progress
        self._found: dict[int, ToolExecutionError] = {}

    @property
    def found(self) -> list[ToolExecutionError]:
        """The failures, in order of execution."""
        return list(self._found.values())

    def add(self, factor: AnyFactor, errors: Iterable[ToolExecutionError]) -> None:
        """Take note of failures; that of a source which many read is one."""
        for error in errors:
            self._found[id(error)] = error
            # What failed may be a source that was only computed when it was read.
            node = getattr(error.sink, "parent_node", None)
            error.__dict__.setdefault("factor", getattr(node, "factor", None) or factor)

    @contextmanager
    def of(
        self, factor: AnyFactor, needed: TimeIntervals, computations: Sequence[Computation]
    ) -> Iterator[None]:
        """Keep what fails around the tools of a factor: a database, a channel, an executor."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - raised at the end, with the others
            self.is_outage = isinstance(error, DatabaseConnectionError)
            msg = f"{factor!r} failed over {needed.humanized}: {str(error) or repr(error)}"
            failure = ToolExecutionError(msg, tool=factor.tool, interval=needed.span)
            failure.__cause__ = error
            # Some calls may have failed before.
            self.add(factor, [*self._progress.failed.values(), failure])
            self._progress.fail(chain.from_iterable(e.call.sinks for e in computations), failure)


class _Calls:
    """How many calls of tools are done in an execution, and how many there are.

    Parameters
    ----------
    work : Work
        What is told of it.
    expected : dict
        How many calls each factor makes, by its id, as far as that is known.
    """

    def __init__(self, work: Work, expected: dict[int, int]) -> None:
        self._work = work
        self._expected = expected
        self._total = sum(expected.values())
        self._end = self._done = 0
        self._name = ""

    def begin(self, factor: AnyFactor, count: int) -> Callable[[int], None]:
        """Begin a factor; return what is to be told how many more of its calls are done."""
        self._total += count - self._expected[id(factor)]  # plates may have grown
        self._done, self._end = self._end, self._end + count
        if isinstance(factor, BaseFactor):
            self._name = factor.sink.node_id
        else:
            self._name = factor.output_plate["plate_id"]
        self._tell(0)
        return self._tell

    def _tell(self, more: int) -> None:
        self._done += more
        self._work.tell(self._done, self._total, self._name)


def _count(computations: Sequence[Computation], needed: TimeIntervals) -> int:
    """Return how many calls of tools there are; a factor that creates a plate counts as one."""
    return max(len(computations), 1) * len(needed)


def _computations(factor: AnyFactor) -> Sequence[Computation]:
    """Return the computations of a factor: the same object until plates change."""
    return factor.computations if isinstance(factor, BaseFactor) else ()


def _run(
    factor: Any,
    computations: Sequence[Computation],
    needed: TimeIntervals,
    progress: Progress,
    tell: Callable[[int], None],
) -> list[ToolExecutionError]:
    """Compute a factor as far as what it reads could be computed."""
    failures: list[ToolExecutionError] = []
    for interval in needed:
        if isinstance(factor, BaseFactor):
            failures += _run_calls(computations, interval, progress, tell)
        else:
            failures += factor.run(interval)
            tell(1)
    return failures


def _run_calls(
    computations: Sequence[Computation],
    interval: TimeInterval,
    progress: Progress,
    tell: Callable[[int], None],
) -> list[ToolExecutionError]:
    if progress.failed:
        asked = TimeIntervals([interval])
        reasons = progress.failures_of(
            [(each.call.sources, reached(each.call.record.reach, asked)) for each in computations]
        )
        for each, reason in zip(computations, reasons, strict=True):
            if reason is not None:
                progress.fail(each.call.sinks, reason)
        computations = [
            each for each, reason in zip(computations, reasons, strict=True) if reason is None
        ]
    return run_all(computations, interval, tell)


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


def _failure(workflow_id: str, interval: TimeInterval, error: Exception) -> WorkflowExecutionError:
    """Return the error of an execution of a workflow as one that says whose it is."""
    if isinstance(error, WorkflowExecutionError):
        return error
    msg = f"Workflow {workflow_id} failed over {interval.humanized}: {error!r}"
    return WorkflowExecutionError(msg, [error], workflow_id=workflow_id, interval=interval)
