"""A stream to be computed."""

from __future__ import annotations

import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.testing.conformance.base import write


@pytest.fixture
def channel():
    """A memory channel."""
    return MemoryChannel("memory")


@pytest.fixture
def sink(channel):
    """A stream to be computed, with some data written by hand."""
    stream = channel.create_stream("sink")
    write(stream, {2.5: "by hand", 15.5: "by hand"})
    return stream
