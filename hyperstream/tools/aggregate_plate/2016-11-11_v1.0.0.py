"""All streams of a plate as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import AggregateTool
from hyperstream.tool.batches import collected
from hyperstream.tool.plates import grouped_with_sources, of_stream
from hyperstream.tool.pointwise import TimeByTime


class AggregatePlate(TimeByTime, AggregateTool):
    """Merge the streams of a plate by time, each value with its plate value.

    The sources are the streams of the plate, of dicts. The output holds copies of these dicts
    with one item more: the tag to the plate value. Two sources must not have values at one time
    (ValueError).

    Parameters
    ----------
    aggregation_meta_data : str
        The meta data tag of the plate that is aggregated away.

    Examples
    --------
    >>> from hyperstream.testing import try_aggregate_tool
    >>> tool = AggregatePlate(aggregation_meta_data="room")
    >>> try_aggregate_tool(tool, {"hall": [{"t": 20.5}], "attic": {2: {"t": 12.0}}})
    {1: {'t': 20.5, 'room': 'hall'}, 2: {'t': 12.0, 'room': 'attic'}}
    """

    def __init__(self, aggregation_meta_data: str) -> None:
        super().__init__(aggregation_meta_data)

    def _execute_batches(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[Batch]:
        tag = self.aggregation_meta_data
        names = {source: of_stream(source, tag) for source in sources}
        for stamps, groups in grouped_with_sources(sources, interval):
            dicts = map(partial(_only, tag, names), groups)
            yield Batch(stamps, collected(dicts, stamps, groups))


def _only(tag: str, names: dict[Stream, str], group: list[tuple[Stream, Any]]) -> dict[str, Any]:
    if len(group) > 1:
        there = ", ".join(str(source) for source, _ in group)
        raise ValueError(
            f"there are values in {there}, but an output holds one value at a time: use "
            "aggregate_into_dict_and_apply, which makes a dict of them, or aggregate, which "
            "calls a function with all of them."
        )
    ((source, value),) = group
    return {**value, tag: names[source]}
