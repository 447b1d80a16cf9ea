"""Tools that aggregate over a plate."""

from __future__ import annotations

from typing import Any

from hyperstream.tool.tool import Tool


class AggregateTool(Tool):
    """Base class of tools whose sources are all streams of a plate, which is aggregated away.

    From streams on plate A.B, aggregated over B, it makes one on plate A. It
    implements what a `Tool` does.

    Parameters
    ----------
    aggregation_meta_data : str
        The meta data tag of the plate that is aggregated away.
    **kwargs
        Become attributes.

    Examples
    --------
    >>> from hyperstream.testing import try_aggregate_tool
    >>> class Warmest(AggregateTool):
    ...     def _execute(self, sources, alignment_stream, interval):
    ...         windows = [each.window(interval, force_calculation=True) for each in sources]
    ...         for rooms in zip(*windows):
    ...             yield StreamInstance(rooms[0].timestamp, max(room.value for room in rooms))
    >>> try_aggregate_tool(Warmest("room"), {"hall": [18.5, 19.0], "attic": [17.0, 20.5]})
    {1: 18.5, 2: 20.5}
    """

    def __init__(self, aggregation_meta_data: str, **kwargs: Any) -> None:
        super().__init__(aggregation_meta_data=aggregation_meta_data, **kwargs)
        self.aggregation_meta_data = aggregation_meta_data
