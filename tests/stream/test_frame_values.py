"""Pandas DataFrames and Series as streams, and the way there and back."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream._time import UTC, use_clock
from hyperstream.channels import BaseChannel, DatabaseChannel, MemoryChannel
from hyperstream.client import Client
from hyperstream.storage.mongo import MongoStorage
from hyperstream.storage.values import same_value
from hyperstream.stream import Stream, StreamInstance, get_stream_id
from hyperstream.testing.conformance.base import stored
from hyperstream.testing.times import START, at
from hyperstream.time_interval import TimeInterval
from hyperstream.utils.errors import DuplicateInstanceError

NAN = float("nan")
TWO = pd.DatetimeIndex([at(1), at(2)])
ALWAYS = TimeInterval.all_time()
NOON = datetime(2020, 1, 1, 12)


@pytest.fixture
def stream():
    """Give an empty stream in memory."""
    return MemoryChannel("memory").create_stream("s")


def values_of(column):
    """Return the values that two rows of a column make."""
    stream = MemoryChannel("memory").create_stream("s")
    stream.from_pandas(pd.DataFrame({"value": column}).set_axis(TWO))
    return [value for _, value in stored(stream)]


def same(found, wanted):
    """Tell whether values, and their types, are the same; NaN is the same as NaN."""
    return same_value(list(found), list(wanted))


@pytest.mark.parametrize(
    ("column", "values"),
    [
        (np.array([1.5, NAN]), [1.5, NAN]),
        (np.array([1.5, 2.5], dtype="float32"), [1.5, 2.5]),
        (np.array([1, -1]), [1, -1]),
        (np.array([1, 2], dtype="uint8"), [1, 2]),
        (np.array([1, 2**64 - 1], dtype="uint64"), [1, 2**64 - 1]),
        (np.array([True, False]), [True, False]),
        (np.array([1j, 2]), [1j, 2 + 0j]),
        (["a", "b"], ["a", "b"]),
        (pd.array([1, 2], dtype="Int64"), [1, 2]),
        (pd.array([1, None], dtype="Int8"), [1, None]),
        (pd.array([True, None], dtype="boolean"), [True, None]),
        (pd.array([True, False], dtype="boolean"), [True, False]),
        (pd.array([1.5, None], dtype="Float64"), [1.5, None]),
        (pd.array([1.5, 2], dtype="Float64"), [1.5, 2.0]),
        (pd.array(["a", None], dtype="string"), ["a", None]),
        (["a", None], ["a", None]),
        (["a", NAN], ["a", None]),
        (pd.Categorical(["a", None]), ["a", None]),
        (pd.Categorical([7, 5]), [7, 5]),
        (pd.Categorical([pd.Timestamp(NOON), None]), [NOON.replace(tzinfo=UTC), None]),
        (pd.arrays.SparseArray([0.5, 0.0]), [0.5, 0.0]),
        (pd.array([1, 2], dtype="int64[pyarrow]"), [1, 2]),
        (pd.array([1.5, None], dtype="double[pyarrow]"), [1.5, None]),
        (pd.array(["a", None], dtype="string[pyarrow]"), ["a", None]),
        (pd.array([NOON, None], dtype="timestamp[us][pyarrow]"), [NOON.replace(tzinfo=UTC), None]),
        (np.array(["2020-01-01T12", "NaT"], "M8[s]"), [NOON.replace(tzinfo=UTC), None]),
        (np.array(["1600-01-01", "9999-01-01"], "M8[s]"),
         [datetime(1600, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)]),
        (pd.DatetimeIndex([NOON, NOON], tz="Asia/Tokyo"),
         [datetime(2020, 1, 1, 3, tzinfo=UTC)] * 2),
        (pd.DatetimeIndex(["1969-12-31T23:59:59.999999999"] * 2),
         [datetime(1969, 12, 31, 23, 59, 59, 999999, UTC)] * 2),
        (np.array([90_000, "NaT"], "m8[ms]"), [timedelta(seconds=90), None]),
        (np.array([1999, -1], "m8[ns]"), [timedelta(microseconds=1), timedelta(microseconds=-1)]),
        (pd.Series([1, "a"], dtype=object), [1, "a"]),
        (pd.Series([1.5, 2.5], dtype=object), [1.5, 2.5]),
        (pd.Series([[1], NAN], dtype=object), [[1], NAN]),
        (pd.Series([1, NAN], dtype=object), [1, NAN]),
        (pd.Series([b"a", None], dtype=object), [b"a", None]),
        (pd.Series([1, pd.NA], dtype=object), [1, None]),
        (pd.Series([1, pd.NaT], dtype=object), [1, None]),
        (pd.Series([None, None], dtype=object), [None, None]),
    ],
)  # fmt: skip
def test_a_column_gives_values_of_python(column, values):
    """NaN among floats is NaN; what else is missing is None."""
    assert same(values_of(column), values)


def test_a_series_gives_values_whatever_its_name(stream):
    """A frame with one column of another name gives dicts."""
    series = pd.Series([0.5, 1.5], index=TWO, name="rain")
    stream.from_pandas(series)
    assert stored(stream) == [(1, 0.5), (2, 1.5)]
    other = stream.channel.create_stream("other")
    other.from_pandas(series.to_frame())
    assert stored(other) == [(1, {"rain": 0.5}), (2, {"rain": 1.5})]


def test_columns_give_dicts_of_what_is_there(stream):
    """What is missing is no key."""
    frame = pd.DataFrame(
        {
            "float": [1.5, NAN],
            "int": pd.array([None, 2], dtype="Int64"),
            "text": ["a", None],
            "time": pd.DatetimeIndex([NOON, None]),
            "list": [None, [1]],
        },
        index=TWO,
    )
    stream.from_pandas(frame)
    (_, first), (_, second) = stored(stream)
    assert first == {"float": 1.5, "text": "a", "time": NOON.replace(tzinfo=UTC)}
    assert second == {"int": 2, "list": [1]}


def test_a_row_without_anything_is_an_empty_dict(stream):
    """A row is an instance."""
    stream.from_pandas(pd.DataFrame({"a": [1.0, NAN]}, index=TWO))
    assert stored(stream) == [(1, {"a": 1.0}), (2, {})]
    other = stream.channel.create_stream("other")
    other.from_pandas(pd.DataFrame(index=TWO))
    assert stored(other) == [(1, {}), (2, {})]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_an_index_of_any_unit_is_taken(stream, unit):
    """Without zone it is in UTC."""
    stream.from_pandas(pd.Series([1, 2], index=TWO.tz_localize(None).as_unit(unit)))
    assert stored(stream) == [(1, 1), (2, 2)]


def test_another_zone_is_converted(stream):
    """To UTC."""
    index = pd.DatetimeIndex(["2020-01-01 02:00", "2020-01-01 03:00"], tz="Europe/Athens")
    stream.from_pandas(pd.Series([1, 2], index=index))
    assert stored(stream) == [(0, 1), (3600, 2)]


def test_below_milliseconds_is_cut_off(stream):
    """Before 1970, too: down, as for every timestamp."""
    index = pd.DatetimeIndex(["2020-01-01 00:00:01.0019999", "1969-12-31 23:59:59.999999"])
    stream.from_pandas(pd.Series([1, 2], index=index))
    times = stream.window(ALWAYS, force_calculation=True).timestamps()
    assert times == [datetime(1969, 12, 31, 23, 59, 59, 999000, UTC), at(1.001)]


def test_times_that_fall_together_are_as_with_the_writer(stream):
    """The same value is one instance, dicts are merged, others contradict each other."""
    index = pd.DatetimeIndex(["2020-01-01 00:00:01.0001", "2020-01-01 00:00:01.0002"])
    stream.from_pandas(pd.Series([1, 1], index=index))
    assert stored(stream) == [(1, 1)]
    other = stream.channel.create_stream("other")
    other.from_pandas(pd.DataFrame({"a": [1, NAN], "b": [NAN, 2]}, index=index))
    assert stored(other) == [(1, {"a": 1.0, "b": 2.0})]
    with pytest.raises(DuplicateInstanceError, match="2020-01-01T00:00:01"):
        stream.channel.create_stream("third").from_pandas(pd.Series([1, 2], index=index))


def test_what_is_there_stays(stream):
    """A frame that contradicts it is refused as a whole."""
    stream.writer(StreamInstance(at(2), 2))
    with pytest.raises(DuplicateInstanceError, match="already holds 2"):
        stream.from_pandas(pd.Series([1, 5], index=TWO))
    assert stored(stream) == [(2, 2)]


def test_rows_may_be_in_any_order(stream):
    """The stream is in order of time."""
    stream.from_pandas(pd.Series([2, 1], index=TWO[::-1]))
    assert stored(stream) == [(1, 1), (2, 2)]


def test_the_future_is_refused(stream):
    """As by the writer, with the value that is too early."""
    with use_clock(at(1)), pytest.raises(ValueError, match=r"01\.000Z|02\.000Z.*'b'.*future"):
        stream.from_pandas(pd.Series(["b", "a"], index=TWO[::-1]))
    assert stored(stream) == []


def test_the_frame_stays_its_owners(stream):
    """What becomes of it later is not in the stream."""
    stamps, values = np.array([1000, 2000]), np.array([0.5, 1.5])
    index = pd.DatetimeIndex(stamps.view("M8[ms]"))
    batches = []
    stream.channel.write_batches = lambda parts: batches.extend(batch for _, batch in parts)
    stream.channel.get_stream_writer = lambda stream: Taker(batches)
    stream.from_pandas(pd.Series(values, index=index, copy=False))
    assert batches[0].timestamps.tolist() == [1000, 2000]
    assert not np.shares_memory(batches[0].timestamps, stamps)
    assert not np.shares_memory(batches[0].values, values)


class Taker:
    """A writer that keeps batches."""

    def __init__(self, batches):
        self.write_batch = batches.append


def test_a_frame_without_rows_writes_nothing(stream):
    """An index of times it needs all the same."""
    stream.from_pandas(pd.DataFrame({"a": []}, index=TWO[:0]))
    for dtype in (float, object, "Int64", "category", TWO.dtype):
        stream.from_pandas(pd.Series([], index=TWO[:0], dtype=dtype))
    assert stored(stream) == []
    with pytest.raises(TypeError, match="set_index"):
        stream.from_pandas(pd.DataFrame({"a": []}))


class ListChannel(BaseChannel):
    """A channel of somebody's own, whose writer is a function."""

    def __init__(self):
        super().__init__("list")
        self.written = []

    def create_stream(self, stream_id, sandbox=None):
        """Make a stream."""
        return self._add(Stream(self, get_stream_id(stream_id), None, sandbox))

    def get_stream_writer(self, stream):
        """Return what keeps what it is given."""
        return self.written.extend


