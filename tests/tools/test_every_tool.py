"""What every tool promises, checked for every tool that there is."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream.testing import check_tool
from hyperstream.time_interval import TimeInterval
from tests.tools import CHANNEL, FOLDER, make
from tests.tools.recipes import FURTHER, MINUTE, START, at
from tests.tools.recipes import RECIPES as PLAIN
from tests.tools.recipes_plates import RECIPES as WITH_PLATES

RECIPES = {**PLAIN, **WITH_PLATES}

NAMES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir() and path.name[0] != "_")
FILES = [(name, version) for name in NAMES for version in CHANNEL.versions.get(name, ())]


def recipes(name, version):
    """Return the ways to use a version of a tool; its own ones come instead of that of the tool."""
    own = FURTHER.get((name, version), [])
    earlier = version != list(CHANNEL.versions[name])[-1]
    return own if own and earlier else [RECIPES[name], *own]


CASES = [(*file, recipe) for file in FILES if file[0] in RECIPES for recipe in recipes(*file)]
IDS = [f"{name}-{version}" for name, version, _ in CASES]


def test_every_tool_has_a_recipe():
    """A new tool is checked as soon as it is there, and a recipe without a tool is an oversight."""
    assert sorted(RECIPES) == NAMES
    assert set(FURTHER) <= set(FILES)


@pytest.mark.parametrize("name", NAMES)
def test_every_file_can_be_used(name):
    """Every version loads, its folder is a package, and its class says what it does."""
    assert CHANNEL.versions[name]
    assert (FOLDER / name / "__init__.py").exists()
    for version in CHANNEL.versions[name]:
        tool_class = CHANNEL.get_tool_class(name, version)
        assert tool_class.version == version
        assert "Examples\n" in tool_class.__doc__


def test_few_tools_depend_on_cuts():
    """They say why themselves, and then cuts are not tried."""
    saying = {
        name: CHANNEL.get_tool_class(name, version).not_chunk_invariant for name, version in FILES
    }
    assert {name for name, reason in saying.items() if reason is not None} == {
        "asset_writer",
        "index_of_by_stream",
        "splitter_from_stream",
        "splitter_time_aware_from_stream",
        "stream_broadcaster_from_stream",
    }


def check(name, version, recipe, interval=MINUTE, cuts=None):
    """Check a tool by its recipe, and return what all its sinks hold."""
    found = check_tool(
        lambda: make(name, version, **recipe.parameters),
        recipe.sources,
        interval,
        cuts,
        alignment=recipe.alignment,
        sinks=recipe.sinks,
        plate=recipe.plate,
    )
    return [item for sink in found for item in sink]


@pytest.mark.parametrize(("name", "version", "recipe"), CASES, ids=IDS)
@given(cuts=st.lists(st.integers(0, 60_000), max_size=5))
def test_a_tool_keeps_its_promises(name, version, recipe, cuts):
    """Its output does not depend on cuts, and it changes nothing that is given to it."""
    found = check(name, version, recipe, cuts=[at(cut / 1000) for cut in cuts])
    assert len(found) == recipe.count


@pytest.mark.parametrize(("name", "version", "recipe"), CASES, ids=IDS)
def test_a_cut_at_every_second_changes_nothing(name, version, recipe):
    """That is where the data lie, so it shows what happens at both edges of an interval."""
    check(name, version, recipe, cuts=[at(second) for second in range(1, 60)])


@pytest.mark.parametrize(("name", "version", "recipe"), CASES, ids=IDS)
def test_a_tool_can_be_sent_to_another_process(name, version, recipe):
    """It comes back equal, and with its version."""
    tool = make(name, version, **recipe.parameters)
    again = pickle.loads(pickle.dumps(tool))  # noqa: S301 - of our own
    assert again == tool
    assert again.version == version


@pytest.mark.parametrize(("name", "version", "recipe"), CASES, ids=IDS)
def test_a_tool_copes_with_sources_without_data(name, version, recipe):
    """It makes nothing of nothing."""
    found = check(name, version, recipe.emptied(), TimeInterval(START, at(3)))
    assert not recipe.sources or found == []
