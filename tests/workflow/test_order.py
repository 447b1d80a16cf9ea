"""In which order factors are computed, and how much of each."""

from __future__ import annotations

import itertools
import random
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hyperstream.stream import StreamInstance
from hyperstream.testing.times import at, over
from hyperstream.time_interval import MIN_DATE, TimeInterval, TimeIntervals
from hyperstream.tool import Tool
from hyperstream.utils.errors import LinkageError
from hyperstream.workflow.factor import NodeCreationFactor
from hyperstream.workflow.order import requests, topological
from tests.workflow.workbench import Back, Bench, Far, Find, Split, Sum, Total, fill, held, span

TEN = over(0, 10)
BENCH = Bench()


@pytest.fixture
def link(w):
    """Give a function that makes a factor from nodes to a node, by their names."""

    def make(sources, sink, tool=None):
        read = [w.nodes[name] for name in sources]
        return w.create_factor(tool or Sum(f"to {sink}"), read, w.nodes[sink])

    return make


def sinks(w):
    """Return the names of what is computed, in order."""
    return [factor.sink.node_id if factor.sink else "plate" for factor in w.order]


def test_each_comes_after_what_it_reads(w, on, link):
    """Otherwise the order is that of definition."""
    for name in "abcdez":
        on(name)
    link("d", "z")
    link("b", "c")
    link("ab", "d")
    link("a", "e")
    link("", "b")
    assert sinks(w) == ["e", "b", "c", "d", "z"]
    link("", "a")
    assert sinks(w) == ["b", "c", "a", "d", "z", "e"]


def test_helpers_are_read_too(w, on):
    """What computes an alignment node or a splitting node comes before."""
    a, by, z, h = on("a"), on("by"), on("z"), on("h", "H")
    w.create_factor(Sum(), [a], z, by)
    w.create_multi_output_factor(Split(), a, z, h)
    w.create_factor(Sum("by"), [], by)
    assert sinks(w) == ["by", "z", "h"]


def test_asset_writers_come_first(bench, w, on, link):
    """They run before everything else, in order of definition."""
    for name in "abcz":
        on(name)
    link("a", "z")
    link("", "a")
    w.create_factor(bench.tools.asset_writer(value=1), None, w.nodes["c"])
    w.create_factor(bench.tools.asset_writer(value=2), None, w.nodes["b"])
    assert sinks(w) == ["c", "b", "a", "z"]


def test_created_plates_come_before_their_nodes(w, on, plates):
    """Also before nodes on plates below, and before what reads these nodes."""
    a, z, r, h, s = on("a"), on("z"), on("r", "H.R"), on("h", "H"), on("s", "S")
    on("later")
    w.create_factor(Sum("z"), [w.nodes["later"]], z)
    w.create_multi_output_factor(Split("r"), h, None, r)
    w.create_multi_output_factor(Split("h"), a, None, h)
    w.create_multi_output_factor(Split("s"), a, None, s)
    plate = {"plate_id": "H", "meta_data_id": "house", "description": None}
    creation = w.create_node_creation_factor(Find(), w.nodes["later"], plate)
    w.create_factor(Sum("later"), [], w.nodes["later"])
    assert sinks(w) == ["s", "later", "z", "plate", "h", "r"]
    assert w.order[3] is creation


def test_created_plates_come_before_plates_below(w):
    """A factor that is called for each value of a plate comes after what finds these."""
    rooms = {"plate_id": "rooms", "meta_data_id": "room", "parent_plate": "H.R"}
    below = w.create_node_creation_factor(Find(["hall"], "rooms"), None, rooms)
    residents = {"plate_id": "H.R", "meta_data_id": "resident", "parent_plate": "H"}
    above = w.create_node_creation_factor(Find(["c"], "residents"), None, residents)
    assert w.order == [above, below]
    w.execute(TEN)
    assert (("house", "2"), ("resident", "c"), ("room", "hall")) in w.plate_manager["rooms"]


PLATE = {"plate_id": "H", "meta_data_id": "house"}


