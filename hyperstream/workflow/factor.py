"""Factors: a tool that computes one node from others, once for each plate value."""

from __future__ import annotations

import logging
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any

from hyperstream.execution import Computation
from hyperstream.execution.computation import run_all
from hyperstream.execution.progress import Progress, current_progress
from hyperstream.time_interval import TimeIntervals
from hyperstream.tool import AggregateTool, SelectorTool
from hyperstream.utils.containers import Printable
from hyperstream.utils.errors import HyperStreamError, PlateAlreadyExistsError, ToolExecutionError
from hyperstream.workflow.checks import check_created_plate
from hyperstream.workflow.meta_data_manager import identifier_of
from hyperstream.workflow.node import Node, by_value, stream_of
from hyperstream.workflow.upstream import attach_upstream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hyperstream.execution import ToolCall
    from hyperstream.storage.base import MetaData
    from hyperstream.time_interval import TimeInterval
    from hyperstream.tool import MultiOutputTool, PlateCreationTool
    from hyperstream.workflow.plate import Plate
    from hyperstream.workflow.plate_manager import PlateManager

logger = logging.getLogger(__name__)


class BaseFactor(Printable):
    """What all factors that compute streams have in common.

    Parameters
    ----------
    tool : BaseTool
        The tool; one for all plate values.
    sources : sequence of Node
        What it reads.
    sink : Node
        What it computes.

    Attributes
    ----------
    plates : tuple of Plate
        The plates that it is repeated over.
    """

    def __init__(self, tool: Any, sources: Sequence[Node], sink: Node) -> None:
        self.tool = tool
        self.sources = tuple(sources)
        self.sink = sink
        self._seen: list[Any] = []
        self._computations: list[Computation] = []

    @property
    def plates(self) -> tuple[Plate, ...]:
        """The plates that the factor is repeated over: those of its sink."""
        return self.sink.plates

    @property
    def read(self) -> tuple[Node, ...]:
        """All nodes that the tool reads, also those that only say how."""
        return self.sources

    @property
    def computations(self) -> Sequence[Computation]:
        """One computation for each call of the tool; new ones where plates have changed."""
        seen = [node.plate_values for node in (*self.read, self.sink)]
        if len(seen) != len(self._seen) or any(
            now is not before for now, before in zip(seen, self._seen, strict=True)
        ):
            self._computations = [Computation(call) for call in self.calls()]
            self._seen = seen
        return self._computations

    def calls(self) -> Iterator[ToolCall]:
        """Yield the calls of the tool, which do not depend on each other."""
        raise NotImplementedError

    def run(self, time_interval: TimeInterval) -> list[ToolExecutionError]:
        """Compute what is missing in (start, end] of all plate values; return the failures."""
        attach_upstream(self.read)
        return run_all(self.computations, time_interval)

    def execute(self, time_interval: TimeInterval) -> None:
        """Compute what is missing in (start, end] for all plate values, upstream included.

        Raises
        ------
        ToolExecutionError
            The first failure; the other plate values are computed all the same.
        """
        for error in self.run(time_interval):
            raise error

    def __repr__(self) -> str:
        sources = ", ".join(node.node_id for node in self.read)
        return f"{type(self).__name__}({self.tool.name}: {sources} -> {self.sink.node_id})"


class Factor(BaseFactor):
    """A factor with a `Tool`, an `AggregateTool` or a `SelectorTool`.

    A tool is called for each value of the sink's plates, with the stream of
    that value, or of the matching ancestor value, of each source. An aggregate
    tool is called for each such value with all source streams below it. A
    selector tool is called once, with all streams.

    Parameters
    ----------
    tool, sources, sink
        See `BaseFactor`.
    alignment_node : Node, optional
        The node whose timestamps the output has.
    """

    def __init__(
        self,
        tool: Any,
        sources: Sequence[Node],
        sink: Node,
        alignment_node: Node | None = None,
    ) -> None:
        super().__init__(tool, sources, sink)
        self.alignment_node = alignment_node

    @property
    def read(self) -> tuple[Node, ...]:
        """The sources and the alignment node."""
        return self.sources if self.alignment_node is None else (*self.sources, self.alignment_node)

    def calls(self) -> Iterator[ToolCall]:
        """Yield the calls of the tool."""
        if isinstance(self.tool, SelectorTool):
            yield self.tool.bind(list(chain.from_iterable(self.sources)), list(self.sink))
            return
        values = self.sink.plate_values
        if isinstance(self.tool, AggregateTool):
            below = by_value(self.sources[0], values)
            sources = (below[frozenset(value)] for value in values)
        else:
            sources = ([stream_of(node, value) for node in self.sources] for value in values)
        align = self.alignment_node
        for value, sink, read in zip(values, self.sink, sources, strict=True):
            yield self.tool.bind(read, sink, None if align is None else stream_of(align, value))


