"""check_tool finds tools that break a promise, and lets the others pass."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from hyperstream.stream import Batch, StreamId, StreamInstance, StreamMetaInstance
from hyperstream.testing import check_tool
from hyperstream.time_interval import UTC, TimeInterval
from hyperstream.tool import AggregateTool, MultiOutputTool, PlateCreationTool, SelectorTool, Tool
from hyperstream.utils.errors import ToolExecutionError

START = datetime(2020, 1, 1, tzinfo=UTC)
WHOLE = TimeInterval(START, START + timedelta(seconds=10))
ROWS = [(START + timedelta(seconds=n), {"n": n}) for n in range(-5, 11)]
ROOMS = (StreamId("room", {"room": "hall"}), StreamId("room", {"room": "attic"}))


def seconds(number):
    """Return the moment so many seconds after the start."""
    return START + timedelta(seconds=number)


class Good(Tool):
    """Passes the numbers on."""

    def _execute(self, sources, alignment_stream, interval):
        for timestamp, value in sources[0].window(interval, force_calculation=True):
            yield StreamInstance(timestamp, value["n"])


class Counting(Good):
    """Counts from the start of the interval."""

    def _execute(self, sources, alignment_stream, interval):
        for count, instance in enumerate(super()._execute(sources, alignment_stream, interval)):
            yield StreamInstance(instance.timestamp, count)


class Edge(Good):
    """Marks the first instance of the interval by another type."""

    def _execute(self, sources, alignment_stream, interval):
        for count, instance in enumerate(super()._execute(sources, alignment_stream, interval)):
            yield StreamInstance(instance.timestamp, 1.0 if count == 0 else 1)


class Remembering(Good):
    """Remembers from one execution to the next."""

    seen = 0

    def _execute(self, sources, alignment_stream, interval):
        for timestamp, _ in super()._execute(sources, alignment_stream, interval):
            self.seen += 1
            yield StreamInstance(timestamp, self.seen)


class Popping(Good):
    """Takes the number out of the source's value."""

    def _execute(self, sources, alignment_stream, interval):
        for timestamp, value in sources[0].window(interval, force_calculation=True):
            yield StreamInstance(timestamp, value.pop("n"))


class Growing(Good):
    """Adds to a parameter."""

    def __init__(self, seen):
        super().__init__(seen=seen)

    def _execute(self, sources, alignment_stream, interval):
        self.seen.append(1)
        return super()._execute(sources, alignment_stream, interval)


class Shifting(Good):
    """Assigns to the interval."""

    def _execute(self, sources, alignment_stream, interval):
        yield from super()._execute(sources, alignment_stream, interval)
        interval.start += timedelta(seconds=1)


class Unequal(Good):
    """Equals nothing but itself."""

    __hash__ = object.__hash__

    def __eq__(self, other):
        return self is other


class AtTheEnd(Tool):
    """Says that it writes once an execution."""

    def _execute_batches(self, sources, alignment_stream, interval):
        yield Batch.of([interval.end_ms], [1])


class Choosing(SelectorTool):
    """Passes on the streams whose meta data are wanted."""

    def _execute(self, sources, interval):
        for source in sources:
            for instance in source.window(interval, force_calculation=True):
                yield StreamMetaInstance(instance, source.stream_id.meta_data)


class Splitting(MultiOutputTool):
    """Gives every value to every plate value that the splitting stream names."""

    def _execute(self, source, splitting_stream, interval, meta_data_id, output_plate_values):
        names = splitting_stream.window(interval, force_calculation=True).first().value
        for instance in source.window(interval, force_calculation=True):
            for name in names:
                yield StreamMetaInstance(instance, (meta_data_id, name))


class Totals(AggregateTool):
    """Counts the sources."""

    def _execute(self, sources, alignment_stream, interval):
        for timestamp, _ in sources[0].window(interval, force_calculation=True):
            yield StreamInstance(timestamp, len(sources))


class Naming(PlateCreationTool):
    """Finds a plate value for each number."""

    def _execute(self, source, interval):
        for instance in source.window(interval, force_calculation=True):
            yield StreamMetaInstance(instance, str(instance.value["n"]))


