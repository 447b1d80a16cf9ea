"""aggregate applies a function to what all streams hold at a time."""

from __future__ import annotations

from operator import itemgetter

import pytest

from hyperstream.stream import StreamId
from hyperstream.testing import check_tool, try_tool
from hyperstream.tool import AggregateTool
from hyperstream.utils.errors import ToolExecutionError
from tests.tools import make
from tests.tools.recipes import MINUTE, at, every


def test_the_function_gets_a_list_in_the_order_of_the_sources():
    """At each time that any source has, of those that have it."""
    tool = make("aggregate", func=list, aggregation_meta_data="room")
    found = try_tool(tool, {1: "a", 2: "b"}, {2: "c", 4: "d"}, {2: "e", 1: "f"})
    assert found == {1: ["a", "f"], 2: ["b", "c", "e"], 4: ["d"]}


def test_a_plate_of_streams_is_aggregated():
    """Many streams, whose times differ, give one."""
    sources = {
        StreamId("t", {"room": str(room)}): every(1 + room % 3, lambda n, room=room: room)
        for room in range(50)
    }
    (found,) = check_tool(
        lambda: make("aggregate", func=sum, aggregation_meta_data="room"), sources, MINUTE
    )
    assert found[-1].timestamp == at(60)
    assert found[-1].value == sum(range(50))
    assert len(found) == 60


def test_it_is_an_aggregate_tool():
    """Which a workflow needs to know, with the tag that is aggregated away."""
    tool = make("aggregate", func=sum, aggregation_meta_data="room")
    assert isinstance(tool, AggregateTool)
    assert tool.aggregation_meta_data == "room"
    assert tool.parameters_dict == {"func": sum, "aggregation_meta_data": "room"}


def test_a_failure_names_time_and_values():
    """What the function was given is shown."""
    tool = make("aggregate", func=itemgetter(1), aggregation_meta_data="room")
    with pytest.raises(ToolExecutionError, match=r"02\.000Z, for \[2\]: IndexError"):
        try_tool(tool, [1, 2], [3])
