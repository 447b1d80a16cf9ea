"""The five kinds of tools, as the command line names them."""

from __future__ import annotations

from typing import Any

from hyperstream.tool import (
    AggregateTool,
    BaseTool,
    MultiOutputTool,
    PlateCreationTool,
    SelectorTool,
    Tool,
)

# An aggregate is a Tool too, so that comes last.
_BASES: dict[str, type[BaseTool]] = {
    "aggregate": AggregateTool,
    "selector": SelectorTool,
    "multi-output": MultiOutputTool,
    "plate-creation": PlateCreationTool,
    "tool": Tool,
}


def kind_of(tool_class: type[Any]) -> str:
    """Return the kind of a tool, or "other"."""
    return next((kind for kind, base in _BASES.items() if issubclass(tool_class, base)), "other")


def base_of(tool_class: type[Any]) -> Any:
    """Return the base class of a tool's kind, or None."""
    return _BASES.get(kind_of(tool_class))
