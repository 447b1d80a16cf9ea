"""Channels whose data live in memory."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from hyperstream._time import MIN_DATE, iso_format, normalise, utcnow
from hyperstream.channels.base_channel import BaseChannel
from hyperstream.channels.writer import StreamWriter
from hyperstream.storage.base import Count
from hyperstream.stream import Stream, StreamId, StreamInstanceCollection, get_stream_id
from hyperstream.stream.late import void
from hyperstream.stream.stream_instance import instances
from hyperstream.time_interval import TimeInterval, TimeIntervals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from hyperstream.storage.batch import Batch, Milliseconds
    from hyperstream.storage.memory import MemorySeries
    from hyperstream.stream import StreamInstance
    from hyperstream.stream.stream import Writer

    AnyStreamId = StreamId | str


class _InMemory(BaseChannel):
    """Reads from instance collections in memory."""

    def __init__(self, channel_id: str, can_create: bool) -> None:
        super().__init__(channel_id, can_calc=can_create, can_create=can_create)
        self.data: dict[StreamId, StreamInstanceCollection] = {}
        self._sandbox_data: dict[str, dict[StreamId, StreamInstanceCollection]] = {}

    def get_results(self, stream: Stream, time_interval: TimeInterval) -> Iterator[StreamInstance]:
        """Yield the instances of a stream in (start, end], in time order."""
        found = self._series(stream)
        return instances(found.rows(time_interval.start_ms, time_interval.end_ms))

    def batches(self, stream: Stream, interval: TimeInterval, size: int) -> Iterator[Batch]:
        """Yield the instances in (start, end], in time order, in batches of at most `size`."""
        return self._series(stream).read(interval.start_ms, interval.end_ms, size)

    def head(self, stream: Stream, interval: TimeInterval, n: int) -> Batch:
        """Return the first `n` instances in (start, end]."""
        return self._series(stream).head(interval.start_ms, interval.end_ms, n)

    def tail(self, stream: Stream, interval: TimeInterval, n: int) -> Batch:
        """Return the last `n` instances in (start, end], in time order."""
        return self._series(stream).tail(interval.start_ms, interval.end_ms, n)

    def count(self, stream: Stream, interval: TimeInterval, limit: int) -> Count:
        """Return how many instances lie in (start, end]."""
        number = self._series(stream).count(interval.start_ms, interval.end_ms)
        return Count(number, is_exact=True)

    def _series(self, stream: Stream) -> MemorySeries:
        data = self._data_in(stream.sandbox)
        found = data.get(stream.stream_id)
        if isinstance(found, StreamInstanceCollection):
            return found.series
        # A plugin may make a stream without data, or fill in a list or a dictionary.
        with self._lock:
            found = data.get(stream.stream_id)
            if found is None and stream.stream_id not in self._streams_in(stream.sandbox):
                raise self._not_found(stream.stream_id)
            if not isinstance(found, StreamInstanceCollection):
                items = found.items() if isinstance(found, Mapping) else found or ()
                found = data[stream.stream_id] = StreamInstanceCollection(items, name=stream)
        return found.series

    def _data_in(self, sandbox: str | None) -> dict[StreamId, StreamInstanceCollection]:
        return self.data if sandbox is None else self._sandbox_data.setdefault(sandbox, {})


class MemoryChannel(_InMemory):
    """A channel whose data live in memory, and are gone with the process.

    Values may be of any Python type. They are held by reference: nothing is
    copied, so whoever wants to change a value copies it first.

    Parameters
    ----------
    channel_id : str
        The name of the channel.

    Attributes
    ----------
    data : dict
        The instances of each stream: {StreamId: StreamInstanceCollection}.

    Examples
    --------
    >>> from datetime import datetime
    >>> channel = MemoryChannel("memory")
    >>> stream = channel.get_or_create_stream("temperature")
    >>> stream.writer([(datetime(2020, 1, 1), 20.5), (datetime(2020, 1, 2), 21.0)])
    >>> channel.data[stream.stream_id][datetime(2020, 1, 2)]
    21.0
    """

    def __init__(self, channel_id: str) -> None:
        super().__init__(channel_id, can_create=True)

    def create_stream(self, stream_id: AnyStreamId, sandbox: str | None = None) -> Stream:
        """Create a stream; see `BaseChannel.create_stream`."""
        stream = Stream(self, get_stream_id(stream_id), None, sandbox)
        with self._lock:
            self._add(stream)
            self._data_in(sandbox)[stream.stream_id] = StreamInstanceCollection(name=stream)
        return stream

    def get_stream_writer(self, stream: Stream) -> Writer:
        """Return a function that stores one instance, or a list of them."""
        # Not `self.write_batches`: a subclass that overrides this method has one that calls it.
        return StreamWriter(partial(MemoryChannel.write_batches, self), stream)

    def write_batches(self, parts: Sequence[tuple[Stream, Batch]]) -> list[Milliseconds]:
        """Store batches of several streams; return which timestamps were not there before."""
        targets = [(self._series(stream), batch) for stream, batch in parts]
        if len(targets) > 1:  # a conflict in one of them must not leave the others half done
            for series, batch in targets:
                series.check(batch)
        return [series.write(batch) for series, batch in targets]

    def delete(self, stream: Stream, interval: TimeInterval) -> int:
        """Remove the instances in (start, end]; return how many."""
        return self._series(stream).delete(interval.start_ms, interval.end_ms)

    def delete_at(self, stream: Stream, timestamps: Milliseconds) -> int:
        """Remove the instances at these timestamps; return how many."""
        return self._series(stream).delete_at(timestamps)

    def update_streams(self, up_to_timestamp: datetime) -> None:
        """Do nothing: what is in memory is always up to date."""

    def purge_stream(
        self, stream_id: AnyStreamId, remove_definition: bool = False, sandbox: str | None = None
    ) -> None:
        """Remove the data and calculated intervals of a stream; see `BaseChannel.purge_stream`."""
        found = self._find(get_stream_id(stream_id), sandbox)
        if found is None:
            raise self._not_found(stream_id)
        void(self.ledger, found.address, TimeIntervals([TimeInterval.all_time()]))
        self._series(found).clear()
        if remove_definition:
            self.ledger.forget(found.address)
            self._data_in(sandbox).pop(found.stream_id, None)
            self._streams_in(sandbox).pop(found.stream_id, None)

    def purge_all(self, remove_definitions: bool = False) -> None:
        """Purge all streams of the channel, sandboxes included. Use with caution."""
        for sandbox in list(self._streams):
            for stream_id in list(self._streams_in(sandbox)):
                self.purge_stream(stream_id, remove_definitions, sandbox)

    @property
    def non_empty_streams(self) -> list[StreamId]:
        """The ids of the streams that hold data."""
        return [stream_id for stream_id, found in self.data.items() if len(found)]

    def check_calculation_times(self) -> None:
        """Check that no stream counts as calculated after now (reads the clock).

        Raises
        ------
        ValueError
            One does.
        """
        now = utcnow()
        for stream in self.streams.values():
            calculated = stream.calculated_intervals
            if calculated.end is not None and calculated.end > now:
                msg = f"Stream {stream} counts as calculated after now ({iso_format(now)})."
                raise ValueError(msg)


class ReadOnlyMemoryChannel(_InMemory):
    """Abstract base class of channels that fill streams in memory from elsewhere.

    A channel derived from it overrides `update_streams`, which must bring
    ``self.streams`` and ``self.data`` up to date until exactly the timestamp
    given. What is there once is never taken away.

    Parameters
    ----------
    channel_id : str
        The name of the channel.
    up_to_timestamp : datetime
        Until when to be up to date at first (UTC).
    """

    def __init__(self, channel_id: str, up_to_timestamp: datetime = MIN_DATE) -> None:
        super().__init__(channel_id, can_create=False)
        self.up_to_timestamp = MIN_DATE
        if up_to_timestamp > MIN_DATE:
            self.update_state(up_to_timestamp)

    def update_state(self, up_to_timestamp: datetime) -> None:
        """Bring the channel up to date, and mark its streams as calculated, up to a time (UTC)."""
        up_to_timestamp = normalise(up_to_timestamp)
        if up_to_timestamp <= self.up_to_timestamp:
            return
        self.update_streams(up_to_timestamp)
        self.up_to_timestamp = up_to_timestamp
        done = TimeIntervals([TimeInterval(MIN_DATE, up_to_timestamp)])
        for stream in self.streams.values():
            stream.calculated_intervals = done

    def _add_document(self, stream_id: StreamId, timestamp: datetime, value: Any) -> None:
        """Add an instance, and its stream if that is new."""
        if stream_id not in self.streams:
            stream = self._add(Stream(self, stream_id, None, None))
            self.data[stream_id] = StreamInstanceCollection(name=stream)
        self.data[stream_id][timestamp] = value
