"""What the parts of the conformance class share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hyperstream._time import from_ms
from hyperstream.stream import Stream, StreamId, StreamInstance
from hyperstream.testing.times import START, at, over

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hyperstream.channels import BaseChannel
    from hyperstream.stream import StreamView

EVERYTHING = over(-1_000_000, 1_000_000)
READINGS = StreamId("readings", {"house": "1", "room": "hall"})


class Conformance:
    """Gives the tests a channel, and a stream in it.

    A subclass overrides `make_channel`, or the fixture ``channel`` where making
    one takes other fixtures.
    """

    def make_channel(self) -> BaseChannel:
        """Return a new channel, without any streams."""
        raise NotImplementedError

    @pytest.fixture
    def channel(self) -> BaseChannel:
        """A new channel."""
        return self.make_channel()

    @pytest.fixture
    def stream(self, channel: BaseChannel) -> Stream:
        """A new stream in the channel."""
        return channel.get_or_create_stream(READINGS)


def write(stream: Stream, values: Mapping[Any, Any]) -> None:
    """Write values, by seconds after the start of 2020, in one call."""
    stream.writer([StreamInstance(at(seconds), value) for seconds, value in values.items()])


def stored(stream: Stream) -> list[tuple[float, Any]]:
    """Return all that a stream holds: pairs of seconds after the start of 2020, and values."""
    found: list[tuple[float, Any]] = []
    for batch in stream.channel.batches(stream, EVERYTHING, 1000):
        seconds = [(from_ms(each) - START).total_seconds() for each in batch.timestamps.tolist()]
        found += zip(seconds, batch.value_list(), strict=True)
    return found


def view(stream: Stream, start: float, end: float) -> StreamView:
    """Return what is there in (start, end], in seconds after the start of 2020."""
    return stream.window(over(start, end), force_calculation=True)
