"""The climate example computes what pandas does, however it is stored, divided and repeated."""

from __future__ import annotations

import ast
import importlib.util
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from textwrap import dedent

import pandas as pd
import pytest

from hyperstream import HyperStream, TimeInterval
from hyperstream.execution import current_context
from hyperstream.testing import RecordingHistory

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "climate"
README = (EXAMPLE / "README.md").read_text()
INPUTS = {"row", "by_city", "reading"}
# What is in memory, in the database, and half in each.
MEMORY, HALF = ("memory", "memory"), ("memory", "mongo")
CHANNELS = [MEMORY, ("mongo", "mongo"), HALF, ("mongo", "memory")]

LOADED = """
import sys
from hyperstream import HyperStream
with HyperStream(config_filename=sys.argv[1], file_logger=False, console_logger=False) as hs:
    workflow = hs.workflow_manager.load_workflow("climate")
    workflow.execute(("2022-01-01", "2025-01-01"))
    print([sink.name for entry in hs.current_session.history for sink in entry.sinks])
    print({
        name: {
            tuple(data for _, data in value or ()): {
                str(time): number for time, number in stream.window(("2022-01-01", "2025-01-01"))
            }
            for value, stream in node.streams.items()
        }
        for name, node in workflow.nodes.items()
        if name not in {"row", "by_city", "reading", "year"}
    })
"""


def module(name):
    """Give a module of the example, under a name by which no other process finds it."""
    specification = importlib.util.spec_from_file_location(f"own_{name}", EXAMPLE / f"{name}.py")
    made = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(made)
    return made


climate = module("workflow")
YEARS = climate.ALL_YEARS
STAMPS = pd.date_range(YEARS.start, YEARS.end, freq="MS").to_pydatetime()
MONTHS = [TimeInterval(*pair) for pair in pairwise(STAMPS)]


def reference(folder=climate.DATA):
    """Compute with pandas what the workflow computes: a table of each node, in order of time."""
    files = {path.stem: pd.read_csv(path, index_col="month") for path in folder.glob("*.csv")}
    table = pd.concat(files, axis="columns").sort_index()
    table.index = (pd.PeriodIndex(table.index, freq="M") + 1).to_timestamp().tz_localize("UTC")
    table.columns = pd.MultiIndex.from_tuples(
        [(country, *column.split()) for country, column in table.columns]
    )
    low, high, rain = (table.xs(what, axis="columns", level=2) for what in ("min", "max", "rain"))
    known = low.notna() & high.notna() & rain.notna()
    temperature, rain = ((low + high) / 2).where(known), rain.where(known & (rain != 0))
    tables = {"temperature": temperature, "rain": rain, "ratio": temperature / rain}
    for name in ("temperature", "ratio"):
        of_country = tables[name].T.groupby(level=0).mean().T
        tables |= {f"country_{name}": of_country, f"world_{name}": of_country.mean(axis="columns")}
    tables["year_temperature"] = tables["world_temperature"].rolling("365D").mean()
    return tables


def plain(tables):
    """Give tables as dicts: of node, plate values, and time."""
    return {
        name: {
            key if isinstance(key, tuple) else () if key == 0 else (key,): {
                time.to_pydatetime(): number for time, number in column.dropna().items()
            }
            for key, column in pd.DataFrame(table).items()
        }
        for name, table in tables.items()
    }


def computed(workflow, interval=YEARS):
    """Give what the streams of a workflow hold, as dicts: of node, plate values, and time."""
    return {
        name: {
            tuple(data for _, data in value or ()): dict(stream.window(interval))
            for value, stream in node.streams.items()
        }
        for name, node in workflow.nodes.items()
    }


def assert_as_pandas(found, folder=climate.DATA):
    """Fail unless the numbers are those of pandas, up to rounding."""
    expected = plain(reference(folder))
    for name, streams in expected.items():
        assert found[name].keys() == streams.keys()
        for key, numbers in streams.items():
            assert found[name][key] == pytest.approx(numbers, rel=1e-12, abs=1e-12), (name, key)


@contextmanager
def recording():
    """Give the records of what is computed inside of the block."""
    history = RecordingHistory()
    with replace(current_context(), history=history).active():
        yield history.records


