"""What is defined is computed on request, though nothing was executed yet."""

from __future__ import annotations

import itertools

import pytest

from hyperstream.testing.times import over
from hyperstream.utils.errors import ChangedProducerWarning
from tests.workflow.workbench import Back, Far, Find, Sum, Total, data_of, fill, held, marked

TEN = over(0, 10)


@pytest.fixture
def chain(w, on):
    """Tie residents to their sums, and these to the total of each house; return the last two."""
    raw, sums, totals = on("raw", "H.R"), on("sums", "H.R"), on("totals", "H")
    fill(raw, 1, 2)
    w.create_factor(Sum(), [raw], sums)
    w.create_factor(Total("resident"), [sums], totals)
    return sums, totals


def test_a_forced_window_of_a_node_is_computed(chain):
    """Upstream included."""
    sums, totals = chain
    views = totals.window(TEN, force_calculation=True)
    assert {data_of(key): view.values() for key, view in views.items()} == {
        "1": [2, 4],
        "2": [1, 2],
    }
    assert marked(sums) == {"1.a": "(0, 10]", "1.b": "(0, 10]", "2.a": "(0, 10]"}


def test_a_forced_window_of_a_stream_computes_what_it_needs(chain):
    """Other plate values are not computed."""
    sums, totals = chain
    stream = totals.streams[("house", "2"),]
    assert stream.window(TEN, force_calculation=True).values() == [1, 2]
    assert marked(totals) == {"1": "", "2": "(0, 10]"}
    assert marked(sums) == {"1.a": "", "1.b": "", "2.a": "(0, 10]"}


def test_a_factor_computes_what_it_reads(chain):
    """Also where it is the first thing that is executed."""
    sums, totals = chain
    totals.factor.execute(TEN)
    assert held(totals) == {"1": [2, 4], "2": [1, 2]}
    assert held(sums) == {"1.a": [1, 2], "1.b": [1, 2], "2.a": [1, 2]}


def test_a_factor_that_finds_plate_values_computes_what_it_reads(bench, w, on):
    """Here the names of rooms."""
    raw, names = on("raw"), on("names")
    fill(raw, 1, 2)
    w.create_factor(bench.tools.apply(func=str), [raw], names)
    plate = {"plate_id": "rooms", "meta_data_id": "room"}
    w.create_node_creation_factor(Find(), names, plate).execute(TEN)
    assert [data_of(value) for value in bench.plates["rooms"].values] == ["1", "2"]


def test_the_last_definition_counts(bench, chain):
    """A stream that another workflow computed before is computed as defined now."""
    _, totals = chain
    totals.window(over(0, 1), force_calculation=True)[("house", "1"),].items()
    again = bench.workflow("again")
    one, other = (again.create_node(node.node_id, "memory", node.plates) for node in chain)
    again.create_factor(tool := Total("resident", "other"), [one], other)
    stream = other.streams[("house", "1"),]
    with pytest.warns(ChangedProducerWarning, match="and now by total"):
        assert stream.window(over(1, 10), force_calculation=True).values() == [4]
    assert tool.asked == ["sums[1.a], sums[1.b] (1, 10]"]


def test_a_plate_value_that_came_later_is_computed(bench, chain):
    """As the others are, by a forced view."""
    sums, totals = chain
    totals.window(TEN, force_calculation=True)[("house", "1"),].items()
    bench.meta_data.insert_many([("house", "root", "3"), ("resident", "house_3", "a")])
    raw = sums.factor.sources[0].streams[("house", "3"), ("resident", "a")]
    raw.writer([(TEN.end, 7)])
    stream = totals.streams[("house", "3"),]
    assert stream.window(TEN, force_calculation=True).values() == [7]


def test_a_plate_value_that_is_gone_is_not_computed(bench, chain):
    """What its stream holds is given."""
    _, totals = chain
    stream = totals.streams[("house", "2"),]
    bench.meta_data.delete("house_2")
    assert stream.window(TEN, force_calculation=True).values() == []
    assert stream.calculated_intervals.is_empty


def test_what_nothing_computes_has_no_producer(w, on):
    """A node gets one with its factor."""
    a, z = on("a"), on("z", "H")
    assert [stream.producer for stream in (*a, *z)] == [None] * 3
    w.create_factor(Sum(), [a], on("y"))
    w.create_multi_output_factor(
        {"name": "stream_broadcaster", "parameters": {"func": abs}}, a, None, z
    )
    assert [stream.producer is None for stream in (*a, *z)] == [True, False, False]


@pytest.mark.parametrize("make_tool", [Sum, lambda: Back(1), lambda: Far(1)])
@pytest.mark.parametrize("length", [100, pytest.param(2000, marks=pytest.mark.slow)])
def test_a_chain_of_factors_may_be_of_any_length(w, on, make_tool, length):
    """The last one computes all others, each over what the next one asks for."""
    nodes = [on(f"node {place}") for place in range(length + 1)]
    for before, after in itertools.pairwise(nodes):
        w.create_factor(tool := make_tool(), [before], after)
    nodes[-1].factor.execute(TEN)
    start = 0 if isinstance(tool, Sum) else 1 - length
    assert marked(nodes[1]) == {"": f"({start}, 10]"}
    assert marked(nodes[-1]) == {"": "(0, 10]"}


def test_a_workflow_of_tools_that_do_not_say_how_far_they_look_may_be_long(w, on):
    """They compute what they need beyond the interval when they get there."""
    nodes = [on(f"node {place}") for place in range(71)]
    for before, after in itertools.pairwise(nodes):
        w.create_factor(Far(1), [before], after)
    w.execute(TEN)
    assert marked(nodes[1]) == {"": "(-69, 10]"}
    assert marked(nodes[-1]) == {"": "(0, 10]"}
