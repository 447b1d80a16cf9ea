"""Workflow and WorkflowMonitor definitions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hyperstream.execution.plan import up_to_now
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils.errors import HyperStreamWarning
from hyperstream.utils.hyperstream_logger import monitor
from hyperstream.utils.user_warnings import warn
from hyperstream.workflow import checks, compatibility, display
from hyperstream.workflow.drawing import mermaid, page, text
from hyperstream.workflow.drawing.layout import Layout
from hyperstream.workflow.execution import attach_all, execute
from hyperstream.workflow.graph import Graph
from hyperstream.workflow.plate import Plate
from hyperstream.workflow.recompute import forget
from hyperstream.workflow.specification import close_block, is_open, open_block

if TYPE_CHECKING:
    from types import TracebackType

    import graphviz
    from typing_extensions import Self

    from hyperstream.channel_manager import ChannelManager
    from hyperstream.tool import BaseTool
    from hyperstream.workflow.node import Node
    from hyperstream.workflow.plate_manager import PlateManager

    Span = TimeInterval | TimeIntervals | Sequence[Any]


class Workflow(Graph):
    """Workflow. This defines the graph of operations through nodes and factors.

    ``with hs.create_workflow(...) as w`` makes one that belongs to a
    HyperStream; one made by the class itself becomes part of it by
    ``hs.add_workflow(w)``. Inside of the ``with`` block, ``hs.factors`` can be
    used: ``node[value] = hs.factors.apply(sources=[other[value]], func=f)``.

    Parameters
    ----------
    workflow_id : str
        The name under which it is stored, 1 to 512 characters.
    name : str
        What people call it.
    description : str
        What it is for, up to 4096 characters.
    owner : str
        Who made it.
    online : bool
        Whether the online engine executes it.
    monitor : bool
        Whether start and end of each execution are logged at level MON.
    channel_manager, plate_manager : optional
        What names of channels, tools and plates are looked up in.

    Attributes
    ----------
    nodes : dict
        The nodes by name, in order of definition.
    factors : list
        The factors, in order of definition.

    Raises
    ------
    ValueError
        A text is empty or too long, or `online` or `monitor` is neither True nor False.
    """

    def __init__(
        self,
        workflow_id: str,
        name: str,
        description: str,
        owner: str,
        online: bool = False,
        monitor: bool = False,
        *,
        channel_manager: ChannelManager | None = None,
        plate_manager: PlateManager | None = None,
    ) -> None:
        checks.check_texts(workflow_id, name, description, owner)
        super().__init__(workflow_id, channel_manager, plate_manager)
        self.name = name
        self.description = description
        self.owner = owner
        self.online = _checked_flag("online", online)
        self.monitor = _checked_flag("monitor", monitor)
        # What to do where the block that defines the workflow fails.
        self.on_failure: Callable[[], None] | None = None
        self._requested = TimeIntervals()

    @property
    def requested_intervals(self) -> TimeIntervals:
        """The intervals that are requested, from the database. Setting stores them there."""
        if self.plate_manager is None:
            return TimeIntervals(self._requested)
        status = self.plate_manager.catalogue.status(self.workflow_id)
        return TimeIntervals() if status is None else _requested(status)

    @requested_intervals.setter
    def requested_intervals(self, intervals: TimeIntervals | TimeInterval | None) -> None:
        self._requested = TimeIntervals(intervals)
        if self.plate_manager is not None:
            self.plate_manager.catalogue.save_requested(self.workflow_id, self._requested)

    def execute(self, time_interval: Span) -> None:
        """Compute all leaf nodes, and what they need, over an interval.

        Factors are computed in topological order, each where something is
        missing of what its readers need, and once.

        Parameters
        ----------
        time_interval : TimeInterval, TimeIntervals, RelativeTimeInterval or (start, end)
            Open at the start, closed at the end; a relative one counts from now. What lies after
            now is not computed (reads the clock).

        Raises
        ------
        WorkflowExecutionError
            Some calls of tools failed: a group of what each said. All that does
            not depend on them is computed; executing again computes the rest.
        """
        self._execute(checks.intervals(time_interval), {})

    def attach(self) -> None:
        """Let the streams of all nodes know who computes them, as executing it does.

        From then on whoever reads them in this process with ``force_calculation``, another
        workflow say, has them computed.
        """
        attach_all(self.order)

    def recompute(self, time_interval: Span) -> None:
        """Forget what is computed from an interval, and compute it again.

        For late or corrected data, and after a tool's function was edited.
        Results after the interval that depend on it, such as those of windows
        that reach back into it, are computed again too, where they were before.
        What others compute from this workflow is forgotten, and computed when it
        is asked for. Data that no factor computes stay.

        Parameters
        ----------
        time_interval : TimeInterval, TimeIntervals, RelativeTimeInterval or (start, end)
            As in `execute`, which it ends with.
        """
        intervals = TimeIntervals(checks.intervals(time_interval))
        self._execute(intervals, forget(self.order, intervals))

    def to_dict(self, tool_long_names: bool = True) -> dict[str, Any]:
        """Get a representation of the workflow as a dictionary for display purposes.

        Parameters
        ----------
        tool_long_names : bool
            Indicates whether to use long names, such as
            ``SplitterFromStream(element=None, use_mapping_keys_only=True)``, or short names,
            such as ``splitter_from_stream``.

        Returns
        -------
        dict
            ``nodes``, ``factors`` and ``plates``.
        """
        return display.to_dict(self, tool_long_names)

    def to_json(
        self,
        formatter: Callable[[dict[str, Any]], Any] | None = None,
        tool_long_names: bool = True,
        **kwargs: Any,
    ) -> str:
        """Get a JSON representation of the workflow.

        Parameters
        ----------
        formatter : callable, optional
            Changes the dictionary first, as `factorgraph_viz` does.
        tool_long_names : bool
            See `to_dict`.
        **kwargs
            For ``json.dumps``.
        """
        described: Any = self.to_dict(tool_long_names)
        return json.dumps(formatter(described) if formatter else described, **kwargs)

    @staticmethod
    def factorgraph_viz(d: Mapping[str, Any]) -> dict[str, Any]:
        """Map the dictionary into factorgraph-viz format.

        See https://github.com/mbforbes/factorgraph-viz.

        Parameters
        ----------
        d : dict
            What `to_dict` returns.
        """
        return display.factorgraph_viz(d)

    def to_text(self) -> str:
        """Return the workflow as a tree of text: plates, nodes on them, and what computes each.

        Examples
        --------
        >>> from hyperstream import ChannelManager
        >>> channels = ChannelManager(())
        >>> workflow = Workflow("heating", "Heating", "An example", "me", channel_manager=channels)
        >>> raw, size = (workflow.create_node(name, "memory") for name in ("raw", "size"))
        >>> workflow.create_factor({"name": "apply", "parameters": {"func": abs}}, [raw], size)
        Factor(apply: raw -> size)
        >>> print(workflow.to_text())
        workflow heating
        ├─ raw [memory]
        └─ size [memory] ← apply(abs): raw
        """
        return text.tree(Layout(self))

    def to_mermaid(self) -> str:
        """Return the workflow as a flowchart in the language of Mermaid.

        Many web pages draw it in a fenced block of code whose language is ``mermaid``. What is
        shown is what `to_graphviz` shows.
        """
        return mermaid.flowchart(Layout(self))

    def to_graphviz(self) -> graphviz.Digraph:
        """Return the workflow as a picture that Graphviz draws, and notebooks show.

        Nodes are ellipses with their channel, factors are boxes with the name of their tool,
        and plates are frames around what is repeated over them. Of a plate of a thousand values
        each node is drawn once.

        - A plate lies inside of the plate above it. What is on several plates, of which none
          is above another, has a frame of its own: ``T × V``.
        - A factor lies where it is called once for each value. One that splits
          streams onto a new plate is outside of that plate; one that selects streams is called
          once for all.
        - An alignment node, or one that says how to split, has a dashed arrow.
        - A factor that creates a plate points to a note "values of" that plate.

        Returns
        -------
        graphviz.Digraph
            ``.render("name", format="pdf")`` writes a file, ``.attr(rankdir="LR")`` draws it from
            left to right. Both need the program ``dot`` of Graphviz; ``.source`` does not.

        Raises
        ------
        MissingExtraError
            The package graphviz is not installed.
        """
        from hyperstream.workflow.drawing.dot import digraph  # noqa: PLC0415 - an extra

        return digraph(Layout(self))

    @staticmethod
    def check_plate_compatibility(
        tool: BaseTool, source_plate: Plate, sink_plate: Plate
    ) -> str | None:
        """Check whether the source and sink plate are compatible given the tool.

        Returns
        -------
        str or None
            What is wrong, or None.
        """
        return compatibility.plate_problem(tool, source_plate, sink_plate)

    @staticmethod
    def check_multi_output_plate_compatibility(
        source_plates: Sequence[Plate], sink_plate: Plate | Sequence[Plate]
    ) -> bool:
        """Check whether a multi-output tool can go from the source plates to the sink plate."""
        sinks = [sink_plate] if isinstance(sink_plate, Plate) else list(sink_plate)
        return compatibility.multi_output_is_compatible(source_plates, sinks)

    def _execute(
        self, intervals: Iterable[TimeInterval], also: Mapping[Node, TimeIntervals]
    ) -> None:
        with WorkflowMonitor(self):
            possible = TimeIntervals(filter(None, map(up_to_now, intervals)))
            if also or not possible.is_empty:
                execute(self.workflow_id, self.order, possible, also)

    def __enter__(self) -> Self:
        try:
            open_block(self)
            return self  # noqa: TRY300 - an interrupt may come before it, too
        except BaseException:  # after which Python does not call `__exit__`
            self._close_block(failed=True)
            raise

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            forgotten = self._close_block(failed=exc_type is not None)
        except BaseException:
            self._close_block(failed=True)
            raise
        if exc_type is None and forgotten:
            warn(
                f"In the block of workflow {self.workflow_id}, hs.factors made {forgotten} for no "
                "node: assign them by 'node[value] = …', or 'node[None] = …' without plates.",
                HyperStreamWarning,
            )

    def _close_block(self, *, failed: bool) -> list[str]:
        """End the innermost block, if one is open; return the tools specified for no node."""
        forgotten = close_block(self)
        if not is_open(self):
            if failed and self.on_failure is not None:
                self.on_failure()
            self.on_failure = None
        return forgotten

    def _repr_html_(self) -> str:
        return page.html(self)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.workflow_id!r}, {len(self.nodes)} nodes, "
            f"{len(self.factors)} factors)"
        )


class WorkflowMonitor:
    """Small helper class that provides logging output to monitor workflow progress.

    It is a context manager: at its begin and end it says so at level MON, if
    the workflow is monitored.

    Parameters
    ----------
    workflow : Workflow
        The workflow.
    """

    def __init__(self, workflow: Workflow) -> None:
        self.workflow = workflow

    def __enter__(self) -> Self:
        self._say("started")
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        reason = str(exc_value) or type(exc_value).__name__
        self._say("completed" if exc_type is None else f"failed: {reason}")

    def _say(self, what: str) -> None:
        if self.workflow.monitor:
            workflow_id = self.workflow.workflow_id
            monitor(f"Execution of workflow {workflow_id} {what}", n=workflow_id)


def _requested(status: Any) -> TimeIntervals:
    """Return the requested intervals of a stored status."""
    return TimeIntervals(TimeInterval(each.start, each.end) for each in status.requested_intervals)


def _checked_flag(key: str, value: Any) -> bool:
    """Return True or False for what is one of them, or 1 or 0; a text that says no is neither."""
    if value not in (True, False):
        raise ValueError(f"The {key} of a workflow is True or False, not {value!r}.")
    return bool(value)
