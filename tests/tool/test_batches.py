"""What tools that work on batches share."""

from __future__ import annotations

import numpy as np
import pytest

from hyperstream.stream import Batch
from hyperstream.tool import batches
from hyperstream.tool.batches import Pace, collected, function, selected, taken

STAMPS = np.array([0, 1000, 2000])


def sizes(pace: Pace, total: int) -> list[int]:
    """Return the lengths of the parts."""
    return [part.stop - part.start for part in pace.parts(total)]


def test_fast_work_is_done_in_ever_longer_parts():
    """Parts double up to a limit, also from one batch to the next."""
    pace = Pace()
    assert sizes(pace, 200) == [64, 128, 8]
    assert sizes(pace, 10_000) == [512, 1024, 2048, 4096, 2320]
    assert sizes(pace, 0) == []


def test_slow_work_is_done_in_short_parts(monkeypatch):
    """Where a part takes long, the next are shorter, down to one item."""
    now = iter(range(100))
    monkeypatch.setattr(batches.time, "monotonic", lambda: next(now))
    assert sizes(Pace(), 64 + 16 + 4 + 3) == [64, 16, 4, 1, 1, 1]


def test_a_failure_names_time_and_input():
    """The error says at which input it came, and keeps its cause."""
    inputs = [1, 0, 2]
    with pytest.raises(ValueError, match=r"at 1970-01-01T00:00:01.000Z, for 0: ZeroDiv") as caught:
        collected(map((1).__truediv__, inputs), STAMPS, inputs)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_stopped_iteration_is_a_failure():
    """A function that raises StopIteration does not pass for the end of the data."""
    inputs = ["a", "", "c"]
    with pytest.raises(ValueError, match=r"00:01.000Z, for '': StopIteration"):
        collected(map(next, map(iter, inputs)), STAMPS, inputs)


def test_a_long_value_is_cut_in_the_message():
    """A message stays readable whatever the value."""
    inputs = ["x" * 10_000]
    with pytest.raises(ValueError, match="TypeError") as caught:
        collected(map(abs, inputs), STAMPS, inputs)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("values", [[1.0, 2.0, 3.0], ["a", "b", "c"]])
def test_rows_are_selected(values):
    """By flags or positions, from arrays and lists; all rows are the batch itself."""
    batch = Batch.of(STAMPS, values)
    some = selected(batch, [True, False, True])
    assert some.timestamps.tolist() == [0, 2000]
    assert some.value_list() == [values[0], values[2]]
    assert taken(batch, np.array([2])).value_list() == [values[2]]
    assert selected(batch, [True] * 3) is batch


def test_only_what_can_be_called_is_a_function():
    """Anything else is refused when the tool is made, and named."""
    assert function(None, len) is len
    with pytest.raises(TypeError, match="func of Pace must be a function, not 3"):
        function(Pace(), 3)
