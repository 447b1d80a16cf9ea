"""Tools whose output at a time depends on one instance alone."""

from __future__ import annotations

import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.testing import try_tool
from hyperstream.time_interval import TimeInterval
from hyperstream.tool.pointwise import NOTHING, PointwiseTool
from hyperstream.utils.errors import ToolExecutionError
from tests.tool.streams import filled

WHOLE = TimeInterval.from_ms(0, 1000)


class Even(PointwiseTool):
    """Keeps the even numbers, as text."""

    def _value(self, value):
        return NOTHING if value % 2 else str(value)


def test_values_are_converted_or_left_out():
    """Each value makes one, or none."""
    assert try_tool(Even(), [1, 2, 3, 4]) == {2: "2", 4: "4"}
    assert try_tool(Even(), [1, 3]) == {}
    assert try_tool(Even(), [2]) == {1: "2"}


def test_a_failure_names_the_instance():
    """The error says at which time, and for which value."""
    with pytest.raises(ToolExecutionError, match=r"at 1970-01-01T00:00:02\.000Z, for None: TypeE"):
        try_tool(Even(), [1, None])


def test_there_is_exactly_one_source():
    """Another number is an error that says so."""
    with pytest.raises(ToolExecutionError, match="takes 1 source stream, not 2"):
        try_tool(Even(), [1], [2])


def test_a_tool_without_method_says_what_is_missing():
    """A class that forgets to implement something is named."""

    class Forgetful(PointwiseTool):
        pass

    with pytest.raises(ToolExecutionError, match="forgetful has neither _value nor _convert"):
        try_tool(Forgetful(), [1])


def test_late_data_make_only_their_own_time_void():
    """The tool reaches to nothing but the output's time."""
    channel = MemoryChannel("memory")
    source, sink = filled(channel, "source", {100: 2, 300: 4}), channel.create_stream("sink")
    Even().execute([source], sink, WHOLE)
    source.writer([(TimeInterval.from_ms(0, 200).end, 6)])
    assert WHOLE not in sink.calculated_intervals
    Even().execute([source], sink, WHOLE)
    assert sink.window(WHOLE).values() == ["2", "6", "4"]
