"""Reading a stream's instances, in pages that are ranges of time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from pymongo import ASCENDING, DESCENDING
from pymongo.cursor import Cursor
from pymongo.database import Database

from hyperstream._time import to_ms_array
from hyperstream.client import Client
from hyperstream.storage.base import StreamAddress
from hyperstream.storage.batch import Batch, column, plain
from hyperstream.storage.mongo.codec import decode_column
from hyperstream.storage.mongo.documents import Document, during, fetched, inside, instances
from hyperstream.storage.mongo.spread import Spread, find_spread
from hyperstream.time_interval import TimeInterval

_PROJECTION = {"_id": 0, "datetime": 1, "value": 1}
# Pages double up to so many times the size: few for who wants little, large for who wants all.
_MOST = 4
# A page that holds more than so many times what was expected is cut.
_SLACK = 2
_GROWTH = 4.0
_GROWTH_IF_EMPTY = 8.0


class Walk:
    """A walk over what a stream holds in an interval, page by page.

    Each page is a query for a range of time that should hold just as many
    instances as are wanted at once: then a server that collects a whole result
    before it answers never collects much more, and no cursor is needed that a
    restarted server would not know.

    Parameters
    ----------
    client : Client
        Where the stream is.
    address : StreamAddress
        The stream.
    interval : TimeInterval
        What to walk over.
    size : int
        How many instances the first page should hold.
    backwards : bool
        Whether the walk begins at the end. Inside a page the order is always
        that of time.
    """

    def __init__(
        self,
        client: Client,
        address: StreamAddress,
        interval: TimeInterval,
        size: int,
        *,
        backwards: bool = False,
    ) -> None:
        self._client = client
        self._address = address
        self._low, self._high = interval.start_ms, interval.end_ms
        self._size = size
        self._backwards = backwards

    def pages(self, spacing: float | None = None) -> Iterator[Batch]:
        """Yield the pages; some may be empty, later ones are several times as large as the first.

        Parameters
        ----------
        spacing : float, optional
            About how many milliseconds lie between two instances, if known.
        """
        width = float(self._high - self._low)
        goal = self._size
        spread = None
        if spacing is None or width > spacing * goal:
            spread = self._client.run(lambda db: find_spread(db, self._address))
            if spread is not None:
                width = spread.spacing * goal
        while self._low < self._high:
            low, high = self._next_range(max(int(width), 1), spread)
            page, is_cut = self._page(low, high, goal)
            yield page
            last_goal, goal = goal, min(2 * goal, _MOST * self._size)
            if is_cut:
                spread = None
                low, high = self._covered(page)
                width = (high - low) * goal / (_SLACK * last_goal)
            else:
                width *= _change(len(page), goal)
            if self._backwards:
                self._high = low
            else:
                self._low = high

    def _next_range(self, width: int, spread: Spread | None) -> tuple[int, int]:
        """Return the next page's range; it takes in what lies beyond either end of the spread."""
        low, high = self._low, self._high
        if self._backwards:
            low = (min(high, spread.last) if spread else high) - width
            if spread and low < spread.first:
                low = self._low
        else:
            high = (max(low, spread.first - 1) if spread else low) + width
            if spread and high >= spread.last:
                high = self._high
        return max(low, self._low), min(high, self._high)

    def _covered(self, page: Batch) -> tuple[int, int]:
        """Return the range that a page which was cut covers."""
        first, last = int(page.timestamps[0]), int(page.timestamps[-1])
        return (first - 1, self._high) if self._backwards else (self._low, last)

    def _page(self, low: int, high: int, goal: int) -> tuple[Batch, bool]:
        """Return what lies in a range; or a part from its near end, where that is very much."""
        limit = _SLACK * goal + 1
        page = self._client.run(lambda db: self._found(db, low, high, limit, sort=False))
        if len(page) == limit:
            # Without a sort nobody says which ones these are; with it, the embedded server needs a
            # quarter longer, so that it is asked for only here.
            page = self._client.run(lambda db: self._found(db, low, high, limit, sort=True))
        return page, len(page) == limit

    def _found(
        self, db: Database[Document], low: int, high: int, limit: int, *, sort: bool
    ) -> Batch:
        cursor = self._cursor(db, inside(self._address, low, high))
        cursor.limit(limit).batch_size(limit)
        if sort:
            cursor.sort("datetime", DESCENDING if self._backwards else ASCENDING)
        batch = self._batch(fetched(cursor))
        return batch if batch.is_ascending() else _in_time_order(batch)

    def _cursor(self, db: Database[Document], query: Document) -> Cursor[Any]:
        """Return what finds the documents of a page."""
        return instances(db).find(query, _PROJECTION)

    def _batch(self, documents: list[Any]) -> Batch:
        """Return what documents say."""
        return _decoded(documents)


def read_together(
    client: Client, addresses: Sequence[StreamAddress], interval: TimeInterval, limit: int
) -> dict[StreamAddress, Batch]:
    """Read several streams by one query; see `MongoInstances.read_together`."""
    found: defaultdict[str, list[Document]] = defaultdict(list)
    documents = client.run(lambda db: _of_all(db, addresses, interval, limit + 1))
    for document in documents:
        found[document["stream_key"]].append(document)
    by_key = {address.key: address for address in addresses}
    if len(documents) > limit:
        # In the order of keys: the last one is not complete, perhaps, and others are not reached.
        last = documents[-1]["stream_key"]
        by_key = {key: address for key, address in by_key.items() if key in found and key != last}
    return {address: _decoded(found[key]) for key, address in by_key.items()}


def _of_all(
    db: Database[Document], addresses: Sequence[StreamAddress], interval: TimeInterval, limit: int
) -> list[Document]:
    # The index on both fields gives each stream's range, in this order.
    query = {**during(addresses[0], interval), "stream_key": {"$in": [a.key for a in addresses]}}
    cursor = instances(db).find(query, {**_PROJECTION, "stream_key": 1})
    cursor.sort([("stream_key", ASCENDING), ("datetime", ASCENDING)])
    return fetched(cursor.limit(limit).batch_size(limit))


def _decoded(documents: Sequence[Document]) -> Batch:
    stamps = to_ms_array([document["datetime"] for document in documents])
    # MongoEngine does not write None, so that release 0.3.8 left such a value out.
    return Batch(stamps, decode_column([document.get("value") for document in documents]))


def _in_time_order(batch: Batch) -> Batch:
    order = np.argsort(batch.timestamps)
    values: list[Any] = plain(batch.values)
    return Batch(batch.timestamps[order], column([values[row] for row in order.tolist()]))


def _change(count: int, goal: int) -> float:
    """Return how much wider the next page should be than one that held `count`, to hold `goal`."""
    return min(goal / count, _GROWTH) if count else _GROWTH_IF_EMPTY
