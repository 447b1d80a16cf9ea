"""Executing workflows: what is computed, and that it is computed once."""

from __future__ import annotations

import contextvars
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hyperstream._time import use_clock
from hyperstream.execution import ExecutionContext
from hyperstream.stream import StreamInstance
from hyperstream.testing import RecordingHistory
from hyperstream.testing.conformance.base import write
from hyperstream.testing.times import at, over
from hyperstream.time_interval import RelativeTimeInterval, TimeIntervals
from hyperstream.utils.errors import (
    ChangedProducerWarning,
    FutureIntervalWarning,
    WorkflowExecutionError,
)
from tests.execution.parts import Seconds
from tests.execution.test_observing import Told
from tests.workflow.workbench import (
    Back,
    Bench,
    Far,
    Pick,
    Split,
    Sum,
    Total,
    fill,
    held,
    marked,
    span,
)

TEN = over(0, 10)
BENCH = Bench()


@pytest.fixture
def graph(w, on):
    """Give a workflow that doubles what residents have, and adds it up for houses and for all."""
    raw, double, house, world = on("raw", "H.R"), on("double", "H.R"), on("house", "H"), on("world")
    tools = [Sum("double"), Total("resident", "house"), Total("house", "world")]
    w.create_factor(tools[2], [house], world)
    w.create_factor(tools[1], [double], house)
    w.create_factor(tools[0], [raw, raw], double)
    fill(raw, *range(1, 31))
    return dict(zip(["double", "house", "world"], tools, strict=True))


def calls(graph):
    """Return what each tool was asked for, and forget it."""
    found = {name: list(tool.asked) for name, tool in graph.items()}
    for tool in graph.values():
        tool.asked.clear()
    return found


def over_all(*spans):
    """Return the calls that compute all of the graph over some spans of seconds."""
    double = [[f"raw[{v}], raw[{v}] {each}" for each in spans] for v in ("1.a", "1.b", "2.a")]
    houses = ["double[1.a], double[1.b]", "double[2.a]"]
    return {
        "double": [call for value in double for call in value],
        "house": [f"{sources} {each}" for sources in houses for each in spans],
        "world": [f"house[1], house[2] {each}" for each in spans],
    }


def test_everything_that_leads_to_a_leaf_is_computed(w, graph):
    """Each factor once for each plate value; all of it is marked."""
    w.execute(TEN)
    assert calls(graph) == over_all("(0, 10]")
    assert held(w.nodes["house"])["1"] == [4 * n for n in range(1, 11)]
    assert held(w.nodes["world"]) == {"": [6 * n for n in range(1, 11)]}
    for name in graph:
        assert set(marked(w.nodes[name]).values()) == {"(0, 10]"}
    assert set(marked(w.nodes["raw"]).values()) == {""}


def test_nothing_is_computed_twice(w, graph):
    """Neither the same interval again, nor a part of it."""
    w.execute(TEN)
    calls(graph)
    for interval in (TEN, over(2, 5), over(0, 1)):
        w.execute(interval)
    assert calls(graph) == {"double": [], "house": [], "world": []}


def test_only_what_is_missing_is_computed(w, graph):
    """Before, between and after what is there."""
    for interval in (over(5, 10), over(15, 20)):
        w.execute(interval)
        calls(graph)
    w.execute(over(0, 25))
    assert calls(graph) == over_all("(0, 5]", "(10, 15]", "(20, 25]")
    assert held(w.nodes["world"]) == {"": [6 * n for n in range(1, 26)]}


def test_each_plate_value_is_completed_where_it_misses_something(w, graph):
    """What was computed of one value by itself is not computed again."""
    node = w.nodes["double"]
    w.execute(over(0, 1))
    calls(graph)
    for value in node.plate_values[:2]:
        node.streams[value].window(over(1, 5), force_calculation=True).items()
    assert calls(graph)["double"] == ["raw[1.a], raw[1.a] (1, 5]", "raw[1.b], raw[1.b] (1, 5]"]
    w.execute(over(0, 5))
    found = calls(graph)
    assert found["double"] == ["raw[2.a], raw[2.a] (1, 5]"]
    assert found["world"] == ["house[1], house[2] (1, 5]"]


def test_what_a_leaf_needs_before_the_interval_is_computed_first(w, on):
    """In one call upstream, where the reader says how far it looks back."""
    a, b, z = on("a", "H"), on("b", "H"), on("z", "H")
    fill(a, *range(1, 21))
    first, second = Sum(), Back(3)
    w.create_factor(second, [b], z)
    w.create_factor(first, [a], b)
    w.execute(over(10, 12))
    assert first.asked == ["a[1] (7, 12]", "a[2] (7, 12]"]
    assert second.asked == ["b[1] (10, 12]", "b[2] (10, 12]"]
    assert held(z)["1"] == [9 + 10 + 11, 10 + 11 + 12]
    w.execute(over(10, 14))
    assert first.asked[2:] == ["a[1] (12, 14]", "a[2] (12, 14]"]