@pytest.mark.parametrize("last", ["creation", "computation"])
def test_a_plate_that_needs_itself_is_refused(w, on, last):
    """At the line that closes the circle, and nothing is left behind."""
    a, b = on("a", "H"), on("b")
    steps = {
        "creation": lambda: w.create_node_creation_factor(Find(), b, PLATE),
        "computation": lambda: w.create_factor({"name": "plate_sink"}, [a], b),
    }
    first = next(step for name, step in steps.items() if name != last)
    factor = first()
    with pytest.raises(LinkageError, match="would depend on itself, by way of"):
        steps[last]()
    assert w.factors == [factor]
    assert a.is_leaf is (last == "computation")
    assert b.is_leaf is (last == "creation")
    assert b.factor is (None if last == "computation" else factor)
    assert w.order == [factor]


def test_a_plate_may_grow_by_what_is_written_to_its_nodes(bench, w, on):
    """As long as nothing that is computed is needed."""
    plate = {"plate_id": "H.R", "meta_data_id": "resident", "parent_plate": "H"}
    b = on("b", "H.R")
    fill(b, "c")
    w.create_node_creation_factor(Find(), b, plate)
    w.execute(TEN)
    assert (("house", "2"), ("resident", "c")) in bench.plates["H.R"]


def test_factors_that_cannot_be_ordered_are_an_error(w, on):
    """The error names them, however they came about."""
    a, b = on("a", "H"), on("b")
    sink = w.create_factor({"name": "plate_sink"}, [a], b)
    creation = NodeCreationFactor(Find(), b, PLATE, w.plate_manager, None)
    a.factor = None
    with pytest.raises(LinkageError, match=r"Factor\(plate_sink: a -> b\), NodeCreationFactor"):
        topological([sink, creation])


@st.composite
def graphs(draw):
    """Draw which of some nodes each one reads, and in which order factors are defined."""
    count = draw(st.integers(1, 12))
    read = [draw(st.sets(st.integers(0, n - 1))) if n else set() for n in range(count)]
    kept = draw(st.sets(st.integers(0, count - 1)))
    return read, draw(st.permutations(sorted(kept))), draw(st.sets(st.sampled_from(range(count))))


@given(graphs())
@settings(deadline=None)
def test_any_graph_is_ordered(graph):
    """Each factor once, after those that it needs; asset writers first."""
    read, defined, writers = graph
    w = BENCH.workflow()
    nodes = [w.open_node(f"n{n}", "memory", ()) for n in range(len(read))]
    writer = BENCH.tools.asset_writer(value=1)
    for n in defined:
        if n in writers:
            w.create_factor(writer, None, nodes[n])
        else:
            w.create_factor(Sum(), [nodes[each] for each in sorted(read[n])], nodes[n])
    order = w.order
    assert sorted(map(id, order)) == sorted(map(id, w.factors))
    place = {id(factor): n for n, factor in enumerate(order)}
    for factor in order:
        for node in factor.read:
            if node.factor is not None:
                assert place[id(node.factor)] < place[id(factor)]
    names = [factor.tool.name == "asset_writer" for factor in order]
    assert names == sorted(names, reverse=True)


class Shifted(Tool):
    """Gives what its source held so many seconds before."""

    def __init__(self, by):
        super().__init__(by=by)

    def reach(self, interval, sources=()):
        """Need another interval."""
        return interval + timedelta(seconds=-self.by)

    def _execute(self, sources, alignment_stream, interval):
        for timestamp, value in sources[0].window(self.reach(interval), force_calculation=True):
            yield StreamInstance(timestamp + timedelta(seconds=self.by), value)


def asked(w, interval=TEN):
    """Return over what each node is computed."""
    return {
        factor.sink.node_id if factor.sink else "plate": " ".join(map(span, needed))
        for factor, needed in requests(w.order, TimeIntervals([interval]))
    }


def test_a_source_is_computed_as_far_as_its_reader_reaches(w, on, link):
    """A leaf that looks a minute back needs its source a minute earlier, and so on upstream."""
    for name in "abcz":
        on(name)
    link("c", "z", Back(60))
    link("b", "c", Back(30))
    link("a", "b")
    link("", "a")
    assert asked(w) == {"z": "(0, 10]", "c": "(-60, 10]", "b": "(-90, 10]", "a": "(-90, 10]"}


def test_what_several_read_is_computed_for_all_of_them(w, on, link):
    """A node that is read is computed as far as its readers need it, and no further."""
    for name in "axyzv":
        on(name)
    link("", "a")
    link("a", "x", Shifted(100))
    link("a", "y", Back(5))
    link("x", "z")
    link("y", "v", Shifted(50))
    found = asked(w)
    assert found["a"] == "(-100, -90] (-55, -40]"
    assert (found["x"], found["y"]) == ("(0, 10]", "(-50, -40]")


