"""The data importers read CSV files, and say file and line of what they cannot read."""

from __future__ import annotations

import logging
import tracemalloc
from datetime import datetime, timedelta

import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.stream import StreamId
from hyperstream.testing import check_tool
from hyperstream.time_interval import UTC, TimeInterval
from hyperstream.utils.errors import HyperStreamError, ToolExecutionError
from tests.plugins import make, tools

DAY = TimeInterval(datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC))
ROOMS = ["hall", "attic"]
SINKS = [StreamId("rooms", {"room": room}) for room in ROOMS]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(folder):
    """Give a function that writes a file of the folder."""

    def written(content, name="data.csv"):
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    return written


def read(interval=DAY, **parameters):
    """Return what csv_reader finds in data.csv: (hour, value) pairs."""
    sink = MemoryChannel("memory").create_stream("sink")
    make("data_importers", "csv_reader", filename="data.csv", **parameters).execute(
        [], sink, interval
    )
    return [
        ((time - DAY.start) / timedelta(hours=1), value) for time, value in sink.window(interval)
    ]


def read_rooms(template="{}.csv", values=ROOMS, **parameters):
    """Return what csv_multi_reader finds for each room: lists of values."""
    memory = MemoryChannel("memory")
    sinks = [memory.create_stream(stream_id) for stream_id in SINKS]
    tool = make("data_importers", "csv_multi_reader", filename_template=template, **parameters)
    tool.execute(None, None, sinks, DAY, "room", values)
    return [sink.window(DAY).values() for sink in sinks]


def test_every_tool_is_there():
    """Under its date and version."""
    assert {
        name: list(versions) for name, versions in tools("data_importers").versions.items()
    } == {
        "csv_multi_reader": ["0.0.1"],
        "csv_reader": ["0.0.1"],
        "json_lines_reader": ["0.1.0"],
        "parquet_reader": ["0.1.0"],
    }


READABLE = {
    "plain": "2020-01-01T01:00,1,2.5\n2020-01-01T02:00,-3e2,nan",
    "header": "time,t,h\n2020-01-01T01:00Z,1,2.5\n",
    "header, quoted": '"my time","t, C"\n2020-01-01T01:00Z,1\n',
    "quoted": '"2020-01-01 01:00:00","1","2.5"\n',
    "blank lines": "\n\n2020-01-01T01:00,1,2.5\n   \n\n2020-01-01T02:00,2,3\n\n",
    "Windows": "2020-01-01T01:00,1,2.5\r\n2020-01-01T02:00,2,3\r\n",
    "byte order mark": "\ufefftime,t\n2020-01-01T01:00,1\n",
    "spaces": " 2020-01-01T01:00 , 1 ,  2.5\n",
    "zones": "2020-01-01T03:00+02:00,1\n",
    "other dates": "1 Jan 2020 01:00,1\n01/01/2020 2:00 AM,2\nJan 1 2020 3am UTC,3\n",
    "any order": "2020-01-01T03:00,3\n2020-01-01T01:00,1\n2019-12-31T01:00,0\n2020-01-02T01:00,9\n",
    "edges": "2020-01-01T00:00,0\n2020-01-02T00:00,24\n",
    "header only": "time,t\n",
}
EXPECTED = {
    "header": [(1, [1.0, 2.5])],
    "header, quoted": [(1, [1.0])],
    "quoted": [(1, [1.0, 2.5])],
    "blank lines": [(1, [1.0, 2.5]), (2, [2.0, 3.0])],
    "Windows": [(1, [1.0, 2.5]), (2, [2.0, 3.0])],
    "byte order mark": [(1, [1.0])],
    "spaces": [(1, [1.0, 2.5])],
    "zones": [(1, [1.0])],
    "other dates": [(1, [1.0]), (2, [2.0]), (3, [3.0])],
    "any order": [(1, [1.0]), (3, [3.0])],
    "edges": [(24, [24.0])],
    "header only": [],
}


@pytest.mark.parametrize("kind", EXPECTED)
def test_a_file_becomes_lists_of_floats(write, kind):
    """One for each row inside the interval, also where there is one number only."""
    write(READABLE[kind])
    assert read() == EXPECTED[kind]


