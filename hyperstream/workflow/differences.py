"""In what a workflow differs from what is stored of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from hyperstream.models import problems
from hyperstream.tool.fingerprint import fingerprint
from hyperstream.utils.errors import HyperStreamError
from hyperstream.workflow.stored import PLATE_FIELDS, factor_model, label, made_tool, node_model

if TYPE_CHECKING:
    from hyperstream.channel_manager import ChannelManager
    from hyperstream.models import (
        FactorDefinitionModel,
        NodeDefinitionModel,
        ToolModel,
        WorkflowDefinitionModel,
    )
    from hyperstream.tool import BaseTool
    from hyperstream.workflow.workflow import Workflow

_TEXTS = ("name", "description", "owner")
_FLAGS = ("online", "monitor")


def differences(
    stored: WorkflowDefinitionModel,
    workflow: Workflow,
    channel_manager: ChannelManager,
    *,
    with_globals: bool = True,
) -> list[str]:
    """Return in what a workflow differs from what is stored; nothing if they mean the same.

    The order of nodes and factors means nothing, nor does the form in which a
    parameter is stored. Parameters that are not stored have their defaults.

    Parameters
    ----------
    stored : WorkflowDefinitionModel
        What is stored.
    workflow : Workflow
        The workflow.
    channel_manager : ChannelManager
        What stored tools are looked up in.
    with_globals : bool
        Whether global names are compared that functions take along when they are stored. To run
        a workflow may change what these stand for.
    """
    problem = problems(stored)
    if problem:
        return [f"what is stored is damaged ({problem})"]
    factors = _labelled(stored.factors or ())
    now = _labelled(map(factor_model, workflow.factors))
    tools = dict(zip(now, (factor.tool for factor in workflow.factors), strict=True))
    return [
        *_of_texts(_facts(stored), _facts(workflow)),
        *_of_texts(
            dict(map(_of_node, stored.nodes or ())),
            dict(_of_node(node_model(node)) for node in workflow.nodes.values()),
        ),
        *_of_texts(
            {key: _links(factor) for key, factor in factors.items()},
            {key: _links(factor) for key, factor in now.items()},
        ),
        *(
            f"{key} has {text}"
            for key, factor in factors.items()
            if key in tools
            and (text := _of_tools(factor.tool, tools[key], channel_manager, with_globals))
        ),
    ]


def _of_texts(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    yield from (f"{key} is gone" for key in before if key not in now)
    for key, text in now.items():
        if key not in before:
            yield f"{key} is new"
        elif before[key] != text:
            yield f"{key} is {text}, not {before[key]}"


def _of_tools(
    stored: ToolModel, tool: BaseTool, channel_manager: ChannelManager, with_globals: bool
) -> str:
    try:
        before = made_tool(stored, channel_manager)
    except HyperStreamError as error:
        return f"another tool than the stored one, which cannot be made ({error})"
    if type(before) is not type(tool):
        return f"tool {tool.name} {tool.version}, not {before.name} {before.version}"
    old, new = _parameters(before, with_globals), _parameters(tool, with_globals)
    changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    return f"another {', '.join(changed)} of tool {tool.name}" if changed else ""


def _parameters(tool: BaseTool, with_globals: bool) -> Mapping[str, str]:
    """Return the parameters of a tool in printable form."""
    if not with_globals:
        return tool.fingerprint
    values = tool.parameters_dict.items()
    return {key: fingerprint(value, with_globals=True) for key, value in values}


def _facts(workflow: WorkflowDefinitionModel | Workflow) -> dict[str, str]:
    """Return what a workflow, stored or not, says of itself."""
    texts = {field: repr(getattr(workflow, field) or "") for field in _TEXTS}
    return texts | {field: str(bool(getattr(workflow, field))) for field in _FLAGS}


def _of_node(node: NodeDefinitionModel) -> tuple[str, str]:
    plates = f" on {', '.join(node.plate_ids)}" if node.plate_ids else ""
    return f"node {node.stream_name}", f"in channel {node.channel_id}{plates}"


def _labelled(factors: Iterable[FactorDefinitionModel]) -> dict[str, FactorDefinitionModel]:
    """Return factors by what they compute; of those that create one plate, with a number."""
    counts: Counter[str] = Counter()
    labelled = {}
    for factor in factors:
        text = f"the factor {label(factor)}"
        counts[text] += 1
        labelled[text if counts[text] == 1 else f"{text} ({counts[text]})"] = factor
    return labelled


def _links(factor: FactorDefinitionModel) -> str:
    """Return what a factor ties together, and how."""
    parts = {"a": f"{factor.factor_type} of {', '.join(factor.sources or ()) or 'nothing'}"}
    parts |= {field: getattr(factor, field) for field in ("alignment_node", "splitting_node")}
    if factor.output_plate is not None:
        parts |= {field: getattr(factor.output_plate, field) for field in PLATE_FIELDS}
    return ", ".join(f"{key} {value}" for key, value in parts.items() if value)
