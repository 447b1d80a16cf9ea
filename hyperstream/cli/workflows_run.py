"""``hyperstream workflows run``: compute what is missing of a workflow."""

from __future__ import annotations

import time
from argparse import Namespace
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from hyperstream._time import iso_format
from hyperstream.cli.arguments import interval
from hyperstream.cli.errors import UsageError
from hyperstream.cli.output import show, span
from hyperstream.cli.system import hyperstream
from hyperstream.execution import History, HistoryRecord, current_context
from hyperstream.utils.text import plural

_COMPLETED = "completed"


class Tally:
    """A history that counts what is computed, and hands on what it is told.

    Parameters
    ----------
    history : History
        Where records are kept.
    """

    def __init__(self, history: History) -> None:
        self.calls = self.instances = 0
        self._history = history

    def record(self, record: HistoryRecord) -> None:
        """Count one execution."""
        self._history.record(record)
        self.calls += record.outcome == _COMPLETED
        self.instances += record.document_count if record.outcome == _COMPLETED else 0

    def note(self, **facts: Any) -> None:
        """Hand on what a tool tells."""
        self._history.note(**facts)


def run(options: Namespace) -> None:
    """Compute the workflow over the interval.

    Parameters
    ----------
    options : argparse.Namespace
        The options of the command line.
    """
    wanted = interval(options)
    if options.start is None or wanted is None:
        raise UsageError("Say over which interval: --from, and --to if that is not now.")
    with ExitStack() as stack:
        hs = stack.enter_context(hyperstream(options))
        workflow = hs.workflow_manager.load_workflow(options.id)
        if not options.no_history:
            stack.enter_context(hs)
        started = time.perf_counter()
        tally = Tally(current_context().history)
        stack.enter_context(replace(current_context(), history=tally).active())
        workflow.execute(wanted)
    duration = time.perf_counter() - started
    data = {
        "workflow": options.id,
        "interval": list(map(iso_format, wanted)),
        "calls": tally.calls,
        "instances": tally.instances,
        "seconds": round(duration, 3),
    }
    computed = (
        f"{plural(tally.instances, 'instance')} in {plural(tally.calls, 'call')} of tools, in "
        f"{duration:.1f} s"
    )
    computed = computed if tally.calls else "nothing was missing"
    show(options, data, [f"Workflow {options.id} over {span(wanted)}: {computed}."])
