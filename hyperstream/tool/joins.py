"""Reading several streams side by side."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperstream._time import from_ms, iso_format
from hyperstream.storage.batch import concatenated
from hyperstream.stream import Batch
from hyperstream.tool.batches import taken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hyperstream.storage.batch import Milliseconds
    from hyperstream.stream import Stream
    from hyperstream.time_interval import TimeInterval

_SMALLEST, _LARGEST = 64, 4096
_ROWS = 16384


def side_by_side(sources: Sequence[Stream], interval: TimeInterval) -> Iterator[list[Batch]]:
    """Read several streams over an interval, one stretch of time after the other.

    Memory holds some thousand rows, however long the interval and whatever the
    rates of the streams.

    Yields
    ------
    list of Batch
        What each source holds in a stretch, which is the same for all of them.
    """
    size = min(max(_ROWS // max(len(sources), 1), _SMALLEST), _LARGEST)
    readers = [_Reader(source, interval, size) for source in sources]
    while sum(reader.fill() for reader in readers):
        horizon = min((reader.known for reader in readers if not reader.exhausted), default=None)
        yield [reader.take(horizon) for reader in readers]


def matched(sources: Sequence[Stream], interval: TimeInterval) -> Iterator[list[Batch]]:
    """Read several streams at the timestamps that all of them have.

    Yields
    ------
    list of Batch
        One for each source; their timestamps are equal.
    """
    for parts in side_by_side(sources, interval):
        if _aligned(parts):
            yield parts
            continue
        common = reduce(
            lambda left, right: np.intersect1d(left, right, assume_unique=True),
            [part.timestamps for part in parts],
        )
        yield [taken(part, part.timestamps.searchsorted(common)) for part in parts]


def strictly_matched(sources: Sequence[Stream], interval: TimeInterval) -> Iterator[list[Batch]]:
    """Read several streams that must have equal timestamps; see `matched`.

    Raises
    ------
    ValueError
        A stream lacks a timestamp that another one has.
    """
    for parts in side_by_side(sources, interval):
        if not _aligned(parts):
            raise ValueError(_difference(sources, parts))
        yield parts


def merged(sources: Sequence[Stream], interval: TimeInterval) -> Iterator[Batch]:
    """Read several streams as one, in order of time and, at equal times, in that of the sources."""
    for parts in side_by_side(sources, interval):
        everything = concatenated(parts)
        yield taken(everything, np.argsort(everything.timestamps, kind="stable"))


def grouped(
    sources: Sequence[Stream], interval: TimeInterval
) -> Iterator[tuple[Milliseconds, list[list[Any]]]]:
    """Read several streams, and group what they hold by time.

    Yields
    ------
    (timestamps, values)
        Some timestamps, in milliseconds since 1970, and for each the list of
        the values there, in the order of the sources.
    """
    for batch in merged(sources, interval):
        stamps, values = batch.timestamps, batch.value_list()
        firsts = np.flatnonzero(np.concatenate(([True], stamps[1:] > stamps[:-1])))
        edges = [*firsts.tolist(), len(stamps)]
        yield stamps[firsts], list(map(values.__getitem__, map(slice, edges[:-1], edges[1:])))


def rows(parts: Sequence[Batch], names: Sequence[str] | None) -> list[Any]:
    """Return the values of matched batches, time by time: as tuples, or as dicts by name."""
    tuples = list(zip(*(part.value_list() for part in parts), strict=True))
    if names is None:
        return tuples
    return [dict(zip(names, values, strict=True)) for values in tuples]


def check_names(names: Sequence[str] | None, sources: Sequence[Stream]) -> None:
    """Check that there is a name for each source.

    Raises
    ------
    TypeError
        There are more or fewer names than sources, or a name is there twice.
    """
    if names is not None and (len(names) != len(sources) or len(set(names)) < len(names)):
        raise TypeError(
            f"The names must be as many as the sources, and all different: {list(names)} "
            f"for {len(sources)} source streams."
        )


def _aligned(parts: Sequence[Batch]) -> bool:
    first = parts[0].timestamps
    return all(np.array_equal(first, part.timestamps) for part in parts[1:])


def _difference(sources: Sequence[Stream], parts: Sequence[Batch]) -> str:
    """Name the first timestamp that some streams have and others lack."""
    everything = reduce(np.union1d, [part.timestamps for part in parts])
    lacking = [np.setdiff1d(everything, part.timestamps) for part in parts]
    stamp = min(int(missing[0]) for missing in lacking if len(missing))
    names = [
        str(source) for source, missing in zip(sources, lacking, strict=True) if stamp in missing
    ]
    return (
        "its sources must have equal timestamps, but at "
        f"{iso_format(from_ms(stamp))} there is nothing in {', '.join(names)}."
    )


class _Reader:
    """Reads one stream, some rows at a time.

    Attributes
    ----------
    exhausted : bool
        Everything has been read.
    """

    def __init__(self, source: Stream, interval: TimeInterval, size: int) -> None:
        self.exhausted = False
        self._size = size
        self._rows = Batch.empty()
        self._batches = source.window(interval, force_calculation=True).batches(size)

    @property
    def known(self) -> int:
        """Up to when, in milliseconds, everything has been read, as far as the rows held tell."""
        return int(self._rows.timestamps[-1])

    def fill(self) -> int:
        """Hold at least `size` rows, if there are so many; return how many are held."""
        parts, count = [self._rows], len(self._rows)
        while not self.exhausted and count < self._size:
            more = next(self._batches, None)
            if more is None:
                self.exhausted = True
            else:
                parts.append(more)
                count += len(more)
        self._rows = concatenated([part for part in parts if len(part)])
        return len(self._rows)

    def take(self, until: int | None) -> Batch:
        """Hand out the rows up to a time, in milliseconds, or all."""
        count = len(self._rows)
        if until is not None:
            count = int(self._rows.timestamps.searchsorted(until, side="right"))
        rows = self._rows.part(0, count)
        self._rows = self._rows.part(count, len(self._rows))
        return rows
