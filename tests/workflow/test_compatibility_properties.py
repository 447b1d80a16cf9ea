"""What the rules for plates promise: nothing is ambiguous, and order does not count."""

from __future__ import annotations

import re
from functools import cache
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream.utils.errors import IncompatiblePlatesError
from hyperstream.workflow.compatibility import (
    check_aggregate,
    check_multi_output,
    check_plate_creation,
    check_selector,
    check_tool,
    multi_output_is_compatible,
)
from hyperstream.workflow.plate_rules import is_parent
from tests.workflow.sides import PLATES, Find, Mean, Pick, Side, Split, Sum

# Residents at the root cannot be on a node with those of houses: one tag, two places.
JOINABLE = [plate for plate_id, plate in PLATES.items() if plate_id != "R"]
# All nodes on up to two plates, and some on three.
NODES = [Side("node", plates) for count in range(3) for plates in combinations(JOINABLE, count)]
LARGE = [Side("node", plates) for plates in list(combinations(JOINABLE, 3))[::5]]
TAGS = ["house", "resident", "wearable", "device", "sensor", "room"]


@cache
def values(node):
    """Return the plate values of a node, as sets of pairs: those that do not contradict."""
    joined = set()
    for parts in product(*(plate.values for plate in node.plates)):
        pairs = frozenset(pair for value in parts for pair in value)
        if len(dict(pairs)) == len(pairs):
            joined.add(pairs)
    return joined


def answer(check, *arguments):
    """Return what a check says: the plate that it returns, or that it refuses."""
    try:
        return check(*arguments)
    except IncompatiblePlatesError:
        return "refused"


def one_each(node, other):
    """Tell whether each value of the other node has exactly one stream of a node."""
    return all(sum(own <= value for own in values(node)) == 1 for value in values(other))


def test_a_tool_finds_one_stream_of_each_source():
    """For each value of a sink that is not refused, whatever else is a source."""
    fits = [
        (source, sink)
        for source, sink in product(NODES, [*NODES, *LARGE])
        if answer(check_tool, Sum(), [], source, sink) is None
    ]
    assert len(fits) > 200
    assert all(one_each(source, sink) for source, sink in fits)
    assert all(answer(check_tool, Sum(), [sink, one], None, sink) is None for one, sink in fits)


@pytest.mark.parametrize("tag", TAGS)
def test_an_aggregate_takes_each_source_stream_once(tag):
    """It is for one sink value at most, which, but on the parent, has not the tag any more."""
    for source, sink in product([*NODES, *LARGE], NODES):
        if answer(check_aggregate, Mean(tag), [source], sink) is None:
            for stream in values(source):
                assert tag in dict(stream) or is_parent(source, sink)
                assert sum(value <= stream for value in values(sink)) <= 1
            assert is_parent(source, sink) or all(tag not in dict(value) for value in values(sink))


@pytest.mark.parametrize("tag", TAGS)
def test_what_is_selected_by_a_tag_has_a_place_without_it(tag):
    """Or, if the sink still has the tag, a place with it; unless the sink has fewer values."""
    for source, sink in product([*NODES, *LARGE], NODES):
        if answer(check_selector, Pick(tag), [source], sink) is None:
            tags = {name for value in values(source) for name, _ in value}
            places = {name for value in values(sink) for name, _ in value}
            assert places in (tags, tags - {tag})


def proposed(error):
    """Return the ways out that an error names: a tag, and the plates to go onto by it."""
    clause = str(error).rpartition(". ")[2].replace("into a node without plates", "onto ")
    for way in clause.removesuffix(".").split("by ")[1:]:
        tag, _, names = way.partition(" onto ")
        ids = re.sub(r"plates? |, the parent of \S+", "", names.removesuffix(", or "))
        plates = [PLATES[each] for each in re.split(", | and ", ids) if each]
        yield tag.strip("'"), Side("node", tuple(plates))


