"""Tools that split one stream onto a plate."""

from __future__ import annotations

import logging

import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.stream import StreamId, StreamInstance, StreamMetaInstance
from hyperstream.testing.conformance.base import stored
from hyperstream.testing.times import at, over
from hyperstream.tool import MultiOutputTool
from hyperstream.utils.errors import ToolExecutionError
from tests.execution.parts import batch


@pytest.fixture
def sinks():
    """Streams of three rooms in two houses."""
    channel = MemoryChannel("memory")
    rooms = [("1", "a"), ("1", "b"), ("2", "a")]
    return [
        channel.create_stream(StreamId("sink", (("house", house), ("room", room))))
        for house, room in rooms
    ]


class Given(MultiOutputTool):
    """Yields what it was given, and remembers how it was called."""

    def __init__(self, *items):
        super().__init__()
        self.items = items
        self.calls = []

    def _execute(self, source, splitting_stream, interval, meta_data_id, output_plate_values):
        self.calls.append((source, splitting_stream, interval, meta_data_id, output_plate_values))
        return [
            StreamMetaInstance(StreamInstance(at(second), value), meta_data)
            for second, value, meta_data in self.items
        ]


class GivenBatches(Given):
    """The same, in batches."""

    def _execute_batches(
        self, source, splitting_stream, interval, meta_data_id, output_plate_values
    ):
        for second, value, meta_data in self.items:
            yield meta_data, batch({second: value})


def execute(tool, sinks):
    """Execute a tool over ten seconds."""
    tool.execute(
        source=sinks[0],
        splitting_stream=sinks[1],
        sinks=sinks,
        interval=over(0, 10),
        meta_data_id="room",
        output_plate_values=["a", "b"],
    )


def test_it_is_called_once_with_the_documented_keywords(sinks):
    """`_execute` gets source, splitting stream, interval, tag and values; once for all sinks."""
    tool = Given()
    source = sinks[0].channel.create_stream("source")
    tool.execute(source, None, sinks, over(0, 5), "room", ["a", "b"])
    assert tool.calls == [(source, None, over(0, 5), "room", ["a", "b"])]


@pytest.mark.parametrize("kind", [Given, GivenBatches])
def test_items_go_to_the_first_sink_that_contains_their_meta_data(sinks, kind):
    """An item with a pair, or several, goes to the first sink that has them."""
    tool = kind(
        (1, "first with a", ("room", "a")),
        (2, "first with b", (("room", "b"),)),
        (3, "both", (("room", "a"), ("house", "2"))),
        (4, "house", ("house", "2")),
    )
    execute(tool, sinks)
    assert [stored(sink) for sink in sinks] == [
        [(1, "first with a")],
        [(2, "first with b")],
        [(3, "both"), (4, "house")],
    ]


@pytest.mark.parametrize("kind", [Given, GivenBatches])
def test_what_no_sink_is_for_is_left_out(sinks, kind, caplog):
    """An item that no sink is for is left out, with a warning in the log."""
    tool = kind((1, "kept", ("room", "a")), (2, "lost", ("room", "z")))
    with caplog.at_level(logging.WARNING, logger="hyperstream"):
        execute(tool, sinks)
    assert [len(stored(sink)) for sink in sinks] == [1, 0, 0]
    assert "'z'" in caplog.text


@pytest.mark.parametrize("meta_data", [5, "room", (), None])
def test_meta_data_are_pairs(sinks, meta_data):
    """What is no pair is an error that shows it."""
    with pytest.raises(ToolExecutionError, match="no pair"):
        execute(Given((1, "x", meta_data)), sinks)


def test_a_subclass_may_build_on_the_instances_of_a_tool_with_batches(sinks):
    """`super()._execute` works where the base class has batches only."""

    class OnlyBatches(MultiOutputTool):
        def _execute_batches(self, **arguments):
            yield ("room", "a"), batch({1: "a", 2: "b"})

    class Overridden(OnlyBatches):
        def _execute(self, *args, **arguments):
            for (timestamp, value), meta_data in super()._execute(*args, **arguments):
                yield StreamMetaInstance(StreamInstance(timestamp, value * 2), meta_data)

    execute(Overridden(), sinks)
    assert stored(sinks[0]) == [(1, "aa"), (2, "bb")]


def test_a_tool_without_execute_is_an_error(sinks):
    """A tool that implements nothing fails with what to do."""
    with pytest.raises(ToolExecutionError, match="neither _execute nor _execute_batches"):
        execute(MultiOutputTool(), sinks)
