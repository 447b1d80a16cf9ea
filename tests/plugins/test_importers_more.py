"""The data importers read files of many forms."""

from __future__ import annotations

import gzip
import json
import math
import pickle
import tracemalloc
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from hyperstream.channels import MemoryChannel
from hyperstream.stream import StreamId
from hyperstream.testing import check_tool
from hyperstream.utils.errors import ToolExecutionError
from tests.plugins import make
from tests.plugins.parts import DAY, fails, read

pytestmark = pytest.mark.usefixtures("folder")


def read_plate(template, values, **parameters):
    """Return what csv_multi_reader finds for each value of a plate: one pair or many."""
    nested = not isinstance(values[0][0], str)
    memory = MemoryChannel("memory")
    sinks = [
        memory.create_stream(StreamId("rooms", dict(value if nested else (value,))))
        for value in values
    ]
    tool = make("data_importers", "csv_multi_reader", filename_template=template, **parameters)
    tool.execute(None, None, sinks, DAY, "room", values)
    return [sink.window(DAY).values() for sink in sinks]


# CSV


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("'2020-01-01T01:00','1','2'\n", {"quotechar": "'"}),
        ("2020-01-01T01:00, 1, 2\n", {"skipinitialspace": True}),
        ("2020-01-01T01:00\t1\t2\n", {"delimiter": "\t"}),
        ("2020-01-01T01\\,00,1,2\n", {"escapechar": "\\", "datetime_parser": "comma"}),
        ('time,t ("),h\n2020-01-01T01:00,1,2\n', {"quotechar": None}),
        ("made by\na sensor\n2020-01-01T01:00,1,2\n", {"skip_rows": 2}),
        ("1 h,1,2\n", {"datetime_parser": "hours"}),
    ],
)
def test_a_csv_file_may_have_many_forms(write, content, options):
    """Its dialect is named as in Python's csv module."""
    parsers = {
        "comma": lambda text: datetime.fromisoformat(text.replace(",", ":")),
        "hours": lambda text: DAY.start + timedelta(hours=int(text.split()[0])),
    }
    if "datetime_parser" in options:
        options = {**options, "datetime_parser": parsers[options["datetime_parser"]]}
    assert read("csv_reader", write("data.csv", content), **options) == [(1, [1.0, 2.0])]


def test_the_dialect_is_for_plates_too(write):
    """With the same options."""
    write("hall.csv", "time|'t|u'\n2020-01-01T01:00|1\n")
    found = read_plate("{}.csv", [("room", "hall")], delimiter="|", quotechar="'")
    assert found == [[{"t|u": 1.0}]]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"colour": 1}, TypeError, "colour is no option of a CSV file; doublequote, escapechar"),
        ({"delimiter": ";;"}, TypeError, "delimiter"),
        ({"quotechar": 1}, TypeError, "quotechar"),
        ({"skip_rows": -1}, ValueError, "skip_rows must not be negative: -1"),
        ({"datetime_parser": "%Y"}, TypeError, "datetime_parser must be a function, not '%Y'"),
    ],
)
@pytest.mark.parametrize(
    ("name", "parameter"), [("csv_reader", "filename"), ("csv_multi_reader", "filename_template")]
)
def test_a_wrong_option_is_an_error_at_once(name, parameter, options, error, message):
    """Before any file is looked at."""
    with pytest.raises(error, match=message):
        make("data_importers", name, **{parameter: "data.csv"}, **options)


def test_an_empty_cell_is_nan_in_a_list_of_floats(write):
    """Blank or not; any other text is an error."""
    found = read("csv_reader", write("data.csv", "t,a,b\n2020-01-01T01:00,, \n"))
    assert len(found) == 1
    assert all(map(math.isnan, found[0][1]))
    fails("csv_reader", write("data.csv", "t,a\n2020-01-01T01:00,-\n"), "line 2: '-' is no number")


def test_a_file_may_be_compressed(write):
    """By gzip, whatever its name."""
    content = "time,t\n2020-01-01T01:00,1\n"
    assert read("csv_reader", write("data.csv.gz", content)) == [(1, [1.0])]
    write("hall.csv", gzip.compress(content.encode()))
    assert read_plate("{}.csv", [("room", "hall")]) == [[{"t": 1.0}]]
    line = json.dumps({"timestamp": "2020-01-01T01:00", "t": 1})
    assert read("json_lines_reader", write("data.jsonl.gz", line)) == [(1, {"t": 1})]