def test_nan_is_a_number(write):
    """As in every other float."""
    write(READABLE["plain"])
    assert str(read()) == "[(1.0, [1.0, 2.5]), (2.0, [-300.0, nan])]"


def test_other_delimiters_can_be_named(write):
    """And a header can be insisted on, or ruled out."""
    write("2020-01-01T00:30;0\n2020-01-01T01:00;1\n")
    assert read(delimiter=";") == [(0.5, [0.0]), (1, [1.0])]
    assert read(delimiter=";", header=True) == [(1, [1.0])]
    write("time;t\n2020-01-01T01:00;1\n")
    assert read(delimiter=";") == [(1, [1.0])]
    with pytest.raises(ToolExecutionError, match=r"File data\.csv, line 1: 'time' is no date"):
        read(delimiter=";", header=False)


# What is in the file, and what the error says after its name.
UNREADABLE = [
    ("", ": it is empty."),
    ("\n \n", ": it is empty."),
    (b"\xff\xfe\x00", ": it is no UTF-8 text: invalid start byte."),
    ("2020-01-01T01:00\n", ", line 1: the row has a time and no number."),
    (
        "t,a,b\n2020-01-01T01:00,1,2\n2020-01-01T02:00,1\n",
        ", line 3: the row has 2 cells instead of 3.",
    ),
    ("2020-01-01T01:00,1\n\n2020-01-01T02:00,1,2\n", ", line 3: the row has 3 cells instead of 2."),
    ("2020-01-01T01:00,1\n2020-01-01T02:00,warm\n", ", line 2: 'warm' is no number."),
    ("2020-01-01T01:00,warm\n", ", line 1: 'warm' is no number."),
    ("2020-01-01T01:00,1\nyesterday,2\n", ", line 2: 'yesterday' is no date."),
    ("2020-01-01T01:00,1\n2020-02-30,2\n", ", line 2: '2020-02-30' is no date."),
    ("noon,2\n", ", line 1: 'noon' is no date."),
    ("2020-01-01T01:00,1\n12:30,2\n", ", line 2: '12:30' is no date with year, month and day."),
    ("2020-01-01T01:00,1\n3 March,2\n", ", line 2: '3 March' is no date with year, month and day."),
    (
        "2020-01-01T01:00,1\n1 Jan 2020 01:00 XYZ,2\n",
        ", line 2: '1 Jan 2020 01:00 XYZ' is no date.",
    ),
    (
        "t,a\n0001-01-01T00:00+01:00,2\n",
        ", line 2: '0001-01-01T00:00+01:00' lies outside the years",
    ),
    (
        '2020-01-01T01:00,1\n"2020-01-01T02:00",2\n"2020-\n',
        ", line 3: this is no CSV: unexpected end",
    ),
    ('2020-01-01T01:00,1\n"2020"-01-01,2\n', ", line 2: this is no CSV: ',' expected after '\"'."),
    ("2030-01-01T01:00,1\n2030-01-01T02:00,x\n", ", line 2: 'x' is no number."),
]


@pytest.mark.parametrize(("content", "message"), UNREADABLE)
def test_a_bad_file_is_an_error_that_names_file_and_line(write, content, message):
    """And nothing is stored or marked, also of what could be read before."""
    write(content)
    sink = MemoryChannel("memory").create_stream("sink")
    tool = make("data_importers", "csv_reader", filename="data.csv")
    with pytest.raises(ToolExecutionError) as caught:
        tool.execute([], sink, DAY)
    assert f": File data.csv{message}" in str(caught.value)
    assert isinstance(caught.value.__cause__, HyperStreamError)
    assert sink.calculated_intervals.is_empty
    assert sink.channel.data[sink.stream_id] == {}


def test_a_file_that_cannot_be_opened_is_an_error(folder):
    """A missing one, or a folder."""
    with pytest.raises(
        ToolExecutionError, match=r"File data\.csv: it cannot be read: No such file"
    ):
        read()
    (folder / "data.csv").mkdir()
    with pytest.raises(ToolExecutionError, match=r"File data\.csv: it cannot be read: Is a direct"):
        read()


