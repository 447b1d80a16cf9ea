"""Roughly where the instances of a stream are: a hint that makes queries cheap.

To find the last instances of a stream, a query names a range of time that holds
a few more than are wanted, because on the embedded server a query costs what its
range holds, whatever its limit. The hint says where to begin and how wide. It
may be wrong, after a crash say; then a query costs more, and finds the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from bson.datetime_ms import DatetimeMS
from pymongo.database import Database

from hyperstream._time import to_ms, utcnow
from hyperstream.storage.base import StreamAddress
from hyperstream.storage.batch import Milliseconds
from hyperstream.storage.mongo.documents import (
    Change,
    Document,
    definitions,
    grouped_updates,
    key_of,
)

_FIELDS = ("first_datetime", "last_datetime", "instance_count")


class Spread(NamedTuple):
    """First and last timestamp (milliseconds), and the mean time between two instances."""

    first: int
    last: int
    spacing: float

    def number_in(self, start: int, end: int) -> int:
        """Return about how many instances lie in (start, end]."""
        width = min(end, self.last) - max(start, self.first - self.spacing)
        return max(round(width / self.spacing), 0)


def find_spread(db: Database[Document], address: StreamAddress) -> Spread | None:
    """Return the hint for a stream; None where nothing is known."""
    known = definitions(db).find_one(key_of(address), dict.fromkeys(_FIELDS, 1))
    if known is None or not all(known.get(field) for field in _FIELDS):
        return None
    first, last = int(known["first_datetime"]), int(known["last_datetime"])
    return Spread(first, last, max((last - first) / max(known["instance_count"] - 1, 1), 1.0))


def note_written(db: Database[Document], added: Mapping[StreamAddress, Milliseconds]) -> None:
    """Note which timestamps were added to streams, and that they were updated now."""
    updated = {"$set": {"last_updated": DatetimeMS(to_ms(utcnow()))}}
    changes: list[Change] = [
        (address, {}, {**updated, **_more(stamps)}) for address, stamps in added.items()
    ]
    if changes:
        definitions(db).bulk_write(grouped_updates(changes), ordered=False)


def note_found(db: Database[Document], found: Mapping[StreamAddress, Milliseconds]) -> None:
    """Note that streams hold instances at these timestamps, in any order, besides those noted."""
    changes: list[Change] = [
        (address, {}, _more(np.sort(stamps))) for address, stamps in found.items()
    ]
    definitions(db).bulk_write(grouped_updates(changes), ordered=False)


def note_deleted(db: Database[Document], address: StreamAddress, count: int) -> None:
    """Note that so many instances of a stream are gone."""
    change = {"$inc": {"instance_count": -count}}
    definitions(db).update_one(key_of(address), change)


def note_emptied(db: Database[Document], address: StreamAddress) -> None:
    """Note that a stream holds nothing any more."""
    change = {"$unset": dict.fromkeys(_FIELDS, "")}
    definitions(db).update_one(key_of(address), change)


def _more(stamps: Milliseconds) -> Document:
    """Return how the hint changes with more instances, given in time order."""
    if not len(stamps):
        return {}
    return {
        "$min": {"first_datetime": DatetimeMS(int(stamps[0]))},
        "$max": {"last_datetime": DatetimeMS(int(stamps[-1]))},
        "$inc": {"instance_count": len(stamps)},
    }
