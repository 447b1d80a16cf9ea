"""Executing workflows in which something fails: the rest is computed, and told together."""

from __future__ import annotations

import pickle
import sys

import pytest

from hyperstream.channels import DatabaseChannel
from hyperstream.client import Client
from hyperstream.execution import ExecutionContext
from hyperstream.storage.mongo import MongoStorage
from hyperstream.stream import StreamInstance
from hyperstream.testing import RecordingHistory
from hyperstream.testing.times import at, over
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import ToolExecutionError, WorkflowExecutionError
from tests.execution.parts import Seconds
from tests.workflow.workbench import (
    Back,
    Far,
    Find,
    Pick,
    Split,
    Sum,
    Total,
    fill,
    held,
    label,
    marked,
)

if sys.version_info < (3, 11):
    from exceptiongroup import ExceptionGroup

TEN = over(0, 10)


@pytest.fixture(params=["memory", "mongo"])
def place(request, bench):
    """Give the id of a channel: of memory, and of one in the database."""
    if request.param == "memory":
        yield request.param
        return
    storage = MongoStorage(Client(request.getfixturevalue("mongo_config")))
    bench.channels.add_channel(DatabaseChannel("mongo", storage))
    yield request.param
    storage.client.disconnect()


def make(w, place="memory"):
    """Tie a graph over plates, and something that it has nothing to do with; return the tools."""
    nodes = {
        name: w.create_node(name, place, plates)
        for name, plates in {
            "raw": ["H.R"],
            "double": ["H.R"],
            "house": ["H"],
            "world": [],
            "apart": ["S"],
            "beside": ["S"],
        }.items()
    }
    tools = {
        "double": Sum("double"),
        "house": Total("resident", "house"),
        "world": Total("house", "world"),
        "beside": Sum("beside"),
    }
    w.create_factor(tools["double"], [nodes["raw"]], nodes["double"])
    w.create_factor(tools["house"], [nodes["double"]], nodes["house"])
    w.create_factor(tools["world"], [nodes["house"]], nodes["world"])
    w.create_factor(tools["beside"], [nodes["apart"]], nodes["beside"])
    return tools


def failures(w, interval=TEN):
    """Execute a workflow that fails; return what failed."""
    with pytest.raises(WorkflowExecutionError) as caught:
        w.execute(interval)
    assert all(isinstance(each, ToolExecutionError) for each in caught.value.exceptions)
    return list(caught.value.exceptions)


def failed(w, interval=TEN):
    """Execute a workflow that fails; return the streams that could not be computed."""
    return [label(error.sink) for error in failures(w, interval)]


def calls(tools):
    """Return what the tools were asked, and forget it."""
    found = [call for tool in tools.values() for call in tool.asked]
    for tool in tools.values():
        tool.asked.clear()
    return found


def test_a_failure_stops_only_what_depends_on_it(w, place):
    """Other plate values and unrelated factors are computed; then only what is missing is."""
    tools = make(w, place)
    fill(w.nodes["raw"], 1, 2)
    fill(w.nodes["apart"], 3)
    tools["double"].broken = {"raw[1.a]"}
    (error,) = failures(w)
    assert label(error.sink) == "double[1.a]"
    assert calls(tools) == [
        "raw[1.a] (0, 10]",
        "raw[1.b] (0, 10]",
        "raw[2.a] (0, 10]",
        "double[2.a] (0, 10]",
        "apart[s] (0, 10]",
        "apart[t] (0, 10]",
    ]
    assert marked(w.nodes["double"]) == {"1.a": "", "1.b": "(0, 10]", "2.a": "(0, 10]"}
    assert marked(w.nodes["house"]) == {"1": "", "2": "(0, 10]"}
    assert marked(w.nodes["world"]) == {"": ""}
    assert held(w.nodes["double"]) == {"1.a": [], "1.b": [1, 2], "2.a": [1, 2]}
    assert held(w.nodes["beside"]) == {"s": [3], "t": [3]}

    assert failed(w) == ["double[1.a]"]
    assert calls(tools) == ["raw[1.a] (0, 10]"]

    tools["double"].broken.clear()
    w.execute(TEN)
    assert calls(tools) == [
        "raw[1.a] (0, 10]",
        "double[1.a], double[1.b] (0, 10]",
        "house[1], house[2] (0, 10]",
    ]
    assert held(w.nodes["world"]) == {"": [3, 6]}


def test_another_process_computes_only_what_is_missing(bench, w, place):
    """The marks say what is there: another workflow of the same nodes goes on with that."""
    tools = make(w, place)
    fill(w.nodes["raw"], 1, 2)
    tools["double"].broken = {"raw[1.a]", "raw[2.a]"}
    assert failed(w) == ["double[1.a]", "double[2.a]"]
    other = bench.workflow("other")
    tools = make(other, place)
    other.execute(TEN)
    assert [call for call in calls(tools) if "apart" not in call] == [
        "raw[1.a] (0, 10]",
        "raw[2.a] (0, 10]",
        "double[1.a], double[1.b] (0, 10]",
        "double[2.a] (0, 10]",
        "house[1], house[2] (0, 10]",
    ]
    assert held(other.nodes["world"]) == {"": [3, 6]}