def test_a_bad_row_late_in_a_long_file_stores_nothing(write):
    """What was written before the row was reached is taken back."""
    rows = [
        f"2020-01-01T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02},{n}" for n in range(1, 20_000)
    ]
    write("\n".join([*rows, "2020-01-01T23:59,x"]))
    sink = MemoryChannel("memory").create_stream("sink")
    with pytest.raises(ToolExecutionError, match="line 20000: 'x' is no number"):
        make("data_importers", "csv_reader", filename="data.csv").execute([], sink, DAY)
    assert sink.channel.data[sink.stream_id] == {}


def test_two_values_at_one_time_are_an_error(write):
    """As in every stream; the same value twice is one."""
    write("2020-01-01T01:00,1\n2020-01-01T01:00,1\n")
    assert read() == [(1, [1.0])]
    write("2020-01-01T01:00,1\n2020-01-01T01:00,2\n")
    with pytest.raises(ToolExecutionError, match=r"already holds \[1\.0\] at 2020-01-01T01:00"):
        read()


def test_a_reader_keeps_the_promises_of_a_tool(write):
    """Its output does not depend on where an interval is cut."""
    write(READABLE["any order"])
    cuts = [datetime(2020, 1, 1, hour) for hour in (1, 2, 3)]
    tool = {"filename": "data.csv"}
    assert (
        len(check_tool(lambda: make("data_importers", "csv_reader", **tool), [], DAY, cuts)[0]) == 2
    )
    for room in ROOMS:
        write("time,t\n2020-01-01T01:00,1\n2020-01-01T03:00,2\n", f"{room}.csv")
    found = check_tool(
        lambda: make("data_importers", "csv_multi_reader", filename_template="{}.csv"),
        [],
        DAY,
        cuts,
        sinks=SINKS,
        plate=("room", ROOMS),
    )
    assert [len(sink) for sink in found] == [2, 2]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(write):
    """A file is read some rows at a time."""
    peaks = []
    for count in (5_000, 50_000):
        start = DAY.start
        rows = (f"{start + timedelta(seconds=n):%Y-%m-%dT%H:%M:%S},{n}\n" for n in range(count))
        write("".join(rows))
        tool = make("data_importers", "csv_reader", filename="data.csv")
        tracemalloc.start()
        arguments = {"sources": [], "alignment_stream": None, "interval": DAY}
        assert sum(map(len, tool._execute_batches(**arguments))) == count - 1
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


def test_each_plate_value_has_its_file(write):
    """A row becomes a dict by the header, without the time; what is no number is None."""
    write("time,t,state\n2020-01-01T01:00,1,on\n2020-01-01T02:00,,2\n", "hall.csv")
    write("time,t\n2020-01-01T01:00,-5\n", "attic.csv")
    assert read_rooms() == [[{"t": 1.0, "state": None}, {"t": None, "state": 2.0}], [{"t": -5.0}]]


@pytest.mark.parametrize(
    "values",
    [
        ROOMS,
        [("room", room) for room in ROOMS],
        [(("house", "1"), ("room", room)) for room in ROOMS],
    ],
)
def test_plate_values_may_have_any_form(write, values):
    """The value alone, its pair, or all pairs from the root."""
    sinks = [StreamId("rooms", {"house": "1", "room": room}) for room in ROOMS]
    write("time,t\n2020-01-01T01:00,1\n", "hall.csv")
    write("time,t\n2020-01-01T01:00,2\n", "attic.csv")
    found = check_tool(
        lambda: make("data_importers", "csv_multi_reader", filename_template="{}.csv"),
        [],
        DAY,
        sinks=sinks,
        plate=("room", values),
    )
    assert [sink[0].value for sink in found] == [{"t": 1.0}, {"t": 2.0}]


