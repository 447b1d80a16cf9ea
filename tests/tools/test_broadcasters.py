"""The broadcasters give one stream to many values of a plate."""

from __future__ import annotations

import pytest

from hyperstream.stream import StreamInstance
from hyperstream.testing import try_multi_output_tool
from hyperstream.utils.errors import ToolExecutionError
from tests.tools import make

ROOMS = ["hall", "attic"]


def broadcast(name, values, splitting=None, **parameters):
    """Give values to the rooms."""
    return try_multi_output_tool(make(name, **parameters), values, ROOMS, splitting)


def test_each_value_goes_to_all():
    """After the function."""
    assert broadcast("stream_broadcaster", [1, 2], func=str) == {
        "hall": {1: "1", 2: "2"},
        "attic": {1: "1", 2: "2"},
    }


def test_the_function_gets_a_copy():
    """It may change that, at any depth."""
    value = {"a": [1]}

    def changed(value):
        value["a"].append(2)
        return value

    found = broadcast("stream_broadcaster", [value], func=changed)
    assert found["hall"] == found["attic"] == {1: {"a": [1, 2]}}
    assert value == {"a": [1]}


def test_a_failure_names_time_and_value():
    """As with any function."""
    with pytest.raises(ToolExecutionError, match=r"02\.000Z, for 'a': ValueError"):
        broadcast("stream_broadcaster", ["1", "a"], func=int)


def test_the_broadcaster_takes_no_splitting_stream():
    """There is another tool for that."""
    with pytest.raises(ToolExecutionError, match="takes no splitting stream"):
        broadcast("stream_broadcaster", [1], [ROOMS], func=str)


@pytest.mark.parametrize("name", ["stream_broadcaster", "stream_broadcaster_from_stream"])
def test_a_function_and_a_source_are_needed(name):
    """One is missed when the tool is made, the other when it is executed."""
    with pytest.raises(TypeError, match="must be a function, not 3"):
        make(name, func=3)
    with pytest.raises(ToolExecutionError, match="needs a source"):
        try_multi_output_tool(make(name, func=list), None, ROOMS, seconds=1)


def double(instances):
    """Give twice each value."""
    for timestamp, value in instances:
        yield timestamp, 2 * value


DOUBLED = {1: 2, 2: 4}


@pytest.mark.parametrize(
    ("document", "parameters", "rooms"),
    [
        ({"7": "hall"}, {}, ["hall"]),
        (["hall", "attic", "hall"], {}, ["hall", "attic"]),
        ({"attic": {"area": 3}}, {"use_keys_not_values": True}, ["attic"]),
        ([], {}, []),
    ],
)
def test_a_stream_says_who_gets_it(document, parameters, rooms):
    """By the values or keys of a dict, or a list."""
    found = broadcast(
        "stream_broadcaster_from_stream", [1, 2], [document], func=double, **parameters
    )
    assert found == {room: DOUBLED if room in rooms else {} for room in ROOMS}


def test_the_function_gets_all_instances_once():
    """It may look at them again and again."""
    calls = []

    def mean(instances):
        values = [instance.value for instance in instances]
        calls.append(values)
        last = list(instances)[-1].timestamp
        return [StreamInstance(last, sum(values) / len(values))]

    found = broadcast("stream_broadcaster_from_stream", [1, 2, 6], [ROOMS], func=mean)
    assert found == {"hall": {3: 3.0}, "attic": {3: 3.0}}
    assert calls == [[1, 2, 6]]


def test_an_unknown_plate_value_is_logged(caplog):
    """Once."""
    broadcast("stream_broadcaster_from_stream", [1, 2], [["cellar", "cellar"]], func=list)
    (logged,) = caplog.messages
    assert "there is no plate 'cellar' on the plate" in logged


@pytest.mark.parametrize("result", [[3.5], [(1, 2, 3)], 7])
def test_the_function_gives_instances(result):
    """Anything else is an error that shows it."""
    with pytest.raises(ToolExecutionError, match=r"is no instance|not iterable"):
        broadcast("stream_broadcaster_from_stream", [1], [ROOMS], func=lambda _: result)