def test_a_reader_that_does_not_tell_asks_for_the_interval(w, on, link):
    """What it needs beyond that it computes when it gets there."""
    for name in "az":
        on(name)
    tool = Sum("to a")
    link("", "a", tool)
    link("a", "z", Far(60))
    assert asked(w) == {"a": "(0, 10]", "z": "(0, 10]"}
    w.execute(TEN)
    assert tool.asked == [" (0, 10]", " (-60, 0]"]


def test_what_plates_are_created_from_is_computed_over_the_interval(w, on, link):
    """The factor that creates a plate asks for the interval, of its source, too."""
    for name in "ab":
        on(name)
    link("", "a")
    link("a", "b", Back(5))
    w.create_node_creation_factor(Find(), w.nodes["b"], {**PLATE, "plate_id": "new"})
    assert asked(w) == {"a": "(-5, 10]", "b": "(0, 10]", "plate": "(0, 10]"}


def test_nothing_is_asked_for_before_the_first_day(w, on, link):
    """A window that would reach over the edge of time ends there."""
    for name in "az":
        on(name)
    link("", "a", Sum("to a"))
    link("a", "z", Back(1e9))
    found = requests(w.order, TimeIntervals([TimeInterval(MIN_DATE, at(0))]))
    assert [needed.start for _, needed in found] == [MIN_DATE] * 2


def chain(w, count, order):
    """Return the nodes of a chain of factors, written in some order."""
    nodes = [w.open_node(f"n{n}", "memory", ()) for n in range(count + 1)]
    pairs = list(itertools.pairwise(nodes))
    if order == "backwards":
        pairs.reverse()
    elif order == "mixed":
        random.Random(1).shuffle(pairs)  # noqa: S311 - not a secret
    tool = Sum()
    for source, sink in pairs:
        w.create_factor(tool, [source], sink)
    return nodes


@pytest.mark.parametrize(
    ("count", "order"),
    [
        (300, "forwards"),
        (300, "backwards"),
        (300, "mixed"),
        pytest.param(10_000, "forwards", marks=pytest.mark.slow),
    ],
)
def test_a_long_chain_is_executed(w, count, order):
    """Without recursion, in whatever order it is written; and again without any call."""
    nodes = chain(w, count, order)
    fill(nodes[0], 5)
    for _ in range(2):
        w.execute(TEN)
        assert held(nodes[-1]) == {"": [5]}
        assert len(w.factors[0].tool.asked) == count


@pytest.mark.parametrize("backwards", [False, True])
def test_a_cycle_is_refused_at_the_line_that_closes_it(w, backwards):
    """However long it is, and in whatever order it is written."""
    count = 3000
    for n in range(count):
        w.open_node(f"n{n}", "memory", ())
    nodes = list(w.nodes.values())
    pairs = list(itertools.pairwise(nodes))
    for source, sink in reversed(pairs) if backwards else pairs:
        w.create_factor(Sum(), [source], sink)
    with pytest.raises(LinkageError, match="Node n0 would depend on itself, by way of n2999"):
        w.create_factor(Sum(), [nodes[-1]], nodes[0])
    with pytest.raises(LinkageError, match="Node n0 would depend on itself, by way of n0"):
        w.create_factor(Sum(), [nodes[0]], nodes[0])


def test_a_cycle_by_way_of_a_helper_is_refused(w, on):
    """An alignment node and a splitting node are read, too."""
    a, b, c, h = on("a"), on("b"), on("c"), on("h", "H")
    w.create_factor(Sum(), [a], b, c)
    with pytest.raises(LinkageError, match="Node c would depend on itself, by way of b"):
        w.create_factor(Sum(), [b], c)
    with pytest.raises(LinkageError, match="Node c would depend on itself, by way of a, b"):
        w.create_factor(Sum(), [a], c, b)
    w.create_multi_output_factor(Split(), b, c, h)
    with pytest.raises(LinkageError, match="Node c would depend on itself, by way of h"):
        w.create_factor(Total("house"), [h], c)


def test_many_ways_to_one_node_are_no_cycle(w, on):
    """A diamond is right."""
    a, b, c, z = (on(name) for name in "abcz")
    w.create_factor(Sum(), [b, c], z)
    w.create_factor(Sum("c"), [a], c)
    w.create_factor(Sum("b"), [a, c], b)
    assert [factor.sink for factor in w.order] == [c, b, z]
