"""histograms_to_csv and percentiles_to_csv write each instance to a file."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.execution import ExecutionContext
from hyperstream.stream import StreamId
from hyperstream.testing import try_selector_tool
from hyperstream.time_interval import TimeInterval
from hyperstream.tool.csv_writing import CsvWritingTool
from hyperstream.utils.errors import ToolExecutionError
from tests.tool.streams import filled
from tests.tools import make

BINS = {"breaks": [0, 0.5]}
HISTOGRAM = [3, 2, 1]
SECOND = "1970-01-01T00:00:0{}.000Z"


@pytest.fixture(autouse=True)
def output(tmp_path):
    """Let tools write to a folder that is not there yet."""
    with ExecutionContext(output_path=tmp_path / "output").active() as context:
        yield context.output_path


def write(name, sources, sinks=("",), **parameters):
    """Execute a tool, whose outputs are always empty."""
    found = try_selector_tool(make(name, **parameters), sources, sinks)
    assert found == {sink: {} for sink in sinks}


def read(path):
    """Return the cells of a file."""
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_a_histogram_is_a_row(output):
    """After its time and plate values; bins are headed by their lower edges."""
    sources = {
        "house=1, room=hall": [[1, 2, 3], [4, 5, 6]],
        "room=attic, house=1": {2: (7, 8, np.int64(9))},
    }
    write("histograms_to_csv", sources, **BINS)
    assert [path.name for path in output.iterdir()] == ["source.csv"]
    assert read(output / "source.csv") == [
        ["timestamp", "house", "room", "-inf", "0", "0.5"],
        [SECOND.format(1), "1", "hall", "1", "2", "3"],
        [SECOND.format(2), "1", "hall", "4", "5", "6"],
        [SECOND.format(2), "1", "attic", "7", "8", "9"],
    ]


def test_bins_may_be_counted(output):
    """By default there are 102."""
    write("histograms_to_csv", {"room=hall": [list(range(102))]})
    header, row = read(output / "source.csv")
    assert header[2:] == ["-inf", *map(str, range(101))]
    assert row[2:] == [str(count) for count in range(102)]


def test_categories_are_columns(output):
    """A new one comes last; 0 stands where it was not there yet."""
    histograms = [{"a": 1}, {"b": 2, "a": 3}, {}]
    write("histograms_to_csv", {"room=hall": histograms}, categorical=True)
    assert read(output / "source.csv") == [
        ["timestamp", "room", "a", "b"],
        [SECOND.format(1), "hall", "1", "0"],
        [SECOND.format(2), "hall", "3", "2"],
        [SECOND.format(3), "hall", "0", "0"],
    ]


def test_percentiles_are_headed_by_their_percentages(output):
    """Those that bound equal segments, where nothing else is known."""
    write("percentiles_to_csv", {"room=hall": [[1.5, 2.0, np.float64(4.25)]]})
    assert read(output / "source.csv") == [
        ["timestamp", "room", "0.0", "50.0", "100.0"],
        [SECOND.format(1), "hall", "1.5", "2.0", "4.25"],
    ]


@pytest.mark.parametrize(
    ("percentiles", "header", "row"),
    [([5, 95], ["5", "95"], ["1.05", "1.95"]), (10, ["10"], ["1.1"])],
)
def test_the_tool_of_the_source_knows_its_percentages(output, percentiles, header, row):
    """As it computes them at that moment."""
    memory = MemoryChannel("memory")
    numbers = filled(memory, "numbers", {1000: [1, 2]})
    source = memory.create_stream(StreamId("percentiles", {"room": "hall"}))
    sink = memory.create_stream("sink")
    interval = TimeInterval.from_ms(0, 2000)
    make("percentiles_from_list", percentiles=percentiles).execute([numbers], source, interval)
    make("percentiles_to_csv").execute([source], [sink], interval)
    assert read(output / "percentiles.csv") == [
        ["timestamp", "room", *header],
        [SECOND.format(1), "hall", *row],
    ]


def test_a_single_percentile_is_the_median(output):
    """Where nothing else is known."""
    write("percentiles_to_csv", {"": [1.5]})
    assert read(output / "source.csv") == [["timestamp", "50.0"], [SECOND.format(1), "1.5"]]


class House:
    """Streams in memory, and a tool that writes them to a file."""

    def __init__(self):
        self.memory = MemoryChannel("memory")
        self.sources = [
            filled(
                self.memory,
                StreamId("counts", {"room": room}),
                {second * 1000: [second, 0, 0] for second in range(1, 10, step)},
            )
            for room, step in (("hall", 1), ("attic", 2))
        ]
        self.sink = self.memory.create_stream("sink")
        self.tool = make("histograms_to_csv", **BINS)

    def execute(self, start, end, sink=None):
        """Execute the tool over some seconds."""
        interval = TimeInterval.from_ms(start * 1000, end * 1000)
        self.tool.execute(self.sources, [sink or self.sink], interval)


def test_intervals_in_any_order_make_one_file(output):
    """Also where they are executed twice, by another sink that knows nothing of it."""
    house = House()
    house.execute(0, 9)
    expected = read(output / "counts.csv")
    assert len(expected) == 1 + 9 + 5
    (output / "counts.csv").unlink()
    house = House()
    for start, end in ((4, 6), (0, 2), (6, 9), (2, 4)):
        house.execute(start, end)
        house.execute(start, end)
        house.execute(start, end, sink=house.memory.create_stream(f"sink {start}"))
    assert read(output / "counts.csv") == expected


def test_late_data_replace_their_rows(output):
    """When the interval is computed again."""
    house = House()
    house.execute(0, 9)
    interval = TimeInterval.from_ms(3000, 5000)
    house.sources[0].purge(interval)
    house.sources[0].writer([(TimeInterval.from_ms(0, 4500).end, [7, 7, 7])])
    house.sources[0].invalidate(interval)
    house.execute(0, 9)
    rows = [row[0][17:21] + row[1] for row in read(output / "counts.csv")[1:]]
    assert rows[4:9] == ["03.0attic", "04.5hall", "05.0attic", "06.0hall", "07.0hall"]


def test_an_interval_without_instances_writes_nothing(output):
    """There is not even a file."""
    house = House()
    house.execute(20, 30)
    assert not output.exists()


def test_streams_of_other_names_have_files_of_their_own(output):
    """Whatever the names are."""
    memory = MemoryChannel("memory")
    for name in ("one", "a/b"):
        source = filled(memory, name, {1: HISTOGRAM})
        sink = memory.create_stream(f"sink {name}")
        tool = make("histograms_to_csv", **BINS)
        tool.execute([source], [sink], TimeInterval.from_ms(0, 10))
    assert sorted(path.name for path in output.iterdir()) == ["a%2Fb.csv", "one.csv"]


@pytest.mark.parametrize(
    ("name", "parameters", "values", "message"),
    [
        ("histograms_to_csv", BINS, [HISTOGRAM, [1, 2]], "there are 3 bins, but 2 counts"),
        ("histograms_to_csv", BINS, [HISTOGRAM, 3], "has no len"),
        ("histograms_to_csv", {"categorical": True}, [{"a": 1}, [1]], "is not a mapping"),
        ("percentiles_to_csv", {}, [[1.0, 2.0], [1.0]], "1 cells, 50.0, but before there were 2"),
    ],
)
def test_a_wrong_value_is_an_error_and_leaves_the_file_alone(
    output, name, parameters, values, message
):
    """It names the time and, if it can, the stream; nothing is half written."""
    with pytest.raises(ToolExecutionError, match=message) as caught:
        write(name, {"room=hall": values}, **parameters)
    assert SECOND.format(2) in str(caught.value)
    assert not output.exists()


def test_values_match_the_percentages_of_their_tool():
    """Others cannot come from it."""
    memory = MemoryChannel("memory")
    source = filled(memory, "percentiles", {1000: [1.0, 2.0, 3.0]})
    source.set_tool_reference(make("percentiles_from_list", percentiles=[5, 95]))
    sink = memory.create_stream("sink")
    with pytest.raises(ToolExecutionError, match="there are 2 percentages, but 3 values"):
        make("percentiles_to_csv").execute([source], [sink], TimeInterval.from_ms(0, 2000))


def test_a_base_class_does_nothing_by_itself():
    """The error says what to write."""
    with pytest.raises(ToolExecutionError, match="has no _cells: write it"):
        try_selector_tool(CsvWritingTool(None), {"": [1]}, [""])


def test_a_file_of_something_else_is_left_alone(output):
    """As the header tells."""
    write("histograms_to_csv", {"room=hall": [HISTOGRAM]}, **BINS)
    before = (output / "source.csv").read_bytes()
    with pytest.raises(ToolExecutionError, match=r"source\.csv has the columns .*: move it away"):
        write("histograms_to_csv", {"room=hall": [[1, 2]]}, breaks=[1])
    with pytest.raises(ToolExecutionError, match="has the columns"):
        write("histograms_to_csv", {"floor=1": [HISTOGRAM]}, **BINS)
    assert (output / "source.csv").read_bytes() == before


def test_wrong_breaks_are_refused_at_once():
    """When the tool is made."""
    with pytest.raises(ValueError, match="histogram"):
        make("histograms_to_csv", breaks=[2, 1])


def test_the_outputs_may_lack_a_plate():
    """The tag of which a workflow needs to know."""
    for name in ("histograms_to_csv", "percentiles_to_csv"):
        assert make(name).selector_meta_data is None
        assert make(name, selector_meta_data="room").selector_meta_data == "room"
