"""Intervals of time, each to its plate value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hyperstream.stream import Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool.pointwise import TimeByTime
from hyperstream.tool.splitting import IntervalSplittingTool, plate_intervals, unwanted


class SplitterTimeAware(TimeByTime, IntervalSplittingTool):
    """Give what lies in an interval of time to the plate value of that interval.

    The source holds any values, and so do the outputs. Intervals may overlap: what lies in
    several goes to each of them. One whose plate value is not on the plate is left out, which is
    logged once in an execution.

    Parameters
    ----------
    time_intervals : dict or list
        Plate value to interval; those of a list are for "1", "2", and so on. An interval is a
        TimeInterval, or its start and end as a pair or as a dict: datetimes (naive means UTC), or
        text in ISO 8601.

    Examples
    --------
    >>> from hyperstream.testing import try_multi_output_tool
    >>> early, late = TimeInterval.from_ms(0, 2000), TimeInterval.from_ms(1000, 9000)
    >>> tool = SplitterTimeAware({"early": early, "late": late})
    >>> try_multi_output_tool(tool, ["a", "b", "c"], ["early", "late"])
    {'early': {1: 'a', 2: 'b'}, 'late': {2: 'b', 3: 'c'}}
    """

    def __init__(self, time_intervals: Mapping[str, Any] | Iterable[Any]) -> None:
        super().__init__(time_intervals=time_intervals)
        self._time_intervals = plate_intervals(time_intervals)

    def _intervals(
        self, splitting_stream: Stream | None, interval: TimeInterval
    ) -> Mapping[str, TimeInterval]:
        unwanted(self, splitting_stream)
        return self._time_intervals