def test_a_channel_of_ones_own_gets_instances():
    """By the writer that it has."""
    channel = ListChannel()
    channel.create_stream("s").from_pandas(pd.Series([0.5, 1.5], index=TWO))
    assert channel.written == [StreamInstance(at(1), 0.5), StreamInstance(at(2), 1.5)]


@pytest.mark.parametrize(
    ("frame", "error", "text"),
    [
        (pd.Series([1, 2]), TypeError, "set_index"),
        (pd.Series([1], index=["2020-01-01"]), TypeError, "pandas.to_datetime"),
        (pd.Series([1], index=pd.PeriodIndex(["2020"], freq="D")), TypeError, "times, not period"),
        ([1, 2], TypeError, r"DataFrame or Series, not \[1, 2\]"),
        (pd.Series([1, 2], index=pd.DatetimeIndex([at(1), None])), ValueError, "Row 1 .*no time"),
        (pd.DataFrame({0: [1, 2]}, index=TWO), ValueError, "text other than 'timestamp', not 0"),
        (pd.DataFrame({"timestamp": [1, 2]}, index=TWO), ValueError, "not 'timestamp'"),
        (pd.DataFrame([[1, 2]] * 2, TWO, ["a", "a"]), ValueError, "more than one column 'a'"),
        (pd.DataFrame([[1, 2]] * 2, TWO, ["value"] * 2), ValueError, "more than one column"),
        (pd.DataFrame({("a", "b"): [1, 2]}, index=TWO), ValueError, "contrib.pandas.from_pandas"),
    ],
)
def test_what_cannot_be_written_is_told(stream, frame, error, text):
    """In one sentence, and nothing is written."""
    with pytest.raises(error, match=text):
        stream.from_pandas(frame)
    assert stored(stream) == []


