"""What all tools have in common."""

from __future__ import annotations

import copy
import pickle

import pytest
from dateutil.parser import parse

from hyperstream.channels import MemoryChannel
from hyperstream.execution import ExecutionContext
from hyperstream.testing import RecordingHistory
from hyperstream.testing.times import over
from hyperstream.time_interval import RelativeTimeInterval
from hyperstream.tool import AggregateTool, BaseTool, MultiOutputTool, SelectorTool, Tool
from hyperstream.utils.errors import (
    DatabaseConnectionError,
    ToolExecutionError,
    ToolInitialisationError,
)


class Threshold(Tool):
    """Has a constructor with a default, and keeps more than its parameters."""

    def __init__(self, low, high=10, *, strict=False):
        super().__init__(low=low, high=high, strict=strict)
        self.middle = (low + high) / 2
        self.cache = {}


class Bare(Tool):
    """Has no constructor."""


class SelfMade(Tool):
    """Has a constructor that does not call that of its base class."""

    def __init__(self, factor):
        self.factor = factor


class Open(Tool):
    """Takes any arguments."""

    def __init__(self, first, *rest, **options):
        super().__init__()
        self.rest = rest


class Inherited(Threshold):
    """Has the constructor of its base class."""


@pytest.mark.parametrize(
    ("tool", "parameters"),
    [
        (Threshold(1), {"low": 1, "high": 10, "strict": False}),
        (Threshold(1, 5, strict=True), {"low": 1, "high": 5, "strict": True}),
        (Inherited(high=3, low=2), {"low": 2, "high": 3, "strict": False}),
        (Bare(), {}),
        (Bare(a=1, b="x"), {"a": 1, "b": "x"}),
        (SelfMade(3), {"factor": 3}),
        (Open(1, 2, 3, x=4), {"first": 1, "rest": (2, 3), "x": 4}),
        (AggregateTool("house", func=max), {"aggregation_meta_data": "house", "func": max}),
        (SelectorTool("room"), {"selector_meta_data": "room"}),
        (MultiOutputTool(element="a"), {"element": "a"}),
    ],
    ids=repr,
)
def test_parameters_are_the_arguments_of_the_constructor(tool, parameters):
    """A tool's parameters are its constructor's arguments, defaults included."""
    assert tool.parameters_dict == parameters


def test_arguments_become_attributes():
    """Keyword arguments handed to the base class become attributes."""
    tool = Bare(a=1, b="x")
    assert (tool.a, tool.b) == (1, "x")
    assert Threshold(1).high == 10
    assert AggregateTool("house", func=max).aggregation_meta_data == "house"
    assert SelectorTool("room").selector_meta_data == "room"


def test_parameters_as_dicts():
    """`parameters` tells of each whether it is a function or a set."""
    tool = Bare(func=len, choice={1}, number=5)
    assert tool.parameters == [
        {"key": "func", "value": len, "is_function": True, "is_set": False},
        {"key": "choice", "value": {1}, "is_function": False, "is_set": True},
        {"key": "number", "value": 5, "is_function": False, "is_set": False},
    ]


def test_the_parameters_are_a_copy():
    """Changing the dictionary of parameters does not change the tool."""
    tool = Bare(a=1)
    tool.parameters_dict["a"] = 2
    assert tool.parameters_dict == {"a": 1}


@pytest.mark.parametrize("arguments", [(), (1, 2, 3), (1, 2, 3, 4)])
def test_wrong_arguments_are_a_type_error(arguments):
    """Arguments that the constructor does not take are Python's own TypeError."""
    with pytest.raises(TypeError, match="__init__"):
        Threshold(*arguments)


def test_names_of_parameters_are_unicode_text():
    """They are stored with what a tool computes, even where it takes any."""
    with pytest.raises(ToolInitialisationError, match=r"'a\\udc80'.*Half of a surrogate pair"):
        BaseTool(**{"a\udc80": 1})


def test_equal_tools_have_equal_parameters():
    """Tools are equal if class and parameters are; what else they hold does not count."""
    one, other = Threshold(1), Threshold(low=1, high=10)
    other.cache["a"] = 1
    assert one == other
    assert hash(one) == hash(other)
    assert one not in (Threshold(2), Inherited(1), Bare(low=1, high=10, strict=False), 5)
    assert len({Bare(f=len, s={1, 2}), Bare(s={2, 1}, f=len)}) == 1


def test_a_tool_is_readable():
    """The repr shows class and parameters."""
    assert repr(Threshold(1)) == "Threshold(low=1, high=10, strict=False)"
    assert repr(Bare()) == "Bare()"


