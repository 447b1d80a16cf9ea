"""The short way of writing a workflow: ``node[value] = factors.<tool>(…)``."""

from __future__ import annotations

import itertools

import pytest

from hyperstream.testing.times import over
from hyperstream.utils.errors import (
    FactorDefinitionError,
    IncompatiblePlatesError,
    InputStreamCountError,
    LinkageError,
    NodeDefinitionError,
)
from hyperstream.workflow.factor import Factor, MultiOutputFactor
from hyperstream.workflow.node import Node
from hyperstream.workflow.specification import Specification
from tests.workflow.workbench import Find, Sum, fill, held

TEN = over(0, 10)
UNASSIGNED = pytest.mark.filterwarnings("ignore:In the block of workflow")


def double(value):
    """Return twice a value."""
    return 2 * value


def test_a_loop_over_a_plate_makes_one_factor(bench, w, on, plates):
    """The first assignment makes it; those for the other values change nothing."""
    raw, z = on("raw", "H"), on("z", "H")
    seen = []
    with w:
        for house in plates["H"]:
            z[house] = bench.factors.apply(sources=[raw[house]], func=double)
            seen.append(z.factor)
    assert w.factors == [seen[0]]
    assert seen[0] is seen[1]
    assert isinstance(z.factor, Factor)
    assert (z.factor.sources, z.factor.sink, z.factor.tool.name) == ((raw,), z, "apply")
    fill(raw, 5)
    w.execute(TEN)
    assert held(z) == {"1": [10], "2": [10]}


def test_loops_are_nested_by_the_value_above(bench, w, on, plates):
    """The values of a child plate are taken at the value of the parent."""
    clock, houses, residents = on("clock"), on("houses", "H"), on("residents", "H.R")
    means = on("means", "H")
    with w:
        for h in plates["H"]:
            houses[h] = bench.factors.stream_broadcaster(source=clock, func=double)
            for r in plates["H.R"][h]:
                residents[h][r] = bench.factors.apply(sources=[houses[h]], func=double)
            means[h] = bench.factors.aggregate(
                sources=[residents], alignment_node=None, func=sum, aggregation_meta_data="resident"
            )
    assert [factor.tool.name for factor in w.factors] == [
        "stream_broadcaster",
        "apply",
        "aggregate",
    ]
    fill(clock, 1, 2)
    w.execute(TEN)
    assert held(residents) == {"1.a": [4, 8], "1.b": [4, 8], "2.a": [4, 8]}
    assert held(means) == {"1": [8, 16], "2": [4, 8]}


@pytest.mark.parametrize("swapped", [False, True])
def test_values_of_several_plates_are_a_tuple(bench, w, on, plates, swapped):
    """In any order."""
    a, b, z = on("a", "H"), on("b", "S"), on("z", "H", "S")
    with w:
        for h, s in itertools.product(plates["H"], plates["S"]):
            key = (s, h) if swapped else (h, s)
            z[key] = bench.factors.product(sources=[a[h], b[s]])
    (factor,) = w.factors
    assert factor.sources == (a, b)


def test_a_node_without_plates_is_indexed_by_none(bench, w, on):
    """It has one stream."""
    clock = on("clock")
    with w:
        clock[None] = bench.factors.clock(sources=None, stride=5.0)
    assert (clock.factor.sources, clock.factor.tool.stride) == ((), 5.0)
    w.execute(TEN)
    assert len(held(clock)[""]) == 2


def test_each_kind_of_tool_is_specified(bench, w, on, plates):
    """With its alignment node, its splitting node, or its selected tag."""
    clock, by = on("clock"), on("by")
    houses, merged = on("houses", "H"), on("merged", "H")
    first, gone = on("first"), on("gone")
    factors = bench.factors
    with w:
        for h in plates["H"]:
            houses[h] = factors.splitter_from_stream(source=clock, splitting_node=by)
            merged[h] = factors.aligned_merge([houses[h]], clock)
        first[None] = factors.index_of([houses], selector_meta_data="house", index="1")
        gone[None] = factors.plate_sink([houses], "house")
    assert isinstance(houses.factor, MultiOutputFactor)
    assert (houses.factor.source, houses.factor.splitting_node) == (clock, by)
    assert merged.factor.alignment_node is clock
    assert first.factor.tool.parameters_dict == {"index": "1", "selector_meta_data": "house"}
    assert gone.factor.tool.selector_meta_data == "house"