def test_all_failures_are_raised_together(w):
    """As a group in the order of execution, each with its cause; the message has all of them."""
    tools = make(w)
    tools["double"].broken = {"raw[1.a]", "raw[2.a]"}
    tools["beside"].broken = {"apart[t]"}
    with pytest.raises(WorkflowExecutionError) as caught:
        w.execute(TEN)
    group = caught.value
    assert isinstance(group, ExceptionGroup)
    assert [label(error.sink) for error in group.exceptions] == [
        "double[1.a]",
        "double[2.a]",
        "beside[t]",
    ]
    assert (group.workflow_id, group.interval) == ("w", TEN)
    for part in (
        "Workflow w: 3 calls of tools failed over (2020-01-01 00:00:00, 2020-01-01 00:00:10]",
        "Tool sum failed to compute memory:double[house=1, resident=a] over (2020-01-01 00:00:00",
        "memory:double[house=2, resident=a]",
        "memory:beside[sensor=t]",
        "it is broken",
    ):
        assert part in str(group)
    for error, name in zip(group.exceptions, ["double", "double", "beside"], strict=True):
        assert error.tool is tools[name]
        assert error.interval == TEN
        assert error.factor is w.nodes[name].factor
        assert isinstance(error.__cause__, RuntimeError)
    chosen = group.subgroup(lambda error: getattr(error, "tool", None) is tools["beside"])
    assert [label(error.sink) for error in chosen.exceptions] == ["beside[t]"]


def test_one_failure_and_many(w, on):
    """The message counts them, and lists the first ones."""
    a, z, source = on("a", "H.R", "S"), on("z", "H.R", "S"), on("source")
    tool = Sum()
    w.create_factor(tool, [a, source], z)
    tool.broken = {"source"}
    with pytest.raises(WorkflowExecutionError, match=r"Workflow w: 6 calls of tools .*; …"):
        w.execute(TEN)
    tool.broken = {"a[1.a.s]"}
    with pytest.raises(WorkflowExecutionError, match=r"Workflow w: a call of a tool failed over"):
        w.execute(TEN)


def test_a_group_is_handed_to_another_process(w):
    """It can be pickled where its parts can."""
    tools = make(w)
    tools["beside"].broken = {"apart[t]"}
    with pytest.raises(WorkflowExecutionError) as caught:
        w.execute(TEN)
    told = WorkflowExecutionError(caught.value.message, [ValueError("t")], workflow_id="w")
    again = pickle.loads(pickle.dumps(told))  # noqa: S301 - made here
    assert (str(again), again.workflow_id) == (str(told), "w")


def test_splitters_and_selectors_fail_as_a_whole(w, on):
    """All of their sinks miss what one call would have computed; other calls are done."""
    a, h, z = on("a", "H"), on("h", "H.R"), on("z", "H")
    fill(a, {"a": 5})
    split, pick = Split(), Pick("resident", "a")
    split.broken = {"a[1]"}
    w.create_multi_output_factor(split, a, None, h)
    w.create_factor(pick, [h], z)
    assert failed(w) == ["h[1.a]"]
    assert (held(h), pick.asked) == ({"1.a": [], "1.b": [], "2.a": [5]}, [])
    split.broken.clear()
    w.execute(TEN)
    assert held(z) == {"1": [5], "2": [5]}
    assert [each.partition(" ")[0] for each in split.asked] == ["a[1]", "a[2]", "a[1]"]


def test_a_source_that_fails_only_when_it_is_read_is_one_failure(w, on):
    """Readers that look back beyond the interval meet it there: it is told once."""
    a, y, z = on("a"), on("y"), on("z")
    tool = Seconds()
    tool.failing_at = -3
    w.create_factor(tool, None, a)
    w.create_factor(Far(5), [a], y)
    w.create_factor(Far(7), [a], z)
    (error,) = failures(w)
    assert (label(error.sink), error.interval) == ("a", over(-5, 0))
    assert error.factor is a.factor
    assert len(tool.asked) == 2


@pytest.mark.parametrize("first", ["near", "far"])
def test_a_reader_of_what_is_there_is_computed(w, on, first):
    """Though the source fails where another reader looks further back."""
    a, near, far = on("a"), on("near"), on("far")
    tool = Seconds()
    tool.failing_at = -3
    w.create_factor(tool, None, a)
    factors = {"near": (Sum(), [a], near), "far": (Far(5), [a], far)}
    for name in sorted(factors, key=lambda name: name != first):
        w.create_factor(*factors[name])
    assert failed(w) == ["a"]
    assert held(near) == {"": list(range(1, 11))}
    assert marked(far) == {"": ""}


def test_what_was_calculated_before_is_used(w, on):
    """A reader whose part of the source is there is computed, though the rest of it fails."""
    a, near, far = on("a"), on("near"), on("far")
    tool = Seconds()
    w.create_factor(tool, None, a)
    w.create_factor(Sum(), [a], near)
    w.create_factor(Back(5), [a], far)
    a.streams[None].window(TEN, force_calculation=True)
    w.nodes["a"].factor.execute(TEN)
    tool.failing_at = -3
    assert failed(w) == ["a"]
    assert held(near) == {"": list(range(1, 11))}
    assert marked(far) == {"": ""}


