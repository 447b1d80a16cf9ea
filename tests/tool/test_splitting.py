"""What tools that divide a stream share."""

from __future__ import annotations

from datetime import datetime

import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.stream import StreamId
from hyperstream.testing import try_multi_output_tool
from hyperstream.time_interval import RelativeTimeInterval, TimeInterval, TimeIntervals
from hyperstream.tool.splitting import (
    IntervalSplittingTool,
    Missing,
    Routes,
    SplittingTool,
    plate_intervals,
    plate_mapping,
    without,
)
from hyperstream.utils.errors import ToolExecutionError
from tests.tool.streams import CountingChannel, filled

DAY = TimeInterval(datetime(2020, 1, 1), datetime(2020, 1, 2))


class Words(SplittingTool):
    """Gives each text to the plate value of its first letter, and to that of its last."""

    def _pieces(self, value):
        return [(value[0], value), (value[-1], value)] if value else [(Missing("letters"), None)]


class Named(IntervalSplittingTool):
    """Divides by one interval that it has."""

    def _intervals(self, splitting_stream, interval):
        return {"a": TimeInterval.from_ms(1000, 2000)}


def test_pieces_go_to_their_plate_values():
    """One value may have several, also for one plate value; equal ones are one."""
    found = try_multi_output_tool(Words(), ["ab", "bb", "ba"], ["a", "b"])
    assert found == {"a": {1: "ab", 3: "ba"}, "b": {1: "ab", 2: "bb", 3: "ba"}}


def test_what_is_left_out_is_logged_once(caplog):
    """For each key in an execution, with the tool."""
    assert try_multi_output_tool(Words(), ["ax", "xa", "", "", "xx"], ["a"]) == {
        "a": {1: "ax", 2: "xa"}
    }
    assert caplog.messages == [
        "Tool words leaves out value 'x': there is no plate 'x' on the plate",
        "Tool words leaves out a value without letters",
    ]
    assert {record.name for record in caplog.records} == {"hyperstream.tool.splitting"}
    try_multi_output_tool(Words(), ["xx"], ["a"])
    assert len(caplog.messages) == 3


def test_an_unknown_key_is_logged(caplog):
    """Where the mapping does not have it."""
    routes = Routes(Words(), {"1": "hall"}.get, "room", ["hall"])
    assert [routes["1"], routes["2"], routes["2"]] == ["hall", None, None]
    assert caplog.messages == ["Tool words leaves out unknown value '2'"]


def test_without_plate_values_all_are_good(caplog):
    """Then the sinks decide."""
    assert Routes(Words(), str, "room", None)["hall"] == "hall"
    memory = MemoryChannel("memory")
    sink = memory.create_stream(StreamId("sink", {"letter": "a"}))
    source = filled(memory, "source", ["aa", "bb"])
    Words().execute(source, None, [sink], TimeInterval.from_ms(0, 10), "letter", None)
    assert sink.window(TimeInterval.from_ms(0, 10)).values() == ["aa"]
    assert "which no sink is for" in caplog.text


def test_a_failure_names_time_and_value():
    """As with any tool."""
    with pytest.raises(ToolExecutionError, match=r"00:02\.000Z, for 7: TypeError"):
        try_multi_output_tool(Words(), ["aa", 7], ["a"])


@pytest.mark.parametrize("tool", [Words(), Named()], ids=["pieces", "intervals"])
def test_a_source_is_needed(tool):
    """The error names the tool."""
    with pytest.raises(ToolExecutionError, match=f"{tool.name} needs a source, and was given none"):
        try_multi_output_tool(tool, None, ["a"], seconds=1)


def test_a_splitting_stream_without_use_is_refused():
    """Somebody meant another tool."""
    with pytest.raises(ToolExecutionError, match="words takes no splitting stream, but was given"):
        try_multi_output_tool(Words(), ["aa"], ["a"], ["aa"])


