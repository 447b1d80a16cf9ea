"""One way to use each tool: parameters, and sources that show what is special about it.

All lies in the minute after `START`; sources begin before it, as a tool may look back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from hyperstream.itertools2 import online_average
from hyperstream.stream import StreamId
from hyperstream.time_interval import UTC, TimeInterval

START = datetime(2020, 1, 1, tzinfo=UTC)
MINUTE = TimeInterval(START, START + timedelta(minutes=1))

Rows = list[tuple[datetime, Any]]


@dataclass(frozen=True)
class Recipe:
    """How to use a tool.

    Parameters
    ----------
    parameters : dict
        Of the tool.
    sources : sequence
        What each source holds.
    alignment : sequence, optional
        What the alignment stream holds, or the splitting stream.
    sinks : sequence of StreamId, optional
        The streams to compute, where there is more than one.
    plate : (str, sequence), optional
        The meta data id and the values of the output plate.
    count : int
        How many instances the minute has, in all sinks together.
    """

    count: int
    sources: Sequence[Rows] | Mapping[StreamId, Rows] = ()
    parameters: dict[str, Any] = field(default_factory=dict)
    alignment: Rows | None = None
    sinks: Sequence[StreamId] = (StreamId("sink"),)
    plate: tuple[str, Sequence[Any]] = ("", ())

    def emptied(self) -> Recipe:
        """Return the recipe without any data."""
        alignment = None if self.alignment is None else []
        if isinstance(self.sources, Mapping):
            empty = {stream_id: [] for stream_id in self.sources}
            return replace(self, sources=empty, alignment=alignment)
        return replace(self, sources=[[] for _ in self.sources], alignment=alignment)


def at(seconds: float) -> datetime:
    """Return the moment so many seconds after the start."""
    return START + timedelta(seconds=seconds)


def every(seconds: float, value: Callable[[int], Any], until: float = 60) -> Rows:
    """Return an instance every so many seconds, from half a minute before the start."""
    count = int((until + 30) / seconds)
    return [(at(-30 + n * seconds), value(n)) for n in range(count + 1)]


def wild_window(n: int) -> TimeInterval:
    """Return windows without order, of many lengths, which overlap and leave gaps."""
    start = (n * 37) % 80 - 35
    return TimeInterval(at(start), at(start + 1 + (n * 11) % 30))


def plus_one(value: float) -> float:
    """Add one."""
    return value + 1


def second_of(data: Any) -> list[Any]:
    """Return the seconds of all instances, as a list, which may be empty."""
    return [timestamp.second for timestamp, _ in data]


def numbers(n: int) -> float:
    """Return a float whose sums show any difference in rounding."""
    return 1 / (n + 3)


def dicts(n: int) -> dict[str, Any]:
    """Return dicts with and without a key."""
    return {"a": n % 3, "b": n} if n % 4 else {"b": n}


def lists(n: int) -> list[int]:
    """Return lists of different lengths, one of them empty."""
    return list(range(n % 4))


NUMBERS = every(1.0, numbers)
SPARSE = every(1.5, float)
DICTS = every(1.0, dicts)
LISTS = every(1.0, lists)
WINDOWS = every(2.5, wild_window)

RECIPES = {
    "aggregate": Recipe(80, [NUMBERS, SPARSE], {"func": sum, "aggregation_meta_data": "room"}),
    "aligned_merge": Recipe(20, [NUMBERS, SPARSE], {"names": ["a", "b"]}),
    "aligning_window": Recipe(40, [SPARSE], {"lower": -2.0, "upper": 3.0}),
    "apply": Recipe(60, [NUMBERS], {"func": plus_one}),
    "asset_writer": Recipe(1, parameters={"value": {"a": 1}}),
    "clock": Recipe(24, parameters={"first": at(-1), "stride": timedelta(seconds=2.5)}),
    "component": Recipe(45, [DICTS], {"key": "a"}),
    "component_filter": Recipe(30, [DICTS], {"key": "a", "values": [1, 2], "complement": True}),
    "component_set": Recipe(60, [DICTS], {"keys": ["a"]}),
    "copy": Recipe(60, [NUMBERS]),
    "dict_argmax": Recipe(60, [DICTS]),
    "jsonify": Recipe(60, [DICTS]),
    "list_length": Recipe(60, [LISTS]),
    "list_mean": Recipe(45, [LISTS]),
    "list_sum": Recipe(60, [LISTS]),
    "product": Recipe(60, [NUMBERS, NUMBERS]),
    "sink": Recipe(0, [NUMBERS, LISTS]),
    "slice": Recipe(30, [LISTS], {"index": 1}),
    "sliding_apply": Recipe(24, [WINDOWS, NUMBERS], {"func": online_average}),
    "sliding_listify": Recipe(24, [WINDOWS, NUMBERS]),
    "sliding_window": Recipe(60, parameters={"lower": -5.0, "upper": -1.0}),
}

# Where an earlier version wants something else, or where two ways of using a tool differ much.
FURTHER = {
    ("aggregate", "0.1.0"): [
        Recipe(60, [NUMBERS] * 3, {"func": partial(max, default=0), "aggregation_meta_data": "x"})
    ],
    ("aligned_merge", "0.0.1"): [Recipe(60, [NUMBERS, NUMBERS], {"names": None})],
    ("copy", "0.0.1"): [Recipe(80, [DICTS, [row for row in SPARSE if row[0].microsecond]])],
    ("sliding_apply", "0.0.2"): [Recipe(24, [WINDOWS, NUMBERS], {"func": second_of})],
    ("sliding_listify", "0.0.4"): [Recipe(24, [WINDOWS, NUMBERS], {"include_time": True})],
}
