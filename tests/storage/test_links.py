"""Which streams were computed from which, as a process remembers it."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from hyperstream.storage.base import Dependent, StreamAddress
from hyperstream.storage.links import Links
from hyperstream.storage.memory import MemoryLedger

LEDGER = MemoryLedger()
STREAMS = [StreamAddress("memory", "n", (("i", str(number)),)) for number in range(1000)]
SOME = st.lists(st.integers(0, 5), max_size=4)


def readers(numbers, reach=None):
    """Dependents by their numbers."""
    return [Dependent(LEDGER, STREAMS[number], reach) for number in numbers]


def objects(links):
    """How many objects a collection of links consists of."""
    groups = {id(group): group for some in links._groups.values() for group in some.values()}
    return len(links._groups) + sum(map(len, groups.values()))


def test_every_dependent_is_computed_from_every_source():
    """All sources of one call have all of its dependents, in their order; others have none."""
    links = Links()
    links.add(STREAMS[:2], readers([5, 4]))
    for source in STREAMS[:2]:
        assert links.of(source) == readers([5, 4])
    assert links.of(STREAMS[5]) == []
    links.add([], readers([1]))
    links.add(STREAMS[:1], [])
    assert links.of(STREAMS[0]) == readers([5, 4])


def test_what_is_returned_is_a_copy():
    """Changing what was returned changes nothing."""
    links = Links()
    links.add(STREAMS[:1], readers([1]))
    links.of(STREAMS[0]).clear()
    assert links.of(STREAMS[0]) == readers([1])


@given(st.lists(st.tuples(SOME, SOME, st.integers(0, 3))))
def test_each_is_as_it_was_linked_last(calls):
    """Whatever is linked, each source has each of its dependents once, with the newest reach."""
    links = Links()
    expected = defaultdict(dict)
    for sources, dependents, reach in calls:
        links.add([STREAMS[n] for n in sources], readers(dependents, (0, reach)))
        for source in sources:
            expected[source].update(dict.fromkeys(dependents, (0, reach)))
    for source in range(6):
        found = {each.address: each.reach for each in links.of(STREAMS[source])}
        assert found == {STREAMS[n]: reach for n, reach in expected[source].items()}
        assert len(found) == len(links.of(STREAMS[source]))


def test_memory_grows_with_the_sum_of_sources_and_dependents():
    """The sources of a call share their dependents, also after calls that repeat or extend it."""
    links = Links()
    for last in (500, 500, 600, 1000, 1000):
        links.add(STREAMS[:last], readers(range(last)))
        assert objects(links) == 2 * last
    links.add(STREAMS[:1000], readers(range(1000), (0, 0)))
    assert objects(links) == 2000
    assert links.of(STREAMS[0])[0].reach == (0, 0)


def test_pairs_with_one_source_in_common_are_linked_one_by_one():
    """A source may get its many dependents in many calls."""
    links = Links()
    for _ in range(2):
        for number in range(1, 1000):
            links.add([STREAMS[0], STREAMS[number]], readers([number]))
    assert links.of(STREAMS[0]) == readers(range(1, 1000))
    assert objects(links) == 1999