def test_rows_are_divided_some_at_a_time():
    """Results are handed on before all is read."""
    channel = CountingChannel()
    source = filled(channel, "source", ["ab"] * 50_000)
    interval = TimeInterval.from_ms(0, 50_000)
    parts = Words()._execute_batches(source, None, interval, "letter", ["a", "b"])
    meta_data, batch = next(parts)
    assert meta_data == ("letter", "a")
    assert len(batch) == channel.rows == 4096


def test_only_the_interval_is_read():
    """What lies outside of the named intervals, or of the requested one, is not."""
    channel = CountingChannel()
    source = filled(channel, "source", {stamp: stamp for stamp in range(0, 5000, 500)})
    (sink,) = [channel.create_stream(StreamId("sink", {"x": "a"}))]
    Named().execute(source, None, [sink], TimeInterval.from_ms(0, 1500), "x", ["a"])
    assert channel.reads == [TimeInterval.from_ms(1000, 1500)]
    assert sink.window(TimeInterval.from_ms(0, 1500)).values() == [1500]
    Named().execute(source, None, [sink], TimeInterval.from_ms(2000, 4500), "x", ["a"])
    assert len(channel.reads) == 2


def test_a_base_class_does_nothing_by_itself():
    """The error says what to write."""
    with pytest.raises(ToolExecutionError, match="has no _pieces: write it"):
        try_multi_output_tool(SplittingTool(), [1], ["a"])
    with pytest.raises(ToolExecutionError, match="has no _intervals: write it"):
        try_multi_output_tool(IntervalSplittingTool(), [1], ["a"])


def test_a_mapping_is_a_dict_or_a_list():
    """All of text in the end."""
    assert plate_mapping({7: "hall", "x": 1}) == {"7": "hall", "x": "1"}
    assert plate_mapping(["hall", 7]) == {"hall": "hall", "7": "7"}


@pytest.mark.parametrize(
    ("mapping", "error", "message"),
    [
        ({}, ValueError, "is empty"),
        ([], ValueError, "is empty"),
        ("hall", TypeError, "a dict or a list, not by 'hall'"),
        (None, TypeError, "a dict or a list, not by None"),
        ({"7": ["hall"]}, TypeError, "text or a number"),
    ],
)
def test_a_wrong_mapping_is_an_error(mapping, error, message):
    """That says what is wrong."""
    with pytest.raises(error, match=message):
        plate_mapping(mapping)


DAYS = [
    DAY,
    (datetime(2020, 1, 1), datetime(2020, 1, 2)),
    ["2020-01-01", "2020-01-02T00:00Z"],
    {"start": "2020-01-01T00:00:00.000Z", "end": datetime(2020, 1, 2)},
]


@pytest.mark.parametrize("day", DAYS, ids=repr)
def test_an_interval_may_be_written_in_many_ways(day):
    """Those of a list are numbered."""
    assert plate_intervals({"x": day}) == {"x": DAY}
    assert plate_intervals([day]) == {"1": DAY}
    assert plate_intervals(TimeIntervals([DAY])) == {"1": DAY}


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ([], ValueError),
        ({}, ValueError),
        (DAY, TypeError),
        ("2020-01-01", TypeError),
        (None, TypeError),
        ([RelativeTimeInterval(-1, 0)], TypeError),
        ([(-1, 0)], TypeError),
        ([("2020-01-02", "2020-01-01")], ValueError),
        (["2020"], ValueError),
        ([3], TypeError),
    ],
)
def test_wrong_intervals_are_an_error(given, error):
    """Relative ones, too, since nothing says relative to what."""
    with pytest.raises(error):
        plate_intervals(given)


def test_an_element_is_taken_out_of_a_copy():
    """The dict stays as it is."""
    value = {"a": 1, "b": [2]}
    key, rest = without(value, "a")
    assert (key, rest) == ("1", {"b": [2]})
    assert without(value, "x") == (Missing("element 'x'"), value)
    assert value == {"a": 1, "b": [2]}
