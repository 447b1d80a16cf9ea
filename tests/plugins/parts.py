"""Helpers for the tests of the data importers."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.time_interval import UTC, TimeInterval
from hyperstream.utils.errors import HyperStreamError, ToolExecutionError
from tests.plugins import make

DAY = TimeInterval(datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC))


def read(name, filename, interval=DAY, **parameters):
    """Return what a tool finds: (hour, value) pairs."""
    sink = MemoryChannel("memory").create_stream("sink")
    make("data_importers", name, filename=filename, **parameters).execute([], sink, interval)
    return [
        ((time - DAY.start) / timedelta(hours=1), value) for time, value in sink.window(interval)
    ]


def fails(name, filename, message, **parameters):
    """Check that a tool fails with this message, and marks and stores nothing."""
    sink = MemoryChannel("memory").create_stream("sink")
    with pytest.raises(ToolExecutionError) as caught:
        make("data_importers", name, filename=filename, **parameters).execute([], sink, DAY)
    assert message in str(caught.value)
    assert isinstance(caught.value.__cause__, HyperStreamError)
    assert sink.calculated_intervals.is_empty
    assert sink.channel.data[sink.stream_id] == {}