def test_a_bad_row_of_a_compressed_file_has_its_line(write):
    """As in a plain one."""
    name = write("data.csv.gz", "t,a\n2020-01-01T01:00,1\n2020-01-01T02:00,x\n")
    fails("csv_reader", name, "File data.csv.gz, line 3: 'x' is no number.")


@pytest.mark.parametrize("damage", [slice(0, 40), slice(0, -8)])
def test_damaged_compression_is_an_error(write, damage):
    """A file that ends too early, in the data or in their checksum."""
    content = "".join(f"2020-01-01T01:00:{n:02},{n}\n" for n in range(60))
    write("data.csv", gzip.compress(content.encode())[damage])
    fails("csv_reader", "data.csv", "File data.csv: its compression is damaged: ")
    write("data.csv", gzip.compress(content.encode())[:-8] + b"12345678")
    fails("csv_reader", "data.csv", "File data.csv: its compression is damaged: CRC check failed")


def test_many_files_are_read_by_a_pattern(write):
    """In alphabetical order, each with its own header, also from folders inside of folders."""
    for hour in (3, 1, 2):
        write(f"deep/{hour}/data.csv", f"time,t\n2020-01-01T0{hour}:00,{hour}\n")
        write(f"{hour}.csv", f"time,t\n2020-01-01T0{hour}:00,{hour}\n")
    expected = [(hour, [hour]) for hour in (1, 2, 3)]
    assert read("csv_reader", "[0-9].csv") == expected
    assert read("csv_reader", "deep/**/*.csv") == expected
    write("2.csv", "time,t\n2020-01-01T02:00,x\n")
    fails("csv_reader", "*.csv", "File 2.csv, line 2: 'x' is no number.")
    fails("csv_reader", "*.txt", "File *.txt: there is no such file, and none that matches")


def test_the_order_of_many_files_is_that_of_their_names(write):
    """So the first bad one is named, whatever order the folder has."""
    for name in "cab":
        write(f"{name}.csv", "bad,1\n")
    fails("csv_reader", "*.csv", "File a.csv, line 1")


def test_a_name_that_looks_like_a_pattern_may_be_a_file(write):
    """The file comes first."""
    write("a1.csv", "2020-01-01T01:00,1\n")
    write("a[1].csv", "2020-01-01T02:00,2\n")
    assert read("csv_reader", "a[1].csv") == [(2, [2.0])]


def test_a_plate_value_has_many_files(write, caplog):
    """By a pattern in the template; but what is in the plate value itself is no pattern."""
    write("hall/1.csv", "time,t\n2020-01-01T01:00,1\n")
    write("hall/2.csv", "time,h\n2020-01-01T02:00,2\n")
    write("h*/1.csv", "time,t\n2020-01-01T03:00,3\n")
    found = read_plate("{}/*.csv", [("room", "hall"), ("room", "h*"), ("room", "[a-z]*")])
    assert found == [[{"t": 1.0}, {"h": 2.0}], [{"t": 3.0}], []]
    assert "There is no file [a-z]*/*.csv for {'room': '[a-z]*'}: it is left out" in caplog.text


@pytest.mark.parametrize("template", ["{}/{}.csv", "{house}/{room}.csv", "{house}/{}.csv"])
def test_nested_plates_have_their_folders(write, template):
    """By their tags, or in order from the root."""
    nested = [(("house", house), ("room", room)) for house in "12" for room in ("hall", "attic")]
    for count, ((_, house), (_, room)) in enumerate(nested):
        write(f"{house}/{room}.csv", f"time,t\n2020-01-01T01:00,{count}\n")
    found = read_plate(template, nested)
    assert found == [[{"t": float(count)}] for count in range(4)]


def test_a_template_with_too_many_places_is_an_error():
    """It names the template and the plate value."""
    with pytest.raises(ToolExecutionError, match=r"'\{\}/\{\}' cannot take the plate value"):
        read_plate("{}/{}", [("room", "hall")])


# JSON lines


