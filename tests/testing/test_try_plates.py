"""Tools that work with plates can be tried on a few values."""

from __future__ import annotations

import pytest

from hyperstream.stream import Batch, StreamInstance, StreamMetaInstance
from hyperstream.testing import (
    try_aggregate_tool,
    try_multi_output_tool,
    try_plate_creation_tool,
    try_selector_tool,
    try_tool,
)
from hyperstream.tool import AggregateTool, MultiOutputTool, PlateCreationTool, SelectorTool, Tool


class Copies(AggregateTool):
    """Gives the meta data of each source at the times of its instances."""

    def _execute(self, sources, alignment_stream, interval):
        for source in sources:
            for timestamp in source.window(interval).timestamps():
                yield StreamInstance(timestamp, dict(source.stream_id.meta_data))


class First(SelectorTool):
    """Gives the instances of the first source to the sink of other meta data."""

    def _execute(self, sources, interval):
        *others, _ = sources[0].stream_id.meta_data
        for instance in sources[0].window(interval):
            yield StreamMetaInstance(instance, tuple(others))


class Deal(MultiOutputTool):
    """Gives what the splitting stream says first, or the source, to all plate values."""

    def _execute_batches(
        self, source, splitting_stream, interval, meta_data_id, output_plate_values
    ):
        read = splitting_stream or source
        value = "nothing" if read is None else read.window(interval).first().value
        for plate_value in output_plate_values:
            yield (meta_data_id, plate_value), Batch.of([interval.end_ms], [value])


class Seconds(PlateCreationTool):
    """Makes a plate value of each value, or of the end of the interval."""

    def _execute(self, source, interval):
        if source is None:
            yield StreamMetaInstance(StreamInstance(interval.end, 0), f"{interval.end:%S}")
        else:
            for instance in source.window(interval):
                yield StreamMetaInstance(instance, instance.value)


class Ticks(Tool):
    """Gives the values of the alignment stream."""

    def _execute(self, sources, alignment_stream, interval):
        return iter(alignment_stream.window(interval))


def test_sources_of_an_aggregate_tool_are_a_plate():
    """Each by its plate value."""
    found = try_aggregate_tool(Copies("room"), {"hall": ["a"], "attic": {2.5: "b"}})
    assert found == {1: {"room": "hall"}, 2.5: {"room": "attic"}}


def test_meta_data_of_a_selector_tool_are_written_as_text():
    """An empty one is none; a value may hold an equals sign."""
    sources = {"house=1, room=hall": ["a"], "room=attic": ["b"]}
    assert try_selector_tool(First(None), sources, ["house=1", ""]) == {"house=1": {1: "a"}, "": {}}
    assert try_selector_tool(First(None), {"a=b=c": [1]}, [""]) == {"": {1: 1}}


@pytest.mark.parametrize(
    ("source", "splitting", "seconds", "expected"),
    [
        (["a"], None, 0, {1: "a"}),
        (["a"], {2: "b"}, 0, {2: "b"}),
        (None, None, 3.5, {3.5: "nothing"}),
    ],
)
def test_a_tool_with_many_outputs_has_a_plate(source, splitting, seconds, expected):
    """Its interval ends with the last value, or later if asked."""
    found = try_multi_output_tool(Deal(), source, ["x", "y"], splitting, seconds)
    assert found == {"x": expected, "y": expected}


def test_plate_values_are_found_with_or_without_source():
    """Without one there is a second to look at."""
    assert try_plate_creation_tool(Seconds(), ["a", "b", "a"]) == ["a", "b"]
    assert try_plate_creation_tool(Seconds()) == ["01"]


def test_a_tool_may_have_an_alignment_stream():
    """Which counts for the interval, too."""
    assert try_tool(Ticks(), [1], alignment={3: "tick"}) == {3: "tick"}
