"""Streams as CSV and as JSON lines."""

from __future__ import annotations

import csv
import io
import json
import uuid
from collections import OrderedDict
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import numpy as np
import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.stream import StreamId
from hyperstream.stream.export import plain_json, replacing, write_csv, write_json_lines
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils.errors import HyperStreamError

START = datetime(2020, 1, 1)
HOUR = TimeInterval(START, START + timedelta(hours=1))


def view_of(values, size=4096):
    """Return a view on a stream with a value a second."""
    stream = MemoryChannel("memory").get_or_create_stream("s")
    stream.writer([(START + timedelta(seconds=i + 1), value) for i, value in enumerate(values)])
    view = stream.window(TimeInterval.all_time(), force_calculation=True)
    view.batches = lambda: type(view).batches(view, size)
    return view


def csv_of(values, size=4096):
    """Return the rows that a CSV reader finds, without times."""
    file = io.StringIO()
    assert write_csv(view_of(values, size), file) == len(values)
    rows = list(csv.reader(io.StringIO(file.getvalue())))
    assert [row[0] for row in rows[1:3]] == [
        *("2020-01-01T00:00:01.000Z", "2020-01-01T00:00:02.000Z")[: len(values)]
    ]
    return [row[1:] for row in rows]


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        ([1.5, float("nan")], ["1.5", "nan"]),
        ([1, 2**70], ["1", str(2**70)]),
        ([True, False], ["true", "false"]),
        (["a,b", 'say "hi"\n'], ["a,b", 'say "hi"\n']),
        ([None, 1], ["", "1"]),
        ([[1, 2.5], {"a": 1, 2: None}], ["[1, 2.5]", '{"a": 1, "2": null}']),
        ([START, b"abc"], ["2020-01-01T00:00:00.000Z", "YWJj"]),
        ([np.float64(1.5), np.array([1, 2])], ["1.5", "[1, 2]"]),
        ([{"timestamp": 1}, {"a": 1}], ['{"timestamp": 1}', '{"a": 1}']),
        ([{}, {}], ["{}", "{}"]),
    ],
)
def test_values_are_cells(values, cells):
    """In one column, and read by any reader of CSV."""
    assert csv_of(values) == [["value"], *([cell] for cell in cells)]


@pytest.mark.parametrize("size", [1, 2, 4096])
def test_dicts_are_columns(size):
    """In the order in which their keys come, whatever the batches."""
    values = [{"b": 1}, {"a": 2.5, "b": None}, {"c": {"d": 1}}]
    assert csv_of(values, size) == [
        ["b", "a", "c"],
        ["1", "", ""],
        ["", "2.5", ""],
        ["", "", '{"d": 1}'],
    ]


@pytest.mark.parametrize("size", [1, 4096])
def test_a_value_that_is_no_dict_makes_it_one_column(size):
    """Also where it comes late."""
    assert csv_of([{"a": 1}, {"a": 2}, 3], size)[0] == ["value"]


def test_a_stream_without_data_is_a_line_of_names():
    """So that it can be read."""
    file = io.StringIO()
    assert write_csv(view_of([]), file) == 0
    assert file.getvalue() == "timestamp,value\n"
    assert write_json_lines(view_of([]), file) == 0


def test_what_changes_meanwhile_is_told():
    """A new key has no column."""
    view = view_of([{"a": 1}])
    batches = [view_of([{"a": 1}]).batches(), view_of([{"b": 1}]).batches()]
    view.batches = lambda: batches.pop(0)
    with pytest.raises(HyperStreamError, match="memory:s has got values of another form while"):
        write_csv(view, io.StringIO())


def test_lines_are_json():
    """One for each instance."""
    file = io.StringIO()
    told = []
    assert write_json_lines(view_of([1.5, {"é": [None]}, float("inf")]), file, told.append) == 3
    assert [json.loads(line) for line in file.getvalue().splitlines()] == [
        {"timestamp": "2020-01-01T00:00:01.000Z", "value": 1.5},
        {"timestamp": "2020-01-01T00:00:02.000Z", "value": {"é": [None]}},
        {"timestamp": "2020-01-01T00:00:03.000Z", "value": None},
    ]
    assert told == [3]


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (OrderedDict(a=(1, 2)), {"a": [1, 2]}),
        ({(1, 2): "a"}, {"[1, 2]": "a"}),
        (frozenset({1}), [1]),
        (np.bool_(True), True),
        (np.float32("nan"), None),
        (np.array([START], dtype="datetime64[ms]"), ["2020-01-01T00:00:00.000Z"]),
        (date(2020, 1, 2), "2020-01-02"),
        (time(12, 30), "12:30:00"),
        (timedelta(seconds=90), 90.0),
        (HOUR, ["2020-01-01T00:00:00.000Z", "2020-01-01T01:00:00.000Z"]),
        (TimeIntervals([HOUR]), [["2020-01-01T00:00:00.000Z", "2020-01-01T01:00:00.000Z"]]),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Decimal("1.50"), "1.50"),
        (StreamId("a", {"b": 1}), "a[b=1]"),
        (1 + 2j, "(1+2j)"),
    ],
)
def test_any_value_has_a_form_in_json(value, plain):
    """That every reader takes."""
    found = plain_json(value)
    assert found == plain
    assert json.loads(json.dumps(found, allow_nan=False)) == plain


def test_a_file_is_replaced_as_a_whole(tmp_path):
    """Or stays as it is, and nothing else is left."""
    path = tmp_path / "a"
    path.write_text("before")

    def interrupted():
        with replacing(path) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "before"
    with replacing(path) as file:
        file.write(b"after")
        assert path.read_text() == "before"
    assert path.read_text() == "after"
    assert list(tmp_path.iterdir()) == [path]
    other = tmp_path / "b"
    other.touch()
    assert path.stat().st_mode == other.stat().st_mode