class Stretching(Naming):
    """Assigns to the interval."""

    def _execute(self, source, interval):
        interval.start -= timedelta(seconds=1)
        return super()._execute(source, interval)


def test_a_good_tool_passes():
    """What it gives is returned, for the test to go on with."""
    (found,) = check_tool(Good, [ROWS], WHOLE)
    assert [value for _, value in found] == list(range(1, 11))


@pytest.mark.parametrize(
    ("tool", "message"),
    [
        (Counting, "gives something else where its interval is cut"),
        (Edge, r"cut: in sink 0 StreamInstance.*value=1\) becomes StreamInstance.*value=1\.0\)"),
        (Remembering, "gives something else the second time"),
        (Popping, r"changes a value of a source: \{'n': -?\d+\} became \{\}"),
        (lambda: Growing([]), r"changes its parameters: \{'seen': \[\]\} became"),
        (Shifting, "changes the interval it is given"),
        (Unequal, "does not equal another one"),
    ],
)
def test_a_broken_promise_is_found(tool, message):
    """The error says which promise, and shows the difference."""
    rows = [(timestamp, dict(value)) for timestamp, value in ROWS]
    with pytest.raises(AssertionError, match=message):
        check_tool(tool, [rows], WHOLE)


def test_cuts_are_where_they_are_asked_for():
    """A tool that is wrong at one cut only passes at another."""

    class Wrong(Good):
        def _execute(self, sources, alignment_stream, interval):
            if interval.start == seconds(7):
                yield StreamInstance(interval.end, -1)
            else:
                yield from super()._execute(sources, alignment_stream, interval)

    check_tool(Wrong, [ROWS], WHOLE, cuts=[seconds(3), seconds(3), WHOLE.start])
    with pytest.raises(AssertionError, match="cut"):
        check_tool(Wrong, [ROWS], WHOLE, cuts=[seconds(3), seconds(7)])
    with pytest.raises(ValueError, match="must lie inside"):
        check_tool(Wrong, [ROWS], WHOLE, cuts=[seconds(11)])


def test_a_tool_may_say_that_cuts_matter():
    """Then only the other promises are checked."""
    with pytest.raises(AssertionError, match="cut"):
        check_tool(AtTheEnd, [], WHOLE)
    assert len(check_tool(AtTheEnd, [], WHOLE, chunk_invariant=False)[0]) == 1


def test_a_failure_comes_through():
    """A tool that raises is not taken for one that breaks a promise."""
    with pytest.raises(ToolExecutionError, match="'n'"):
        check_tool(Good, [[(seconds(1), {})]], WHOLE)


def test_values_without_equality_can_be_checked():
    """Their copies differ from them, which is no change."""
    rows = [(timestamp, {"n": object()}) for timestamp, _ in ROWS]
    assert len(check_tool(Good, [rows], WHOLE)[0]) == 10


def test_a_tool_that_creates_plates_can_be_checked():
    """Its plate values are returned; an interval that is cut makes no difference to it."""
    assert check_tool(Naming, [ROWS], WHOLE) == [[str(n) for n in range(1, 11)]]
    with pytest.raises(AssertionError, match="changes the interval it is given"):
        check_tool(Stretching, [ROWS], WHOLE)


def test_every_kind_with_sinks_can_be_checked():
    """Selectors and splitters have several sinks, and aggregates all streams of a plate."""
    sources = {ROOMS[0]: ROWS, ROOMS[1]: ROWS[:8]}
    found = check_tool(lambda: Choosing(None), sources, WHOLE, sinks=ROOMS)
    assert [len(sink) for sink in found] == [10, 2]
    splitting = [(seconds(0.5), ["attic"])]
    found = check_tool(
        Splitting,
        [ROWS],
        WHOLE,
        cuts=[],
        alignment=splitting,
        sinks=ROOMS,
        plate=("room", ["hall", "attic"]),
    )
    assert [len(sink) for sink in found] == [0, 10]
    assert check_tool(lambda: Totals("room"), sources, WHOLE)[0][0].value == 2