def recorded(workflow, *intervals):
    """Execute a workflow over intervals; give the records of what was computed."""
    with recording() as records:
        for interval in intervals:
            workflow.execute(interval)
    return records


def differing(before, after):
    """Name what is another in two results: node, plate values, time."""
    return {
        (name, key, time)
        for name, streams in after.items()
        for key, values in streams.items()
        for time in before[name][key].keys() | values.keys()
        if before[name][key].get(time) != values.get(time)
    }


def in_channels(*quick):
    """Give a test the workflow in all channels, in most of them only where time does not matter."""
    cases = [
        pytest.param(each, id="-".join(each), marks=() if each in quick else pytest.mark.slow)
        for each in CHANNELS
    ]
    return pytest.mark.parametrize("workflow", cases, indirect=True)


@pytest.fixture
def workflow(request, hs):
    """The workflow, with inputs and results in some channels."""
    inputs, results = request.param
    return climate.define(hs, inputs=inputs, results=results)


@pytest.fixture
def in_memory(hs, tmp_path):
    """The workflow in memory, and a copy of its files."""
    folder = tmp_path / "data"
    shutil.copytree(climate.DATA, folder)
    return climate.define(hs, inputs="memory", results="memory", data=folder), folder


def test_the_data_are_what_the_script_makes(tmp_path):
    """A file for each country, the same at each run."""
    module("make_data").main(tmp_path)
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_text() for path in climate.DATA.iterdir()}
    assert {path.stem for path in climate.DATA.iterdir()} == climate.CITIES.keys()


@in_channels(MEMORY, HALF)
def test_it_computes_what_pandas_does_and_nothing_again(workflow):
    """All years at once, in each channel."""
    assert {record.outcome for record in recorded(workflow, YEARS)} == {"completed"}
    found = computed(workflow)
    assert_as_pandas(found)
    assert sum(map(len, found["temperature"].values())) == 9 * 36 - 3
    london = [found["temperature"][country, "London"] for country in ("CA", "GB")]
    assert len(london[0]) == 36
    assert london[0] != london[1]
    assert recorded(workflow, YEARS, *MONTHS[:3]) == []


@in_channels(MEMORY)
def test_months_one_by_one_make_the_same_as_all_at_once(workflow):
    """Forwards, and backwards; the first mean over a year needs months before them."""
    # A database takes its time for thousands of small executions.
    in_memory = {node.channel.channel_id for node in workflow.nodes.values()} == {"memory"}
    months = MONTHS if in_memory else MONTHS[-3:]
    period = TimeInterval(months[0].start, YEARS.end)
    workflow.execute(period)
    at_once = computed(workflow, period)
    for order in (months, months[::-1]):
        for node in workflow.nodes.values():
            node.purge()
        assert {record.interval for record in recorded(workflow, *order)} >= set(months)
        assert differing(at_once, computed(workflow, period)) == set()
        assert recorded(workflow, period) == []


@pytest.mark.filterwarnings("ignore::hyperstream.utils.errors.NotCalculatedWarning")
def test_a_month_is_computed_with_the_year_before(in_memory):
    """As far as the mean over a year may look back, and nothing else."""
    workflow, _ = in_memory
    workflow.execute(MONTHS[-1])
    counts = {name: len(each[()]) for name, each in computed(workflow).items() if () in each}
    assert counts == {"world_temperature": 13, "world_ratio": 1, "year": 13, "year_temperature": 1}


def test_late_data_change_only_what_depends_on_them(in_memory):
    """A corrected month of a city changes it, its country and the world, and 12 yearly means."""
    workflow, folder = in_memory
    workflow.execute(YEARS)
    before = computed(workflow)
    table = pd.read_csv(folder / "NZ.csv", index_col="month")
    table.loc["2023-03", ["Wellington min", "Wellington rain"]] = [10.5, 300.0]
    table.to_csv(folder / "NZ.csv")

    march = MONTHS[14]
    with recording() as records:
        exec(python_block(), {"workflow": workflow, "ALL_YEARS": YEARS})  # noqa: S102 - own words
    after = computed(workflow)

    assert_as_pandas(after, folder)
    own = {("row", "NZ"), ("by_city", "NZ"), ("country_temperature", "NZ"), ("country_ratio", "NZ")}
    own |= {
        (name, "NZ", "Wellington") for name in ("reading", "temperature", "wet", "rain", "ratio")
    }
    own |= {("world_temperature",), ("world_ratio",)}
    assert differing(before, after) == {
        *((name, tuple(key), march.end) for name, *key in own),
        *(("year_temperature", (), time) for time in STAMPS[15:27]),
    }
    sinks = [sink for record in records for sink in record.sinks]
    assert {dict(sink.meta_data).get("country", "NZ") for sink in sinks} == {"NZ"}
    yearly = TimeInterval(march.start, march.end + timedelta(days=365))
    assert {record.interval for record in records if record.tool != "sliding_apply"} == {march}
    assert {record.interval for record in records if record.tool == "sliding_apply"} == {yearly}


