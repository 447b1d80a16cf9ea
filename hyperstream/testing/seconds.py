"""Streams by second, for trying tools on a few values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from hyperstream.channels import MemoryChannel
from hyperstream.stream import Batch, Stream, StreamId
from hyperstream.time_interval import TimeInterval, TimeIntervals

Values: TypeAlias = "Iterable[Any] | Mapping[float, Any]"
BySecond: TypeAlias = "dict[float, Any]"

_SECOND = 1000


class Bench:
    """A memory channel with streams whose times are seconds since 1970.

    Parameters
    ----------
    *columns
        What there will be in streams: values for the seconds 1, 2, 3, …, or a
        dict of second to value.
    seconds : float
        The least end of the interval, in seconds.

    Attributes
    ----------
    interval : TimeInterval
        From second 0 to the last that any column has.
    """

    def __init__(self, *columns: Values, seconds: float = 0) -> None:
        self._channel = MemoryChannel("memory")
        end = max([seconds, *(second for column in columns for second in _by_second(column))])
        self.interval = TimeInterval.from_ms(0, round(end * _SECOND))

    def empty(self, stream_id: StreamId | str) -> Stream:
        """Return a stream without data."""
        return self._channel.get_or_create_stream(stream_id)

    def filled(self, stream_id: StreamId | str, column: Values) -> Stream:
        """Return a stream with data."""
        stream = self.empty(stream_id)
        rows = _by_second(column)
        stamps: Sequence[int] = [round(second * _SECOND) for second in rows]
        self._channel.write_batches([(stream, Batch.of(stamps, list(rows.values())))])
        stream.calculated_intervals = TimeIntervals([TimeInterval.up_to_now()])
        return stream

    def content(self, stream: Stream) -> BySecond:
        """Return what a stream holds in the interval: second to value."""
        return {
            stamp // _SECOND if stamp % _SECOND == 0 else stamp / _SECOND: value
            for batch in stream.window(self.interval).batches()
            for stamp, value in zip(batch.timestamps.tolist(), batch.value_list(), strict=True)
        }


def _by_second(column: Values) -> Mapping[float, Any]:
    return column if isinstance(column, Mapping) else dict(enumerate(column, start=1))
