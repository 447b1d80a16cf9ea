"""The small tools do what their row in the documentation says."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime

import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.testing import try_tool
from hyperstream.time_interval import TimeInterval
from hyperstream.utils.errors import ToolExecutionError
from tests.tool.streams import filled
from tests.tools import make

CASES = [
    ("component", {"key": "a"}, [{"a": 1}, {}, {"a": None}], {1: 1, 3: None}),
    ("component_filter", {"key": "a", "values": {1, 2}}, [{"a": 1}, {"a": 3}, {}], {1: {"a": 1}}),
    (
        "component_filter",
        {"key": "a", "values": [1], "complement": True},
        [{"a": 1}, {"a": 3}, {"b": 1}],
        {2: {"a": 3}, 3: {"b": 1}},
    ),
    (
        "component_set",
        {"keys": ["a", "b"]},
        [{"a": 1, "b": 2, "c": 3}, {"c": 3}],
        {1: {"a": 1, "b": 2}, 2: {}},
    ),
    ("copy", {}, [1.5, "a", None], {1: 1.5, 2: "a", 3: None}),
    ("dict_argmax", {}, [{"a": 1, "b": 3, "c": 3}, {}, {"a": -1}], {1: "b", 2: None, 3: "a"}),
    ("list_length", {}, [[1, 2], [], "abc"], {1: 2, 2: 0, 3: 3}),
    ("list_mean", {}, [[1, 2], [], (0.5,)], {1: 1.5, 3: 0.5}),
    ("list_sum", {}, [[1, 2], [], (0.5, 1)], {1: 3, 2: 0, 3: 1.5}),
    ("sink", {}, [1, 2], {}),
    ("slice", {"index": 1}, [[1, 2], [1], "ab", {1: "x"}, {}], {1: 2, 3: "b", 4: "x"}),
    ("slice", {"index": -1}, [[1, 2], []], {1: 2}),
    ("slice", {"index": slice(1, None)}, [[1, 2, 3], []], {1: [2, 3], 2: []}),
]
FAILURES = [
    ("component", {"key": "a"}, 3, "AttributeError"),
    ("dict_argmax", {}, {"a": 1, "b": "x"}, "TypeError"),
    ("jsonify", {}, {1, 2}, "TypeError"),
    ("list_mean", {}, None, "TypeError"),
    ("list_sum", {}, ["a"], "TypeError"),
    ("slice", {"index": 0}, 3.0, "TypeError"),
]


@pytest.mark.parametrize(("name", "parameters", "values", "expected"), CASES)
def test_a_tool_does_what_it_says(name, parameters, values, expected):
    """For each value of the source."""
    assert try_tool(make(name, **parameters), values) == expected


@pytest.mark.parametrize(("name", "parameters", "value", "error"), FAILURES)
def test_a_wrong_value_is_an_error_that_shows_it(name, parameters, value, error):
    """With its time, and what is wrong with it."""
    with pytest.raises(
        ToolExecutionError, match=rf"at 1970-01-01T00:00:01\.000Z, for .*: {error}: "
    ):
        try_tool(make(name, **parameters), [value])


def test_asking_for_a_component_adds_none():
    """A dict with defaults stays as it is."""
    value = defaultdict(int, b=1)
    for name, parameters in [
        ("component", {"key": "a"}),
        ("component_filter", {"key": "a", "values": [0]}),
        ("component_set", {"keys": ["a"]}),
    ]:
        try_tool(make(name, **parameters), [value])
    assert value == {"b": 1}


def test_copies_of_several_streams_come_together():
    """Equal values at one time are one, and dicts are merged; others are an error."""
    assert try_tool(make("copy"), {1: "a", 3: {"x": 1}}, {2: "b", 3: {"y": 2}}) == {
        1: "a",
        2: "b",
        3: {"x": 1, "y": 2},
    }
    with pytest.raises(ToolExecutionError, match="already holds 'a'"):
        try_tool(make("copy"), ["a"], ["b"])


def test_a_copy_shares_its_values():
    """A memory channel holds them by reference."""
    value = {"a": [1]}
    assert try_tool(make("copy"), [value])[1] is value


def test_json_can_be_read_again():
    """It holds the time as text, and the value."""
    text = try_tool(make("jsonify"), [{"b": [1, None], "a": "ü"}])[1]
    assert json.loads(text) == ["1970-01-01 00:00:01+00:00", {"b": [1, None], "a": "ü"}]
    assert text.index('"a"') < text.index('"b"')


def test_a_sink_has_its_sources_computed():
    """All of them, over the whole interval."""
    memory = MemoryChannel("memory")
    ticks, sink = memory.create_stream("ticks"), memory.create_stream("sink")
    day = TimeInterval(datetime(2020, 1, 1), datetime(2020, 1, 2))
    make("clock", stride=3600).execute([], ticks, TimeInterval(day.start, datetime(2020, 1, 1, 1)))
    numbers = filled(memory, "numbers", range(3))
    make("sink").execute([numbers, ticks], sink, day)
    assert day in ticks.calculated_intervals
    assert sink.window(day).items() == []


def test_an_asset_is_written_once():
    """At the end of what is computed."""
    assert try_tool(make("asset_writer", value=[1, 2]), seconds=2.5) == {2.5: [1, 2]}
