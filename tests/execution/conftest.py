"""A stream to be computed."""

from __future__ import annotations

import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.execution import collect, computation, runner
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


@pytest.fixture
def unhurried(monkeypatch):
    """Let rounds grow, and marks be as rare, as on a machine with nothing else to do."""
    monkeypatch.setattr(computation, "_FIRST", 1)
    monkeypatch.setattr(collect, "_SLOW", 1e9)
    monkeypatch.setattr(runner, "_MARK_EVERY", 1e9)