def test_an_importer_has_no_source(bench, w, on, plates):
    """Its source is None."""
    z = on("z", "H")
    with w:
        for h in plates["H"]:
            z[h] = bench.factors.splitter_time_aware(None, time_intervals={"1": TEN})
    assert (z.factor.sources, z.factor.source) == ((), None)


OTHER = {
    "another parameter": lambda f, a, b: f.apply([a], func=abs),
    "another tool": lambda f, a, b: f.copy([a]),
    "another version": lambda f, a, b: f.apply([a], func=double, version="0.0.2"),
    "another source": lambda f, a, b: f.apply([b], func=double),
    "one source more": lambda f, a, b: f.apply([a, b], func=double),
    "another alignment": lambda f, a, b: f.apply([a], b, func=double),
    "an enclosed value": lambda f, a, b: f.apply([a], func=lambda _, value=b: value),
}


@pytest.mark.parametrize("other", OTHER)
def test_a_node_has_one_factor(bench, w, on, plates, other):
    """Who specifies another one in a loop, or later, gets an error; the first one stays."""
    a, b, z = on("a", "H"), on("b", "H"), on("z", "H")
    first, second = plates["H"]
    with w:
        z[first] = bench.factors.apply([a], func=double)
        factor = z.factor
        with pytest.raises(
            FactorDefinitionError, match=r"Node z is computed by Apply.* of a already"
        ):
            z[second] = OTHER[other](bench.factors, a, b)
    assert w.factors == [factor]
    assert z.factor is factor
    assert b.is_leaf


def test_the_error_says_what_both_factors_read(bench, w, on):
    """Also where their tools are equal."""
    a, b, z = on("a"), on("b"), on("z")
    with w:
        z[None] = bench.factors.list_sum([a])
        both = r"by ListSum\(\) of a already, and cannot also be by ListSum\(\) of b with a:"
        with pytest.raises(FactorDefinitionError, match=both):
            z[None] = bench.factors.list_sum([b], a)


def test_a_node_is_no_parameter(bench, w, on):
    """Though tools without parameters take any, a name that is written wrongly is an error."""
    a = on("a")
    with w, pytest.raises(FactorDefinitionError, match="did you mean alignment_node"):
        bench.factors.list_sum([a], algnment_node=a)


def test_sources_and_alignment_are_not_confused(bench, w, on):
    """Two sources are another factor than one source and an alignment node."""
    a, b, y, z = on("a"), on("b"), on("y"), on("z")
    with w:
        y[None] = bench.factors.aligned_merge([a, b])
        with pytest.raises(FactorDefinitionError, match="Node y is computed by"):
            y[None] = bench.factors.aligned_merge([a], b)
        z[None] = bench.factors.aligned_merge([a], b)
        with pytest.raises(FactorDefinitionError, match="Node z is computed by"):
            z[None] = bench.factors.aligned_merge([a, b])


def test_a_factor_made_the_long_way_counts_too(bench, w, on):
    """The same specification changes nothing, another one is refused."""
    a, z = on("a"), on("z")
    factor = w.create_factor(bench.tools.apply(func=double), [a], z)
    with w:
        z[None] = bench.factors.apply([a], func=double)
        with pytest.raises(FactorDefinitionError):
            z[None] = bench.factors.apply([a], func=abs)
    assert w.factors == [factor]


def test_equal_tools_are_one(bench, w, on):
    """With equal parameters they are made ready once for all factors."""
    a, names = on("a"), "uvwxyz"
    u, v, x, y, z, q = (on(name) for name in names)
    with w:
        u[None] = bench.factors.apply([a], func=double)
        v[None] = bench.factors.apply([u], func=double)
        x[None] = bench.factors.apply([u], func=abs)
        w.create_factor({"name": "apply", "parameters": {"func": double}}, [a], y)
        w.create_factor(bench.tools.apply(func=double), [a], z)
        w.create_factor(bench.tools.apply(func=double, version="0.0.2"), [a], q)
    tools = [factor.tool for factor in w.factors]
    assert [each is tools[0] for each in tools] == [True, True, False, True, True, False]


