"""index_of and index_of_by_stream take the streams of one plate value."""

from __future__ import annotations

import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.stream import StreamId
from hyperstream.testing import try_selector_tool
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import SelectorTool
from hyperstream.utils.errors import ToolExecutionError
from tests.tool.streams import filled
from tests.tools import make

HOUSES = {
    "house=1, room=hall": [1, 2],
    "house=1, room=attic": [3],
    "room=hall, house=2": {5: 4},
}
SINKS = ["house=1", "house=2"]
OF_HALL = {"house=1": {1: 1, 2: 2}, "house=2": {5: 4}}


def test_streams_of_a_plate_value_lose_it():
    """Each goes to the stream with its other meta data."""
    tool = make("index_of", index="hall", selector_meta_data="room")
    assert try_selector_tool(tool, HOUSES, SINKS) == OF_HALL
    assert isinstance(tool, SelectorTool)
    assert tool.selector_meta_data == "room"


def test_an_index_may_be_a_number():
    """It counts as text, as all meta data do."""
    tool = make("index_of", index=1, selector_meta_data="house")
    sources = {key: rows for key, rows in HOUSES.items() if "house=1" in key}
    assert try_selector_tool(tool, sources, ["room=hall", "room=attic"]) == {
        "room=hall": {1: 1, 2: 2},
        "room=attic": {1: 3},
    }


def test_an_index_that_is_not_there_is_an_error():
    """An IndexError that says what there is."""
    tool = make("index_of", index="cellar", selector_meta_data="room")
    with pytest.raises(ToolExecutionError, match="room=cellar; there are memory:source") as caught:
        try_selector_tool(tool, HOUSES, SINKS)
    assert isinstance(caught.value.__cause__, IndexError)


def test_a_stream_without_its_place_is_an_error():
    """A result of a plate value that no output has would be lost."""
    tool = make("index_of", index="hall", selector_meta_data="room")
    with pytest.raises(ToolExecutionError, match="no sink has these meta data"):
        try_selector_tool(tool, HOUSES, ["house=1"])


def test_a_stream_says_which_plate():
    """By its last value."""
    tool = make("index_of_by_stream", index="hall")
    assert try_selector_tool(tool, {"": {1: "house", 4: "room"}, **HOUSES}, SINKS) == OF_HALL


def test_a_selector_may_have_spoken_long_ago():
    """If nothing computes it."""
    memory = MemoryChannel("memory")
    selector = filled(memory, "selector", {1: "room"})
    hall = filled(memory, StreamId("t", {"room": "hall"}), {5: "a"})
    sink = memory.create_stream("sink")
    interval = TimeInterval.from_ms(4, 6)
    make("index_of_by_stream", index="hall").execute([selector, hall], [sink], interval)
    assert sink.window(interval).values() == ["a"]


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ({"": ["room"], "house=1, room=attic": [3]}, "no source has the meta data room=hall"),
        ({"": [["room"]], **HOUSES}, "of no use: A plate value is text"),
    ],
)
def test_a_wrong_selector_is_an_error(sources, message):
    """It says what is wrong."""
    with pytest.raises(ToolExecutionError, match=message):
        try_selector_tool(make("index_of_by_stream", index="hall"), sources, SINKS)


def test_a_selector_is_needed():
    """It comes before the other sources."""
    sink = MemoryChannel("memory").create_stream("sink")
    with pytest.raises(ToolExecutionError, match="needs a selecting stream"):
        make("index_of_by_stream", index="hall").execute([], [sink], TimeInterval.from_ms(0, 1))


def test_a_silent_selector_gives_nothing(caplog):
    """That is logged."""
    tool = make("index_of_by_stream", index="hall")
    assert try_selector_tool(tool, {"": {}, **HOUSES}, SINKS) == {"house=1": {}, "house=2": {}}
    assert "IndexOfByStream(index='hall') gives nothing" in caplog.text
