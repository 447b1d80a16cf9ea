"""Executing workflows in which not a tool fails, but what surrounds the tools."""

from __future__ import annotations

import pytest

from hyperstream.execution import ExecutionContext
from hyperstream.testing.times import over
from hyperstream.utils.errors import (
    DatabaseConnectionError,
    ToolExecutionError,
    WorkflowExecutionError,
)
from tests.execution.test_run_all import CountingLedger
from tests.workflow.workbench import Find, Sum, Total, fill, label, marked

TEN = over(0, 10)


@pytest.fixture
def graph(w, on):
    """Give a workflow of three factors in a row, and one apart; its first tool."""
    raw, double, house, apart, beside = (
        on("raw", "H.R"),
        on("double", "H.R"),
        on("house", "H"),
        on("apart", "S"),
        on("beside", "S"),
    )
    tool = Sum("double")
    w.create_factor(tool, [raw], double)
    w.create_factor(Total("resident", "house"), [double], house)
    w.create_factor(Sum("world"), [house], on("copy", "H"))
    w.create_factor(Sum("beside"), [apart], beside)
    fill(raw, 1, 2)
    fill(apart, 3)
    return tool


def failures(w):
    """Execute a workflow that fails; return what failed."""
    with pytest.raises(WorkflowExecutionError) as caught:
        w.execute(TEN)
    return list(caught.value.exceptions)


class Failing:
    """Fails, as something around the tools does, at one of its calls."""

    def __init__(self, function, error, number):
        self.function, self.error, self.number = function, error, number

    def __call__(self, *arguments):
        """Fail or do what is asked."""
        self.number -= 1
        if not self.number:
            raise self.error
        return self.function(*arguments)


@pytest.mark.parametrize("step", ["claim", "complete"])
def test_a_ledger_that_fails_stops_only_its_factor(memory, w, graph, monkeypatch, step):
    """It is told with the failures of tools, and names factor and interval."""
    graph.broken = {"raw[1.a]"}
    error = OSError("no space left")
    monkeypatch.setattr(memory.ledger, step, Failing(getattr(memory.ledger, step), error, 2))
    tool, around = failures(w)
    assert label(tool.sink) == "double[1.a]"
    assert isinstance(around, ToolExecutionError)
    assert str(around) == (
        "Factor(total: double -> house) failed over (2020-01-01 00:00:00, 2020-01-01 00:00:10]: "
        "no space left"
    )
    assert (around.factor, around.interval) == (w.nodes["house"].factor, TEN)
    assert around.__cause__ is error
    assert marked(w.nodes["beside"]) == {"s": "(0, 10]", "t": "(0, 10]"}
    assert set(marked(w.nodes["copy"]).values()) == {""}

    graph.broken.clear()
    graph.asked.clear()
    w.execute(TEN)
    assert graph.asked == ["raw[1.a] (0, 10]"]
    assert set(marked(w.nodes["copy"]).values()) == {"(0, 10]"}


def test_a_database_that_does_not_answer_ends_the_execution(memory, w, graph, monkeypatch):
    """Each further factor would wait for it again; what failed before is told, too."""
    graph.broken = {"raw[1.a]"}
    error = DatabaseConnectionError("MongoDB is away")
    monkeypatch.setattr(memory.ledger, "claim", Failing(memory.ledger.claim, error, 2))
    found = failures(w)
    assert [label(each.sink) if each.sink else None for each in found] == ["double[1.a]", None]
    assert found[1].__cause__ is error
    assert set(marked(w.nodes["beside"]).values()) == {""}


def test_failures_in_the_rounds_before_are_told(memory, w, graph, monkeypatch):
    """Also where a later round of the same factor ends in an error."""
    monkeypatch.setattr("hyperstream.execution.computation._FIRST", 1)
    graph.broken = {"raw[1.a]"}
    error = OSError("no space left")
    monkeypatch.setattr(memory.ledger, "claim", Failing(memory.ledger.claim, error, 2))
    found = failures(w)
    assert [str(each.factor) for each in found] == ["Factor(sum: raw -> double)"] * 2
    assert [each.__cause__ for each in found][1] is error


def test_a_plate_that_cannot_be_stored_stops_nothing_else(bench, w, graph, monkeypatch):
    """Whatever its error is."""
    w.create_node_creation_factor(Find(["a"]), None, {"plate_id": "new", "meta_data_id": "room"})
    monkeypatch.setattr(bench.meta_data, "insert_many", Failing(None, OSError("full"), 1))
    (error,) = failures(w)
    assert "plate new) failed over" in str(error)
    assert set(marked(w.nodes["copy"]).values()) == {"(0, 10]"}


def test_an_executor_that_fails_is_told_by_each_factor(w, graph):
    """What reads a factor's sinks is left out."""

    class Shut:
        def map(self, function, items):
            raise RuntimeError("it is shut down")

    with ExecutionContext(executor=Shut()).active():
        found = failures(w)
    assert [str(error.factor.sink) for error in found] == ["double", "beside"]


def test_the_ledger_is_not_asked_more_often_for_more_failures(memory, w, graph):
    """What can be computed all the same is found out at once for all plate values."""
    counts = []
    for broken in ({"raw[1.a]"}, {"raw[1.a]", "raw[1.b]", "raw[2.a]"}):
        graph.broken = broken
        memory._ledger = CountingLedger(memory.ledger)
        failures(w)
        counts.append(memory.ledger.taken()["calculated"])
        memory.purge_all(remove_definitions=False)
    assert counts[1] <= counts[0]


class Lost(Sum):
    """Cannot say how far it reaches in some of its streams."""

    def reach(self, interval, sources=()):
        """Need just the interval, or fail."""
        if label(sources[0]) == "raw[1.a]":
            return "far"
        return super().reach(interval, sources)


def test_a_reach_that_fails_stops_only_its_plate_value(w, on, graph):
    """It is a failure of that call, and told with the others."""
    lost = on("lost", "H.R")
    w.create_factor(Lost("lost"), [w.nodes["raw"]], lost)
    (error,) = failures(w)
    assert label(error.sink) == "lost[1.a]"
    assert (error.factor, error.interval) == (lost.factor, TEN)
    assert "it returned 'far', which is no absolute TimeInterval" in str(error)
    assert marked(lost) == {"1.a": "", "1.b": "(0, 10]", "2.a": "(0, 10]"}
    assert set(marked(w.nodes["copy"]).values()) == {"(0, 10]"}
