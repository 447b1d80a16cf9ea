"""Channels in memory, beyond what every channel's conformance tests say of them."""

from __future__ import annotations

import numpy as np
import pytest

from hyperstream._time import MIN_DATE, use_clock
from hyperstream.channels import MemoryChannel, ReadOnlyMemoryChannel
from hyperstream.stream import (
    Stream,
    StreamId,
    StreamInstance,
    StreamInstanceCollection,
)
from hyperstream.testing.conformance.base import stored, view, write
from hyperstream.testing.times import at, over
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils.errors import DuplicateInstanceError
from tests.interrupts import interrupted


@pytest.fixture
def channel():
    """A memory channel."""
    return MemoryChannel("memory")


@pytest.fixture
def stream(channel):
    """A stream in it."""
    return channel.create_stream("a")


@pytest.mark.parametrize("value", [object(), np.arange(3), lambda: 1, {"model": object()}])
def test_any_value_is_held_by_reference(stream, value):
    """Values of any type are given back as the very objects that were written."""
    stream.writer(StreamInstance(at(1), value))
    assert view(stream, 0, 2).first().value is value
    stream.writer(StreamInstance(at(1), value))
    assert view(stream, 0, 2).first().value is value


def test_a_merged_dict_is_a_new_one(stream):
    """Merging leaves alone the dicts that were written."""
    first, second = {"a": 1}, {"b": 2}
    stream.writer(StreamInstance(at(1), first))
    stream.writer(StreamInstance(at(1), second))
    assert (first, second) == ({"a": 1}, {"b": 2})


def test_the_data_are_a_dictionary(channel, stream):
    """`channel.data` has the instances of each stream."""
    write(stream, {1: "a", 2: "b"})
    assert set(channel.data) == {StreamId("a")}
    assert channel.data[StreamId("a")] == {at(1): "a", at(2): "b"}


def test_what_is_put_into_the_data_is_read(channel, stream):
    """A plugin may fill `channel.data` itself."""
    channel.data[StreamId("a")][at(1)] = "item"
    channel.data[StreamId("a")].append(StreamInstance(at(2), "appended"))
    channel.data[StreamId("a")].extend([StreamInstance(at(3), "extended")])
    assert view(stream, 0, 9).values() == ["item", "appended", "extended"]


@pytest.mark.parametrize(
    "data",
    [
        StreamInstanceCollection([StreamInstance(at(2), "b"), StreamInstance(at(1), "a")]),
        [(at(2), "b"), (at(1), "a")],
        [StreamInstance(at(2), "b"), StreamInstance(at(1), "a")],
        {at(2): "b", at(1): "a"},
    ],
    ids=type,
)
def test_the_data_may_be_replaced(channel, stream, data):
    """A plugin may put a collection, a list or a dictionary of its own into `channel.data`."""
    channel.data[StreamId("a")] = data
    assert view(stream, 0, 9).values() == ["a", "b"]
    channel.data[StreamId("a")].append(StreamInstance(at(3), "c"))
    assert view(stream, 0, 9).values() == ["a", "b", "c"]


def test_streams_with_data_are_listed(channel, stream):
    """`non_empty_streams` has the ids of the streams that hold something."""
    other = channel.create_stream("b")
    assert channel.non_empty_streams == []
    write(other, {1: 1})
    assert channel.non_empty_streams == [StreamId("b")]
    other.purge()
    assert channel.non_empty_streams == []


@pytest.mark.parametrize("remove", [False, True])
def test_everything_is_purged(channel, stream, remove):
    """`purge_all` empties all streams, in sandboxes too, and removes them if it is told to."""
    inside = channel.create_stream("a", sandbox="mine")
    for each in (stream, inside):
        write(each, {1: 1})
        each.calculated_intervals = TimeIntervals([over(0, 5)])
    channel.purge_all(remove_definitions=remove)
    assert channel.non_empty_streams == []
    assert ("a" in channel) is not remove
    for sandbox in (None, "mine"):
        again = channel.get_or_create_stream("a", sandbox=sandbox)
        assert stored(again) == []
        assert again.calculated_intervals.is_empty


def test_times_of_calculation_are_checked(channel, stream):
    """`check_calculation_times` finds a stream that counts as calculated after now."""
    with use_clock(at(10)):
        stream.calculated_intervals = TimeIntervals([over(0, 10)])
        channel.check_calculation_times()
    with use_clock(at(5)), pytest.raises(ValueError, match="memory:a"):
        channel.check_calculation_times()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (5, "memory:a.*5"),
        ((at(1), 5), "memory:a"),
        ([5], "memory:a.*5"),
        ([(at(1),)], "memory:a"),
        (["ab"], "datetime"),
        ([("2020-01-01", 5)], "datetime"),
        ("text", "memory:a.*'text'"),
        (None, "memory:a.*None"),
        ([StreamInstance(at(1), 1), None], "memory:a.*None"),
    ],
    ids=repr,
)
def test_what_is_no_instance_is_refused(stream, wrong, message):
    """Writing anything but instances is an error that shows it, and nothing is stored."""
    with pytest.raises((TypeError, ValueError), match=message):
        stream.writer(wrong)
    assert stored(stream) == []