def test_what_is_not_read_and_what_nobody_needs(w, on):
    """Leaves are computed; a node is not computed further than its readers need it."""
    a, b, z = on("a"), on("b"), on("z")
    tool = Seconds()
    w.create_factor(tool, None, a)
    w.create_factor(Sum(), [a], z)
    w.create_factor(Far(2), [a], b)
    w.execute(TEN)
    assert tool.asked == [TEN, over(-2, 0)]


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 10)), min_size=1, max_size=6))
@settings(deadline=None, max_examples=40)
def test_any_pieces_are_the_same_as_all_at_once(pieces):
    """However intervals overlap and follow each other, each second is computed once."""
    w = BENCH.workflow()
    BENCH.channels.memory.purge_all(remove_definitions=True)
    raw, sums, z = (w.create_node(name, "memory", ["H"]) for name in ("raw", "sums", "z"))
    for n, stream in enumerate(raw):
        write(stream, {second: second * (n + 1) for second in range(31)})
    tool = Sum()
    w.create_factor(tool, [raw], sums)
    w.create_factor(Back(4), [sums], z)
    asked = [over(start, start + width) for start, width in pieces]
    for interval in asked:
        w.execute(interval)
    needed = TimeIntervals(interval + RelativeTimeInterval(-4, 0) for interval in asked)
    for name in ("1", "2"):
        computed = [each.split(" ", 1)[1] for each in tool.asked if each.startswith(f"raw[{name}]")]
        assert len(computed) == len(set(computed))
        assert marked(sums)[name] == " ".join(map(span, needed))
        expected = {}
        for second in range(31):
            if any(at(second) in each for each in asked):
                window = range(max(second - 3, 0), second + 1)
                expected[second] = sum(window) * int(name)
        assert held(z)[name] == list(expected.values())


def test_intervals_of_several_kinds(w, graph):
    """A pair, several intervals, and one that counts from now."""
    w.execute((at(0), at(2)))
    w.execute(TimeIntervals([over(4, 6), over(8, 9)]))
    assert marked(w.nodes["world"]) == {"": "(0, 2] (4, 6] (8, 9]"}
    with use_clock(at(20)):
        w.execute(RelativeTimeInterval(-5, -2))
        w.execute((-1, 0))
    assert marked(w.nodes["world"]) == {"": "(0, 2] (4, 6] (8, 9] (15, 18] (19, 20]"}


@pytest.mark.parametrize("wrong", [5, None, "today", [at(0)], (at(0), at(1), at(2))])
def test_what_is_no_interval_is_an_error(w, graph, wrong):
    """The error says what it is executed over."""
    with pytest.raises(TypeError, match="executed over a time interval or a pair, not"):
        w.execute(wrong)
    assert calls(graph)["world"] == []


def test_what_lies_in_the_future_is_not_computed(w, graph):
    """It is warned about, and the rest is computed."""
    with use_clock(at(5)):
        for interval in (TEN, over(7, 9)):
            with pytest.warns(FutureIntervalWarning):
                w.execute(interval)
    assert marked(w.nodes["world"]) == {"": "(0, 5]"}
    assert calls(graph) == over_all("(0, 5]")


def test_an_empty_workflow_has_nothing_to_do(w, on):
    """Nor has one without factors."""
    w.execute(TEN)
    on("a")
    w.execute(TEN)


def test_splitters_and_selectors_are_called_once_for_many_sinks(w, on):
    """Their sinks are completed together."""
    a, h, z = on("a"), on("h", "H"), on("z")
    fill(a, {"1": 5, "2": 6}, {"2": 7})
    split, pick = Split(), Pick("house", "2")
    w.create_multi_output_factor(split, a, None, h)
    w.create_factor(pick, [h], z)
    for _ in range(2):
        w.execute(TEN)
    assert split.asked == ["a (0, 10] onto house: 1, 2"]
    assert pick.asked == ["h[1], h[2] (0, 10]"]
    assert (held(h), held(z)) == ({"1": [5], "2": [6, 7]}, {"": [6, 7]})


def test_tools_know_the_workflow(w, graph):
    """The context names it during the execution; each call is recorded."""
    history, seen = RecordingHistory(), []

    class Asking(Seconds):
        def _execute(self, sources, alignment_stream, interval):
            from_context = contextvars.copy_context()
            seen.extend(v.workflow for v in from_context.values() if hasattr(v, "workflow"))
            return []

    w.create_factor(Asking(), None, w.create_node("asking", "memory"))
    with ExecutionContext(history=history, workflow="outer").active():
        w.execute(TEN)
    assert "w" in seen
    tools = [record.tool for record in history.records]
    assert sorted(tools) == ["asking", *["sum"] * 3, *["total"] * 3]
    assert {record.outcome for record in history.records} == {"completed"}


