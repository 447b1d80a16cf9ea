"""Tools that find the values of a new plate."""

from __future__ import annotations

import pytest

from hyperstream._time import use_clock
from hyperstream.channels import MemoryChannel
from hyperstream.execution import ExecutionContext
from hyperstream.stream import StreamInstance, StreamMetaInstance
from hyperstream.testing import RecordingHistory
from hyperstream.testing.conformance.base import write
from hyperstream.testing.times import at, over
from hyperstream.tool import PlateCreationTool
from hyperstream.utils.errors import FutureIntervalWarning, ToolExecutionError


@pytest.fixture
def source():
    """A stream of names."""
    stream = MemoryChannel("memory").create_stream("source")
    write(stream, {1: "hall", 2: "kitchen", 3: "hall", 4: "cellar"})
    return stream


class Names(PlateCreationTool):
    """Takes each value of its source as a plate value."""

    def _execute(self, source, interval):
        self.interval = interval
        for instance in source.window(interval, force_calculation=True):
            yield StreamMetaInstance(instance, instance.value)


def test_values_are_found_once_in_order(source):
    """Each value is found once, in the order of finding."""
    found = Names().execute(source=source, interval=over(0, 5), input_plate_value=None)
    assert found == ["hall", "kitchen", "cellar"]


def test_the_input_plate_value_may_be_left_out(source):
    """Without a source plate there is no input plate value."""
    assert Names().execute(source, over(3, 5)) == ["cellar"]


def test_only_the_past_is_looked_at(source):
    """What lies after now is not looked at, with a warning."""
    tool = Names()
    with use_clock(at(2)), pytest.warns(FutureIntervalWarning):
        assert tool.execute(source, over(0, 5)) == ["hall", "kitchen"]
    assert tool.interval == over(0, 2)
    with use_clock(at(2)), pytest.warns(FutureIntervalWarning):
        assert tool.execute(source, over(2, 5)) == []


def test_nothing_may_be_found():
    """A tool may find nothing, also by returning None."""

    class Nothing(PlateCreationTool):
        def _execute(self, source, interval):
            return None

    assert Nothing().execute(None, over(0, 5)) == []


class Given(PlateCreationTool):
    """Yields what it was given."""

    def __init__(self, item):
        super().__init__(item=item)

    def _execute(self, source, interval):
        yield StreamMetaInstance(StreamInstance(at(1), 1), "fine")
        if isinstance(self.item, BaseException):
            raise self.item
        yield self.item


@pytest.mark.parametrize(
    "item",
    [
        5,
        StreamInstance(at(1), "hall"),
        StreamMetaInstance(StreamInstance(at(1), 1), 5),
        StreamMetaInstance(StreamInstance(at(1), 1), ("room", "hall")),
        StreamMetaInstance(StreamInstance(at(1), 1), ""),
        OSError("disk full"),
    ],
    ids=repr,
)
def test_a_failure_is_explained(source, item):
    """A tool that fails, or gives no plate value, is an error naming tool, value and interval."""
    history = RecordingHistory()
    with (
        ExecutionContext(history=history).active(),
        pytest.raises(ToolExecutionError, match=r"given.*house.*1") as caught,
    ):
        Given(item).execute(source, over(0, 5), (("house", "1"),))
    assert caught.value.interval == over(0, 5)
    assert isinstance(caught.value.__cause__, (TypeError, ValueError, OSError))
    (record,) = history.records
    assert record.outcome.startswith("failed: ")


def test_executions_are_recorded(source):
    """An execution has a record, without sinks."""
    history = RecordingHistory()
    with ExecutionContext(history=history).active():
        Names().execute(source, over(0, 5))
    (record,) = history.records
    assert (record.tool, record.sources, record.sinks) == ("names", (source.address,), ())
    assert (record.interval, record.document_count, record.outcome) == (over(0, 5), 3, "completed")


def test_an_interrupt_goes_through(source):
    """Ctrl-C goes through as it is, and is recorded as a failure."""
    history = RecordingHistory()
    with ExecutionContext(history=history).active(), pytest.raises(KeyboardInterrupt):
        Given(KeyboardInterrupt()).execute(source, over(0, 5))
    assert history.records[0].outcome == "failed: KeyboardInterrupt()"


def test_a_tool_without_execute_is_an_error(source):
    """A tool that implements nothing fails with what to do."""
    with pytest.raises(ToolExecutionError, match="no _execute"):
        PlateCreationTool().execute(source, over(0, 5))
