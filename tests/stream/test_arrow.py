"""Streams as Arrow tables and Parquet files."""

from __future__ import annotations

import io
import subprocess
import sys
from datetime import datetime, timezone

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from hyperstream.stream import arrow
from hyperstream.stream.arrow import write_parquet
from hyperstream.time_interval import TimeInterval
from hyperstream.utils.errors import HyperStreamError
from tests.stream.test_export import view_of

NOON = datetime(2020, 1, 1, 12, tzinfo=timezone.utc)


def table_of(values, size=4096):
    """Return what a reader finds."""
    file = io.BytesIO()
    assert write_parquet(view_of(values, size), file) == len(values)
    return pq.read_table(file)


@pytest.mark.parametrize("size", [1, 4096])
@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1.5, float("inf")], pa.float64()),
        ([1, -(2**62)], pa.int64()),
        ([1, 2.5], pa.float64()),
        ([True, False], pa.bool_()),
        (["a", "b"], pa.string()),
        (["a", None], pa.string()),
        ([b"a", b"\0"], pa.binary()),
        ([NOON, NOON], pa.timestamp("us", tz="UTC")),
        ([[1.5, 2.5], []], pa.list_(pa.float64())),
        ([None, None], pa.null()),
    ],
)
def test_values_keep_their_types(values, kind, size):
    """Whatever the batches."""
    column = table_of(values, size).column("value")
    assert column.type == kind
    assert column.to_pylist() == values


@pytest.mark.parametrize("size", [1, 4096])
@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([1, "a"], ["1", '"a"']),
        ([True, 1.5, None], ["true", "1.5", None]),
        ([2**70, 1], [str(2**70), "1"]),
        (
            [TimeInterval.from_ms(0, 1)],
            ['["1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00.001Z"]'],
        ),
        ([np.ones((2, 2))], ["[[1.0, 1.0], [1.0, 1.0]]"]),
        ([{"timestamp": 1}, 5], ['{"timestamp": 1}', "5"]),
        ([{}, {}], ["{}", "{}"]),
    ],
)
def test_what_has_no_common_type_is_json(values, texts, size):
    """And the field says so."""
    table = table_of(values, size)
    assert table.column("value").to_pylist() == texts
    assert table.schema.field("value").metadata[b"hyperstream"] == b"json"


@pytest.mark.parametrize("size", [1, 2, 4096])
def test_dicts_are_columns(size):
    """Keys that come later, too."""
    table = table_of([{"a": 1}, {"a": 2.5, "b": "x"}, {"c": {"d": 1}}], size)
    assert table.column_names == ["timestamp", "a", "b", "c"]
    assert table.drop(["timestamp"]).to_pylist() == [
        {"a": 1.0, "b": None, "c": None},
        {"a": 2.5, "b": "x", "c": None},
        {"a": None, "b": None, "c": {"d": 1}},
    ]


def test_times_are_in_milliseconds_and_utc():
    """And are never missing."""
    field = table_of([1]).schema.field("timestamp")
    assert (field.type, field.nullable) == (pa.timestamp("ms", tz="UTC"), False)


def test_a_stream_without_data_is_a_table_without_rows():
    """With both columns."""
    table = table_of([])
    assert (table.num_rows, table.column_names) == (0, ["timestamp", "value"])


def test_rows_are_gathered_in_groups(monkeypatch):
    """Larger than a batch, and not as large as the stream."""
    monkeypatch.setattr(arrow, "_ROWS", 100)
    file = io.BytesIO()
    told = []
    write_parquet(view_of(range(250), size=30), file, told.append)
    groups = pq.ParquetFile(file).metadata
    assert groups.num_rows == sum(told) == 250
    assert groups.num_row_groups in range(3, 6)


def test_an_int_that_no_float_holds_is_told():
    """It would not come back."""
    with pytest.raises(
        HyperStreamError, match=r"cannot be written as Parquet .* write CSV or JSON"
    ):
        write_parquet(view_of([2**60 + 1, 1.5], size=1), io.BytesIO())


def test_without_pyarrow_the_extra_is_named():
    """Where the module is imported."""
    code = "import sys; sys.modules['pyarrow'] = None; import hyperstream.stream.arrow"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert "MissingExtraError" in done.stderr
    assert "pip install 'hyperstream[parquet]'" in done.stderr


def test_a_view_is_a_table():
    """With the columns of a file, in one piece."""
    table = view_of([{"a": 1}, {"a": 2.5, "b": "x"}, {"c": {"d": 1}}], size=2).to_arrow()
    assert table.schema.names == ["timestamp", "a", "b", "c"]
    assert table.schema.types[:3] == [pa.timestamp("ms", tz="UTC"), pa.float64(), pa.string()]
    assert table.column("a").to_pylist() == [1.0, 2.5, None]
    assert table.column("a").num_chunks == 1
    assert view_of([]).to_arrow().column_names == ["timestamp", "value"]


def test_a_table_of_mixed_values_is_json():
    """As in a file."""
    table = view_of([1, "a", None]).to_arrow()
    assert table.column("value").to_pylist() == ["1", '"a"', None]
    assert table.schema.field("value").metadata == {b"hyperstream": b"json"}


def test_a_table_does_not_change_with_its_stream():
    """Whatever is written or removed."""
    view = view_of([0.5, 1.5])
    table = view.to_arrow()
    view.stream.writer([(datetime(2020, 1, 1, 6), 5.0), (datetime(2019, 1, 1), 7.0)])
    view.stream.purge()
    assert table.column("value").to_pylist() == [0.5, 1.5]


def test_a_view_is_a_file(tmp_path):
    """Which replaces the one that is there."""
    path = tmp_path / "s.parquet"
    path.write_text("old")
    assert view_of([0.5, 1.5]).to_parquet(path) == 2
    assert pq.read_table(path).column("value").to_pylist() == [0.5, 1.5]
    assert [each.name for each in tmp_path.iterdir()] == ["s.parquet"]


def test_a_file_is_read_by_pandas(tmp_path):
    """With the times as they are in a frame."""
    view = view_of([0.5, 1.5])
    view.to_parquet(tmp_path / "s.parquet")
    frame = pd.read_parquet(tmp_path / "s.parquet").set_index("timestamp")
    pd.testing.assert_frame_equal(frame, view.to_pandas())