class Threads:
    """Runs calls in threads of a pool."""

    def __init__(self, pool):
        self.pool, self.count = pool, 0

    def map(self, function, items):
        """Yield the results in order."""
        waiting = [
            self.pool.submit(contextvars.copy_context().run, function, item) for item in items
        ]
        self.count += len(waiting)
        for each in waiting:
            yield each.result()


def test_an_executor_runs_the_plate_values(w, graph):
    """Those of one factor at once; the result is the same, and so is the number of calls."""
    with ThreadPoolExecutor(4) as pool:
        executor = Threads(pool)
        with ExecutionContext(executor=executor).active():
            w.execute(TEN)
    assert executor.count == 6
    assert {name: sorted(each) for name, each in calls(graph).items()} == over_all("(0, 10]")
    assert held(w.nodes["world"]) == {"": [6 * n for n in range(1, 11)]}


def test_two_threads_execute_a_workflow_once(w, graph):
    """Each interval of each plate value is computed by one of them."""
    intervals = [over(0, 10), over(5, 15), over(10, 20), over(0, 20)]
    with ThreadPoolExecutor(4) as pool:
        for each in [pool.submit(w.execute, interval) for interval in intervals]:
            each.result(60)
    assert held(w.nodes["world"]) == {"": [6 * n for n in range(1, 21)]}
    assert held(w.nodes["double"]) == {
        v: [2 * n for n in range(1, 21)] for v in ("1.a", "1.b", "2.a")
    }
    for asked in calls(graph).values():
        assert len(asked) == len(set(asked))
    for name in graph:
        assert set(marked(w.nodes[name]).values()) == {"(0, 20]"}


class Late(Sum):
    """Writes an instance to streams before it gives what a Sum does, the first time."""

    def __init__(self, late, mark=""):
        super().__init__(mark)
        self.late = list(late)

    def _execute(self, sources, alignment_stream, interval):
        while self.late:
            write(self.late.pop(), {5.5: 100})
        yield from super()._execute(sources, alignment_stream, interval)


@pytest.mark.parametrize("moment", ["between", "meanwhile"])
def test_late_data_are_in_all_results(w, on, moment):
    """Whether they arrive between two factors, or while one reads what they change."""
    raw, middle, beside, z = on("raw", "H"), on("middle", "H"), on("beside"), on("z", "H")
    fill(raw, *range(1, 11))
    late = Late(raw)
    tools = {"between": (Sum("z"), late), "meanwhile": (late, Sum("beside"))}
    reader, other = tools[moment]
    w.create_factor(Sum("middle"), [raw], middle)
    w.create_factor(other, [], beside)
    w.create_factor(reader, [middle], z)
    w.execute(TEN)
    expected = [1, 2, 3, 4, 5, 100, 6, 7, 8, 9, 10]
    assert held(z) == held(middle) == {"1": expected, "2": expected}
    assert set(marked(z).values()) == set(marked(middle).values()) == {"(0, 10]"}


def test_new_plate_values_are_computed(bench, w, graph):
    """The others stay as they are; so does what brings them together, which is warned about."""
    w.execute(TEN)
    calls(graph)
    bench.meta_data.insert_many([("resident", "house_2", "b")])
    new = w.nodes["raw"].streams[(("house", "2"), ("resident", "b"))]
    new.writer([StreamInstance(at(n), n) for n in range(1, 31)])
    with pytest.warns(ChangedProducerWarning, match=r"memory:house\[house=2\].*use recompute"):
        w.execute(TEN)
    assert calls(graph) == {
        "double": ["raw[2.b], raw[2.b] (0, 10]"],
        "house": [],
        "world": [],
    }


def test_an_observer_is_told_how_many_calls_are_done(graph, w):
    """One for each plate value of a factor, whether there was something to compute or not."""
    for _ in range(2):
        told = Told()
        with ExecutionContext(observer=told).active():
            w.execute(TEN)
        work = told.works[0]
        assert work.name == "w"
        count = sum(len(w.nodes[name]) for name in graph)
        assert (work[0][0], work[-1][0]) == (0, count)
        assert {total for _, total, _ in work} == {count}
        assert list(dict.fromkeys(about for *_, about in work)) == ["double", "house", "world"]
        assert work.is_closed


def test_calls_that_are_left_out_count_as_done(graph, w):
    """What reads a stream that failed is not tried, and the rest goes on."""
    graph["double"].broken.add("raw[1.a]")
    told = Told()
    with ExecutionContext(observer=told).active(), pytest.raises(WorkflowExecutionError):
        w.execute(TEN)
    done = [done for done, *_ in told.works[0]]
    assert done == sorted(done)
    assert done[-1] <= told.works[0][-1][1]
    assert told.works[0].is_closed