def test_a_failure_in_one_of_several_intervals(w, on):
    """The others are computed, of the same stream and of those that read it, too."""
    a, y, z, apart, beside = on("a"), on("y"), on("z"), on("apart"), on("beside")
    tool = Seconds()
    tool.failing_at = 3
    w.create_factor(tool, None, a)
    w.create_factor(Sum(), [a], y)
    w.create_factor(Sum(), [a, y], z)
    w.create_factor(Sum(), [apart], beside)
    (error,) = failures(w, TimeIntervals([over(0, 5), over(10, 20)]))
    assert (label(error.sink), error.interval) == ("a", over(0, 5))
    assert [marked(node)[""] for node in (a, y, z)] == ["(10, 20]"] * 3
    assert held(z) == {"": [2 * second for second in range(11, 21)]}
    assert marked(beside) == {"": "(0, 5] (10, 20]"}


def test_a_failure_in_each_of_several_intervals(w):
    """Each is told."""
    tools = make(w)
    tools["double"].broken = {"raw[1.a]"}
    found = failures(w, TimeIntervals([over(0, 5), over(10, 20)]))
    assert [(label(error.sink), error.interval) for error in found] == [
        ("double[1.a]", over(0, 5)),
        ("double[1.a]", over(10, 20)),
    ]


def test_what_was_done_before_the_failure_stays(w, on):
    """Of a stream that misses several pieces, those before the broken one are computed."""
    a, z = on("a"), on("z")
    tool = Seconds()
    w.create_factor(tool, None, a)
    w.create_factor(Sum(), [a], z)
    w.execute(over(5, 6))
    tool.failing_at = 8
    (error,) = failures(w)
    assert (label(error.sink), error.interval) == ("a", over(6, 10))
    assert (marked(a), marked(z)) == ({"": "(0, 6]"}, {"": "(5, 6]"})
    tool.failing_at = None
    w.execute(TEN)
    assert tool.asked[-1] == over(6, 10)
    assert held(z) == {"": list(range(1, 11))}


def test_a_plate_is_not_created_from_what_failed(bench, w, on):
    """What is found in the other streams of the source is; there is one failure."""
    raw, names = on("raw", "H"), on("names", "H")
    tool, find = Sum(), Find()

    class Names(Sum):
        def _execute(self, sources, alignment_stream, interval):
            self.note(sources, interval)
            yield StreamInstance(at(1), "hall")

    tool = Names()
    tool.broken = {"raw[1]"}
    w.create_factor(tool, [raw], names)
    w.create_node_creation_factor(find, names, {"plate_id": "rooms", "meta_data_id": "room"})
    assert failed(w) == ["names[1]"]
    assert find.asked == ["names[2] (0, 10]"]
    assert [value[-1] for value in bench.plates["rooms"].values] == [("room", "hall")]


def test_a_plate_that_nothing_is_found_for_is_not_warned_about(w, on, caplog):
    """Where all that it is created from failed."""
    raw, names = on("raw", "H"), on("names", "H")
    tool = Sum()
    tool.broken = {"raw[1]", "raw[2]"}
    w.create_factor(tool, [raw], names)
    w.create_node_creation_factor(Find(), names, {"plate_id": "rooms", "meta_data_id": "room"})
    assert failed(w) == ["names[1]", "names[2]"]
    assert not caplog.records


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_stops_everything(w, place, stop):
    """It goes through; what was computed is marked, and nothing is claimed."""

    class Interrupted(Sum):
        def _execute(self, sources, alignment_stream, interval):
            yield from super()._execute(sources, alignment_stream, interval)
            if label(sources[0]) in self.stopping:
                raise stop

    raw, z = w.create_node("raw", place, ["H.R"]), w.create_node("z", place, ["H.R"])
    fill(raw, 1, 2)
    tool = Interrupted("z")
    tool.stopping = {"raw[2.a]"}
    w.create_factor(tool, [raw], z)
    with pytest.raises(stop):
        w.execute(TEN)
    assert marked(z) == {"1.a": "(0, 10]", "1.b": "(0, 10]", "2.a": ""}
    assert held(z) == {"1.a": [1, 2], "1.b": [1, 2], "2.a": []}
    tool.stopping = set()
    w.execute(TEN)
    assert tool.asked[3:] == ["raw[2.a] (0, 10]"]
    assert held(z)["2.a"] == [1, 2]


def test_failures_are_recorded(w):
    """Each call that failed has a record; what depends on it has none."""
    tools = make(w)
    tools["double"].broken = {"raw[1.a]"}
    history = RecordingHistory()
    with ExecutionContext(history=history).active():
        assert failed(w) == ["double[1.a]"]
    outcomes = {str(record.sinks[0]): record.outcome for record in history.records}
    assert outcomes.pop("memory:double[house=1, resident=a]").startswith("failed: RuntimeError")
    assert set(outcomes.values()) == {"completed"}
    assert "memory:house[house=1]" not in outcomes
    assert "memory:world" not in outcomes