@pytest.mark.parametrize("year", [0, -5000, 10_000, 250_000_000])
def test_a_time_that_no_datetime_holds_is_told(stream, year):
    """With its row."""
    years = np.array([2000, year]) - 1970
    index = pd.DatetimeIndex(years.astype("M8[Y]").astype("M8[s]"))
    with pytest.raises(ValueError, match=r"row 1 .*years 1 to 9999"):
        stream.from_pandas(pd.Series([1, 2], index=index))


MOMENTS = st.datetimes(
    datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.sampled_from([UTC, timezone.utc])
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
SPANS = st.timedeltas(timedelta(-(10**8)), timedelta(10**8))
INTS = st.integers(-(2**63), 2**63 - 1)
NESTED = st.recursive(
    st.one_of(st.booleans(), INTS, st.floats(), TEXTS),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(TEXTS, inner), st.tuples(inner)),
    max_leaves=4,
).filter(lambda value: isinstance(value, (list, tuple)))
# A kind of values in each; without None, for where a key that is not there is.
KINDS = [st.booleans(), INTS, TEXTS, MOMENTS, SPANS, NESTED, st.binary(), st.integers(2**63)]
SCALARS = st.one_of(
    st.lists(st.floats()),
    *(st.lists(kind) for kind in KINDS),
    *(st.lists(st.none() | kind) for kind in KINDS),
    st.lists(st.none() | st.booleans() | INTS | TEXTS | NESTED),
)
KEYS = TEXTS.filter(lambda text: text not in ("timestamp", "value"))