def test_pairs_are_instances(stream):
    """A list may hold pairs of timestamp and value; a generator is as good as a list."""
    stream.writer([(at(1), "a")])
    stream.writer((at(second), "b") for second in (2, 3))
    assert view(stream, 0, 9).values() == ["a", "b", "b"]


def test_the_future_is_refused(stream):
    """A pair whose time is to come is an error, and nothing of its list is stored."""
    with use_clock(at(5)), pytest.raises(ValueError, match="future"):
        stream.writer([(at(5), "now"), (at(6), "then")])
    assert stored(stream) == []


def test_several_streams_are_written_all_or_none(channel, stream):
    """A conflict in one of several streams written together leaves all as they were."""
    other = channel.create_stream("b")
    write(other, {5: "old"})
    write(stream, {1: {"a": 1}})
    stamps = [over(0, 1).end_ms, over(0, 5).end_ms]
    batches = [
        type(batch).of(stamps, values)
        for values in ([{"b": 2}, "new"], [0, "new"])
        for batch in stream.channel.batches(stream, over(0, 2), 1)
    ]
    with pytest.raises(DuplicateInstanceError, match="memory:b"):
        channel.write_batches([(stream, batches[0]), (other, batches[1])])
    assert stored(stream) == [(1, {"a": 1})]
    assert stored(other) == [(5, "old")]


class Weather(ReadOnlyMemoryChannel):
    """Knows a value for every second, as soon as it is asked for."""

    asked = ()

    def update_streams(self, up_to_timestamp):
        """Add what is new."""
        self.asked += (up_to_timestamp,)
        for second in range(-5, 100):
            if self.up_to_timestamp < at(second) <= up_to_timestamp:
                self._add_document(StreamId("weather"), at(second), second)


class OldWeather(ReadOnlyMemoryChannel):
    """Fills the dictionaries itself, as release 0.3.8 did."""

    def update_streams(self, up_to_timestamp):
        """Add everything."""
        stream_id = StreamId("weather")
        if stream_id not in self.streams:
            self.streams[stream_id] = Stream(
                channel=self,
                stream_id=stream_id,
                calculated_intervals=TimeIntervals(),
                sandbox=None,
            )
            self.data[stream_id] = StreamInstanceCollection()
        for second in range(-5, 100):
            if self.up_to_timestamp < at(second) <= up_to_timestamp:
                self.data[stream_id].append(StreamInstance(at(second), second))


@pytest.mark.parametrize("kind", [Weather, OldWeather])
def test_a_read_only_channel_is_brought_up_to_date(kind):
    """It starts empty; `update_state` adds what is there until then, and marks it."""
    channel = kind("weather")
    assert channel.up_to_timestamp == MIN_DATE
    assert list(channel.streams) == []
    channel.update_state(at(2))
    channel.update_state(at(5))
    stream = channel["weather"]
    assert stream.window(over(1, 4)).values() == [2, 3, 4]
    assert stream.calculated_intervals == TimeIntervals([TimeInterval(MIN_DATE, at(5))])
    assert stream.window().last().value == 5


def test_going_back_is_nothing():
    """What is there once is not asked for again."""
    channel = Weather("weather", up_to_timestamp=at(5))
    channel.update_state(at(5))
    channel.update_state(at(3))
    assert channel.asked == (at(5),)
    assert channel["weather"].window().last().value == 5


def test_a_read_only_channel_is_read_only():
    """Streams cannot be made, written or purged."""
    channel = Weather("weather", up_to_timestamp=at(5))
    stream = channel["weather"]
    for action in (
        lambda: channel.create_stream("b"),
        lambda: stream.writer(StreamInstance(at(1), 1)),
        stream.purge,
    ):
        with pytest.raises(NotImplementedError, match="'weather'"):
            action()


def test_an_interrupted_purge_is_not_in_the_way():
    """Wherever Ctrl-C comes, the stream can be removed afterwards, and made anew."""

    def make():
        channel = MemoryChannel("memory")
        write(channel.create_stream("a"), {1: "one"})
        return channel

    for channel in interrupted(make, lambda channel: channel.purge_stream("a", True), step=3):
        if "a" in channel:
            channel.purge_stream("a", remove_definition=True)
        assert not channel.data
        assert not stored(channel.create_stream("a"))
