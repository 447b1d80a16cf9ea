"""Tools that select among streams."""

from __future__ import annotations

import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.stream import StreamId, StreamInstance, StreamMetaInstance
from hyperstream.testing.conformance.base import stored
from hyperstream.testing.times import at, over
from hyperstream.tool import SelectorTool
from hyperstream.utils.errors import ToolExecutionError
from tests.execution.parts import batch

ONE, TWO = (("house", "1"), ("room", "a")), (("house", "2"), ("room", "a"))


@pytest.fixture
def sinks():
    """Streams of two houses."""
    channel = MemoryChannel("memory")
    return [channel.create_stream(StreamId("sink", meta_data)) for meta_data in (ONE, TWO)]


class Given(SelectorTool):
    """Yields what it was given, and remembers how it was called."""

    def __init__(self, *items):
        super().__init__(selector_meta_data="house")
        self.items = items
        self.calls = []

    def _execute(self, sources, interval):
        self.calls.append((sources, interval))
        return list(self.items)


class GivenBatches(Given):
    """The same, in batches."""

    def _execute_batches(self, sources, interval):
        yield from self.items


def meta(second, value, meta_data):
    """A meta instance."""
    return StreamMetaInstance(StreamInstance(at(second), value), meta_data)


def test_it_is_called_once_with_the_documented_keywords(sinks):
    """`_execute` gets all sources as a list, and the interval; once for all sinks."""
    tool = Given()
    tool.execute(sources=tuple(sinks), sinks=sinks, interval=over(0, 5))
    assert tool.calls == [(sinks, over(0, 5))]


def test_items_go_to_the_sink_of_their_meta_data(sinks):
    """An item goes to the sink that has all its meta data, in any order."""
    Given(meta(1, "a", ONE), meta(2, "b", TWO), meta(3, "c", TWO[::-1])).execute(
        sources=[], sinks=sinks, interval=over(0, 5)
    )
    assert [stored(sink) for sink in sinks] == [[(1, "a")], [(2, "b"), (3, "c")]]


def test_batches_go_to_the_sink_of_their_meta_data(sinks):
    """Batches are routed as instances are."""
    GivenBatches((TWO[::-1], batch({2: "b"})), (ONE, batch({1: "a"}))).execute(
        sources=[], sinks=sinks, interval=over(0, 5)
    )
    assert [stored(sink) for sink in sinks] == [[(1, "a")], [(2, "b")]]


@pytest.mark.parametrize("meta_data", [ONE[:1], (*ONE, ("x", "1")), (("house", "3"),), ()])
def test_meta_data_must_be_those_of_a_sink(sinks, meta_data):
    """Fewer, more or other meta data than a sink has are an error that shows them."""
    with pytest.raises(ToolExecutionError, match="no sink has these meta data"):
        Given(meta(1, "a", meta_data)).execute(sources=[], sinks=sinks, interval=over(0, 5))


def test_a_subclass_may_build_on_the_instances_of_a_tool_with_batches(sinks):
    """`super()._execute` works where the base class has batches only."""

    class OnlyBatches(SelectorTool):
        def _execute_batches(self, sources, interval):
            yield ONE, batch({1: "a", 2: "b"})

    class Overridden(OnlyBatches):
        def _execute(self, sources, interval):
            for (timestamp, value), meta_data in super()._execute(sources, interval):
                yield StreamMetaInstance(StreamInstance(timestamp, value * 2), meta_data)

    Overridden(None).execute(sources=[], sinks=sinks, interval=over(0, 5))
    assert [stored(sink) for sink in sinks] == [[(1, "aa"), (2, "bb")], []]


def test_a_tool_without_execute_is_an_error(sinks):
    """A tool that implements nothing fails with what to do."""
    with pytest.raises(ToolExecutionError, match="neither _execute nor _execute_batches"):
        SelectorTool(None).execute(sources=[], sinks=sinks, interval=over(0, 5))
