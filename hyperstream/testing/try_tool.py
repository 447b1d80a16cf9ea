"""Trying a tool on a few values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hyperstream.channels import MemoryChannel
from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.tool import Tool

_SECOND = 1000


def try_tool(
    tool: Tool, *sources: Iterable[Any] | Mapping[float, Any], seconds: float = 0
) -> dict[float, Any]:
    """Execute a tool on a few values in memory.

    Parameters
    ----------
    tool : Tool
        The tool.
    *sources
        What each source holds: values for the seconds 1, 2, 3, … of the year
        1970, or a dict of second to value.
    seconds : float
        Execute it over the seconds from 0 to this one, at least up to the last
        value of the sources.

    Returns
    -------
    dict
        Second to value.

    Raises
    ------
    ToolExecutionError
        The tool failed.

    Examples
    --------
    >>> class Double(Tool):
    ...     def _execute(self, sources, alignment_stream, interval):
    ...         for timestamp, value in sources[0].window(interval, force_calculation=True):
    ...             yield timestamp, 2 * value
    >>> try_tool(Double(), [10, 20])
    Traceback (most recent call last):
        ...
    ToolExecutionError: ... It yielded (...), which is no StreamInstance.
    """
    channel = MemoryChannel("memory")
    columns = [_by_second(source) for source in sources]
    end = max([seconds, *(second for column in columns for second in column)])
    interval = TimeInterval.from_ms(0, round(end * _SECOND))
    streams = [_stream(channel, f"source {n}", column) for n, column in enumerate(columns, start=1)]
    sink = channel.get_or_create_stream("sink")
    tool.execute(sources=streams, sink=sink, interval=interval)
    return {
        _second(stamp): value
        for batch in sink.window(interval).batches()
        for stamp, value in zip(batch.timestamps.tolist(), batch.value_list(), strict=True)
    }


def _by_second(source: Iterable[Any] | Mapping[float, Any]) -> Mapping[float, Any]:
    return source if isinstance(source, Mapping) else dict(enumerate(source, start=1))


def _stream(channel: MemoryChannel, name: str, column: Mapping[float, Any]) -> Stream:
    stream = channel.get_or_create_stream(name)
    stamps: Sequence[int] = [round(second * _SECOND) for second in column]
    channel.write_batches([(stream, Batch.of(stamps, list(column.values())))])
    stream.calculated_intervals = TimeIntervals([TimeInterval.up_to_now()])
    return stream


def _second(stamp: int) -> float:
    return stamp // _SECOND if stamp % _SECOND == 0 else stamp / _SECOND
