"""``hyperstream workflows run``: compute what is missing of a workflow."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hyperstream._time import iso_format
from hyperstream.cli.arguments import interval
from hyperstream.cli.errors import UsageError
from hyperstream.cli.output import plural, show, span
from hyperstream.cli.system import hyperstream
from hyperstream.cli.terminal import bar
from hyperstream.execution import History, HistoryRecord, current_context

if TYPE_CHECKING:
    from tqdm import tqdm

    from hyperstream.workflow import Workflow

_COMPLETED = "completed"


class Tally:
    """A history that counts what is computed, moves a bar, and hands on what it is told.

    Parameters
    ----------
    history : History
        Where records are kept.
    nodes : sequence of str
        The names of the nodes, in the order in which they are computed.
    shown : tqdm
        The bar; it counts nodes.
    """

    def __init__(self, history: History, nodes: Sequence[str], shown: tqdm[Any]) -> None:
        self.calls = self.instances = 0
        self._history = history
        self._places = {name: place for place, name in enumerate(nodes)}
        self._shown = shown

    def record(self, record: HistoryRecord) -> None:
        """Count one execution."""
        self._history.record(record)
        self.calls += record.outcome == _COMPLETED
        self.instances += record.document_count if record.outcome == _COMPLETED else 0
        places = [self._places.get(sink.name, 0) for sink in record.sinks]
        self._shown.set_postfix_str(plural(self.instances, "instance"), refresh=False)
        # A source may be computed late, when a tool asks for it: a bar does not go back.
        self._shown.update(max(max(places, default=0) - self._shown.n, 0))

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
        nodes = _nodes(workflow)
        shown = stack.enter_context(bar(len(nodes), "Computing", "nodes"))
        tally = Tally(current_context().history, nodes, shown)
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


def _nodes(workflow: Workflow) -> list[str]:
    """Return the names of the nodes that are computed, in that order."""
    return [factor.sink.node_id for factor in workflow.order if factor.sink is not None]