def test_a_template_may_name_tags(write, folder):
    """Of nested plates; one that cannot be filled is an error."""
    (folder / "1").mkdir()
    write("time,t\n2020-01-01T01:00,1\n", "1/hall.csv")
    nested = [(("house", "1"), ("room", "hall"))]
    memory = MemoryChannel("memory")
    sink = memory.create_stream(StreamId("rooms", {"house": "1", "room": "hall"}))
    reader = make("data_importers", "csv_multi_reader", filename_template="{house}/{room}.csv")
    reader.execute(None, None, [sink], DAY, "room", nested)
    assert sink.window(DAY).values() == [{"t": 1.0}]
    with pytest.raises(ToolExecutionError, match=r"'\{floor\}\.csv' cannot take the plate value"):
        read_rooms("{floor}.csv")


def test_a_missing_file_is_left_out(write, caplog):
    """With a warning that names it; the others are read."""
    write("time,t\n2020-01-01T01:00,2\n", "attic.csv")
    with caplog.at_level(logging.WARNING, "hyperstream.plugins"):
        assert read_rooms() == [[], [{"t": 2.0}]]
    assert "There is no file hall.csv for {'room': 'hall'}: it is left out" in caplog.text


def test_tables_may_have_another_form(write):
    """The time in another column, lines before the header, no header, another delimiter."""
    for room in ROOMS:
        write("Made by\na sensor\nt;when\n1;2020-01-01T01:00\n", f"{room}.csv")
    assert read_rooms(skip_rows=2, datetime_column=1, delimiter=";") == [[{"t": 1.0}]] * 2
    assert read_rooms(skip_rows=2, datetime_column=-1, delimiter=";") == [[{"t": 1.0}]] * 2
    assert (
        read_rooms(skip_rows=3, datetime_column=1, delimiter=";", header=False)
        == [[{"0": 1.0}]] * 2
    )


def test_times_may_be_read_by_a_function(write):
    """Of the user's own."""

    def german(text):
        return datetime.strptime(text, "%d.%m.%y %H:%M")

    for room in ROOMS:
        write("time,t\n01.01.20 01:00,1\n", f"{room}.csv")
    assert read_rooms(datetime_parser=german) == [[{"t": 1.0}]] * 2
    write("time,t\n01.01.20 01:00,1\n1.1.,2\n", "hall.csv")
    with pytest.raises(ToolExecutionError, match=r"File hall\.csv, line 3: '1\.1\.' is no date: "):
        read_rooms(datetime_parser=german)
    with pytest.raises(
        ToolExecutionError, match=r"line 2: the datetime_parser makes '01.01.20 01:00'"
    ):
        read_rooms(datetime_parser=str)


@pytest.mark.parametrize(
    ("content", "parameters", "message"),
    [
        ("", {}, ": it is empty."),
        ("time,t\n2020-01-01T01:00\n", {}, ", line 2: the row has 1 cells instead of 2."),
        ("time,t\nsoon,1\n", {}, ", line 2: 'soon' is no date."),
        ("time,t,t\n", {}, ", line 1: a name is there twice: time, t, t."),
        (
            "time,t\n",
            {"datetime_column": 2},
            ", line 1: there is no column 2 to take the time from.",
        ),
        (
            "x\ntime,t\n2020-01-01T01:00,1\n\nsoon,1\n",
            {"skip_rows": 1},
            ", line 5: 'soon' is no date.",
        ),
    ],
)
def test_a_bad_table_is_an_error_that_names_file_and_line(write, content, parameters, message):
    """Nothing is stored of any file."""
    good = "time,t\n2020-01-01T01:00,1\n"
    write(content if parameters else good, "hall.csv")
    write(content, "attic.csv")
    memory = MemoryChannel("memory")
    sinks = [memory.create_stream(stream_id) for stream_id in SINKS]
    tool = make("data_importers", "csv_multi_reader", filename_template="{}.csv", **parameters)
    with pytest.raises(ToolExecutionError) as caught:
        tool.execute(None, None, sinks, DAY, "room", ROOMS)
    assert f".csv{message}" in str(caught.value)
    assert all(memory.data[sink.stream_id] == {} for sink in sinks)
    assert all(sink.calculated_intervals.is_empty for sink in sinks)
