"""What the definition of nodes and factors is checked for, where the line is written."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from hyperstream._time import utcnow
from hyperstream.channels import BaseChannel
from hyperstream.time_interval import (
    RelativeTimeInterval,
    TimeInterval,
    TimeIntervals,
    parse_time_tuple,
)
from hyperstream.tool import (
    AggregateTool,
    BaseTool,
    MultiOutputTool,
    PlateCreationTool,
    SelectorTool,
    Tool,
)
from hyperstream.utils.errors import (
    FactorAlreadyExistsError,
    FactorDefinitionError,
    InputStreamCountError,
    LinkageError,
    NodeAlreadyExistsError,
    NodeDefinitionError,
    PlateEmptyError,
    PlateNotFoundError,
)
from hyperstream.utils.text import NO_UNICODE, is_unicode
from hyperstream.workflow.node import Node
from hyperstream.workflow.plate import Plate
from hyperstream.workflow.plate_manager import PlateManager
from hyperstream.workflow.specification import Specification

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hyperstream.workflow.graph import Graph

_LONGEST, _LONGEST_DESCRIPTION = 512, 4096
_KINDS = (AggregateTool, Tool, SelectorTool, MultiOutputTool, PlateCreationTool, BaseTool)
_PLATE_KEYS = {"plate_id", "meta_data_id", "description", "use_provided_values", "parent_plate"}


def check_texts(workflow_id: Any, name: Any, description: Any, owner: Any) -> None:
    """Check what a workflow says of itself; ValueError."""
    _check_text("workflow_id", workflow_id, _LONGEST)
    _check_text("name", name, _LONGEST)
    for key, value, longest in (
        ("description", description, _LONGEST_DESCRIPTION),
        ("owner", owner, _LONGEST),
    ):
        if value is not None and value != "":
            _check_text(key, value, longest)


def check_new_node(graph: Graph, node_id: str) -> None:
    """Check that there is no node of this name; NodeAlreadyExistsError."""
    if isinstance(node_id, str) and node_id in graph.nodes:  # what is no text, the node refuses
        msg = f"Workflow {graph.workflow_id} has a node {node_id} already: take another name."
        raise NodeAlreadyExistsError(msg, node_id=node_id)


def check_values(node: Node) -> None:
    """Check that a node has streams; PlateEmptyError."""
    if not node.plate_values:
        empty = next((plate for plate in node.plates if not len(plate)), node.plates[0])
        raise PlateEmptyError(
            empty.plate_id, f"node {node.node_id} would have no streams.", node_id=node.node_id
        )


def check_kind(tool: BaseTool, *kinds: type[BaseTool], method: str) -> None:
    """Check that a tool is of a kind that a method makes factors with; FactorDefinitionError."""
    if not isinstance(tool, kinds):
        wanted = " or ".join(kind.__name__ for kind in kinds)
        found = next(kind.__name__ for kind in _KINDS if isinstance(tool, kind))
        msg = (
            f"Tool {tool.name} is a {found}, but {method} takes a {wanted}: "
            "create_factor_general makes the factor that a tool needs."
        )
        raise FactorDefinitionError(msg, tool=tool)


def check_link(graph: Graph, tool: BaseTool, read: Sequence[Node], *sinks: Node) -> None:
    """Check that a new factor may go from some nodes to another one, if it has a sink.

    Raises
    ------
    FactorDefinitionError
        A node is of another workflow, or none at all.
    FactorAlreadyExistsError
        The sink has a factor.
    LinkageError
        The sink would depend on itself.
    """
    for node in (*read, *sinks):
        if node is None or graph.nodes.get(getattr(node, "node_id", "")) is not node:
            msg = (
                f"{node!r} is no node of workflow {graph.workflow_id}, so that tool {tool.name} "
                "cannot be tied to it: make it by create_node."
            )
            raise FactorDefinitionError(msg, tool=tool)
    for sink in sinks:
        if sink.factor is not None:
            msg = f"Node {sink.node_id} is computed by {sink.factor!r} already: use another node."
            raise FactorAlreadyExistsError(msg, node_id=sink.node_id)
        if sink in read or _depends(read, sink):
            names = ", ".join(node.node_id for node in read)
            msg = f"Node {sink.node_id} would depend on itself, by way of {names}."
            raise LinkageError(msg, node_id=sink.node_id)


def source_list(tool: BaseTool, sources: Any) -> list[Node]:
    """Return the sources of a factor as a list; FactorDefinitionError for a single node."""
    if sources is None:
        return []
    if isinstance(sources, (Node, str)) or not isinstance(sources, Iterable):
        msg = f"Tool {tool.name} takes a list of nodes as sources, not {sources!r}."
        raise FactorDefinitionError(msg, tool=tool)
    return list(sources)


def check_source_count(tool: BaseTool, sources: Sequence[Node]) -> None:
    """Check how many sources a tool has that says how many it needs; InputStreamCountError."""
    expected = tool.source_count
    if expected not in (None, len(sources)):
        msg = f"Tool {tool.name} takes {expected} source nodes, not {len(sources)}."
        raise InputStreamCountError(msg, expected=expected, given=len(sources))


def found_channel(graph: Graph, channel: BaseChannel | str) -> BaseChannel:
    """Return a channel for what may be its id."""
    if isinstance(channel, BaseChannel):
        return channel
    if not isinstance(channel, str):
        msg = f"A node lives in a channel, not in {channel!r}."
        raise NodeDefinitionError(msg, workflow_id=graph.workflow_id)
    if graph.channel_manager is None:
        raise NodeDefinitionError(_lacking(graph, f"channel {channel!r}"))
    return graph.channel_manager.get_channel(channel)


def found_plates(graph: Graph, node_id: str, plates: Any) -> list[Plate]:
    """Return the plates of a node for what may be their ids."""
    if isinstance(plates, (Plate, str)) or not isinstance(plates, Iterable):
        msg = f"Node {node_id} takes a list of plates, not {plates!r}."
        raise NodeDefinitionError(msg, node_id=node_id)
    return [found_plate(graph, plate) for plate in plates]


def found_plate(graph: Graph, plate: Plate | str) -> Plate:
    """Return a plate for what may be its id."""
    if not isinstance(plate, str):
        if isinstance(plate, Plate) and graph.plate_manager is not None:
            _check_is_current(plate, graph.plate_manager)
        return plate
    if graph.plate_manager is None:
        raise NodeDefinitionError(_lacking(graph, f"plate {plate!r}"))
    return graph.plate_manager[plate]


def found_plate_manager(graph: Graph) -> PlateManager:
    """Return the plate manager of a workflow; FactorDefinitionError."""
    if graph.plate_manager is None:
        raise FactorDefinitionError(_lacking(graph, "a plate manager"))
    return graph.plate_manager


def made_tool(graph: Graph, tool: Any) -> BaseTool:
    """Return a tool for what may be one, hold one, or name one with its parameters."""
    if isinstance(tool, Specification):
        return tool.tool
    if isinstance(tool, BaseTool):
        return tool
    if not isinstance(tool, Mapping) or "name" not in tool:
        msg = f"A factor takes a tool, or a dict with its name and parameters, not {tool!r}."
        raise FactorDefinitionError(msg, workflow_id=graph.workflow_id)
    if graph.channel_manager is None:
        raise FactorDefinitionError(_lacking(graph, f"tool {tool['name']!r}"))
    made: BaseTool = graph.channel_manager.get_tool(
        tool["name"], tool.get("parameters"), tool.get("version")
    )
    return made


def checked_output_plate(
    described: Any, manager: PlateManager
) -> tuple[dict[str, Any], Plate | None]:
    """Return what is said of a plate to create, and the parent that it names.

    Raises
    ------
    FactorDefinitionError
        A key is unknown or missing, or a value is of the wrong kind.
    PlateNotFoundError
        There is no such parent (any more).
    """
    if not isinstance(manager, PlateManager):
        msg = f"A plate is created by a plate manager, such as hs.plate_manager, not {manager!r}."
        raise FactorDefinitionError(msg)
    if not isinstance(described, Mapping):
        msg = f"The output_plate of a factor is a dict, not {described!r}."
        raise FactorDefinitionError(msg)
    unknown = sorted(described.keys() - _PLATE_KEYS, key=repr)
    if unknown:
        known = ", ".join(sorted(_PLATE_KEYS))
        msg = f"output_plate has no key {unknown[0]!r}: there are {known}."
        raise FactorDefinitionError(msg)
    plate = {"description": None, "use_provided_values": False, "parent_plate": None, **described}
    odd = [each for each in plate.values() if isinstance(each, str) and not is_unicode(each)]
    if odd:
        msg = f"{odd[0]!r} cannot be a text of output_plate. {NO_UNICODE}."
        raise FactorDefinitionError(msg)
    for key in ("plate_id", "meta_data_id"):
        value = plate.get(key)
        if not isinstance(value, str) or not 0 < len(value) <= _LONGEST:
            msg = f"output_plate needs {key!r}, text of 1 to {_LONGEST} characters, not {value!r}."
            raise FactorDefinitionError(msg)
    described = plate["description"]
    if described and (not isinstance(described, str) or len(described) > _LONGEST):
        msg = f"The 'description' of output_plate is text of up to {_LONGEST} characters."
        raise FactorDefinitionError(msg)
    if plate["use_provided_values"] not in (True, False, None):
        wrong = plate["use_provided_values"]
        msg = f"The 'use_provided_values' of output_plate is True or False, not {wrong!r}."
        raise FactorDefinitionError(msg)
    parent = _named_parent(plate["parent_plate"], manager)
    plate["parent_plate"] = _plate_id(parent)
    return plate, parent


def check_created_plate(
    described: Mapping[str, Any], parent: Plate | None, manager: PlateManager
) -> None:
    """Check that a plate can be created, or is there just like that; FactorDefinitionError."""
    plate_id, tag = described["plate_id"], described["meta_data_id"]
    above = () if parent is None else parent.ancestor_meta_data_ids
    if tag in above:
        msg = f"Plate {plate_id}: its meta data id {tag!r} is that of a plate above it already."
        raise FactorDefinitionError(msg)
    if plate_id not in manager:
        return
    known, path = manager[plate_id], (*above, tag)
    if (_plate_id(known.parent), known.ancestor_meta_data_ids) != (_plate_id(parent), path):
        tags = ".".join(known.ancestor_meta_data_ids)
        where = f" below plate {known.parent.plate_id}" if known.parent else ""
        msg = (
            f"Plate {plate_id} is there already, with the meta data {tags}{where}: describe it "
            "like that, or create a plate of another name."
        )
        raise FactorDefinitionError(msg)


def _plate_id(plate: Plate | None) -> str | None:
    return None if plate is None else plate.plate_id


def _named_parent(parent: Any, manager: PlateManager) -> Plate | None:
    """Return the plate that a plate to create is said to be below of."""
    if isinstance(parent, Plate):
        _check_is_current(parent, manager)
        return parent
    if parent is None or isinstance(parent, str):
        return None if parent is None else manager[parent]
    msg = f"The 'parent_plate' of output_plate is a plate or its id, not {parent!r}."
    raise FactorDefinitionError(msg)


def _check_is_current(plate: Plate, manager: PlateManager) -> None:
    """Check that a plate is one of the manager's; PlateNotFoundError.

    One that was deleted, or is of another HyperStream, would not follow the meta data.
    """
    if manager.plates.get(plate.plate_id) is not plate:
        msg = (
            f"{plate!r} was deleted, or belongs to another HyperStream: take "
            f"hs.plate_manager[{plate.plate_id!r}]."
        )
        raise PlateNotFoundError(msg, plate_id=plate.plate_id)


def intervals(time_interval: Any) -> Iterator[TimeInterval]:
    """Yield the intervals that something stands for; a relative one counts from now."""
    if isinstance(time_interval, TimeIntervals):
        yield from time_interval
    elif isinstance(time_interval, RelativeTimeInterval):
        yield time_interval.absolute(utcnow())
    elif isinstance(time_interval, TimeInterval):
        yield time_interval
    else:
        try:
            start, end = time_interval
        except (TypeError, ValueError):
            msg = f"A workflow is executed over a time interval or a pair, not {time_interval!r}."
            raise TypeError(msg) from None
        yield from intervals(parse_time_tuple(start, end))


def _depends(read: Sequence[Node], sink: Node) -> bool:
    """Tell whether one of the nodes read is computed from the sink, in however many steps."""
    # Where a workflow is written from its sources on, or from its leaves, this is all.
    if sink.is_leaf or all(node.factor is None for node in read):
        return False
    seen: set[int] = set()
    waiting = deque(read)
    while waiting:
        node = waiting.popleft()
        if node is sink:
            return True
        if id(node) not in seen and node.factor is not None:
            seen.add(id(node))
            waiting.extend(node.factor.read)
    return False


def _check_text(key: str, value: Any, longest: int) -> None:
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        shown = f"{len(value)} characters" if isinstance(value, str) else repr(value)
        raise ValueError(f"The {key} of a workflow is text of 1 to {longest}, not {shown}.")
    if not is_unicode(value):
        raise ValueError(f"{value!r} cannot be the {key} of a workflow. {NO_UNICODE}.")


def _lacking(graph: Graph, what: str) -> str:
    return (
        f"Workflow {graph.workflow_id} cannot look up {what}: it belongs to no HyperStream yet. "
        "Use hs.create_workflow(...), or give the object itself."
    )
