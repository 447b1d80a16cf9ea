"""Tools get the streams of one value of their source's plates, wherever these plates lie."""

from __future__ import annotations

import pytest

from hyperstream.stream import StreamId
from hyperstream.testing import check_tool, try_selector_tool
from tests.tools import make
from tests.tools.recipes import MINUTE
from tests.tools.recipes_plates import PLATE, RECIPES, ROOMS

SPLITS = [name for name, recipe in RECIPES.items() if recipe.plate == PLATE]
# What a factor gives a tool that splits house 1, or a sensor of house 1, onto the rooms: the meta
# data of each room's stream, and the rooms as values of their plate.
SITUATIONS = {
    "from a house to its rooms": (
        lambda room: {"house": "1", "room": room},
        lambda room: (("house", "1"), ("room", room)),
    ),
    "from a house to rooms that any house has": (
        lambda room: {"room": room, "house": "1"},
        lambda room: (("room", room),),
    ),
    "from a house and a sensor to the rooms of the house": (
        lambda room: {"house": "1", "room": room, "sensor": "hall"},
        lambda room: (("house", "1"), ("room", room)),
    ),
    "from a floor of a house to rooms of the house": (
        lambda room: {"house": "1", "floor": "attic", "room": room},
        lambda room: (("house", "1"), ("room", room)),
    ),
}


def run(recipe, name, sinks, values):
    """Return what the streams of the rooms hold."""
    return check_tool(
        lambda: make(name, **recipe.parameters),
        recipe.sources,
        MINUTE,
        [],
        alignment=recipe.alignment,
        sinks=sinks,
        plate=("room", values),
    )


@pytest.mark.parametrize("situation", SITUATIONS.values(), ids=SITUATIONS)
@pytest.mark.parametrize("name", SPLITS)
def test_what_a_room_gets_does_not_depend_on_where_it_lies(name, situation):
    """Not even if a value of another plate is called like a room."""
    meta_data, value = situation
    recipe = RECIPES[name]
    alone = run(recipe, name, recipe.sinks, ROOMS)
    sinks = [StreamId("sink", meta_data(room)) for room in ROOMS]
    assert run(recipe, name, sinks, [value(room) for room in ROOMS]) == alone
    assert sum(map(len, alone)) == recipe.count


@pytest.mark.parametrize(
    ("tag", "index", "sinks"),
    [
        ("sensor", "t", ["house=1, room=hall", "house=1, room=attic", "room=hall, house=2"]),
        ("room", "hall", ["sensor=t, house=1", "house=2, sensor=t"]),
    ],
)
def test_one_of_several_plates_is_selected_away(tag, index, sinks):
    """The streams of its value go to those with all other pairs, in any order."""
    sources = {
        "house=1, room=hall, sensor=t": [1],
        "sensor=t, house=1, room=attic": [2],
        "house=2, room=hall, sensor=t": [3],
    }
    wanted = {
        frozenset(pairs.split(", ")) - {f"{tag}={index}"}: {1: values[0]}
        for pairs, values in sources.items()
        if f"{tag}={index}" in pairs
    }
    expected = {sink: wanted[frozenset(sink.split(", "))] for sink in sinks}
    tool = make("index_of", index=index, selector_meta_data=tag)
    assert try_selector_tool(tool, sources, sinks) == expected
    tool = make("index_of_by_stream", index=index)
    assert try_selector_tool(tool, {"": [tag], **sources}, sinks) == expected
