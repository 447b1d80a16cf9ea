"""Trying tools that work with plates on a few values.

Everywhere a stream's values are given for the seconds 1, 2, 3, … of the year 1970, or as a dict of
second to value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hyperstream.stream import StreamId
from hyperstream.testing.seconds import Bench, BySecond, Values
from hyperstream.tool import AggregateTool, MultiOutputTool, PlateCreationTool, SelectorTool

_TAG = "plate"


def try_aggregate_tool(tool: AggregateTool, sources: Mapping[str, Values]) -> BySecond:
    """Execute an aggregate tool on a few values in memory.

    Parameters
    ----------
    tool : AggregateTool
        The tool.
    sources : dict
        What the stream of each plate value holds.

    Returns
    -------
    dict
        Second to value.

    Raises
    ------
    ToolExecutionError
        The tool failed.
    """
    bench = Bench(*sources.values())
    tag = tool.aggregation_meta_data
    streams = [
        bench.filled(StreamId("source", {tag: value}), column) for value, column in sources.items()
    ]
    sink = bench.empty("sink")
    tool.execute(streams, sink, bench.interval)
    return bench.content(sink)


def try_selector_tool(
    tool: SelectorTool, sources: Mapping[str, Values], sinks: Sequence[str]
) -> dict[str, BySecond]:
    """Execute a selector tool on a few values in memory.

    Parameters
    ----------
    tool : SelectorTool
        The tool.
    sources : dict
        The meta data of each stream, such as ``"house=1, room=hall"``, to what it holds.
    sinks : sequence of str
        The meta data of the streams to compute.

    Returns
    -------
    dict
        Meta data of each sink to second to value.

    Raises
    ------
    ToolExecutionError
        The tool failed.
    """
    bench = Bench(*sources.values())
    streams = [
        bench.filled(StreamId("source", _pairs(meta_data)), column)
        for meta_data, column in sources.items()
    ]
    outputs = {each: bench.empty(StreamId("sink", _pairs(each))) for each in sinks}
    tool.execute(streams, list(outputs.values()), bench.interval)
    return {meta_data: bench.content(sink) for meta_data, sink in outputs.items()}


def try_multi_output_tool(
    tool: MultiOutputTool,
    source: Values | None,
    plate_values: Sequence[str],
    splitting: Values | None = None,
    seconds: float = 0,
) -> dict[str, BySecond]:
    """Execute a tool with many outputs on a few values in memory.

    Parameters
    ----------
    tool : MultiOutputTool
        The tool.
    source : sequence, dict or None
        What the source holds; None for no source.
    plate_values : sequence of str
        The values of the output plate.
    splitting : sequence, dict or None
        What the splitting stream holds; None for no such stream.
    seconds : float
        Execute it over the seconds from 0 to this one, at least up to the last
        value of the source.

    Returns
    -------
    dict
        Plate value to second to value.

    Raises
    ------
    ToolExecutionError
        The tool failed.
    """
    bench = Bench(*(each for each in (source, splitting) if each is not None), seconds=seconds)
    outputs = {value: bench.empty(StreamId("sink", {_TAG: value})) for value in plate_values}
    tool.execute(
        source=None if source is None else bench.filled("source", source),
        splitting_stream=None if splitting is None else bench.filled("splitting", splitting),
        sinks=list(outputs.values()),
        interval=bench.interval,
        meta_data_id=_TAG,
        output_plate_values=list(plate_values),
    )
    return {value: bench.content(sink) for value, sink in outputs.items()}


def try_plate_creation_tool(tool: PlateCreationTool, source: Values | None = None) -> list[str]:
    """Execute a tool that creates plates on a few values in memory.

    Parameters
    ----------
    tool : PlateCreationTool
        The tool.
    source : sequence, dict or None
        What the source holds; None for no source.

    Returns
    -------
    list of str
        The plate values.

    Raises
    ------
    ToolExecutionError
        The tool failed.
    """
    if source is None:
        return tool.execute(None, Bench(seconds=1).interval)
    bench = Bench(source)
    return tool.execute(bench.filled("source", source), bench.interval)


def _pairs(meta_data: str) -> list[tuple[str, str]]:
    pairs = (part.split("=", 1) for part in meta_data.split(", ") if part)
    return [(tag, value) for tag, value in pairs]
