"""The importer of Parquet reads tables."""

from __future__ import annotations

import datetime as dt
import importlib.util
import sys
from datetime import datetime, timedelta

import pyarrow as pa
import pytest
from pyarrow import parquet

from hyperstream.channels import MemoryChannel
from hyperstream.time_interval import UTC, TimeInterval
from hyperstream.utils.errors import MissingExtraError
from tests.plugins import FOLDER, make
from tests.plugins.parts import DAY, fails, read

pytestmark = pytest.mark.usefixtures("folder")


def table(times, **columns):
    """Write a table, whose rows have these times, as data.parquet."""
    parquet.write_table(pa.table({"timestamp": times, **columns}), "data.parquet")
    return "data.parquet"


HOURS = [DAY.start + timedelta(hours=hour) for hour in (3, 1)]


def test_each_row_of_a_table_is_a_dict():
    """Of plain values of any type, None where there is none."""
    name = table(HOURS, a=[1, None], b=["x", "y"], c=[[1.5], []])
    assert read("parquet_reader", name) == [
        (1, {"a": None, "b": "y", "c": []}),
        (3, {"a": 1, "b": "x", "c": [1.5]}),
    ]
    assert read("parquet_reader", name, columns=["b"]) == [(1, {"b": "y"}), (3, {"b": "x"})]
    assert read("parquet_reader", name, columns=[]) == [(1, {}), (3, {})]


@pytest.mark.parametrize(
    "kind",
    [
        *(pa.timestamp(unit, zone) for unit in ("s", "ms", "us", "ns") for zone in (None, "UTC")),
        pa.timestamp("us", "Europe/Berlin"),
        pa.string(),
        pa.large_string(),
        pa.dictionary(pa.int32(), pa.string()),
    ],
    ids=str,
)
def test_times_in_a_table_have_many_types(kind):
    """Without zone they are in UTC."""
    text = "string" in str(kind)
    times = [hour.isoformat() for hour in HOURS] if text else HOURS
    assert read("parquet_reader", table(pa.array(times, kind), t=[3, 1])) == [
        (1, {"t": 1}),
        (3, {"t": 3}),
    ]


def test_dates_are_times_too():
    """That is midnight."""
    dates = [dt.date(2020, 1, 1), dt.date(2020, 1, 2)]
    for kind in (pa.date32(), pa.date64()):
        assert read("parquet_reader", table(pa.array(dates, kind), t=[0, 1])) == [(24, {"t": 1})]


def test_times_are_cut_to_milliseconds():
    """Before 1970 as well, and those among the values to microseconds."""
    nanoseconds = pa.array([-1], pa.timestamp("ns"))
    before = TimeInterval.from_ms(-10, 10)
    sink = MemoryChannel("memory").create_stream("sink")
    tool = make("data_importers", "parquet_reader", filename=table(nanoseconds, other=nanoseconds))
    tool.execute([], sink, before)
    ((moment, value),) = sink.window(before)
    assert moment == datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
    assert type(value["other"]) is datetime


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([*HOURS, None], ", row 3: it has no time."),
        (["2020-01-01T01:00", "soon"], ", row 2: 'soon' is no date."),
        ([1, 2], ": its column of times holds int64 instead."),
        (
            pa.array([0, 2**60], pa.timestamp("ms")),
            ", row 2: its time lies outside the years 1 to 9999.",
        ),
    ],
)
def test_a_bad_time_in_a_table_is_an_error(times, message):
    """It names file and row."""
    fails("parquet_reader", table(times), f"File data.parquet{message}")


def test_a_row_late_in_a_table_has_its_number():
    """It is counted from the beginning of the file."""
    times = [DAY.start + timedelta(seconds=n) for n in range(10_000)]
    fails("parquet_reader", table([*times, None]), "File data.parquet, row 10001: it has no time.")


def test_a_table_that_cannot_be_read_is_an_error(write):
    """It is not there, no table, or has no such column."""
    fails("parquet_reader", "data.parquet", "File data.parquet: it cannot be read: No such file")
    fails("parquet_reader", "*.parquet", "File *.parquet: there is no such file, and none that")
    fails("parquet_reader", write("data.parquet", "t,a\n"), "File data.parquet: it cannot be read:")
    name = table(HOURS, t=[1, 2])
    fails("parquet_reader", name, "there is no column 'at'.", datetime_column="at")
    fails("parquet_reader", name, "there is no column 'h'.", columns=["t", "h"])
    with pytest.raises(TypeError, match="columns must be a list of names, not 't'"):
        make("data_importers", "parquet_reader", filename=name, columns="t")


def test_without_pyarrow_the_error_names_the_extra(monkeypatch):
    """The tool can be listed all the same."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    path = FOLDER / "data_importers/tools/parquet_reader/2026-11-22_v0.1.0.py"
    spec = importlib.util.spec_from_file_location("without_pyarrow", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with pytest.raises(MissingExtraError, match=r"pip install 'hyperstream\[parquet\]'"):
        module.ParquetReader("data.parquet")
