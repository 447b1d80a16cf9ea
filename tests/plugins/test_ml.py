"""The plugin ml: data sets as streams, tables of rows, and what its tools remember."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris

from hyperstream import HyperStream
from hyperstream.channels import MemoryChannel
from hyperstream.stream import StreamInstance
from hyperstream.testing import try_tool
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils.errors import MissingExtraError, ToolExecutionError
from tests.plugins import FOLDER, make

FIRST = datetime(2020, 1, 1)
EPOCH = datetime(1970, 1, 1)
SECOND = EPOCH + timedelta(seconds=1)


def at(row):
    """Return the time of a row, one a minute."""
    return FIRST + timedelta(minutes=row)


def span(start, end):
    """Return the interval that holds the rows from one up to, without, another one."""
    return TimeInterval(at(start - 1), at(end - 1))


class Reading(MemoryChannel):
    """A memory channel that counts the values that are read, by stream."""

    def __init__(self):
        super().__init__("memory")
        self.read = {}

    def batches(self, stream, interval, size):
        """Count, and read."""
        for batch in super().batches(stream, interval, size):
            name = stream.stream_id.name
            self.read[name] = self.read.get(name, 0) + len(batch)
            yield batch


@pytest.fixture
def channel():
    """Give a memory channel that counts."""
    return Reading()


@pytest.fixture
def source(channel):
    """Give a stream of 40 rows, one a minute."""
    stream = channel.create_stream("source")
    stream.writer([StreamInstance(at(row), {"data": [row % 7, row % 5]}) for row in range(40)])
    stream.calculated_intervals = TimeIntervals([span(0, 40)])
    return stream


def detector(**parameters):
    """Make a detector that is soon warm."""
    return make("ml", "anomaly_detector", first=FIRST, warm_up=5, **parameters)


def test_a_data_set_comes_row_by_row(channel):
    """At equal distances from the first on, and it ends."""
    sink = channel.create_stream("sink")
    interval = TimeInterval(FIRST - timedelta(days=1), FIRST + timedelta(days=1))
    make("ml", "dataset", first=FIRST, stride=0.5, which="digits").execute([], sink, interval)
    found = sink.window(interval).items()
    data, target = load_digits(return_X_y=True)
    assert np.array_equal([value["data"] for _, value in found], data)
    assert [value["target"] for _, value in found] == target.tolist()
    assert {type(value["target"]) for _, value in found} == {int}
    times = sink.window(interval).timestamps()
    assert times[0].replace(tzinfo=None) == FIRST
    assert {later - earlier for earlier, later in pairwise(times)} == {timedelta(seconds=0.5)}


def test_rows_are_shuffled_by_a_seed():
    """Each row keeps its target; another seed gives another order."""
    data, target = load_iris(return_X_y=True)
    orders = []
    for seed in (1, 1, 2):
        tool = make("ml", "dataset", first=SECOND, stride=1, which="iris", shuffle=seed)
        found = try_tool(tool, seconds=200).values()
        orders.append([value["target"] for value in found])
        rows = sorted((*value["data"], value["target"]) for value in found)
        assert rows == sorted((*row, kind) for row, kind in zip(data, target, strict=True))
    assert orders[0] == orders[1] != orders[2]


def test_arrays_come_row_by_row():
    """They are copied, so that nobody changes them."""
    data = np.arange(6.0).reshape(3, 2)
    tool = make("ml", "dataset", first=SECOND, stride=2, data=data)
    found = try_tool(tool, seconds=10)
    assert list(found) == [1, 3, 5]
    found[1]["data"][0] = 99
    assert data[0].tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({}, ValueError, "Give either the name of a data set or its data."),
        ({"which": "iris", "data": [[1]]}, ValueError, "Give either the name of a data set or"),
        ({"which": "moons"}, ValueError, "There is no data set 'moons'; there are: breast_cancer,"),
        ({"which": "iris", "target": [1]}, ValueError, "The data set iris has targets of its own"),
        ({"data": [1, 2]}, ValueError, "The data must be a table, not an array of shape (2,)."),
        (
            {"data": [[1], [2]], "target": [1]},
            ValueError,
            "There are 2 rows, but targets of shape (1,).",
        ),
        ({"which": "iris", "stride": 0}, ValueError, "The stride must be at least 0.001 s, not 0."),
        ({"which": "iris", "first": "2020"}, TypeError, "2020"),
    ],
)
def test_a_wrong_data_set_is_an_error(parameters, error, message):
    """It is said when the tool is made."""
    with pytest.raises(error, match=re.escape(message)):
        make("ml", "dataset", **{"first": FIRST, **parameters})


def test_rows_are_collected_to_tables():
    """Each at the time of its last row; what makes no table full waits."""
    rows = [{"data": [n, 1], "target": n % 2} for n in range(7)]
    found = try_tool(make("ml", "minibatch", first=EPOCH, size=3), rows)
    assert list(found) == [3, 6]
    assert found[6]["data"].tolist() == [[3, 1], [4, 1], [5, 1]]
    assert found[6]["target"].tolist() == [1, 0, 1]


def test_rows_without_a_target_are_collected_too():
    """Numbers count as rows of one feature."""
    found = try_tool(make("ml", "minibatch", first=EPOCH, size=2), [5, 6])
    assert found[2]["data"].tolist() == [[5.0], [6.0]]
    assert list(found[2]) == ["data"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"data": [1, 2]}, {"data": [1]}], "it has rows of 1 and of 2 features"),
        ([{"data": [1], "target": 1}, {"data": [1]}], "some of its rows have a target, and others"),
        ([{"data": [[1], [2]]}], "it is a table already, but single rows were expected"),
        ([{"data": ["warm"]}], "{'data': ['warm']} holds no row of numbers, nor a table of them"),
        ([{"target": 1}], "{'target': 1} holds no row of numbers"),
        ([[]], "[] holds no row of numbers"),
        ([[1.0, float("nan")]], "a feature is infinite or NaN"),
        ([{"data": [1], "target": [1, 2]}], "it has 1 rows, but targets of shape (2,)"),
    ],
)
def test_what_is_no_row_is_an_error(rows, message):
    """It names the time."""
    with pytest.raises(ToolExecutionError) as caught:
        try_tool(make("ml", "minibatch", first=EPOCH, size=2), rows)
    assert f"the source's value at 1970-01-01T00:00:0{len(rows)}.000Z cannot be" in str(
        caught.value
    )
    assert message in str(caught.value)


def test_a_table_has_at_least_one_row():
    """As an int."""
    with pytest.raises(ValueError, match=r"A table must have at least 1 row, not 0\."):
        make("ml", "minibatch", first=FIRST, size=0)
    with pytest.raises(TypeError):
        make("ml", "minibatch", first=FIRST, size=2.5)


def test_nothing_is_read_twice_where_intervals_follow(channel, source):
    """What was learned is in the output."""
    sink = channel.create_stream("sink")
    for start in range(0, 40, 10):
        detector().execute([source], sink, span(start, start + 10))
    assert channel.read == {"source": 40}
    assert sink.window(span(0, 40)).last().value["rows"] == 40


def test_what_is_missing_before_is_read_and_not_stored(channel, source):
    """The model of an interval has learned from all rows since the first."""
    sink, other = channel.create_stream("sink"), channel.create_stream("other")
    detector().execute([source], sink, span(30, 40))
    assert channel.read == {"source": 40}
    assert len(sink.window(span(0, 30), True).items()) == 30
    detector().execute([source], other, span(0, 40))
    for one, two in zip(sink.window(span(0, 40)), other.window(span(0, 40)), strict=True):
        assert one.timestamp == two.timestamp
        assert np.array_equal(one.value["model"]["covariance"], two.value["model"]["covariance"])


def test_only_what_is_missing_between_is_read(channel, source):
    """It goes on from the last instance before the gap."""
    sink = channel.create_stream("sink")
    detector().execute([source], sink, span(0, 20))
    channel.read.clear()
    detector().execute([source], sink, span(30, 40))
    assert channel.read == {"source": 20}


def test_a_late_row_makes_everything_after_it_void(channel, source):
    """And nothing before it; then all is as if it had come in time."""
    sink = channel.create_stream("sink")
    detector().execute([source], sink, span(0, 40))
    late = at(20) + timedelta(seconds=30)
    source.writer(StreamInstance(late, {"data": [3, 3]}))
    assert sink.calculated_intervals == TimeIntervals(
        [TimeInterval(at(-1), late - timedelta(milliseconds=1))]
    )
    channel.read.clear()
    detector().execute([source], sink, span(0, 40))
    assert channel.read == {"source": 20}
    other = channel.create_stream("other")
    detector().execute([source], other, span(0, 40))
    assert sink.window(span(0, 40)).last().value["rows"] == 41
    for one, two in zip(sink.window(span(0, 40)), other.window(span(0, 40)), strict=True):
        assert np.array_equal(one.value["model"]["mean"], two.value["model"]["mean"])


def test_what_is_there_but_not_calculated_is_not_trusted(channel, source):
    """Somebody may have died while writing it."""
    sink = channel.create_stream("sink")
    model = {"mean": np.array([99.0, 99]), "covariance": np.eye(2)}
    sink.writer(StreamInstance(at(5), {"rows": 1000, "model": model}))
    detector().execute([source], sink, span(10, 20))
    assert sink.window(span(10, 20)).last().value["rows"] == 20


def test_nothing_comes_before_the_first(channel, source):
    """Rows before it are not read."""
    sink = channel.create_stream("sink")
    tool = make("ml", "anomaly_detector", first=at(10), warm_up=5)
    tool.execute([source], sink, span(0, 5))
    tool.execute([source], sink, span(5, 40))
    assert channel.read == {"source": 30}
    assert sink.window(span(0, 40)).first().timestamp.replace(tzinfo=None) == at(10)


def test_a_failure_upstream_is_a_failure(channel, source):
    """It names the row; what was computed before stays."""
    sink = channel.create_stream("sink")
    source.writer(StreamInstance(at(20.5), {"data": [1]}))
    detector().execute([source], sink, span(0, 20))
    with pytest.raises(ToolExecutionError, match="it has 1 features; before, rows had 2"):
        detector().execute([source], sink, span(20, 40))
    assert sink.calculated_intervals == TimeIntervals([span(0, 20)])


def test_there_is_one_source(channel, source):
    """More or none are an error."""
    assert detector().source_count == 1
    for sources in ([], [source, source]):
        sink = channel.create_stream(f"sink of {len(sources)}")
        with pytest.raises(ToolExecutionError, match=f"takes 1 source stream, not {len(sources)}"):
            detector().execute(sources, sink, span(0, 10))


@pytest.mark.parametrize("name", ["classifier", "dataset"])
def test_without_scikit_learn_the_error_names_the_extra(monkeypatch, name):
    """The tools can be listed all the same."""
    make("ml", name, **ENOUGH[name])
    for module in ("sklearn", "fitted_classifiers"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    path = FOLDER / f"ml/tools/{name}/2026-11-22_v0.1.0.py"
    spec = importlib.util.spec_from_file_location("without_sklearn", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with pytest.raises(MissingExtraError, match=r"pip install 'hyperstream\[ml\]'"):
        getattr(module, name.capitalize())(**ENOUGH[name])


ENOUGH = {
    "classifier": {"first": FIRST, "estimator": "SGDClassifier", "classes": [0, 1]},
    "dataset": {"first": FIRST, "which": "iris"},
}


def define(hs):
    """Write a workflow: a data set, and what is usual there."""
    with hs.create_workflow("iris", "Iris", "tests", "What is usual") as workflow:
        rows, usual = (workflow.create_node(name, "mongo") for name in ("rows", "usual"))
        ml = hs.plugins.ml.factors
        rows[None] = ml.dataset(sources=None, first=FIRST, stride=60, which="iris")
        usual[None] = ml.anomaly_detector(sources=[rows], first=FIRST)
    hs.workflow_manager.commit_workflow("iris")


def test_a_workflow_learns_on_after_a_restart(mongo_config, tmp_path):
    """The model is in the database, as arrays; computed again, it is the same."""
    plugin = {"channel_id_prefix": "ml", "path": str(FOLDER / "ml"), "has_tools": True}
    config = tmp_path / "config.json"
    keys = str(tmp_path / "keys.json")
    config.write_text(json.dumps({"mongo": mongo_config, "plugins": [plugin], "keys": keys}))
    try:
        for part in (span(0, 70), span(0, 150)):
            HyperStream.reset()
            hs = HyperStream(file_logger=False, console_logger=False, config_filename=config)
            if "iris" not in hs.workflow_manager.workflows:
                define(hs)
            workflow = hs.workflow_manager.workflows["iris"]
            workflow.execute(part)
            usual = workflow.nodes["usual"].streams[None]
            found = usual.window(part).items()
        workflow.nodes["rows"].streams[None].invalidate(span(100, 101))
        assert usual.calculated_intervals == TimeIntervals([span(0, 100)])
        workflow.execute(part)
        workflow.recompute(span(20, 30))
        assert usual.calculated_intervals == TimeIntervals([part])
        again = usual.window(part).items()
    finally:
        HyperStream.reset()
    assert [value["rows"] for _, value in found] == list(range(1, 151))
    data, _ = load_iris(return_X_y=True)
    model, other = found[-1].value["model"], again[-1].value["model"]
    assert np.array_equal(model["covariance"], other["covariance"])
    assert np.allclose(model["mean"], data.mean(axis=0))
    assert np.allclose(model["covariance"], np.cov(data.T, bias=True))
