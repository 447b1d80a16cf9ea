"""From what a tool yields to batches."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream.execution import collect
from hyperstream.execution.collect import chunks, to_many_sinks, to_one_sink
from hyperstream.stream import StreamInstance, StreamMetaInstance
from hyperstream.testing.times import at


@given(st.integers(0, 20_000))
def test_chunks_lose_nothing(count):
    """Chunks hold all items in order, none is empty, none is very long."""
    parts = list(chunks(range(count)))
    assert list(itertools.chain.from_iterable(parts)) == list(range(count))
    assert all(0 < len(part) <= 4096 for part in parts)


def test_the_first_chunk_comes_at_once():
    """The first item is handed on before the second is asked for."""
    taken = []

    def items():
        for number in range(3):
            taken.append(number)
            yield number

    assert next(chunks(items())) == [0]
    assert taken == [0]


def test_what_comes_slowly_is_handed_on_soon(monkeypatch):
    """Chunks get shorter, down to one item, where items come slowly, and longer again."""
    now = [0.0]
    monkeypatch.setattr(collect.time, "monotonic", lambda: now[0])

    def items():
        for number in range(3000):
            if 500 <= number < 1200:
                now[0] += 0.4
            yield number

    lengths = [len(part) for part in chunks(items())]
    assert lengths[:3] == [1, 8, 64]
    assert 1 in lengths[3:]
    assert lengths[-2] > 64


def test_instances_go_to_the_only_sink():
    """Instances become batches for the sink at position 0."""
    items = [StreamInstance(at(second), second) for second in range(100)]
    routed = list(to_one_sink(iter(items)))
    assert {place for place, _ in routed} == {0}
    assert [value for _, batch in routed for value in batch.value_list()] == list(range(100))


@pytest.mark.parametrize("item", [5, None, (at(0), 1), StreamMetaInstance(None, None)])
def test_anything_else_is_refused(item):
    """What is no StreamInstance is a TypeError that shows it."""
    with pytest.raises(TypeError, match="no StreamInstance"):
        list(to_one_sink([StreamInstance(at(0), 0), item]))


def test_meta_instances_go_where_they_belong():
    """Each item goes to the sink of its meta data; the sink is looked up once."""
    asked = []

    def position(meta_data):
        asked.append(meta_data)
        return {"a": 0, "b": 1}.get(meta_data)

    items = [
        StreamMetaInstance(StreamInstance(at(second), second), "abc"[second % 3])
        for second in range(30)
    ]
    found = {0: [], 1: []}
    for place, batch in to_many_sinks(items, position):
        found[place] += batch.value_list()
    assert found == {0: list(range(0, 30, 3)), 1: list(range(1, 30, 3))}
    assert asked == ["a", "b", "c"]


def test_a_pair_inside_a_meta_instance_will_do():
    """A (timestamp, value) pair counts as an instance inside of a meta instance."""
    ((place, batch),) = to_many_sinks([StreamMetaInstance((at(1), 5), "a")], lambda _: 3)
    assert (place, batch.value_list()) == (3, [5])


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (StreamInstance(at(0), 0), "no StreamMetaInstance"),
        (5, "no StreamMetaInstance"),
        (StreamMetaInstance(5, "a"), "no StreamInstance"),
    ],
)
def test_anything_else_is_no_meta_instance(item, message):
    """What is no StreamMetaInstance of a StreamInstance is a TypeError that shows it."""
    with pytest.raises(TypeError, match=message):
        list(to_many_sinks([item], lambda _: 0))


def test_meta_data_that_cannot_be_looked_up_are_refused():
    """Meta data in a list are a TypeError."""
    with pytest.raises(TypeError):
        list(to_many_sinks([StreamMetaInstance(StreamInstance(at(0), 0), [])], lambda _: 0))
