"""One way to use each tool that works with plates, and of some others; see `recipes`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hyperstream.stream import StreamId, StreamInstance
from hyperstream.time_interval import TimeInterval
from tests.tools.recipes import DICTS, LISTS, NUMBERS, SPARSE, WINDOWS, Recipe, at, every


def shown(value: Any) -> str:
    """Return what a value looks like."""
    return repr(value)


def counted(value: list[int]) -> int:
    """Change a value, and return its length."""
    value.append(0)
    return len(value)


def room_of(instance: StreamInstance) -> str:
    """Return which of three rooms an instance belongs to."""
    return f"room {instance.timestamp.second % 3}"


def late(instances: Iterable[StreamInstance]) -> list[StreamInstance]:
    """Return some instances."""
    return [instance for instance in instances if instance.timestamp > at(30)]


def largest(values: Iterable[float]) -> float:
    """Return the largest number."""
    return max(values)


def largest_of(key: str, values: list[float]) -> float | None:
    """Return the largest number, and nothing for some keys."""
    return None if key == "a" else max(values)


def reading(n: int) -> dict[str, Any]:
    """Return a reading of a sensor; one of them is unknown, and one reading has none."""
    return {"sensor": n % 3, "t": n} if n % 7 else {"t": n}


def heard(n: int) -> dict[str, Any]:
    """Return a list of what sensors heard, among other things."""
    return {"x": n, "heard": [{"by": by, "rssi": -n} for by in range(n % 4)]}


def readings(n: int) -> list[dict[str, Any]]:
    """Return readings of different keys, one of them with text."""
    return [{"a": 1.5 * n, "b": n % 3}, {"b": n, "note": "dry"}][: n % 3]


def by_room(n: int) -> dict[str, Any]:
    """Return values of some rooms, one of them unknown."""
    return {"hall": n, "cellar": n, "attic": n} if n % 4 else {"hall": n}


def by_number(n: int) -> dict[Any, Any]:
    """Return values of sensors, by their numbers as text or not, one of them unknown."""
    return {"0": n, 1: n, "2": n} if n % 4 else {"0": n}


def pairs(n: int) -> list[dict[str, Any]]:
    """Return dicts of different keys, none to two."""
    return [{"a": n}, {"a": 0.5, "b": n}][: n % 3]


def histogram(n: int) -> list[int]:
    """Return how many there are in each of three bins."""
    return [n % 2, n, 0]


ROOMS = ["hall", "attic"]
PLATE = ("room", ROOMS)
SINKS = [StreamId("sink", {"room": room}) for room in ROOMS]
HOUSE = (StreamId("sink", {"house": "1"}),)
MAPPING = {"0": "hall", "1": "attic", "9": "cellar"}


def rooms(*columns: Any, name: str = "source") -> dict[StreamId, Any]:
    """Return streams of the rooms of a house."""
    ids = [StreamId(name, {"house": "1", "room": room}) for room in ROOMS]
    return dict(zip(ids, columns, strict=True))


def splitter(count: int, source: Any, *, by: Any = None, **parameters: Any) -> Recipe:
    """Return the recipe of a tool with many outputs, maybe split by another stream."""
    return Recipe(count, [source], parameters, alignment=by, sinks=SINKS, plate=PLATE)


def split_by(document: Any) -> list[Any]:
    """Return what a splitting stream holds that says the same all the time."""
    return every(1.0, lambda _: document)


HALVES = {
    "hall": (at(-20), at(30)),
    "attic": TimeInterval(at(20), at(80)),
    "cellar": (at(0), at(1)),
}
APART = [row for row in every(1.5, lambda n: {"t": n}) if row[0].microsecond]

RECIPES = {
    "aggregate_into_dict_and_apply": Recipe(
        80, rooms(NUMBERS, SPARSE), {"func": shown, "aggregation_meta_data": "room"}
    ),
    "aggregate_plate": Recipe(80, rooms(DICTS, APART), {"aggregation_meta_data": "room"}),
    "asset_plate_generator": Recipe(
        2, [every(30.0, lambda n: {"rooms": MAPPING})], {"element": "rooms", "filters": ["0", "9"]}
    ),
    "asset_splitter": splitter(105, every(1.0, by_room)),
    "dict_values_to_const": Recipe(60, [DICTS], {"const": "x"}),
    "histogram_from_list": Recipe(60, [LISTS], {"first_break": 0.5, "n_breaks": 3}),
    "histograms_to_csv": Recipe(
        0, rooms(every(1.0, histogram), every(1.5, histogram)), {"breaks": [0, 0.5]}, sinks=HOUSE
    ),
    "index_of": Recipe(
        60, rooms(DICTS, SPARSE), {"index": "hall", "selector_meta_data": "room"}, sinks=HOUSE
    ),
    "index_of_by_stream": Recipe(
        60,
        {StreamId("selector"): split_by("room"), **rooms(DICTS, SPARSE)},
        {"index": "hall"},
        sinks=HOUSE,
    ),
    "list_dict_mean": Recipe(60, [every(1.0, pairs)]),
    "list_dict_sum": Recipe(60, [every(1.0, pairs)], {"start_dict": {"a": 1}}),
    "meta_instance": Recipe(3, [NUMBERS], {"func": room_of}),
    "meta_instance_from_list": Recipe(2, parameters={"values": ROOMS}),
    "percentiles_from_list": Recipe(45, [LISTS], {"percentiles": [10, 50, 90]}),
    "percentiles_to_csv": Recipe(
        0, rooms(every(1.0, histogram), every(1.5, histogram), name="percentiles"), sinks=HOUSE
    ),
    "plate_sink": Recipe(0, rooms(NUMBERS, SPARSE), sinks=HOUSE),
    "relative_apply": Recipe(40, [every(1.0, readings)], {"func": largest}),
    "relative_apply2": Recipe(40, [every(1.0, readings)], {"func": largest_of}),
    "relative_window": Recipe(
        40, [NUMBERS], {"relative_start": -5.5, "relative_end": -1}, alignment=SPARSE
    ),
    "sliding_sink": Recipe(0, [WINDOWS, NUMBERS]),
    "splitter": splitter(35, every(1.0, reading), element="sensor", mapping=MAPPING),
    "splitter_from_stream": splitter(
        35, every(1.0, reading), by=split_by(MAPPING), element="sensor"
    ),
    "splitter_of_dict": splitter(105, every(1.0, by_number), mapping=MAPPING),
    "splitter_of_list": splitter(75, LISTS, mapping=["hall", "attic"]),
    "splitter_time_aware": splitter(70, NUMBERS, time_intervals=HALVES),
    "splitter_time_aware_from_stream": splitter(70, NUMBERS, by=split_by(HALVES)),
    "splitter_with_unlist": splitter(
        75, every(1.0, heard), element="heard", subelement="by", mapping=MAPPING
    ),
    "stream_broadcaster": splitter(120, LISTS, func=counted),
    "stream_broadcaster_from_stream": splitter(
        30, NUMBERS, by=split_by({"x": "hall", "y": "cellar"}), func=late
    ),
}
