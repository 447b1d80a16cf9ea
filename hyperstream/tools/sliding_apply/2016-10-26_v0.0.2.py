"""Apply a function to the data in each window."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from hyperstream.itertools2.windowed import over_windows
from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import Tool, check_input_stream_count
from hyperstream.tool.batches import Pace, collected, function, selected
from hyperstream.tool.windows import Frame, constant_reach, frames


class SlidingApply(Tool):
    """Apply a function to the instances in each window.

    Two sources: windows (TimeIntervals, such as those of sliding_window), and data of any values.
    The output holds, at the timestamp of each window, what the function returns; a result of
    length 0, such as an empty list, is left out. Windows may come in any order, overlap, and reach
    to any time: the data are read there.

    Parameters
    ----------
    func : callable
        Takes an iterator of the instances inside (start, end] of a window, in order of time. The
        functions of `hyperstream.itertools2` are not called for numbers, but computed for all
        windows together, in a time that does not depend on how much lies in a window. They give
        the same to rounding: with n values that are m at most, sums differ by less than about
        ``n * 2e-16 * n * m``, means and variances by ``n * 2e-16`` times m and m², products by a
        part of ``n * 2e-16``. Counts are the same, and so are sums of whole numbers below 2**53.

    Examples
    --------
    >>> from hyperstream.itertools2 import online_average
    >>> from hyperstream.testing import try_tool
    >>> windows = {2: TimeInterval.from_ms(0, 2000), 3: TimeInterval.from_ms(1000, 3000)}
    >>> try_tool(SlidingApply(func=online_average), windows, [10.0, 20.0, 60.0])
    {2: 15.0, 3: 40.0}
    """

    def __init__(self, func: Callable[[Any], Any]) -> None:
        super().__init__(func=func)
        self._func = function(self, func)

    def reach(self, interval: TimeInterval, sources: Sequence[Stream] = ()) -> TimeInterval | None:
        """Return what the windows of an interval cover; None where they do not tell."""
        return constant_reach(interval, sources[0]) if sources else None

    @check_input_stream_count(2)
    def _execute_batches(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[Batch]:
        pace = Pace()
        for frame in frames(sources[0], sources[1], interval):
            computed = over_windows(self._func, frame.rows, frame.starts, frame.stops)
            if computed is not None:
                yield self._completed(frame, *computed)
                continue
            for part in pace.parts(len(frame.windows)):
                yield _without_empty(Batch.of(frame.stamps[part], self._called(frame, part)))

    def _called(self, frame: Frame, part: slice) -> list[Any]:
        """Call the function for some of the windows."""
        contents = frame.cut(frame.instances, part)
        return collected(
            map(self._func, map(iter, contents)), frame.stamps[part], frame.windows[part]
        )

    def _completed(self, frame: Frame, results: Any, left: Any) -> Batch:
        """Call the function for the windows whose results are left to it."""
        if not left.any():
            return Batch(frame.stamps, results)
        values = results.tolist()
        for place in np.flatnonzero(left).tolist():
            values[place : place + 1] = self._called(frame, slice(place, place + 1))
        return Batch.of(frame.stamps, values)


def _without_empty(batch: Batch) -> Batch:
    if isinstance(batch.values, np.ndarray):
        return batch
    return selected(batch, [_length(value) != 0 for value in batch.values])


def _length(value: Any) -> int | None:
    try:
        return len(value) if hasattr(value, "__len__") else None
    except TypeError:  # a numpy array without dimensions has the method and no length
        return None
