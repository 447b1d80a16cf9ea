"""Views on streams, beyond what every channel's conformance tests say of them."""

from __future__ import annotations

import warnings

import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.stream import StreamInstance, StreamView
from hyperstream.testing.times import at, over
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import NotCalculatedWarning


@pytest.fixture
def stream():
    """A stream of squares."""
    stream = MemoryChannel("memory").create_stream("squares")
    stream.writer([StreamInstance(at(second), second**2) for second in range(1, 6)])
    stream.calculated_intervals = TimeIntervals([over(0, 10)])
    return stream


def test_a_view_is_made_directly_too(stream):
    """StreamView takes the documented arguments."""
    view = StreamView(stream=stream, time_interval=over(1, 3), force_calculation=True)
    assert view.values() == [4, 9]
    assert (view.stream, view.time_interval, view.force_calculation) == (stream, over(1, 3), True)


class Recorder:
    """A producer that notes what it is asked for."""

    def __init__(self):
        self.asked = []

    def compute(self, stream, interval):
        """Note it."""
        self.asked.append((stream, interval))


def test_only_a_forced_view_computes(stream):
    """A view asks the producer each time it is read, if it is forced, and not when it is made."""
    stream.producer = Recorder()
    assert stream.window(over(1, 3)).values() == [4, 9]
    view = stream.window(over(1, 3), force_calculation=True)
    assert stream.producer.asked == []
    assert view.values() == [4, 9]
    assert stream.producer.asked == [(stream, over(1, 3))]
    view.first(), view.tail(2), view.timestamps()
    assert len(stream.producer.asked) == 4


def test_a_large_view_is_read_in_parts():
    """Thousands of instances are read in several batches, and lose nothing."""
    stream = MemoryChannel("memory").create_stream("large")
    stream.writer([StreamInstance(at(second), second) for second in range(10_000)])
    view = stream.window(over(-1, 20_000), force_calculation=True)
    assert len(list(view.batches())) > 1
    assert view.values() == list(range(10_000))


def test_the_warning_points_to_whoever_reads(stream):
    """The warning names the file of the code that reads the view."""
    with pytest.warns(NotCalculatedWarning, match="squares") as caught:
        stream.window(over(0, 20)).head(1)
    assert caught[0].filename == __file__


def test_a_fully_calculated_view_is_silent(stream):
    """No warning where everything is calculated."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stream.window(over(0, 10)).items()


def test_component_of_a_list(stream):
    """`component` also takes dicts whose values are of any type."""
    other = stream.channel.create_stream("dicts")
    other.writer([StreamInstance(at(1), {"a": [1]}), StreamInstance(at(2), {})])
    view = other.window(over(0, 9), force_calculation=True)
    assert list(view.component("a")) == [StreamInstance(at(1), [1])]


def test_a_view_is_printable(stream):
    """A view can be printed without being read."""
    stream.producer = Recorder()
    assert "squares" in repr(stream.window(over(1, 4), force_calculation=True))
    assert stream.producer.asked == []
