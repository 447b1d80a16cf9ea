"""try_tool shows what a tool makes of a few values."""

from __future__ import annotations

import pytest

from hyperstream.stream import Batch, StreamInstance
from hyperstream.testing import try_tool
from hyperstream.tool import Tool
from hyperstream.utils.errors import ToolExecutionError


class Both(Tool):
    """Shows all that the sources hold, each at its own time."""

    def _execute(self, sources, alignment_stream, interval):
        for source in sources:
            yield from source.window(interval)


class End(Tool):
    """Shows the end of the interval."""

    def _execute_batches(self, sources, alignment_stream, interval):
        yield Batch.of([interval.end_ms], [interval.end])


def test_values_stand_at_the_seconds():
    """A list begins at second 1, a dict says its seconds, and the result is such a dict."""
    assert try_tool(Both(), ["a", "b"], {0.5: "x", 3: "z"}) == {0.5: "x", 1: "a", 2: "b", 3: "z"}


def test_the_interval_ends_with_the_last_value_or_later():
    """As far as it is asked for."""
    assert list(try_tool(End(), [1, 2, 3])) == [3]
    assert list(try_tool(End(), [1, 2, 3], seconds=7.5)) == [7.5]
    assert list(try_tool(End(), [1, 2, 3], seconds=2)) == [3]


def test_a_failure_is_that_of_the_tool():
    """Nothing is hidden."""

    class Late(Tool):
        def _execute(self, sources, alignment_stream, interval):
            yield StreamInstance(interval.start, 0)

    with pytest.raises(ToolExecutionError, match="outside of the interval"):
        try_tool(Late(), [1])
