"""What nodes on many plates hold, against what their plate values say they should."""

from __future__ import annotations

from itertools import combinations, count, product

import pytest

from hyperstream.testing.conformance.base import write
from hyperstream.testing.times import over
from hyperstream.utils.errors import IncompatiblePlatesError
from tests.workflow.sides import PLATES
from tests.workflow.workbench import Split, Sum, Total

TEN = over(0, 10)
# All sets of up to two plates that can be joined, and some of three.
SETS = [ids for size in range(3) for ids in combinations(PLATES, size) if "R" not in ids]
LARGE = [ids for ids in combinations(PLATES, 3) if "R" not in ids][::5]


class Numbers:
    """Makes factors from nodes whose streams have a number each, to nodes that they compute."""

    def __init__(self, w):
        self.w = w
        self.names = map(str, count())

    def node(self, ids):
        """Make a node on the plates of these ids."""
        return self.w.create_node(next(self.names), "memory", ids)

    def source(self, ids, content=lambda number: number):
        """Make a node whose streams hold what is made of a number, and return these by value."""
        node = self.node(ids)
        numbers = {}
        for place, (value, stream) in enumerate(node.streams.items()):
            write(stream, {1: content(2**place)})
            numbers[frozenset(value or ())] = 2**place
        return node, numbers


@pytest.fixture
def numbers(w):
    """Give what makes nodes and factors."""
    return Numbers(w)


def computed(factor):
    """Return what a factor computes, by the pairs of the value, without streams that stay empty."""
    if factor is not None:
        factor.execute(TEN)
        for value, stream in factor.sink.streams.items():
            for number in stream.window(TEN).values():
                yield frozenset(value or ()), number


def tied(create, *arguments):
    """Make a factor, if the plates fit."""
    try:
        return create(*arguments)
    except IncompatiblePlatesError:
        return None


def test_a_tool_computes_each_value_from_its_own(numbers):
    """Of each source, the stream whose value is contained in that of the sink."""
    done = 0
    for one, other, sink in product(SETS[::5], SETS[::6], (*SETS[::3], *LARGE)):
        if not {*one, *other} <= {*sink, "H"}:
            continue
        (first, low), (second, high) = numbers.source(one), numbers.source(other)
        factor = tied(
            numbers.w.create_factor, Sum(next(numbers.names)), [first, second], numbers.node(sink)
        )
        for value, number in computed(factor):
            own = [each[key] for each in (low, high) for key in each if key <= value]
            assert (len(own), sum(own)) == (2, number)
            done += 1
    assert done > 200


@pytest.mark.parametrize("tag", ["house", "resident", "sensor"])
def test_an_aggregate_computes_each_value_from_all_below(numbers, tag):
    """Those whose values contain that of the sink."""
    done = 0
    for source, sink in product((*SETS[1::2], *LARGE), SETS[::2]):
        if not {id_[0] for id_ in sink} <= {id_[0] for id_ in source}:
            continue
        node, below = numbers.source(source)
        factor = tied(numbers.w.create_factor, Total(tag), [node], numbers.node(sink))
        for value, number in computed(factor):
            assert sum(below[key] for key in below if key >= value) == number
            done += 1
    assert done > 10


def test_a_split_computes_each_value_from_the_one_above(numbers):
    """The part of it that is for the value on the new plate."""
    data = [str(n) for n in range(3)] + list("abstuvwxy")
    done = 0
    for source, plate in product(SETS[::2], PLATES):
        if plate in source or plate == "R":
            continue
        node, above = numbers.source(source, lambda n: {key: (n, key) for key in data})
        factor = tied(
            numbers.w.create_multi_output_factor,
            Split(),
            node,
            None,
            numbers.node((*source, plate)),
        )
        for value, (number, key) in computed(factor):
            tags = dict(value)
            assert [above[each] for each in above if each <= value] == [number]
            assert key == tags[factor.output_plate.meta_data_id]
            done += 1
    assert done > 100
