"""Instances: a timestamp and a value."""

from __future__ import annotations

import pickle
from datetime import date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest

from hyperstream._time import UTC, use_clock
from hyperstream.stream import Batch, StreamInstance, StreamMetaInstance
from hyperstream.stream.stream_instance import instances, to_batch
from hyperstream.testing.times import at

NOON = datetime(2020, 1, 1, 12, tzinfo=UTC)


def test_an_instance_is_a_named_pair():
    """An instance is unpacked, and its parts have names."""
    instance = StreamInstance(timestamp=NOON, value=20.5)
    timestamp, value = instance
    assert (timestamp, value) == (instance.timestamp, instance.value) == (NOON, 20.5)
    assert repr(instance).startswith("StreamInstance(timestamp=")


@pytest.mark.parametrize(
    "moment",
    [
        NOON,
        NOON.replace(tzinfo=None),
        NOON.astimezone(timezone(timedelta(hours=-7))),
        NOON.replace(microsecond=999),
        pd.Timestamp(NOON),
    ],
    ids=repr,
)
def test_timestamps_are_utc_and_whole_milliseconds(moment):
    """Any datetime becomes UTC, cut to milliseconds."""
    timestamp = StreamInstance(moment, 0).timestamp
    assert timestamp == NOON
    assert timestamp.tzinfo is UTC
    assert type(timestamp) is datetime


@pytest.mark.parametrize("moment", [None, 5, "2020-01-01", date(2020, 1, 1), np.datetime64(0, "s")])
def test_a_timestamp_is_a_datetime(moment):
    """Anything but a datetime is a ValueError that shows it."""
    with pytest.raises(ValueError, match="datetime"):
        StreamInstance(moment, 0)


def test_the_future_is_refused():
    """A timestamp after now is a ValueError; now itself is not."""
    with use_clock(NOON):
        assert StreamInstance(NOON, 0).timestamp == NOON
        with pytest.raises(ValueError, match=r"12:00:00.001Z of the value 'x'.*future"):
            StreamInstance(NOON + timedelta(milliseconds=1), "x")


def test_an_instance_as_a_dict():
    """Flat, it is the value with the timestamp; else both apart. The value stays as it is."""
    value = {"t": 1}
    instance = StreamInstance(NOON, value)
    assert instance.as_dict() == {"t": 1, "timestamp": NOON}
    assert instance.as_dict(flat=False) == {"timestamp": NOON, "value": {"t": 1}}
    assert value == {"t": 1}


@pytest.mark.parametrize("value", [[1, 2], (1, 2)])
def test_an_instance_as_a_list(value):
    """Flat, it is the timestamp followed by the items; else both apart."""
    instance = StreamInstance(NOON, value)
    assert instance.as_list() == [NOON, 1, 2]
    assert instance.as_list(flat=False) == [NOON, value]


def test_what_cannot_be_flat_is_an_error():
    """A value that is no dict or list cannot be flattened into one."""
    instance = StreamInstance(NOON, 5)
    with pytest.raises(ValueError, match="5 is no dict"):
        instance.as_dict()
    with pytest.raises(ValueError, match="5 is no list"):
        instance.as_list()


def test_an_instance_travels_between_processes():
    """An instance survives pickling."""
    instance = StreamInstance(NOON, {"t": 1})
    back = pickle.loads(pickle.dumps(instance))  # noqa: S301 - our own bytes
    assert back == instance
    assert type(back) is StreamInstance


def test_a_meta_instance_is_an_instance_with_meta_data():
    """Its parts have names."""
    meta = StreamMetaInstance(stream_instance=StreamInstance(NOON, 1), meta_data=(("house", "1"),))
    instance, meta_data = meta
    assert (instance, meta_data) == (meta.stream_instance, meta.meta_data)


def test_batches_and_instances_are_the_same_data():
    """Instances become a batch and instances again, with their types."""
    items = [StreamInstance(at(second), value) for second, value in enumerate([1, 1.0, None, "a"])]
    assert list(instances(to_batch(items))) == items
    assert [type(item) for item in instances(to_batch(items))] == [StreamInstance] * 4
    assert list(instances(to_batch([]))) == []
    assert list(instances(Batch.empty())) == []


def test_a_batch_keeps_the_order_of_its_instances():
    """Instances need not be in order to become a batch."""
    batch = to_batch([StreamInstance(at(2), "b"), StreamInstance(at(1), "a")])
    assert batch.value_list() == ["b", "a"]
