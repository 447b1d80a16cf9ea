"""Reading the history of sessions from its streams."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator
from operator import attrgetter
from uuid import UUID

from hyperstream._time import MIN_MS, from_ms
from hyperstream.session.chunks import Chunk, chunks_in
from hyperstream.session.entries import Entry
from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval

_ALWAYS = TimeInterval.all_time()
# How many instances to read at once, each of which may be large: of a whole history, and backwards,
# where mostly few are needed.
_PART = 20
_FEW = 5


def entries(stream: Stream, session_id: UUID) -> list[Entry]:
    """Return the history of a session, oldest first.

    What one process recorded stays in its order, whatever its clock did.
    """
    writers: defaultdict[str, list[Chunk]] = defaultdict(list)
    for batch in stream.channel.batches(stream, _ALWAYS, _PART):
        for _, chunk in _chunks(batch, session_id):
            writers[chunk.writer].append(chunk)
    return list(heapq.merge(*map(_in_order, writers.values()), key=attrgetter("moment")))


def backwards(stream: Stream, session_id: UUID) -> Iterator[tuple[int, Chunk]]:
    """Yield the chunks of a session with their timestamps, the latest first."""
    end = _ALWAYS.end_ms
    while len(batch := stream.channel.tail(stream, TimeInterval.from_ms(MIN_MS, end), _FEW)):
        yield from reversed(list(_chunks(batch, session_id)))
        end = int(batch.timestamps[0]) - 1


def latest(stream: Stream, session_id: UUID, count: int) -> list[Entry]:
    """Return at least the last so many entries of a session, if there are, oldest first."""
    found: list[Entry] = []
    for _, chunk in backwards(stream, session_id):
        found = [*chunk.entries(), *found]
        if len(found) >= count:
            break
    return found


def _chunks(batch: Batch, session_id: UUID) -> Iterator[tuple[int, Chunk]]:
    for stamp, value in zip(batch.timestamps.tolist(), batch.value_list(), strict=True):
        for chunk in chunks_in(session_id, from_ms(stamp), value):
            yield stamp, chunk


def _in_order(chunks: Iterable[Chunk]) -> Iterator[Entry]:
    for chunk in sorted(chunks, key=attrgetter("key")):
        yield from chunk.entries()
