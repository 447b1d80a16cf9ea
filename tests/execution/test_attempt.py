"""What a tool that works on batches may yield."""

from __future__ import annotations

import numpy as np
import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.stream import Batch, StreamInstance
from hyperstream.testing.conformance.base import stored, write
from hyperstream.testing.times import at, over
from hyperstream.tool import MultiOutputTool, SelectorTool, Tool
from hyperstream.utils.errors import ToolExecutionError
from tests.execution.parts import GivenBatches, batch, calculated

STAMPS = batch({1: 0, 2: 0, 3: 0}).timestamps


@pytest.fixture
def sink():
    """A stream to be computed."""
    return MemoryChannel("memory").create_stream("sink")


def execute(sink, *batches):
    """Execute a tool that yields batches."""
    GivenBatches(list(batches)).execute(sources=[], sink=sink, interval=over(0, 10))


def test_batches_are_stored(sink):
    """What a tool yields in batches is stored and marked."""
    execute(sink, batch({1: "a", 2: "b"}), Batch.empty(), batch({3: 3.0}))
    assert stored(sink) == [(1, "a"), (2, "b"), (3, 3.0)]
    assert calculated(sink) == [(0, 10)]


def test_batches_may_come_in_any_order(sink):
    """Batches, and what is in them, need not be in order; the same twice is once."""
    execute(sink, batch({5: 5, 4: 4}), batch({1: 1, 5: 5}))
    assert stored(sink) == [(1, 1), (4, 4), (5, 5)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([1.5, 2.5, -0.0], dtype=np.float32), [1.5, 2.5, -0.0]),
        (np.array([1, 2, 3], dtype=np.int8), [1, 2, 3]),
        (np.array([1, 2**63, 3], dtype=np.uint64), [1, 2**63, 3]),
        (np.array([True, False, True]), [True, False, True]),
        (np.array(["a", "bc", ""]), ["a", "bc", ""]),
        (np.array([1, "a", None], dtype=object), [1, "a", None]),
        (np.array([[1, 2], [3, 4], [5, 6]]), [[1, 2], [3, 4], [5, 6]]),
        ([1, 2.0, None], [1, 2.0, None]),
    ],
    ids=repr,
)
def test_values_are_python_values(sink, values, expected):
    """Whatever numbers a tool computes with, what it stores are Python's own."""
    execute(sink, Batch(STAMPS, values))
    found = [value for _, value in stored(sink)]
    assert repr(found) == repr(expected)
    assert list(map(type, found)) == list(map(type, expected))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (5, "5, which is no Batch"),
        (None, "None, which is no Batch"),
        (StreamInstance(at(1), 1), "no Batch"),
        (Batch(STAMPS, [1, 2]), "3 timestamps with 2 values"),
        (Batch([1, 2], [1, 2]), "no array of int64"),
        (Batch(STAMPS.astype(float), [1, 2, 3]), "no array of int64"),
        (batch({1: 1, 11: 2}), r"00:00:11.*outside"),
        (batch({0: 1, 1: 2}), r"00:00:00.*outside"),
        (batch({1: 1, 2.5: "computed"}), "by hand"),
        (Batch(STAMPS[[0, 0]], [1, 2]), "1.*2"),
    ],
    ids=repr,
)
def test_what_is_wrong_is_refused(sink, wrong, message):
    """A wrong batch is an error that says what is wrong; nothing is stored or marked."""
    write(sink, {2.5: "by hand"})
    with pytest.raises(ToolExecutionError, match=message):
        execute(sink, batch({5: 5}), wrong)
    assert stored(sink) == [(2.5, "by hand")]
    assert calculated(sink) == []


def test_a_tool_may_yield_nothing(sink):
    """`_execute_batches` may return None, as `_execute` may."""

    class Nothing(Tool):
        def _execute_batches(self, sources, alignment_stream, interval):
            return None

    Nothing().execute(sources=[], sink=sink, interval=over(0, 10))
    assert calculated(sink) == [(0, 10)]


class SelectNothing(SelectorTool):
    """Selects nothing."""

    def _execute_batches(self, sources, interval):
        return None


class SelectWrong(SelectorTool):
    """Selects what is no pair."""

    def _execute_batches(self, sources, interval):
        return [5]


class SplitNothing(MultiOutputTool):
    """Splits nothing."""

    def _execute_batches(
        self, source, splitting_stream, interval, meta_data_id, output_plate_values
    ):
        return None


class SplitWrong(MultiOutputTool):
    """Gives what is no pair."""

    def _execute_batches(
        self, source, splitting_stream, interval, meta_data_id, output_plate_values
    ):
        return [5]


def test_the_other_kinds_may_yield_nothing(sink):
    """The kinds with several sinks may return None, too."""
    other = sink.channel.create_stream("other")
    SelectNothing(None).execute(sources=[], sinks=[sink], interval=over(0, 5))
    SplitNothing().execute(None, None, [other], over(0, 5), "part", [])
    assert calculated(sink) == calculated(other) == [(0, 5)]


def test_what_is_no_pair_is_refused(sink):
    """The kinds with several sinks yield pairs of meta data and batch."""
    other = sink.channel.create_stream("other")
    with pytest.raises(ToolExecutionError, match=r"select_wrong.*5, which is no pair"):
        SelectWrong(None).execute(sources=[], sinks=[sink], interval=over(0, 5))
    with pytest.raises(ToolExecutionError, match=r"split_wrong.*5, which is no pair"):
        SplitWrong().execute(None, None, [other], over(0, 5), "part", [])
    assert calculated(sink) == calculated(other) == []