class MultiOutputFactor(BaseFactor):
    """A factor with a `MultiOutputTool`: called for each value of the source's plates, or once.

    Parameters
    ----------
    tool : MultiOutputTool
        The tool.
    source : Node or None
        What is split.
    splitting_node : Node or None
        What says how.
    sink : Node
        The node on the new plate.
    output_plate : Plate
        The plate of the sink that the source is split onto.
    """

    tool: MultiOutputTool

    def __init__(
        self,
        tool: MultiOutputTool,
        source: Node | None,
        splitting_node: Node | None,
        sink: Node,
        output_plate: Plate,
    ) -> None:
        super().__init__(tool, () if source is None else (source,), sink)
        self.source = source
        self.splitting_node = splitting_node
        self.output_plate = output_plate

    @property
    def read(self) -> tuple[Node, ...]:
        """The source and the splitting node."""
        return self.sources if self.splitting_node is None else (*self.sources, self.splitting_node)

    def calls(self) -> Iterator[ToolCall]:
        """Yield the calls of the tool."""
        values = ((),) if self.source is None else self.source.plate_values
        sinks = by_value(self.sink, values)
        tags = self.output_plate.ancestor_meta_data_ids
        for value in values:
            mine = sinks[frozenset(value)]
            own = [dict(sink.stream_id.meta_data) for sink in mine]
            yield self.tool.bind(
                None if self.source is None else stream_of(self.source, value),
                None if self.splitting_node is None else stream_of(self.splitting_node, value),
                mine,
                self.output_plate.meta_data_id,
                list(dict.fromkeys(tuple((tag, each[tag]) for tag in tags) for each in own)),
            )


class NodeCreationFactor(Printable):
    """A factor with a `PlateCreationTool`: finds the values of a plate, and creates the plate.

    Parameters
    ----------
    tool : PlateCreationTool
        The tool.
    source : Node or None
        What the values are found in; the tool is called for each of its plate values, or once.
    output_plate : dict
        The plate: plate_id, meta_data_id, description, use_provided_values.
    plate_manager : PlateManager
        Where the plate is created.
    parent : Plate or None
        What the plate is below of.
    """

    def __init__(
        self,
        tool: PlateCreationTool,
        source: Node | None,
        output_plate: Mapping[str, Any],
        plate_manager: PlateManager,
        parent: Plate | None,
    ) -> None:
        self.tool = tool
        self.source = source
        self.output_plate = dict(output_plate)
        self.parent = parent
        self._plate_manager = plate_manager

    @property
    def read(self) -> tuple[Node, ...]:
        """The source, if there is one."""
        return () if self.source is None else (self.source,)

    @property
    def sources(self) -> tuple[Node, ...]:
        """The source, if there is one."""
        return self.read

    @property
    def sink(self) -> None:
        """There is none."""
        return

    @property
    def plates(self) -> tuple[Plate, ...]:
        """The plates that the factor is repeated over: those of its source."""
        return () if self.source is None else self.source.plates

    def execute(self, time_interval: TimeInterval) -> None:
        """Find the plate values in (start, end], add them to the meta data, create the plate.

        Raises
        ------
        ToolExecutionError
            The first failure; what was found elsewhere is added all the same.
        """
        attach_upstream(self.read)
        for error in self.run(time_interval):
            raise error

    def run(self, time_interval: TimeInterval) -> list[ToolExecutionError]:
        """Do what `execute` does; return the failures."""
        found: dict[tuple[MetaData, str], None] = {}
        failures: list[ToolExecutionError] = []
        complete = True
        above = () if self.parent is None else self.parent.ancestor_meta_data_ids
        progress, asked = current_progress() or Progress(), TimeIntervals([time_interval])
        for value in self._values():
            own = dict(value)
            place = tuple((tag, own[tag]) for tag in above)
            stream = None if self.source is None else stream_of(self.source, value)
            if stream is not None and progress.failure_of([stream], asked) is not None:
                complete = False
                continue
            try:
                names = self.tool.execute(stream, time_interval, value or None)
            except ToolExecutionError as error:
                complete = False
                failures.append(error)
            else:
                found |= dict.fromkeys((place, name) for name in names)
        if found or complete:
            failures += self._added(found, time_interval)
        return failures

    def __repr__(self) -> str:
        source = "" if self.source is None else f"{self.source.node_id} "
        return (
            f"{type(self).__name__}({self.tool.name}: {source}-> "
            f"plate {self.output_plate['plate_id']})"
        )

    def _values(self) -> tuple[MetaData, ...]:
        """Return what the tool is called for: values of the source, or else of the parent."""
        if self.source is not None and self.source.plates:
            return self.source.plate_values
        return ((),) if self.parent is None else self.parent.values

    def _added(
        self, found: Iterable[tuple[MetaData, str]], interval: TimeInterval
    ) -> list[ToolExecutionError]:
        try:
            self._add(found)
        except HyperStreamError as error:
            plate_id = self.output_plate["plate_id"]
            msg = f"Tool {self.tool.name} found values for plate {plate_id} that fail: {error}"
            failure = ToolExecutionError(msg, tool=self.tool, interval=interval)
            failure.__cause__ = error
            return [failure]
        return []

    def _add(self, found: Iterable[tuple[MetaData, str]]) -> None:
        plate_id, tag = self.output_plate["plate_id"], self.output_plate["meta_data_id"]
        manager, names = self._plate_manager, list(dict.fromkeys(name for _, name in found))
        if not names:
            logger.warning("Tool %s found no values for plate %s", self.tool.name, plate_id)
            return
        # Another factor, or another process, may have made one of this name.
        check_created_plate(self.output_plate, self.parent, manager)
        manager.meta_data_manager.insert_many(
            (tag, identifier_of(place), name) for place, name in found
        )
        use_provided = bool(self.output_plate["use_provided_values"])
        with suppress(PlateAlreadyExistsError):  # another process may have been faster
            if plate_id not in manager:
                manager.create_plate(
                    plate_id,
                    description=self.output_plate["description"],
                    meta_data_id=tag,
                    values=names if use_provided else (),
                    complement=not use_provided,
                    parent_plate=self.parent,
                )
        if use_provided:
            manager.add_values(plate_id, names)
