"""Workflows as they are kept in the database, and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from hyperstream.models import (
    FactorDefinitionModel,
    NodeDefinitionModel,
    OutputPlateDefinitionModel,
    ToolModel,
    WorkflowDefinitionModel,
    problems,
)
from hyperstream.models.workflow import too_large
from hyperstream.tool import BaseTool
from hyperstream.utils.errors import (
    ChannelNotFoundError,
    DatabaseConnectionError,
    FactorDefinitionError,
    HyperStreamError,
    PlateNotFoundError,
    ToolInitialisationError,
    ToolNotFoundError,
    ToolVersionNotFoundError,
    WorkflowLoadError,
)
from hyperstream.utils.utils import snake_to_camel
from hyperstream.workflow.factor import Factor, MultiOutputFactor, NodeCreationFactor
from hyperstream.workflow.workflow import Workflow

if TYPE_CHECKING:
    from hyperstream.channel_manager import ChannelManager
    from hyperstream.workflow.node import Node
    from hyperstream.workflow.order import AnyFactor
    from hyperstream.workflow.plate_manager import PlateManager

PLATE_FIELDS = ("plate_id", "meta_data_id", "description", "use_provided_values", "parent_plate")
_PLUGIN = " If it is that of a plugin, name the plugin in the configuration."


def to_model(
    workflow: Workflow, channel_manager: ChannelManager, plate_manager: PlateManager
) -> WorkflowDefinitionModel:
    """Return what is stored of a workflow; it can be loaded from that again.

    Parameters
    ----------
    workflow : Workflow
        The workflow.
    channel_manager, plate_manager
        What names of channels, tools and plates are looked up in.

    Raises
    ------
    ToolNotFoundError
        A tool is in no channel of tools.
    ToolInitialisationError
        A parameter of a tool cannot be stored, or the tool not be made from what is.
    ChannelNotFoundError, PlateNotFoundError
        A node's channel or plate is none of those that are found by their names.
    FactorDefinitionError
        A text is empty or too long, or all together is larger than a document may be.
    """
    for node in workflow.nodes.values():
        _check_node(workflow, node, channel_manager, plate_manager)
    tools = {id(factor.tool): factor.tool for factor in workflow.factors}
    stored = {key: _tool_model(workflow, tool, channel_manager) for key, tool in tools.items()}
    model = WorkflowDefinitionModel(
        workflow_id=workflow.workflow_id,
        name=workflow.name,
        description=workflow.description or None,
        owner=workflow.owner or None,
        nodes=[node_model(node) for node in workflow.nodes.values()],
        factors=[factor_model(factor, stored[id(factor.tool)]) for factor in workflow.factors],
        online=workflow.online,
        monitor=workflow.monitor,
    )
    problem = problems(model) or too_large(model)
    if problem:
        msg = f"Workflow {workflow.workflow_id} cannot be stored: {problem}."
        raise FactorDefinitionError(msg, workflow_id=workflow.workflow_id)
    return model


def from_model(
    model: WorkflowDefinitionModel, channel_manager: ChannelManager, plate_manager: PlateManager
) -> Workflow:
    """Return the workflow that is stored; its streams are looked up when they are needed.

    Parameters
    ----------
    model : WorkflowDefinitionModel
        What is stored.
    channel_manager, plate_manager
        What names of channels, tools and plates are looked up in.

    Raises
    ------
    WorkflowLoadError
        Something that it needs is not there, or does not fit.
    DatabaseConnectionError
        The database does not answer.
    """
    with _loading(model, "its definition"):
        problem = problems(model)
        if problem:
            raise FactorDefinitionError(f"what is stored is damaged ({problem}).")
        workflow = Workflow(
            model.workflow_id,
            model.name,
            model.description or "",
            model.owner or "",
            bool(model.online),
            bool(model.monitor),
            channel_manager=channel_manager,
            plate_manager=plate_manager,
        )
    try:
        _fill(workflow, model, channel_manager, plate_manager)
    except BaseException:
        release(workflow)
        raise
    return workflow


def release(workflow: Workflow) -> None:
    """Take note that a workflow, which is gone, does not use its plates any more."""
    for plate in workflow.plates:
        plate.users.discard(workflow)


def made_tool(model: ToolModel, channel_manager: ChannelManager) -> BaseTool:
    """Make a stored tool.

    Raises
    ------
    HyperStreamError
        The tool or its version is not there, or a parameter cannot be read.
    """
    channel_id, _, name = model.name.partition("/")
    if name and channel_id not in channel_manager:
        msg = f"Tool {name} is in channel {channel_id!r}, which is not there."
        raise ToolNotFoundError(msg, tool=model.name)
    # First the class: where the tool is not there, its parameters do not matter.
    channel_manager.get_tool_class(model.name, model.version)
    parameters = BaseTool.parameters_from_model(model.parameters)
    try:
        made: BaseTool = channel_manager.get_tool(model.name, parameters, model.version)
    except HyperStreamError:
        raise
    except Exception as error:  # the constructor of a tool may raise anything
        msg = f"Tool {model.name} {model.version} cannot be made: {error!r}"
        raise ToolInitialisationError(msg, tool=model.name) from error
    return made


def label(factor: FactorDefinitionModel) -> str:
    """Return what a stored factor computes, for people."""
    if factor.output_plate is not None:
        return f"of plate {factor.output_plate.plate_id}"
    return f"of node {', '.join(factor.sinks or ())}"


def node_model(node: Node) -> NodeDefinitionModel:
    """Return what is stored of a node."""
    return NodeDefinitionModel(
        stream_name=node.node_id,
        plate_ids=list(node.plate_ids),
        channel_id=node.channel.channel_id,
    )


def factor_model(factor: AnyFactor, tool: ToolModel | None = None) -> FactorDefinitionModel:
    """Return what is stored of a factor, with what is stored of its tool."""
    align = getattr(factor, "alignment_node", None)
    splitting = getattr(factor, "splitting_node", None)
    plate = getattr(factor, "output_plate", None)
    return FactorDefinitionModel(
        factor_type=type(factor).__name__,
        tool=tool,
        sources=[node.node_id for node in factor.sources],
        sinks=[] if factor.sink is None else [factor.sink.node_id],
        alignment_node=None if align is None else align.node_id,
        splitting_node=None if splitting is None else splitting.node_id,
        output_plate=_plate_model(plate) if isinstance(factor, NodeCreationFactor) else None,
    )


@contextmanager
def _loading(model: WorkflowDefinitionModel, part: str) -> Iterator[None]:
    """Let what goes wrong in a part of a definition say where that is."""
    try:
        yield
    except DatabaseConnectionError:  # which says nothing of the workflow
        raise
    except Exception as error:  # a damaged document, or a plugin, may raise anything
        reason = str(error) if isinstance(error, HyperStreamError) else repr(error)
        is_missing = isinstance(error, (ChannelNotFoundError, ToolNotFoundError))
        hint = _PLUGIN if is_missing and not isinstance(error, ToolVersionNotFoundError) else ""
        msg = f"Workflow {model.workflow_id} cannot be loaded, for {part}: {reason}{hint}"
        raise WorkflowLoadError(msg, workflow_id=model.workflow_id, part=part) from error


def _fill(
    workflow: Workflow,
    model: WorkflowDefinitionModel,
    channel_manager: ChannelManager,
    plate_manager: PlateManager,
) -> None:
    """Add what is stored to a workflow, with all checks that a definition undergoes."""
    plates = plate_manager.plates
    for node in model.nodes or ():
        with _loading(model, f"node {node.stream_name}"):
            on = [plates[plate_id] for plate_id in node.plate_ids or ()]
            workflow.open_node(node.stream_name, node.channel_id, on)
    for factor in model.factors or ():
        with _loading(model, f"the factor {label(factor)}, with tool {factor.tool.name}"):
            _add_factor(workflow, factor, made_tool(factor.tool, channel_manager))


def _add_factor(workflow: Workflow, model: FactorDefinitionModel, tool: BaseTool) -> None:
    sources = [_node(workflow, node_id) for node_id in model.sources or ()]
    source = sources[0] if sources else None
    sinks = [_node(workflow, node_id) for node_id in model.sinks or ()]
    align, splitting = (
        None if node_id is None else _node(workflow, node_id)
        for node_id in (model.alignment_node, model.splitting_node)
    )
    kind = model.factor_type
    if kind == NodeCreationFactor.__name__ and model.output_plate is not None:
        plate = {field: getattr(model.output_plate, field) for field in PLATE_FIELDS}
        workflow.create_node_creation_factor(tool, source, plate)
    elif kind == MultiOutputFactor.__name__ and len(sinks) == 1:
        workflow.create_multi_output_factor(tool, source, splitting, sinks[0])
    elif kind == Factor.__name__ and len(sinks) == 1:
        workflow.create_factor(tool, sources, sinks[0], align)
    else:
        raise FactorDefinitionError(f"there is no {kind} with {len(sinks)} sinks.")


def _node(workflow: Workflow, node_id: str) -> Node:
    if node_id not in workflow.nodes:
        raise FactorDefinitionError(f"there is no node {node_id} in the workflow.")
    return workflow.nodes[node_id]


def _plate_model(plate: Any) -> OutputPlateDefinitionModel:
    fields = {field: plate[field] for field in PLATE_FIELDS}
    return OutputPlateDefinitionModel(**{**fields, "description": plate["description"] or None})


def _tool_model(workflow: Workflow, tool: BaseTool, channel_manager: ChannelManager) -> ToolModel:
    """Return what is stored of a tool, by the name that it is found by."""
    name = _name_in_channel(tool, channel_manager)
    if name is None:
        kind = type(tool)
        msg = (
            f"Workflow {workflow.workflow_id} cannot be stored: tool {tool.name} "
            f"({kind.__module__}.{kind.__qualname__}) is in no channel of tools, where other "
            "processes would find it. Make a file of it: "
            f"python -m hyperstream tools new {tool.name} --kind KIND --plugin PLUGIN"
        )
        raise ToolNotFoundError(msg, tool=tool, workflow_id=workflow.workflow_id)
    model: ToolModel = tool.get_model()
    model.name = name
    try:
        made_tool(model, channel_manager)
    except HyperStreamError as error:
        msg = (
            f"Workflow {workflow.workflow_id} cannot be stored: tool {tool.name} cannot be made "
            f"again from its parameters ({str(error).rstrip('.')}). Let its constructor take "
            "each parameter by name."
        )
        raise ToolInitialisationError(msg, tool=tool, workflow_id=workflow.workflow_id) from error
    return model


def _name_in_channel(tool: BaseTool, channel_manager: ChannelManager) -> str | None:
    """Return the name of a tool; with its channel, unless it is one of those that come along.

    A plugin's tool would otherwise be taken for another one as soon as another
    plugin has one of that name.
    """
    kind = type(tool)
    for channel in channel_manager.tool_channels:
        for name in channel.files:
            if snake_to_camel(PurePath(name).name) == kind.__name__:
                with suppress(HyperStreamError):  # this file is broken, or has other versions
                    if channel.get_tool_class(name, kind.version) is kind:
                        is_own = channel is channel_manager.tools
                        return name if is_own else f"{channel.channel_id}/{name}"
    return None


def _check_node(
    workflow: Workflow, node: Node, channel_manager: ChannelManager, plate_manager: PlateManager
) -> None:
    about = f"Workflow {workflow.workflow_id} cannot be stored: node {node.node_id}"
    channel_id = node.channel.channel_id
    if channel_manager.channels.get(channel_id) is not node.channel:
        msg = (
            f"{about} is in a channel {channel_id!r} that is none of "
            f"{', '.join(channel_manager)}. Use one of these, or make yours a plugin's."
        )
        raise ChannelNotFoundError(msg, channel_id=channel_id)
    for plate_id in node.plate_ids:
        if plate_id not in plate_manager:
            msg = f"{about} is on plate {plate_id!r}, which is not there: create that first."
            raise PlateNotFoundError(msg, plate_id=plate_id)
