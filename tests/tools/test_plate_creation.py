"""Three tools find the values of a plate."""

from __future__ import annotations

from datetime import datetime

import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.stream import AssetStream, StreamId
from hyperstream.testing import try_plate_creation_tool
from hyperstream.time_interval import TimeInterval
from hyperstream.utils.errors import ToolExecutionError
from tests.tool.streams import filled
from tests.tools import make

ROOMS = {"7": "hall", "8": "attic", "9": "hall"}
DAY = TimeInterval(datetime(2020, 1, 1), datetime(2020, 1, 2))


@pytest.mark.parametrize(
    ("parameters", "document", "expected"),
    [
        ({}, ROOMS, ["7", "8", "9"]),
        ({"use_value_instead_of_key": True}, ROOMS, ["hall", "attic"]),
        ({"filters": ["9", 8]}, ROOMS, ["8", "9"]),
        ({"filters": ["hall"], "use_value_instead_of_key": True}, ROOMS, ["hall"]),
        ({"element": "rooms"}, {"rooms": ROOMS, "x": 1}, ["7", "8", "9"]),
        ({}, ["hall", "attic", "hall", 3], ["hall", "attic", "3"]),
        ({"element": "rooms"}, {"rooms": ["hall"]}, ["hall"]),
        ({}, {}, []),
    ],
)
def test_a_document_names_plate_values(parameters, document, expected):
    """Each once, in its order."""
    tool = make("asset_plate_generator", **parameters)
    assert try_plate_creation_tool(tool, [document]) == expected


def test_the_last_document_counts():
    """Of an asset stream from the beginning of time, up to the end of the interval."""
    memory = MemoryChannel("memory")
    stream = filled(memory, "rooms", {1000: ["hall"], 2000: ["attic"], 2_000_000_000_000: ["x"]})
    tool = make("asset_plate_generator")
    assert tool.execute(AssetStream(memory, StreamId("rooms")), DAY) == ["attic"]
    assert tool.execute(stream, TimeInterval.from_ms(500, 1500)) == ["hall"]
    assert tool.execute(stream, DAY) == []


@pytest.mark.parametrize(
    ("parameters", "document", "message"),
    [
        ({"element": "rooms"}, {"x": 1}, "there is no element 'rooms'"),
        ({"element": "rooms"}, 3, "of no use"),
        ({}, "hall", "by a dict or a list"),
        ({"use_value_instead_of_key": True}, {"7": {"area": 3}}, "text or a number"),
    ],
)
def test_a_wrong_document_is_an_error(parameters, document, message):
    """It names the stream and the time."""
    tool = make("asset_plate_generator", **parameters)
    with pytest.raises(ToolExecutionError, match=rf"memory:source holds at 1970.*{message}"):
        try_plate_creation_tool(tool, [document])


def test_a_function_makes_plate_values():
    """Of the instances in the interval; each counts once."""
    tool = make("meta_instance", func=lambda instance: instance.value % 2)
    assert try_plate_creation_tool(tool, [1, 3, 4, 5]) == ["1", "0"]
    tool = make("meta_instance", func=lambda instance: f"{instance.timestamp:%S}")
    assert try_plate_creation_tool(tool, ["a", "b"]) == ["01", "02"]


@pytest.mark.parametrize("made", [None, ["hall"]])
def test_a_function_makes_text(made):
    """Anything else is an error that shows time and value."""
    tool = make("meta_instance", func=lambda _: made)
    with pytest.raises(ToolExecutionError, match=r"01\.000Z, for 'x': TypeError: A plate value"):
        try_plate_creation_tool(tool, ["x"])


@pytest.mark.parametrize(
    ("name", "parameters"), [("asset_plate_generator", {}), ("meta_instance", {"func": str})]
)
def test_a_source_is_needed(name, parameters):
    """The error names the tool."""
    with pytest.raises(ToolExecutionError, match=f"{name} failed .* needs a source"):
        try_plate_creation_tool(make(name, **parameters))


def test_plate_values_may_be_given():
    """There are none by default."""
    assert try_plate_creation_tool(make("meta_instance_from_list", values=["b", "a", "b"])) == [
        "b",
        "a",
    ]
    assert try_plate_creation_tool(make("meta_instance_from_list", values=(1,)), ["x"]) == ["1"]
    assert try_plate_creation_tool(make("meta_instance_from_list")) == []


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("meta_instance_from_list", {"values": "hall"}),
        ("meta_instance_from_list", {"values": [None]}),
        ("meta_instance", {"func": "hall"}),
        ("asset_plate_generator", {"filters": 3}),
    ],
)
def test_wrong_parameters_are_refused_at_once(name, parameters):
    """When the tool is made."""
    with pytest.raises(TypeError):
        make(name, **parameters)