def test_the_name_is_in_snake_case():
    """The name is that of the class in lower case, with underscores."""

    class SplitterFromStream(Tool):
        pass

    assert SplitterFromStream().name == "splitter_from_stream"
    assert Bare().name == "bare"


def test_the_message_tells_tool_and_interval():
    """`message` says what runs over which interval."""
    message = Threshold(1).message(over(0, 10))
    assert "Threshold(low=1" in message
    assert over(0, 10).humanized in message


def test_a_tool_can_be_copied():
    """Copies, also through pickling, have the same parameters."""
    tool = Threshold(1, strict=True)
    for each in (
        copy.copy(tool),
        copy.deepcopy(tool),
        pickle.loads(pickle.dumps(tool)),  # noqa: S301 - our own bytes
    ):
        assert each == tool
        assert each.middle == tool.middle


def test_nothing_is_known_of_the_reach_at_first():
    """A tool that does not declare its reach has none."""
    assert Bare().reach(over(0, 10)) is None


class Window(Tool):
    """Declares to need a minute before."""

    def reach(self, interval, sources=()):
        """Need a minute before."""
        return interval + RelativeTimeInterval(-60, 0)


def test_the_reach_becomes_offsets():
    """A declared reach is kept as how far it lies from both ends, in milliseconds."""
    channel = MemoryChannel("memory")
    source, sink = channel.create_stream("source"), channel.create_stream("sink")
    assert Window().bind([source], sink).record.reach == (-60_000, 0)
    assert Bare().bind([source], sink).record.reach is None


def test_what_reads_itself_has_no_reach():
    """A stream that reads itself depends on everything before, whatever its tool declares."""
    sink = MemoryChannel("memory").create_stream("sink")
    assert Window().bind([sink], sink).record.reach is None


_NOT_ABSOLUTE = "which is no absolute TimeInterval"


class Reaching(Tool):
    """Says of its reach what it is told to say."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def reach(self, interval, sources=()):
        """Give the answer."""
        return self.answer()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda: {}["limit"], "KeyError: 'limit'"),
        (lambda: (0, 5), f"TypeError: it returned (0, 5), {_NOT_ABSOLUTE}"),
        (
            lambda: RelativeTimeInterval(-60, 0),
            f"TypeError: it returned RelativeTimeInterval(-60, 0), {_NOT_ABSOLUTE}",
        ),
    ],
    ids=["raises", "pair", "relative"],
)
def test_a_reach_that_fails_is_a_failure_of_the_call(answer, reason):
    """It names tool, sink and interval, and what is wanted; binding the tool does not fail."""
    channel = MemoryChannel("memory")
    source, sink = channel.create_stream("source"), channel.create_stream("sink")
    assert Reaching(answer).bind([source], sink).record.reach is None
    for _ in range(2):
        with pytest.raises(ToolExecutionError) as caught:
            Reaching(answer).execute(sources=[source], sink=sink, interval=over(0, 10))
        assert str(caught.value) == (
            f"Tool reaching failed to compute memory:sink over {over(0, 10).humanized}: Its "
            f"reach() failed with {reason}. It must return the TimeInterval of the sources that "
            "the outputs in an interval need, or None where that is not known."
        )


def test_a_database_that_does_not_answer_is_no_failure_of_the_tool():
    """A reach may ask it; the call is bound as soon as it answers again."""
    sink = MemoryChannel("memory").create_stream("sink")

    def answer():
        raise DatabaseConnectionError

    with pytest.raises(DatabaseConnectionError):
        Reaching(answer).bind([], sink)


def test_a_record_tells_who_computes_what_from_what():
    """The record has name, version, parameters and the keys of the sources."""
    channel = MemoryChannel("memory")
    source, other, sink = (channel.create_stream(name) for name in ("source", "other", "sink"))
    record = Threshold(1).bind([source], sink, other).record
    assert (record.tool, record.version) == ("threshold", "0.0.0")
    assert record.parameters == {"low": "1", "high": "10", "strict": "False"}
    assert record.sources == (source.address.key, other.address.key)


def test_history_is_written_through_the_context():
    """`write_to_history` is static and goes to the history in force; without one it is let go."""
    history = RecordingHistory()
    BaseTool.write_to_history(a=1)
    with ExecutionContext(history=history).active():
        Bare().write_to_history(a=2)
    assert history.notes == [{"a": 2}]


def test_functions_print_as_their_names():
    """An address tells nobody anything."""
    tool = Bare(func=parse, key=lambda value: value, reducer=sum)
    assert repr(tool) == "Bare(func=parse, key=<lambda>, reducer=sum)"
    assert tool.message(over(0, 1)).startswith("Bare(func=parse, key=<lambda>, reducer=sum) runn")