def test_it_computes_what_pandas_does_of_untidy_files(in_memory):
    """Rows in another order, twice or missing; a file without rows; a month without rain."""
    workflow, folder = in_memory
    table = pd.read_csv(folder / "GB.csv", index_col="month")
    table.loc["2022-05", "Cardiff rain"] = 0.0
    table["London min"] = None
    table = table.drop(index=["2022-07", "2024-02"])
    pd.concat([table[::-1], table.iloc[:3]]).to_csv(folder / "GB.csv")
    pd.read_csv(folder / "NZ.csv", nrows=0).to_csv(folder / "NZ.csv", index=False)
    workflow.execute(YEARS)
    table.to_csv(folder / "GB.csv")
    found = computed(workflow)
    assert_as_pandas(found, folder)
    assert found["country_temperature"]["NZ",] == {} == found["temperature"]["GB", "London"]
    assert len(found["temperature"]["GB", "Cardiff"]) == len(found["rain"]["GB", "Cardiff"]) + 1


def test_recomputing_an_interval_gives_the_same(in_memory):
    """What depends on the interval is forgotten and computed again."""
    workflow, _ = in_memory
    workflow.execute(YEARS)
    before = computed(workflow)
    with recording() as records:
        workflow.recompute(MONTHS[14])
    assert {sink.name for record in records for sink in record.sinks} == before.keys()
    workflow.execute(YEARS)
    assert differing(before, computed(workflow)) == set()


@pytest.mark.slow
@pytest.mark.parametrize("channels", CHANNELS, ids="-".join)
def test_it_runs_in_a_process_that_has_only_the_database(hs, config, channels):
    """What is in the database is not computed again, and the rest comes out the same."""
    workflow = climate.define(hs, inputs=channels[0], results=channels[1])
    hs.workflow_manager.commit_workflow("climate")
    workflow.execute(YEARS)
    here = computed(workflow)
    HyperStream.reset()

    sinks, there = loaded(config)
    assert_as_pandas(there)
    for name, streams in there.items():
        assert streams == here[name]
    in_memory = {"inputs": channels[0] == "memory", "results": channels[1] == "memory"}
    assert set(sinks) <= {
        name for name in here if in_memory["inputs" if name in INPUTS else "results"]
    }


@pytest.mark.slow
def test_the_script_prints_a_table_and_computes_nothing_again(config):
    """The second run, in another process, takes the workflow from the database."""
    first, second = (run(EXAMPLE / "workflow.py", config).splitlines() for _ in range(2))
    assert "```text\n" + "\n".join(first) + "\n```" in README
    assert second == [*first[:-1], "Executions of tools: 0"]
    world = plain(reference())["world_temperature"][()]
    assert [line.split()[4] for line in first[1:-1]] == [f"{world[t]:.2f}" for t in STAMPS[25:]]
    assert loaded(config)[0] == []


def python_block():
    """Give the lines of the README that say what to do about late data."""
    (block,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    return dedent(block)


def loaded(config):
    """Execute the stored workflow in a process of its own: what it computed, and all results."""
    sinks, results = map(ast.literal_eval, run("-c", LOADED, config).splitlines())
    return sinks, {
        name: {
            key: {datetime.fromisoformat(time): number for time, number in numbers.items()}
            for key, numbers in streams.items()
        }
        for name, streams in results.items()
    }


def run(*arguments):
    """Run Python in the folder of a configuration; give what it prints."""
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        check=False,
        cwd=Path(arguments[-1]).parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