@st.composite
def dicts(draw):
    """Give dicts whose keys each have a kind of their own, and are not everywhere."""
    floats = st.floats(allow_nan=False)
    names = draw(st.dictionaries(KEYS, st.sampled_from([floats, *KINDS]), max_size=4))
    return draw(st.lists(st.fixed_dictionaries({}, optional=names)))


def there_and_back(values):
    """Return values that were written, read as a frame, and written again from it."""
    channel = MemoryChannel("memory")
    first, second = channel.create_stream("first"), channel.create_stream("second")
    first.writer([StreamInstance(START + timedelta(hours=i), v) for i, v in enumerate(values)])
    second.from_pandas(first.window(ALWAYS, force_calculation=True).to_pandas())
    view = second.window(ALWAYS, force_calculation=True)
    assert view.timestamps() == first.window(ALWAYS, force_calculation=True).timestamps()
    return view.values()


@given(SCALARS)
def test_values_come_back_from_a_frame(values):
    """Of one kind or of several, with None, or with NaN among floats."""
    assert same(there_and_back(values), [_utc(value) for value in values])


@given(dicts())
def test_dicts_come_back_from_a_frame(values):
    """Whatever keys each of them has."""
    wanted = [{key: _utc(value) for key, value in each.items()} for each in values]
    assert same(there_and_back(values), wanted)


@pytest.mark.parametrize(
    ("values", "come_back"),
    [
        ([1.5, None], [1.5, NAN]),
        ([1, 2.5], [1.0, 2.5]),
        (["a", NAN], ["a", None]),
        ([{"a": None}, {"a": NAN}], [{}, {}]),
        ([{"value": 1}], [1]),
        ([datetime(2020, 1, 1)], [datetime(2020, 1, 1, tzinfo=UTC)]),
        ([np.float32(1.5), np.float64(2)], [1.5, 2.0]),
    ],
)
def test_what_does_not_come_back_as_it_was(values, come_back):
    """As documented."""
    assert same(there_and_back(values), come_back)


def test_a_database_gives_the_frame_that_was_written(mongo_config):
    """With the dtypes that it had; datetimes are in milliseconds there."""
    client = Client(mongo_config)
    try:
        stream = DatabaseChannel("mongo", MongoStorage(client)).create_stream("s")
        columns = {
            "float": [0.5, NAN],
            "int": pd.array([None, 2], dtype="Int64"),
            "bool": [True, False],
            "text": ["a", "b"],
            "time": pd.DatetimeIndex([NOON, None], tz="UTC").as_unit("us"),
            "list": [[1], None],
        }
        index = TWO.as_unit("ms").rename("timestamp")
        frame = pd.DataFrame(columns, index=index)
        stream.from_pandas(frame)
        found = stream.window(ALWAYS, force_calculation=True).to_pandas()
    finally:
        client.disconnect()
    pd.testing.assert_frame_equal(found, frame, check_like=True)


def _utc(value):
    return value.astimezone(UTC) if isinstance(value, datetime) else value
