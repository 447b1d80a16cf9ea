"""Functions that make tools, and functions that specify factors, with real signatures."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from hyperstream.channel_manager import make_tool, parameters_of, without_types
from hyperstream.channels.tool_channel import hint
from hyperstream.tool import MultiOutputTool, PlateCreationTool, SelectorTool
from hyperstream.utils.errors import FactorDefinitionError, ToolInitialisationError
from hyperstream.workflow.node import Node
from hyperstream.workflow.specification import Specification, expect, open_workflow

if TYPE_CHECKING:
    from hyperstream.channels import ToolChannel

_EITHER = inspect.Parameter.POSITIONAL_OR_KEYWORD
_SELECTOR = "selector_meta_data"


def tool_function(channel: ToolChannel, name: str) -> Callable[..., Any]:
    """Return a function that makes a tool, and looks like its constructor."""

    def function(*args: Any, version: str | None = None, **parameters: Any) -> Any:
        return make_tool(channel.get_tool_class(name, version), args, parameters)

    tool_class = _described(function, channel, name)
    if tool_class is not None:
        function.__wrapped__ = tool_class  # type: ignore[attr-defined]
        function.__signature__ = _with_version(parameters_of(tool_class))  # type: ignore[attr-defined]
    return function


def factor_function(channel: ToolChannel, name: str) -> Callable[..., Specification]:
    """Return a function that specifies a factor: the nodes first, then the tool's parameters."""

    def function(*args: Any, version: str | None = None, **given: Any) -> Specification:
        workflow = open_workflow()
        tool_class: Any = channel.get_tool_class(name, version)
        nodes, takes_selector, signature = _layout(tool_class)
        try:
            bound = nodes.bind(*args, **given).arguments
        except TypeError as error:
            msg = f"Factor {name}: {error}. It takes {without_types(signature)}."
            raise FactorDefinitionError(msg, tool=name) from None
        parameters = dict(bound.pop("parameters", {}))
        _check_parameters(name, parameters, nodes)
        if (takes_selector and _SELECTOR in bound) or bound.get(_SELECTOR) is not None:
            parameters[_SELECTOR] = bound[_SELECTOR]
        sources = _listed(name, bound)
        helper = bound.get("alignment_node", bound.get("splitting_node"))
        _check_nodes(name, sources if helper is None else [*sources, helper])
        tool = workflow.shared(make_tool(tool_class, (), parameters))
        specification = Specification(tool, tuple(sources), helper)
        expect(specification)
        return specification

    tool_class: Any = _described(function, channel, name)
    if tool_class is not None:
        function.__signature__ = _layout(tool_class)[2]  # type: ignore[attr-defined]
    return function


@cache
def _layout(tool_class: Any) -> tuple[inspect.Signature, bool, inspect.Signature]:
    """Return what a factor's function takes before parameters, whether one selects, and all."""
    nodes = [
        inspect.Parameter(name, _EITHER, default=default) for name, default in _nodes(tool_class)
    ]
    own = parameters_of(tool_class).parameters
    keywords = [
        each if each.kind is each.VAR_KEYWORD else each.replace(kind=each.KEYWORD_ONLY)
        for each in own.values()
        if each.name != _SELECTOR and each.kind is not each.VAR_POSITIONAL
    ]
    anything = inspect.Parameter("parameters", inspect.Parameter.VAR_KEYWORD)
    takes_any = any(each.kind is each.VAR_KEYWORD for each in own.values())
    return (
        inspect.Signature([*nodes, anything]),
        _SELECTOR in own or takes_any,
        _with_version(inspect.Signature([*nodes, *keywords])),
    )


def _nodes(tool_class: type[Any]) -> list[tuple[str, Any]]:
    """Return the parameters of a factor's function before those of the tool: name and default."""
    if issubclass(tool_class, PlateCreationTool):
        return [("source", inspect.Parameter.empty)]
    if issubclass(tool_class, MultiOutputTool):
        return [("source", inspect.Parameter.empty), ("splitting_node", None)]
    if issubclass(tool_class, SelectorTool):
        return [("sources", inspect.Parameter.empty), (_SELECTOR, None)]
    return [("sources", inspect.Parameter.empty), ("alignment_node", None)]


def _listed(name: str, bound: dict[str, Any]) -> list[Any]:
    """Return the nodes that a tool reads, which are given one by one or as a list."""
    if "source" in bound:
        return [] if bound["source"] is None else [bound["source"]]
    sources = bound["sources"]
    if sources is not None and not isinstance(sources, (list, tuple)):
        msg = f"Factor {name} takes a list of nodes as sources, not {sources!r}."
        raise FactorDefinitionError(msg, tool=name)
    return list(sources or ())


def _check_nodes(name: str, nodes: Sequence[Any]) -> None:
    for node in nodes:
        if not isinstance(node, Node):
            msg = (
                f"Factor {name} reads nodes, not {node!r}: give node[value], or the node, and "
                "parameters of the tool by keyword."
            )
            raise FactorDefinitionError(msg, tool=name)


def _check_parameters(name: str, given: Mapping[str, Any], nodes: inspect.Signature) -> None:
    """Check that no node is a parameter, as by a typing error in ``alignment_node=``."""
    for key, value in given.items():
        if isinstance(value, Node):
            known = [each for each in nodes.parameters if each != "parameters"]
            msg = (
                f"Factor {name} takes no node as a parameter, but is given {value.node_id} as "
                f"{key!r}{hint(key, known)}"
            )
            raise FactorDefinitionError(msg, tool=name)


def _described(function: Callable[..., Any], channel: ToolChannel, name: str) -> type[Any] | None:
    """Give a function the name and the description of a tool; return the tool's class."""
    function.__name__ = function.__qualname__ = name
    try:
        tool_class = channel.get_tool_class(name)
    except ToolInitialisationError as error:
        # An earlier version may be asked for by the function.
        function.__doc__ = str(error)
        return None
    function.__doc__ = inspect.getdoc(tool_class)
    function.__module__ = tool_class.__module__
    return tool_class


def _with_version(signature: inspect.Signature) -> inspect.Signature:
    """Return a signature with the parameter `version`, if it has none."""
    parameters = list(signature.parameters.values())
    if "version" in signature.parameters:
        return signature
    place = len(parameters)
    if parameters and parameters[-1].kind is inspect.Parameter.VAR_KEYWORD:
        place -= 1
    version = inspect.Parameter("version", inspect.Parameter.KEYWORD_ONLY, default=None)
    return signature.replace(parameters=[*parameters[:place], version, *parameters[place:]])
