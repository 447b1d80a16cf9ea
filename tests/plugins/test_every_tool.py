"""What every tool promises, checked for every tool of every plugin that comes along."""

from __future__ import annotations

import inspect
import json
import pickle
import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from hyperstream.stream import StreamId
from hyperstream.testing import check_tool
from tests.plugins import FOLDER, tools
from tests.tools.recipes import DICTS, MINUTE, NUMBERS, SPARSE, Recipe, at, every

PLUGINS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
CHANNELS = {plugin: tools(plugin) for plugin in PLUGINS}
FILES = [
    (plugin, name, version)
    for plugin, channel in CHANNELS.items()
    for name, versions in channel.versions.items()
    for version in versions
]


def second_of(moment):
    """Return the second of a minute."""
    return moment.second


def drawn(**parameters):
    """Return how to use a generator."""
    return Recipe(60, alignment=NUMBERS, parameters={**parameters, "seed": 1})


def features(n):
    """Return a row of two features, and which of two classes it is."""
    return {"data": np.array([n % 7, n % 5], dtype=float), "target": n % 2}


ROWS = every(1.0, features)
RECIPES = {
    "example": {
        "aligned_correlation": Recipe(20, [NUMBERS, SPARSE[1:]]),
        "dummy": Recipe(60, [DICTS]),
    },
    "data_generators": {
        "betavariate": drawn(alpha=2, beta=5),
        "custom": Recipe(60, alignment=NUMBERS, parameters={"func": second_of}),
        "expovariate": drawn(lambd=0.5),
        "gammavariate": drawn(alpha=2, beta=3),
        "gauss": drawn(),
        "lognormvariate": drawn(mu=0, sigma=0.5),
        "normalvariate": drawn(mu=20, sigma=2),
        "paretovariate": drawn(alpha=3),
        "randint": drawn(a=1, b=6),
        "random": drawn(),
        "randrange": drawn(start=0, stop=100, step=10),
        "triangular": drawn(low=0, high=10, mode=3),
        "uniform": drawn(a=18, b=22),
        "vonmisesvariate": drawn(mu=1, kappa=4),
        "weibullvariate": drawn(alpha=10, beta=2),
    },
    "data_importers": {
        "csv_multi_reader": Recipe(
            60,
            parameters={"filename_template": "data.{}"},
            sinks=[StreamId("rooms", {"room": room}) for room in ("csv", "none")],
            plate=("room", ["csv", "none"]),
        ),
        "csv_reader": Recipe(60, parameters={"filename": "data.csv"}),
        "json_lines_reader": Recipe(60, parameters={"filename": "data.jsonl"}),
        "parquet_reader": Recipe(60, parameters={"filename": "data.parquet"}),
    },
    "ml": {
        "anomaly_detector": Recipe(
            60, [ROWS], {"first": at(-20), "forgetting": 0.05, "warm_up": 30, "threshold": 2}
        ),
        "classifier": Recipe(
            60, [ROWS], {"first": at(-20), "estimator": "SGDClassifier", "classes": [0, 1]}
        ),
        "dataset": Recipe(
            24, parameters={"first": at(0.5), "stride": 2.5, "which": "iris", "shuffle": 1}
        ),
        "minibatch": Recipe(8, [ROWS], {"first": at(-20), "size": 7}),
    },
}
CASES = [(*file, RECIPES[file[0]][file[1]]) for file in FILES if file[1] in RECIPES[file[0]]]
IDS = [f"{plugin}-{name}-{version}" for plugin, name, version, _ in CASES]


@pytest.fixture(scope="module", autouse=True)
def data(tmp_path_factory):
    """Work in a folder with files that hold numbers, one each second, in any order."""
    folder = tmp_path_factory.mktemp("data")
    rows = [(time.isoformat(), value) for time, value in NUMBERS[::-1]]
    lines = [f"{time},{value}" for time, value in rows]
    (folder / "data.csv").write_text("\n".join(["time,t", *lines]))
    lines = [json.dumps({"timestamp": time, "t": value}) for time, value in rows]
    (folder / "data.jsonl").write_text("\n".join(lines))
    columns = dict(zip(("timestamp", "t"), zip(*rows, strict=True), strict=True))
    parquet.write_table(pa.table(columns), folder / "data.parquet")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield


def test_every_tool_has_a_recipe():
    """And no recipe is without its tool; the configuration names every plugin."""
    assert {plugin: sorted(found) for plugin, found in RECIPES.items()} == {
        plugin: sorted(CHANNELS[plugin].versions) for plugin in PLUGINS
    }
    config = json.loads((FOLDER.parent / "hyperstream_config.json").read_text())
    assert sorted(each["channel_id_prefix"] for each in config["plugins"]) == PLUGINS


@pytest.mark.parametrize(("plugin", "name", "version"), FILES)
def test_every_file_can_be_used(plugin, name, version):
    """It loads, its folder has an __init__.py, and its class describes every parameter."""
    tool_class = CHANNELS[plugin].get_tool_class(name, version)
    assert tool_class.version == version
    assert CHANNELS[plugin].failed == {}
    assert (FOLDER / plugin / "tools" / name / "__init__.py").exists()
    text = inspect.getdoc(tool_class)  # without the indentation, which Python 3.13 takes away
    assert "Examples\n" in text
    if "__init__" in vars(tool_class):
        for parameter in inspect.signature(tool_class).parameters.values():
            entry = f"\n{str(parameter).partition(':')[0]}"
            assert re.search(re.escape(entry) + r"( : .*)?\n    ", text), parameter


@pytest.mark.parametrize(("plugin", "name", "version", "recipe"), CASES, ids=IDS)
@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(cuts=st.lists(st.integers(0, 60_000), max_size=5))
def test_a_tool_keeps_its_promises(plugin, name, version, recipe, cuts):
    """Its output does not depend on cuts, unless it says why; and it changes nothing."""
    tool_class = CHANNELS[plugin].get_tool_class(name, version)
    found = check_tool(
        lambda: tool_class(**recipe.parameters),
        recipe.sources,
        MINUTE,
        [at(cut / 1000) for cut in cuts],
        alignment=recipe.alignment,
        sinks=recipe.sinks,
        plate=recipe.plate,
    )
    assert sum(map(len, found)) == recipe.count


@pytest.mark.parametrize(("plugin", "name", "version", "recipe"), CASES, ids=IDS)
def test_a_tool_can_be_sent_to_another_process(plugin, name, version, recipe):
    """It comes back equal, and with its version."""
    tool = CHANNELS[plugin].get_tool_class(name, version)(**recipe.parameters)
    again = pickle.loads(pickle.dumps(tool))  # noqa: S301 - of our own
    assert again == tool
    assert again.version == version
