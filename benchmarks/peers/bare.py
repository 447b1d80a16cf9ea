"""A bare Python loop."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from benchmarks.peers.workloads import (
    MINUTE,
    SECOND,
    START_MS,
    Columns,
    Mark,
    Peer,
    Work,
    from_pairs,
    in_order_of_time,
)

Pair = tuple[int, float]


class Bare(Peer):
    """Lists of numbers, and pairs of time and number as results."""

    name = "bare Python"

    def mapping(self, events: Columns) -> Work:
        """Compute it in the loop itself."""
        stamps, values = _lists(events)

        def run() -> list[Pair]:
            results = []
            for stamp, value in zip(stamps, values, strict=True):
                results.append((stamp, value * 2 + 1))
            return results

        return Work(run, from_pairs)

    def sliding(self, events: Columns) -> Work:
        """Keep what lies in the window, and its sum."""
        stamps, values = _lists(events)
        return Work(lambda: list(Means(SECOND).means(zip(stamps, values, strict=True))), from_pairs)

    def keyed(self, streams: Sequence[Columns]) -> Work:
        """Keep a sum and a count for each key; the events come in order of time."""
        events = in_order_of_time(streams)

        def run() -> list[tuple[int, int, float]]:
            state = dict.fromkeys(range(len(streams)), (START_MS + MINUTE, 0.0, 0))
            results = []
            for key, stamp, value in events:
                end, total, count = state[key]
                total += value
                count += 1
                if stamp == end:  # the last one of its minute
                    results.append((key, end, total / count))
                    end, total, count = end + MINUTE, 0.0, 0
                state[key] = end, total, count
            return results

        return Work(run, lambda found: from_pairs([mean[1:] for mean in sorted(found)]))

    def aligned(self, left: Columns, right: Columns) -> Work:
        """Go through both side by side."""
        inputs = [*_lists(left), *_lists(right)]

        def run() -> list[Pair]:
            results = []
            for stamp, value, other, factor in zip(*inputs, strict=True):
                if stamp != other:
                    raise ValueError(stamp)
                results.append((stamp, value * factor))
            return results

        return Work(run, from_pairs)

    def micro_batches(self, batches: Sequence[Columns], mark: Mark) -> Work:
        """Keep what lies in the window from one batch to the next."""
        inputs = [_lists(batch) for batch in batches]

        def run() -> list[Pair]:
            results: list[Pair] = []
            state = Means(SECOND)
            for stamps, values in inputs:
                mapped = [value * 2 + 1 for value in values]
                results.extend(state.means(zip(stamps, mapped, strict=True)))
                mark()
            return results

        return Work(run, from_pairs)


class Calling(Peer):
    """The same loop with a function, which tools of any library have to call."""

    name = "bare Python that calls a function"

    def mapping(self, events: Columns) -> Work:
        """Call a function for each value."""
        stamps, values = _lists(events)

        def function(value: float) -> float:
            return value * 2 + 1

        def run() -> list[Pair]:
            results = []
            for stamp, value in zip(stamps, values, strict=True):
                results.append((stamp, function(value)))
            return results

        return Work(run, from_pairs)


class Means:
    """The mean of the last 60 s, at times that are multiples of `every` milliseconds."""

    def __init__(self, every: int) -> None:
        self._every = every
        self._window: deque[Pair] = deque()
        self._total = 0.0

    def means(self, events: Iterable[Pair]) -> Iterator[Pair]:
        """Take in events; yield the time and the mean where it is asked for."""
        window, total, every = self._window, self._total, self._every
        for event in events:
            stamp, value = event
            window.append(event)
            total += value
            while window[0][0] <= stamp - MINUTE:
                total -= window.popleft()[1]
            if stamp % every == 0:
                yield stamp, total / len(window)
        self._total = total


def _lists(columns: Columns) -> tuple[list[int], list[float]]:
    return columns.stamps.tolist(), columns.values.tolist()