KEYS = {
    "none": (lambda p: None, r"cannot be defined at None\. Index it by values of plates H \(house"),
    "one plate": (lambda p: next(iter(p["H"])), r"at values of plate H \(house\)"),
    "another plate": (
        lambda p: (next(iter(p["H"])), next(iter(p["R"]))),
        r"values of plates H \(house\) and R \(resident\)",
    ),
    "a plate twice": (lambda p: tuple(p["H"]), "plates H .* and H"),
    "one too many": (
        lambda p: [next(iter(p[each])) for each in ("H", "S", "R")],
        "H .*, S .* and R",
    ),
    "a value": (lambda p: "1", "'1'"),
    "a pair": (
        lambda p: (("house", "1"), ("sensor", "s")),
        "which a loop over a plate does not give",
    ),
    "a number": (lambda p: 5, "5"),
}


@pytest.mark.parametrize("which", KEYS)
def test_the_key_names_the_plates_of_the_node(bench, w, on, plates, which):
    """Just these, each once."""
    key, message = KEYS[which]
    z = on("z", "H", "S")
    with w, pytest.raises(IncompatiblePlatesError, match=message):
        z[key(plates)] = bench.factors.sliding_sink(sources=None)
    assert z.factor is None
    assert w.factors == []


def test_a_node_without_plates_has_no_other_key(bench, w, on, plates):
    """The error says what to index it by."""
    clock = on("clock")
    with w, pytest.raises(IncompatiblePlatesError, match=r"node 'clock' without plates .* by None"):
        clock[next(iter(plates["H"]))] = bench.factors.clock(None)


@pytest.mark.parametrize("wrong", [5, None, "clock", Sum()])
def test_only_specifications_are_assigned(w, on, wrong):
    """A tool alone says nothing of its sources."""
    z = on("z")
    with pytest.raises(FactorDefinitionError, match=r"what hs\.factors\.<tool>\(…\) returns"):
        z[None] = wrong
    assert w.factors == []


@UNASSIGNED
def test_the_nodes_of_another_workflow_are_refused(bench, w, on):
    """Also those that were made without a workflow."""
    stranger = bench.workflow("other").create_node("a", "memory")
    z = on("z")
    with w:
        for each in (stranger, Node("a", bench.channels.memory)):
            with pytest.raises(FactorDefinitionError, match="is no node of workflow w"):
                z[None] = bench.factors.apply([each], func=double)
        with pytest.raises(FactorDefinitionError, match="is no node of workflow other"):
            stranger[None] = bench.factors.apply([z], func=double)
        with pytest.raises(NodeDefinitionError):
            Node("a", bench.channels.memory)[None] = bench.factors.clock(None)
    assert z.is_leaf
    assert w.factors == []


def test_what_is_refused_is_so_at_the_line(bench, w, on, plates):
    """Cycles, plates that do not fit, and a wrong number of sources; nothing is left behind."""
    a, b, h = on("a"), on("b"), on("h", "H")
    factors = bench.factors
    with w:
        a[None] = factors.apply([b], func=double)
        with pytest.raises(LinkageError, match="Node b would depend on itself, by way of a"):
            b[None] = factors.apply([a], func=double)
        with pytest.raises(IncompatiblePlatesError, match="no source is on plate H"):
            h[next(iter(plates["H"]))] = factors.apply([b], func=double)
        with pytest.raises(InputStreamCountError, match="takes 1 source nodes, not 2"):
            h[next(iter(plates["H"]))] = factors.apply([b, a], func=double)
        with pytest.raises(FactorDefinitionError, match="create_factor takes a"):
            b[None] = Specification(Find(), ())
    assert [factor.sink for factor in w.factors] == [a]
    assert (b.factor, h.factor, h.is_leaf, a.is_leaf) == (None, None, True, True)
