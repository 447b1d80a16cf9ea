"""Tool calls as the producers of their sinks, computed one by one or many together."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from hyperstream.execution.collect import chunks
from hyperstream.execution.context import current_context
from hyperstream.execution.depth import with_room
from hyperstream.execution.lease import by_ledger
from hyperstream.execution.plan import up_to_now
from hyperstream.execution.producers import attach
from hyperstream.execution.progress import current_progress, is_in_work
from hyperstream.execution.runner import Round
from hyperstream.time_interval import TimeIntervals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hyperstream.execution.plan import ToolCall
    from hyperstream.stream import Stream
    from hyperstream.time_interval import TimeInterval
    from hyperstream.utils.errors import ToolExecutionError

_PATIENCE = 1.0
# So many calls make the first round; slow ones are shared with other processes in smaller ones.
_FIRST = 64


class Computation:
    """Computes the sinks of a tool call, each interval once.

    It is the `Producer` of its sinks, so that a forced view on one of them
    computes what is missing there.

    Parameters
    ----------
    call : ToolCall
        The tool with its sources and sinks.
    """

    def __init__(self, call: ToolCall) -> None:
        self.call = call

    def compute(self, stream: Stream, interval: TimeInterval) -> None:
        """Compute what is missing in an interval; one call serves all of its sinks."""
        progress = current_progress()
        if progress is None:
            self.run(interval)
            return
        if progress.is_done(stream, interval):
            return
        error = progress.failure_of([stream], TimeIntervals([interval]))
        if error is not None:
            raise error.with_traceback(None)  # as in `run`
        self.run(interval)

    def run(self, interval: TimeInterval) -> None:
        """Compute what is missing in (start, end], as far as it is not in the future.

        Where another thread or process is computing a part of it, wait for it.

        Raises
        ------
        ToolExecutionError
            The tool failed, or gave what cannot be stored. What it had written
            of the segment in work is removed; segments finished before stay.
        """
        for error in with_room(partial(run_all, [self], interval)):
            # Anew for each reader, or else the traceback would grow with their number.
            raise error.with_traceback(None)

    def attach(self) -> None:
        """Let the sinks know who computes them, and the sources who reads them."""
        attach([self])


def _unheard(count: int) -> None:
    """Let nobody know how many calls are done."""


def run_all(
    computations: Sequence[Computation],
    interval: TimeInterval,
    tell: Callable[[int], None] = _unheard,
) -> list[ToolExecutionError]:
    """Compute what is missing in (start, end] of independent tool calls.

    The failure of one does not stop the others. Neither do those of calls
    that are done already, or whose streams this thread is computing, cost
    more than a look at the ledger, which is one for all.

    Parameters
    ----------
    computations : sequence of Computation
        No two have a sink in common, and none reads what another computes.
    interval : TimeInterval
        What is asked for; what lies after now is not computed (reads the clock).
    tell : callable
        Is told now and then how many more calls are done.

    Returns
    -------
    list of ToolExecutionError
        The failures, in order of execution.
    """
    possible = up_to_now(interval)
    if possible is None:
        return []
    attach(computations)
    pending = [each.call for each in computations if not is_in_work(each.call.sinks)]
    if len(pending) > 1:  # one alone finds out when it claims
        pending = _incomplete(pending, possible)
    tell(len(computations) - len(pending))
    failures: list[ToolExecutionError] = []
    while pending:
        current_context().stop.check()
        left: list[ToolCall] = []
        for calls in chunks(pending, _FIRST):
            done = len(calls)
            for job in Round(calls).run(TimeIntervals([possible])):
                if job.error is not None:
                    failures.append(job.error)
                    _fail(job.call, job.error)
                elif job.is_busy or job.superseded:
                    left.append(job.call)
                    done -= 1
            tell(done)
        pending = left
        _wait(pending)
    return failures


def _incomplete(calls: Sequence[ToolCall], interval: TimeInterval) -> list[ToolCall]:
    """Return the calls with a sink in which something is missing."""
    missing: set[Stream] = set()
    for ledger, sinks in by_ledger(chain.from_iterable(call.sinks for call in calls)):
        known = ledger.calculated([sink.address for sink in sinks])
        missing.update(s for s, each in zip(sinks, known, strict=True) if interval not in each)
    return [call for call in calls if not missing.isdisjoint(call.sinks)]


def _fail(call: ToolCall, error: ToolExecutionError) -> None:
    progress = current_progress()
    if progress is not None:
        progress.fail(call.sinks, error)


def _wait(calls: Sequence[ToolCall]) -> None:
    """Wait until some of what others are computing may be done."""
    for ledger, sinks in by_ledger(chain.from_iterable(call.sinks for call in calls)):
        ledger.wait([sink.address for sink in sinks], _PATIENCE)