def test_each_line_is_an_object(write):
    """Of any members, without its time, in any order, with blank lines between."""
    name = write(
        "data.jsonl",
        '{"timestamp": "2020-01-01T03:00+01:00", "a": [1, null], "b": {"c": "d"}}\n\n  \r\n'
        '{"t": 1, "timestamp": "2020-01-01 01:00"}\r\n{"timestamp": 1577847600.5}',
    )
    assert read("json_lines_reader", name) == [
        (1, {"t": 1}),
        (2, {"a": [1, None], "b": {"c": "d"}}),
        (3 + 0.5 / 3600, {}),
    ]
    assert read("json_lines_reader", write("empty.jsonl", "")) == []


def test_the_time_of_an_object_may_be_anywhere(write):
    """Under another key, and for a function to read."""
    name = write("data.jsonl", '{"at": {"hour": 5}, "timestamp": 1}\n')

    def parser(given):
        return DAY.start + timedelta(hours=given["hour"])

    found = read("json_lines_reader", name, datetime_key="at", datetime_parser=parser)
    assert found == [(5, {"timestamp": 1})]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"t": 1', "this is no JSON: "),
        ("[" * 100_000, "this is no JSON: "),
        ("[1]", "this is no JSON object."),
        ('{"t": 1}', "there is no 'timestamp' to take the time from."),
        ('{"timestamp": "soon"}', "'soon' is no date."),
        ('{"timestamp": null}', "None is no date."),
        ('{"timestamp": true}', "True is no date."),
        ('{"timestamp": 1e30}', "1e+30 lies outside the years 1 to 9999."),
        ('{"timestamp": NaN}', "nan lies outside the years 1 to 9999."),
    ],
)
def test_a_bad_line_is_an_error_that_names_file_and_line(write, line, message):
    """Nothing is stored of the file."""
    name = write("data.jsonl", '{"timestamp": "2020-01-01T01:00"}\n\n' + line)
    fails("json_lines_reader", name, f"File data.jsonl, line 3: {message}")


def test_a_file_of_json_that_cannot_be_read_is_an_error(write):
    """It is not there, or is no text."""
    fails("json_lines_reader", "data.jsonl", "File data.jsonl: it cannot be read: No such file")
    fails("json_lines_reader", write("data.jsonl", b"\xff\xfe"), "it is no UTF-8 text")


# All of them


def fill(name, count):
    """Write a file of so many rows, one each half second, and return the parameters to read it."""
    times = [DAY.start + timedelta(seconds=n / 2) for n in range(1, count + 1)]
    if name == "parquet_reader":
        options = {"row_group_size": 1_000}
        parquet.write_table(pa.table({"timestamp": times, "t": range(count)}), "data", **options)
    elif name == "json_lines_reader":
        lines = (json.dumps({"timestamp": str(time), "t": n}) for n, time in enumerate(times))
        Path("data").write_text("\n".join(lines))
    else:
        lines = (f"{time:%Y-%m-%dT%H:%M:%S.%f},{n}" for n, time in enumerate(times))
        Path("data").write_text("\n".join(["time,t", *lines]))
    return {"filename_template" if name == "csv_multi_reader" else "filename": "data"}


READERS = ["csv_reader", "csv_multi_reader", "json_lines_reader", "parquet_reader"]
SINKS = [StreamId("rooms", {"room": "hall"})]


@pytest.mark.parametrize("name", READERS)
def test_a_reader_keeps_the_promises_of_a_tool(name):
    """Its output does not depend on where an interval is cut, and it can be sent elsewhere."""
    parameters = fill(name, 1000)

    def reader():
        return make("data_importers", name, **parameters)

    (found,) = check_tool(reader, [], DAY, sinks=SINKS, plate=("room", ["hall"]))
    assert len(found) == 1000
    assert pickle.loads(pickle.dumps(reader())) == reader()  # noqa: S301 - of our own


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_memory_does_not_grow_with_a_file(name):
    """Ten times as many rows need no more of it."""
    peaks = []
    for count in (8_000, 30_000):
        tool = make("data_importers", name, **fill(name, count))
        arguments = {"sources": [], "alignment_stream": None, "interval": DAY}
        if name == "csv_multi_reader":
            arguments = {"source": None, "splitting_stream": None, "interval": DAY}
            arguments |= {"meta_data_id": "room", "output_plate_values": ["hall"]}
        tracemalloc.start()
        batches = tool._execute_batches(**arguments)
        rows = sum(len(each[1] if isinstance(each, tuple) else each) for each in batches)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert rows == count
    assert peaks[1] < 1.2 * peaks[0]