@pytest.mark.parametrize(("kind", "check"), [(Mean, check_aggregate), (Pick, check_selector)])
def test_what_an_error_proposes_is_right(kind, check):
    """Whatever the source, also where several of its plates have one tag."""
    count = 0
    for source, sink, tag in product([*NODES[1:], *LARGE], NODES[::6], TAGS[::2]):
        try:
            check(kind(tag), [source], sink)
        except IncompatiblePlatesError as error:
            for other, plates in proposed(error):
                check(kind(other), [source], plates)
                count += 1
    assert count > 500


def test_what_an_error_proposes_for_a_tool_is_right():
    """To follow what one error after the other says leads to plates that fit."""
    for source, sink in product([*NODES, *LARGE], NODES[::4]):
        plates, seen = sink.plates, []
        while (error := refusal(Sum(), source, plates)) is not None:
            assert plates not in seen
            seen.append(plates)
            more = re.search(r"Put 'node' onto plate ([\w.]+)(?: instead of ([\w.]+))?[, ]", error)
            less = re.search(r"no source is on plate ([\w.]+), ", error)
            gone = less[1] if less else more[2]
            plates = tuple(plate for plate in plates if plate.plate_id != gone)
            plates += () if less else (PLATES[more[1]],)


def refusal(tool, source, plates):
    """Return what is wrong with a source for a sink on some plates, or None."""
    try:
        check_tool(tool, [source], None, Side("node", plates))
    except IncompatiblePlatesError as error:
        return str(error)
    return None


def test_a_split_knows_where_each_piece_belongs():
    """Among the sinks of a source value, a pair of the new plate's own tag names one stream."""
    count = 0
    for source, sink in product(NODES, [*NODES, *LARGE]):
        plate = answer(check_multi_output, Split(), source, None, sink)
        if plate != "refused":
            count += 1
            assert one_each(source, sink)
            for value in values(source):
                mine = [dict(each)[plate.meta_data_id] for each in values(sink) if value <= each]
                assert len(set(mine)) == len(mine)
    assert count > 50


def test_a_splitting_node_has_one_stream_for_each_source_value():
    """Otherwise it is refused."""
    for source, splitting in product(NODES, NODES):
        sinks = [Side("sink", (*source.plates, plate)) for plate in JOINABLE]
        given = {answer(check_multi_output, Split(), source, splitting, sink) for sink in sinks}
        assert given == {"refused"} or one_each(splitting, source)


nodes = st.lists(st.sampled_from(JOINABLE), max_size=4, unique=True).map(
    lambda plates: Side("node", tuple(plates))
)


@given(st.data(), nodes, nodes, nodes, st.sampled_from(TAGS))
def test_the_order_of_plates_and_sources_does_not_count(data, first, second, sink, tag):
    """Whatever the kind of tool."""
    one, two, other = (
        Side(node.node_id, tuple(data.draw(st.permutations(node.plates))))
        for node in (first, second, sink)
    )
    for check, given_first, given_again in (
        (check_tool, (Sum(), [first, second], None, sink), (Sum(), [two, one], None, other)),
        (check_aggregate, (Mean(tag), [first], sink), (Mean(tag), [one], other)),
        (check_selector, (Pick(None), [first], sink), (Pick(None), [one], other)),
        (check_multi_output, (Split(), first, second, sink), (Split(), one, two, other)),
        (check_multi_output, (Split(), first, None, sink), (Split(), one, None, other)),
        (check_multi_output, (Split(), None, None, sink), (Split(), None, None, other)),
        (check_plate_creation, (Find(), first, None), (Find(), one, None)),
    ):
        assert answer(check, *given_first) is answer(check, *given_again)
    fits = multi_output_is_compatible(first.plates, sink.plates)
    assert fits is multi_output_is_compatible(one.plates, other.plates)
    assert fits is (answer(check_multi_output, Split(), first, None, sink) != "refused")
