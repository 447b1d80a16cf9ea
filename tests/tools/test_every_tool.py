"""What every tool promises, checked for every tool that there is."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream.testing import check_tool
from hyperstream.time_interval import TimeInterval
from tests.tools import CHANNEL, FOLDER, make
from tests.tools.recipes import FURTHER, MINUTE, RECIPES, START, at

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


@pytest.mark.parametrize(("name", "version", "recipe"), CASES, ids=IDS)
@given(cuts=st.lists(st.integers(0, 60_000), max_size=5))
def test_a_tool_keeps_its_promises(name, version, recipe, cuts):
    """Its output does not depend on cuts, and it changes nothing that is given to it."""
    (found,) = check_tool(
        lambda: make(name, version, **recipe.parameters),
        recipe.sources,
        MINUTE,
        [at(cut / 1000) for cut in cuts],
        chunk_invariant=recipe.chunk_invariant,
    )
    assert len(found) == recipe.count


@pytest.mark.parametrize(("name", "version", "recipe"), CASES, ids=IDS)
def test_a_cut_at_every_second_changes_nothing(name, version, recipe):
    """That is where the data lie, so it shows what happens at both edges of an interval."""
    if recipe.chunk_invariant:
        cuts = [at(second) for second in range(1, 60)]
        check_tool(
            lambda: make(name, version, **recipe.parameters), recipe.sources, MINUTE, cuts
        )


@pytest.mark.parametrize(("name", "version", "recipe"), CASES, ids=IDS)
def test_a_tool_can_be_sent_to_another_process(name, version, recipe):
    """It comes back equal, and with its version."""
    tool = make(name, version, **recipe.parameters)
    again = pickle.loads(pickle.dumps(tool))  # noqa: S301 - of our own
    assert again == tool
    assert again.version == version


@pytest.mark.parametrize(("name", "version", "recipe"), CASES, ids=IDS)
def test_an_interval_without_data_gives_no_more_than_ticks(name, version, recipe):
    """A tool copes with sources that are empty."""
    (found,) = check_tool(
        lambda: make(name, version, **recipe.parameters),
        [[] for _ in recipe.sources],
        TimeInterval(START, at(3)),
        chunk_invariant=recipe.chunk_invariant,
    )
    assert recipe.sources == () or found == []
