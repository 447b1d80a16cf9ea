"""Streams as pandas DataFrames."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum

import numpy as np
import pandas as pd
import pytest

from hyperstream._time import to_ms
from hyperstream.channels import MemoryChannel
from hyperstream.storage.batch import Batch
from hyperstream.stream import StreamInstance
from hyperstream.stream.frames import frame_of_many
from hyperstream.testing.conformance.base import write
from hyperstream.testing.times import at, over
from hyperstream.time_interval import MAX_DATE, MIN_DATE, TimeInterval

NOON = datetime(2020, 1, 1, 12, tzinfo=timezone.utc)
NAN = float("nan")
TEXT = pd.Series(["a"]).dtype
ALWAYS = TimeInterval.all_time()


class Level(IntEnum):
    """An int that is more."""

    LOW = 1


@pytest.fixture
def channel():
    """Give a memory channel."""
    return MemoryChannel("memory")


@pytest.fixture
def view_of(channel):
    """Give a function that makes a view on values, one a second."""

    def make(values, name="s"):
        stream = channel.get_or_create_stream(name)
        stream.writer([StreamInstance(at(second), value) for second, value in enumerate(values)])
        return stream.window(ALWAYS, force_calculation=True)

    return make


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1.5, float("inf"), NAN], "float64"),
        ([1, -(2**63)], "int64"),
        ([True, False], "bool"),
        (["a", ""], TEXT),
        ([1, 2.5], "float64"),
        ([2**53, 2.5], "float64"),
        ([np.float64(1.5), np.float32(2.5)], "float64"),
        ([np.int8(1), 2], "int64"),
        ([np.bool_(True)], "bool"),
        ([NOON, NOON.replace(tzinfo=None)], "datetime64[us, UTC]"),
        ([NOON.astimezone(timezone(timedelta(hours=5)))], "datetime64[us, UTC]"),
        ([pd.Timestamp(NOON)], "datetime64[us, UTC]"),
        ([timedelta(microseconds=1), pd.Timedelta(days=1)], "timedelta64[us]"),
        # Missing values
        ([1.5, None], "float64"),
        ([1, None], "Int64"),
        ([True, None], "boolean"),
        (["a", None], TEXT),
        ([1, 2.5, None], "float64"),
        ([NOON, None], "datetime64[us, UTC]"),
        ([timedelta(1), None], "timedelta64[us]"),
        ([None, None], "object"),
        # What pandas has no dtype for
        ([2**63, 1], "object"),
        ([2**53 + 1, 2.5], "object"),
        ([True, 1], "object"),
        ([1, "a"], "object"),
        (["a", NAN], "object"),
        (["a", "\ud800"], "object"),
        ([b"a"], "object"),
        ([[1, 2], [3, 4]], "object"),
        ([(1, 2), (3, 4)], "object"),
        ([{"a": 1}, 5], "object"),
        ([{1: 1}], "object"),
        ([{"timestamp": 1}], "object"),
        ([{}, {}], "object"),
        ([np.ones(2), np.ones(2)], "object"),
        ([TimeInterval.from_ms(0, 1), TimeInterval.from_ms(0, 2)], "object"),
        ([timedelta.max], "object"),
        ([Level.LOW], "object"),
        ([Decimal(1), date(2020, 1, 1)], "object"),
        ([pd.NaT], "object"),
        ([], "float64"),
    ],
)
def test_values_have_a_dtype(view_of, values, dtype):
    """One column, `value`, and nothing is lost that the dtype holds."""
    frame = view_of(values).to_pandas()
    assert frame.columns.tolist() == ["value"]
    assert frame["value"].dtype == dtype
    assert len(frame) == len(values)
    for given, found in zip(values, frame["value"], strict=True):
        if pd.api.types.is_scalar(given) and pd.isna(given):
            assert pd.isna(found)
        elif isinstance(given, datetime):
            assert found == given.replace(tzinfo=given.tzinfo or timezone.utc)
        else:
            assert np.all(found == given)


def test_the_index_has_the_times_in_utc(view_of):
    """Named `timestamp`, to the millisecond."""
    index = view_of([1, 2]).to_pandas().index
    assert (index.name, index.dtype) == ("timestamp", "datetime64[ms, UTC]")
    assert list(index) == [at(0), at(1)]


def test_any_time_has_its_place(channel):
    """From the year 1 to the year 9999."""
    stream = channel.create_stream("s")
    stream.channel.write_batches(
        [(stream, Batch.of([to_ms(MIN_DATE) + 1, to_ms(MAX_DATE)], [1, 2]))]
    )
    index = stream.window(ALWAYS, True).to_pandas().index
    assert (str(index[0]), index[1]) == ("0001-01-01 00:00:00.001000+00:00", MAX_DATE)


def test_an_empty_window_is_a_frame_without_rows(view_of):
    """With the index that others have."""
    index = view_of([]).to_pandas().index
    assert (len(index), index.name, index.dtype) == (0, "timestamp", "datetime64[ms, UTC]")


def test_dicts_are_columns(view_of):
    """In order of first appearance; a key that is not there is missing."""
    frame = view_of([{"b": 1, "c": "x"}, {"a": 2.5, "b": 2, "d": None}, {"e": True}]).to_pandas()
    dtypes = {"b": "Int64", "c": TEXT, "a": "float64", "d": "object", "e": "boolean"}
    assert frame.dtypes.to_dict() == dtypes
    assert frame["b"].tolist() == [1, 2, pd.NA]
    assert frame["e"].tolist() == [pd.NA, pd.NA, True]
    assert frame.isna().to_numpy().tolist() == [
        [False, False, True, True, True],
        [False, True, False, True, True],
        [True, True, True, True, False],
    ]


@pytest.mark.parametrize("values", [[1.5, 2.5], [1, 2], [True, False]])
def test_a_frame_is_its_owners(channel, values):
    """It shares no numbers and no times with the stream."""
    stream = channel.create_stream("s")
    stream.writer([StreamInstance(at(second), value) for second, value in enumerate(values)])
    view = stream.window(ALWAYS, force_calculation=True)
    (batch,) = view.batches()
    frame = view.to_pandas()
    assert not np.shares_memory(frame["value"].to_numpy(), batch.values)
    assert not np.shares_memory(frame.index.asi8, batch.timestamps)


def test_many_batches_are_one_column(channel):
    """Also where they hold different types."""
    stream = channel.create_stream("s")
    count = 10_000
    stream.writer([StreamInstance(at(second), float(second)) for second in range(count)])
    view = stream.window(ALWAYS, force_calculation=True)
    frame = view.to_pandas()
    assert frame["value"].tolist() == [float(second) for second in range(count)]
    stream.writer(StreamInstance(at(count), None))
    assert view.to_pandas()["value"].isna().sum() == 1


def test_several_streams_are_side_by_side(channel):
    """Over the union of their timestamps, with the dtype that holes need."""
    values = {
        "float": {1: 1.5, 3: 2.5},
        "int": {2: 1, 3: 2},
        "bool": {1: True},
        "text": {1: "a", 2: None},
        "time": {3: NOON},
        "list": {2: [1, 2]},
        "full": {1: 1, 2: 2, 3: 3},
        "none": {},
    }
    views = {}
    for name, its in values.items():
        stream = channel.create_stream(name)
        write(stream, its)
        views[name,] = stream.window(over(0, 10), force_calculation=True)
    frame = frame_of_many(views, ["kind"])
    assert frame.index.tolist() == [at(1), at(2), at(3)]
    assert (frame.columns.name, frame.columns.tolist()) == ("kind", list(values))
    assert frame.dtypes.to_dict() == {
        "float": "float64",
        "int": "Int64",
        "bool": "boolean",
        "text": TEXT,
        "time": "datetime64[us, UTC]",
        "list": "object",
        "full": "int64",
        "none": "float64",
    }
    assert frame["int"].tolist() == [pd.NA, 1, 2]
    assert frame["list"].tolist() == [None, [1, 2], None]
    assert frame.isna().sum().to_dict() == {
        "float": 1,
        "int": 1,
        "bool": 2,
        "text": 2,
        "time": 2,
        "list": 2,
        "full": 0,
        "none": 3,
    }


def test_several_streams_of_dicts_have_a_level_of_keys(channel):
    """Each stream stands with each key."""
    values = {("a", "x"): {1: {"t": 1}}, ("a", "y"): {2: {"u": 2.5}}, ("b", "x"): {}}
    views = {}
    for label, its in values.items():
        stream = channel.create_stream("".join(label))
        write(stream, its)
        views[label] = stream.window(over(0, 10), force_calculation=True)
    frame = frame_of_many(views, ["one", "two"])
    assert list(frame.columns.names) == ["one", "two", "key"]
    assert frame.columns.tolist() == [(*label, key) for label in values for key in ("t", "u")]
    assert frame["a", "x", "t"].tolist() == [1, pd.NA]
    assert frame["a", "y", "u"].tolist()[1] == 2.5
    assert frame["b"].isna().all(axis=None)
    assert frame.xs("t", axis=1, level="key").columns.tolist() == list(values)


def test_no_streams_are_an_empty_frame():
    """With the index that others have."""
    frame = frame_of_many({}, ["kind"])
    assert frame.shape == (0, 0)
    assert frame.index.dtype == "datetime64[ms, UTC]"


@pytest.mark.parametrize("module", ["stream.frames", "stream.frame_values", "contrib.pandas"])
def test_without_pandas_the_extra_is_named(module):
    """Where the module is imported."""
    code = f"import sys; sys.modules['pandas'] = None; import hyperstream.{module}"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert "MissingExtraError" in done.stderr
    assert "pip install 'hyperstream[notebook]'" in done.stderr
