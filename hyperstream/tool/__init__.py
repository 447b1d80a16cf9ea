"""Tools: the base classes of the five kinds."""

from __future__ import annotations

from hyperstream.tool.aggregate_tool import AggregateTool
from hyperstream.tool.base_tool import BaseTool
from hyperstream.tool.multi_output_tool import MultiOutputTool
from hyperstream.tool.plate_creation_tool import PlateCreationTool
from hyperstream.tool.selector_tool import SelectorTool
from hyperstream.tool.tool import Tool
from hyperstream.utils.decorators import check_input_stream_count

__all__ = [
    "AggregateTool",
    "BaseTool",
    "MultiOutputTool",
    "PlateCreationTool",
    "SelectorTool",
    "Tool",
    "check_input_stream_count",
]
