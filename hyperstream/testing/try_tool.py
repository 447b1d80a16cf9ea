"""Trying a tool on a few values."""

from __future__ import annotations

from hyperstream.testing.seconds import Bench, BySecond, Values
from hyperstream.tool import Tool


def try_tool(
    tool: Tool, *sources: Values, alignment: Values | None = None, seconds: float = 0
) -> BySecond:
    """Execute a tool on a few values in memory.

    Parameters
    ----------
    tool : Tool
        The tool.
    *sources
        What each source holds: values for the seconds 1, 2, 3, … of the year
        1970, or a dict of second to value.
    alignment : sequence or dict, optional
        What the alignment stream holds, in the same form; None for no such stream.
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
    bench = Bench(*sources, *([] if alignment is None else [alignment]), seconds=seconds)
    sink = bench.empty("sink")
    tool.execute(
        sources=[bench.filled(f"source {n}", each) for n, each in enumerate(sources, start=1)],
        sink=sink,
        interval=bench.interval,
        alignment_stream=None if alignment is None else bench.filled("alignment", alignment),
    )
    return bench.content(sink)
