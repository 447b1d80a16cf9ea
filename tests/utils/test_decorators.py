"""Decorated methods are checked at the call."""

from __future__ import annotations

import logging

import pytest

from hyperstream.utils.decorators import (
    check_input_stream_count,
    check_output_format,
    check_tool_defined,
    timeit,
)
from hyperstream.utils.errors import HyperStreamError, ToolNotFoundError


class Merge:
    """A tool with two sources whose body tells whether it ran."""

    started = False

    @check_input_stream_count(2)
    def _execute(self, sources, alignment_stream, interval):
        """Yield the sources."""
        self.started = True
        yield from sources


class Source:
    """A tool without sources."""

    @check_input_stream_count(0)
    def _execute(self, sources, interval):
        return "made"


def test_the_right_number_of_streams_passes():
    """The generator works as if undecorated, by keyword and by position."""
    tool = Merge()
    assert list(tool._execute(sources="ab", alignment_stream=None, interval=None)) == ["a", "b"]
    assert list(tool._execute("ab", None, None)) == ["a", "b"]
    assert Merge._execute.__doc__ == "Yield the sources."


@pytest.mark.parametrize("sources", [None, [], ["a"], ["a", "b", "c"]])
def test_a_wrong_number_of_streams_is_refused_before_anything_runs(sources):
    """The call itself raises, though the method is a generator, and says who, what and how many."""
    tool = Merge()
    given = len(sources or ())
    with pytest.raises(ValueError, match=f"Tool Merge takes 2 source streams, not {given}") as info:
        tool._execute(sources=sources, alignment_stream=None, interval=None)
    assert isinstance(info.value, HyperStreamError)
    assert (info.value.expected, info.value.given) == (2, given)
    assert not tool.started


def test_no_streams_may_be_none_or_empty():
    """A tool without sources takes None and an empty list."""
    assert Source()._execute(sources=None, interval=None) == "made"
    assert Source()._execute([], None) == "made"
    with pytest.raises(ValueError, match="takes 0 source streams, not 1"):
        Source()._execute(sources=["a"], interval=None)


def test_the_output_format_is_checked():
    """Only the formats named pass."""

    class Output:
        output_format = "csv"

        @check_output_format(("csv", "json"))
        def text(self):
            return "a,b"

    output = Output()
    assert output.text() == "a,b"
    output.output_format = "xml"
    with pytest.raises(ValueError, match="needs the output format csv or json, not 'xml'"):
        output.text()


def test_a_missing_tool_is_named():
    """A method that needs a tool is refused without one."""

    class Task:
        tool = None

        @check_tool_defined
        def execute(self):
            return self.tool

    task = Task()
    with pytest.raises(ToolNotFoundError, match="Task has no tool yet; set one before execute"):
        task.execute()
    task.tool = "clock"
    assert task.execute() == "clock"


def test_a_timed_function_logs_its_duration(caplog):
    """The result is unchanged and the log has the function's name, after an error too."""

    @timeit
    def half(x):
        return x / 2

    with caplog.at_level(logging.INFO, "hyperstream"):
        assert half(3) == 1.5
        with pytest.raises(TypeError):
            half("3")
    assert [record.getMessage().split(" took")[0][-4:] for record in caplog.records] == ["half"] * 2
