"""Tools with one sink."""

from __future__ import annotations

import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.stream import Batch, StreamInstance
from hyperstream.testing.conformance.base import stored, write
from hyperstream.testing.times import at, over
from hyperstream.tool import AggregateTool, Tool
from hyperstream.utils.errors import ToolExecutionError


@pytest.fixture
def channel():
    """A memory channel."""
    return MemoryChannel("memory")


@pytest.fixture
def sink(channel):
    """A stream to be computed."""
    return channel.create_stream("sink")


class Recorder(Tool):
    """Remembers how it was called."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def _execute(self, sources, alignment_stream, interval):
        self.calls.append((sources, alignment_stream, interval))
        return []


def test_it_is_called_with_the_documented_keywords(channel, sink):
    """`_execute` gets the sources as a list, the alignment stream and the interval."""
    source, alignment = channel.create_stream("source"), channel.create_stream("alignment")
    tool = Recorder()
    tool.execute(sources=(source,), sink=sink, interval=over(0, 5), alignment_stream=alignment)
    assert tool.calls == [([source], alignment, over(0, 5))]


@pytest.mark.parametrize("sources", [None, [], ()])
def test_no_sources_are_an_empty_list(sink, sources):
    """A tool without sources gets an empty list, and no alignment stream unless one is given."""
    tool = Recorder()
    tool.execute(sources=sources, sink=sink, interval=over(0, 5))
    assert tool.calls == [([], None, over(0, 5))]


def test_arguments_may_be_positional(channel, sink):
    """The documented order is sources, sink, interval, alignment stream."""
    tool, source = Recorder(), channel.create_stream("source")
    tool.execute([source], sink, over(0, 5), source)
    assert tool.calls == [([source], source, over(0, 5))]


def test_a_tool_without_execute_is_an_error(sink):
    """A tool that implements nothing fails with what to do."""
    with pytest.raises(ToolExecutionError, match="neither _execute nor _execute_batches"):
        Tool().execute(sources=[], sink=sink, interval=over(0, 5))


class Both(Tool):
    """Can do both."""

    def _execute(self, sources, alignment_stream, interval):
        yield StreamInstance(at(1), "instances")

    def _execute_batches(self, sources, alignment_stream, interval):
        yield Batch.of([over(0, 1).end_ms], ["batches"])


class OnlyBatches(Tool):
    """Can do batches only."""

    def _execute_batches(self, sources, alignment_stream, interval):
        yield Batch.of([over(0, 1).end_ms], ["batches"])


class Overridden(OnlyBatches):
    """Does it otherwise than its base class."""

    def _execute(self, sources, alignment_stream, interval):
        for timestamp, value in super()._execute(sources, alignment_stream, interval):
            yield StreamInstance(timestamp, f"overridden {value}")


class OverriddenBoth(Both):
    """Does one of both otherwise."""

    def _execute(self, sources, alignment_stream, interval):
        yield StreamInstance(at(1), "overridden")


class BackToBatches(OverriddenBoth):
    """Does it in batches again."""

    _execute_batches = Both._execute_batches


class Child(OverriddenBoth):
    """Overrides nothing."""


@pytest.mark.parametrize(
    ("tool", "value"),
    [
        (Both(), "batches"),
        (OnlyBatches(), "batches"),
        (OverriddenBoth(), "overridden"),
        (BackToBatches(), "batches"),
        (Child(), "overridden"),
    ],
    ids=repr,
)
def test_who_overrides_means_it(sink, tool, value):
    """Batches are preferred, but for a subclass that overrides `_execute` only."""
    tool.execute(sources=[], sink=sink, interval=over(0, 5))
    assert stored(sink) == [(1, value)]


def test_batches_can_be_had_as_instances():
    """`_execute` of a tool that has batches only gives their instances."""
    found = OnlyBatches()._execute(sources=[], alignment_stream=None, interval=over(0, 5))
    assert list(found) == [StreamInstance(at(1), "batches")]


def test_a_subclass_may_build_on_the_instances_of_a_tool_with_batches(sink):
    """`super()._execute` works where the base class has batches only."""
    Overridden().execute(sources=[], sink=sink, interval=over(0, 5))
    assert stored(sink) == [(1, "overridden batches")]


class Total(AggregateTool):
    """Sums the values of all its sources at one time."""

    def _execute(self, sources, alignment_stream, interval):
        totals = {}
        for source in sources:
            for timestamp, value in source.window(interval, force_calculation=True):
                totals[timestamp] = totals.get(timestamp, 0) + value
        yield from (StreamInstance(*item) for item in sorted(totals.items()))


def test_an_aggregate_tool_is_a_tool_with_a_tag(channel, sink):
    """An aggregate tool gets all sources of a plate, and knows the tag that is aggregated away."""
    sources = [channel.create_stream(name) for name in "ab"]
    for source in sources:
        write(source, {1: 1, 2: 10})
    tool = Total(aggregation_meta_data="house")
    tool.execute(sources=sources, sink=sink, interval=over(0, 5), alignment_stream=None)
    assert stored(sink) == [(1, 2), (2, 20)]
    assert tool.aggregation_meta_data == "house"
    with pytest.raises(TypeError, match="aggregation_meta_data"):
        Total()
