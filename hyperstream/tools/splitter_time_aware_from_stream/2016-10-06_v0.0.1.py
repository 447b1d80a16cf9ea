"""Intervals of time that another stream names, each to its plate value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from hyperstream.stream import Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool.plates import last_word
from hyperstream.tool.splitting import IntervalSplittingTool, plate_intervals, required


class SplitterTimeAwareFromStream(IntervalSplittingTool):
    """Give what lies in an interval of time to the plate value that a splitting stream names.

    The source holds any values, and so do the outputs. The splitting stream holds dicts of plate
    value to interval, or lists of intervals for the plate values "1", "2", and so on; an interval
    is a TimeInterval, or its start and end as a pair or as a dict: datetimes (naive means UTC), or
    text in ISO 8601. Its last value up to the end of the interval counts: of an asset stream from
    the beginning of time, of another one within the interval. Intervals may overlap: what lies in
    several goes to each of them. One whose plate value is not on the plate is left out, which is
    logged once in an execution.

    Examples
    --------
    >>> from hyperstream.testing import try_multi_output_tool
    >>> early = {"start": "1970-01-01T00:00:00Z", "end": "1970-01-01T00:00:02Z"}
    >>> tool = SplitterTimeAwareFromStream()
    >>> try_multi_output_tool(tool, ["a", "b", "c"], ["early"], [{"early": early}])
    {'early': {1: 'a', 2: 'b'}}
    """

    not_chunk_invariant: ClassVar[str | None] = (
        "it takes what the splitting stream says at the end of the interval"
    )

    def __init__(self) -> None:
        super().__init__()

    def _intervals(
        self, splitting_stream: Stream | None, interval: TimeInterval
    ) -> Mapping[str, TimeInterval]:
        splitting_stream = required(self, splitting_stream, "splitting stream")
        return last_word(self, splitting_stream, interval, plate_intervals) or {}
