"""Plates of all kinds, and nodes on them, for the rules that say what fits together.

Houses have residents and wearables, residents have devices; sensors stand beside them. There are
also residents without houses, and plates with some of the houses and residents only.
"""

from __future__ import annotations

from typing import NamedTuple

from hyperstream.storage.memory import MemoryCatalogue
from hyperstream.tool import (
    AggregateTool,
    MultiOutputTool,
    PlateCreationTool,
    SelectorTool,
    Tool,
)
from hyperstream.workflow.meta_data_manager import MetaDataManager
from hyperstream.workflow.plate import Plate
from hyperstream.workflow.plate_manager import PlateManager

META_DATA = [
    ("house", "root", "1"),
    ("house", "root", "2"),
    ("resident", "house_1", "a"),
    ("resident", "house_1", "b"),
    ("resident", "house_2", "a"),
    ("wearable", "house_1", "w"),
    ("wearable", "house_2", "w"),
    ("wearable", "house_2", "v"),
    ("device", "house_1.resident_a", "x"),
    ("device", "house_1.resident_b", "x"),
    ("device", "house_1.resident_b", "y"),
    ("sensor", "root", "s"),
    ("sensor", "root", "t"),
    ("resident", "root", "a"),
    ("resident", "root", "b"),
]
# Id, meta data id, values (all others, if there are none), parent.
DEFINED = [
    ("H", "house", [], None),
    ("H1", "house", ["1"], None),
    ("H.R", "resident", [], "H"),
    ("H.Ra", "resident", ["a"], "H"),
    ("H1.R", "resident", [], "H1"),
    ("H.W", "wearable", [], "H"),
    ("H.R.D", "device", [], "H.R"),
    ("S", "sensor", [], None),
    ("R", "resident", [], None),
]


def made_plates() -> dict[str, Plate]:
    """Make the plates, as users do."""
    catalogue = MemoryCatalogue()
    manager = PlateManager(MetaDataManager(catalogue), catalogue)
    manager.meta_data_manager.insert_many(META_DATA)
    for plate_id, tag, values, parent in DEFINED:
        manager.create_plate(plate_id, None, tag, values, not values, parent)
    return dict(manager.plates)


PLATES = made_plates()


class Side(NamedTuple):
    """What the rules see of a node."""

    node_id: str
    plates: tuple[Plate, ...]


def side(text: str | None) -> Side | None:
    """Return a node for ``"raw: H.R, S"``, which is its name and the ids of its plates."""
    if text is None:
        return None
    name, _, ids = text.partition(":")
    return Side(name, tuple(PLATES[plate_id.strip()] for plate_id in ids.split(",") if plate_id))


def sides(texts: list[str]) -> list[Side]:
    """Return nodes for such texts."""
    return [side(text) for text in texts]


class Sum(Tool):
    """A tool with one output."""


class Mean(AggregateTool):
    """A tool that aggregates."""


class Pick(SelectorTool):
    """A tool that selects."""


class Split(MultiOutputTool):
    """A tool with many outputs."""


class Find(PlateCreationTool):
    """A tool that finds plate values."""
