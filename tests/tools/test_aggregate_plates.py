"""aggregate_plate and aggregate_into_dict_and_apply bring the streams of a plate together."""

from __future__ import annotations

import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.stream import StreamId
from hyperstream.testing import check_tool, try_aggregate_tool
from hyperstream.time_interval import TimeInterval
from hyperstream.utils.errors import ToolExecutionError
from tests.tool.streams import CountingChannel, filled
from tests.tools import make
from tests.tools.recipes import MINUTE, at, every

TAG = {"aggregation_meta_data": "room"}
INTERVAL = TimeInterval.from_ms(0, 1000)


def test_values_get_their_plate_value():
    """In copies, in order of time; what the tag was before is replaced."""
    value = {"t": 20.5, "room": "?"}
    found = try_aggregate_tool(
        make("aggregate_plate", **TAG), {"hall": {3: value, 1: {}}, "attic": {2: {"t": 12}}}
    )
    assert found == {
        1: {"room": "hall"},
        2: {"t": 12, "room": "attic"},
        3: {"t": 20.5, "room": "hall"},
    }
    assert value == {"t": 20.5, "room": "?"}


def test_two_values_at_one_time_are_an_error():
    """It names the time and the streams, and the tools that can do it."""
    tool = make("aggregate_plate", **TAG)
    with pytest.raises(ToolExecutionError) as caught:
        try_aggregate_tool(tool, {"hall": {1: {}, 2: {}}, "attic": {2: {}}})
    message = str(caught.value)
    for part in ("00:00:02.000Z", "room=hall", "room=attic", "aggregate_into_dict", "aggregate,"):
        assert part in message


def test_aggregate_plate_wants_dicts():
    """Others are an error that shows stream, time and value."""
    tool = make("aggregate_plate", **TAG)
    with pytest.raises(ToolExecutionError, match=r"01\.000Z, for .*source\[room=hall\].* 3"):
        try_aggregate_tool(tool, {"hall": [3]})


def test_values_are_applied_and_named():
    """At each time that any source has, in the order of the sources."""
    tool = make("aggregate_into_dict_and_apply", func=abs, **TAG)
    found = try_aggregate_tool(tool, {"hall": [-1, -2], "attic": {2: -3, 4: -4}})
    assert found == {1: {"hall": 1}, 2: {"hall": 2, "attic": 3}, 4: {"attic": 4}}
    assert list(found[2]) == ["hall", "attic"]


def test_a_failure_of_the_function_names_the_time():
    """And what it was given."""
    tool = make("aggregate_into_dict_and_apply", func=abs, **TAG)
    with pytest.raises(ToolExecutionError, match=r"02\.000Z, for .*'x'.*TypeError"):
        try_aggregate_tool(tool, {"hall": [1, "x"]})


def test_two_sources_of_one_plate_value_may_take_turns_only():
    """Otherwise one of them would be lost."""
    memory = MemoryChannel("memory")
    sources = [
        filled(memory, StreamId("t", {"house": house, "room": "hall"}), rows)
        for house, rows in (("1", {1: 5, 2: 6}), ("2", {3: 7}))
    ]
    tool = make("aggregate_into_dict_and_apply", func=abs, **TAG)
    sink = memory.create_stream("sink")
    tool.execute(sources, sink, INTERVAL)
    assert sink.window(INTERVAL).values() == [{"hall": 5}, {"hall": 6}, {"hall": 7}]
    sources[1].writer([(TimeInterval.from_ms(0, 2).end, 8)])
    with pytest.raises(ToolExecutionError, match=r"two sources have the same room: .*house=1"):
        tool.execute(sources, memory.create_stream("again"), INTERVAL)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("aggregate_plate", {}), ("aggregate_into_dict_and_apply", {"func": abs})],
)
def test_a_source_beside_the_plate_is_an_error(name, parameters):
    """It names the stream and the tag."""
    memory = MemoryChannel("memory")
    with pytest.raises(ToolExecutionError, match="memory:t has no meta data 'room'"):
        make(name, **parameters, **TAG).execute(
            [filled(memory, "t", [1])], memory.create_stream("sink"), INTERVAL
        )
    with pytest.raises(TypeError):
        make(name, **parameters)


def test_many_streams_are_read_side_by_side():
    """Of any rate, and not all at once."""
    sources = {
        StreamId("t", {"room": str(room)}): every(1 + room % 3, lambda n, room=room: room)
        for room in range(20)
    }
    (found,) = check_tool(
        lambda: make("aggregate_into_dict_and_apply", func=float, **TAG), sources, MINUTE
    )
    assert found[-1] == (at(60), {str(room): float(room) for room in range(20)})
    channel = CountingChannel()
    stream = filled(channel, StreamId("t", {"room": "hall"}), [{}] * 50_000)
    parts = make("aggregate_plate", **TAG)._execute_batches(
        [stream], None, TimeInterval.from_ms(0, 50_000)
    )
    assert len(next(parts)) == channel.rows == 4096
