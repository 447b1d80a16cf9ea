"""Stream references: where a stream lives, what of it is calculated, and who computes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from hyperstream._time import iso_format, utcnow
from hyperstream.storage.base import StreamAddress
from hyperstream.stream import display
from hyperstream.stream.asking import interval_of
from hyperstream.stream.late import invalidate, void
from hyperstream.stream.stream_view import StreamView
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils.containers import Hashable
from hyperstream.utils.errors import StreamNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    import pandas as pd

    from hyperstream.storage.base import Count, Ledger
    from hyperstream.storage.batch import Batch, Milliseconds
    from hyperstream.stream.stream_id import StreamId
    from hyperstream.stream.stream_instance import StreamInstance

    Moment = datetime | timedelta | str | float


class Producer(Protocol):
    """Whoever computes a stream: it makes sure that an interval of it is calculated."""

    def compute(self, stream: Stream, interval: TimeInterval) -> None:
        """Compute what of the interval is missing, upstream included."""


class Writer(Protocol):
    """What `Channel.get_stream_writer` returns: takes one instance or a list of them."""

    def __call__(self, instances: StreamInstance | Iterable[StreamInstance]) -> None:
        """Store the instances."""


class Channel(Protocol):
    """What a stream asks of the channel that it lives in."""

    channel_id: str
    writes_together: bool

    @property
    def ledger(self) -> Ledger:
        """What is known to be calculated."""

    def batches(self, stream: Stream, interval: TimeInterval, size: int) -> Iterator[Batch]:
        """Yield the instances in (start, end], in time order."""

    def read_together(
        self, streams: Sequence[Stream], interval: TimeInterval, limit: int
    ) -> Mapping[Stream, Batch]:
        """Return what lies in (start, end] of those streams that can be read at once."""

    def head(self, stream: Stream, interval: TimeInterval, n: int) -> Batch:
        """Return the first instances in (start, end]."""

    def tail(self, stream: Stream, interval: TimeInterval, n: int) -> Batch:
        """Return the last instances in (start, end], in time order."""

    def count(self, stream: Stream, interval: TimeInterval, limit: int) -> Count | None:
        """Return how many instances lie in (start, end]; see `InstanceStore.count`."""

    def delete(self, stream: Stream, interval: TimeInterval) -> int:
        """Remove the instances in (start, end]."""

    def delete_at(self, stream: Stream, timestamps: Milliseconds) -> int:
        """Remove the instances at these timestamps."""

    def write_batches(self, parts: Sequence[tuple[Stream, Batch]]) -> list[Milliseconds]:
        """Store batches of several streams; return which timestamps are new."""

    def get_stream_writer(self, stream: Stream) -> Writer:
        """Return a function that stores instances."""

    def purge_stream(
        self, stream_id: StreamId, remove_definition: bool = False, sandbox: str | None = None
    ) -> None:
        """Remove a stream's data and marks."""


class Stream(Hashable):
    """A reference to a stream.

    Streams are made by their channel (`create_stream`, `get_or_create_stream`).

    Parameters
    ----------
    channel : BaseChannel
        Where the data live.
    stream_id : StreamId
        Name and meta data.
    calculated_intervals : TimeIntervals or None
        What is calculated at first; None leaves that as it is.
    sandbox : str or None
        The private copy-space.

    Examples
    --------
    >>> from hyperstream.channels import MemoryChannel
    >>> stream = MemoryChannel("memory").get_or_create_stream("demo")
    >>> stream.writer(StreamInstance(datetime(2020, 1, 1, 12), 20.5))
    >>> day = TimeInterval(datetime(2020, 1, 1), datetime(2020, 1, 2))
    >>> stream.calculated_intervals = TimeIntervals([day])
    >>> stream.window(day).values()
    [20.5]
    """

    def __init__(
        self,
        channel: Channel,
        stream_id: StreamId,
        calculated_intervals: TimeIntervals | None,
        sandbox: str | None,
    ) -> None:
        self.channel = channel
        self.stream_id = stream_id
        self.sandbox = sandbox
        self.address = StreamAddress(
            channel.channel_id, stream_id.name, stream_id.meta_data, sandbox
        )
        self.tool: Any = None
        self.producer: Producer | None = None
        # Whether a tool was seen to compute it of which this process may know nothing.
        self.is_made_elsewhere: bool | None = None
        self.parent_node: Any = None
        if calculated_intervals is not None:
            self.calculated_intervals = calculated_intervals

    @property
    def calculated_intervals(self) -> TimeIntervals:
        """What is calculated. Setting replaces it; ValueError where it lies in the future."""
        return self._calculated()

    @calculated_intervals.setter
    def calculated_intervals(self, intervals: TimeIntervals | None) -> None:
        intervals = TimeIntervals(intervals)
        now = utcnow()
        if intervals.end is not None and intervals.end > now:
            msg = (
                f"The calculated intervals of stream {self} would end at "
                f"{iso_format(intervals.end)}, which is in the future (now is {iso_format(now)})."
            )
            raise ValueError(msg)
        self.channel.ledger.replace(self.address, intervals)

    @property
    def writer(self) -> Writer:
        """A function that stores one instance, or a list of them, in this stream."""
        return self.channel.get_stream_writer(self)

    def from_pandas(self, frame: pd.DataFrame | pd.Series) -> None:
        """Store what a pandas DataFrame or Series holds, a row as an instance.

        A Series, or a column ``value`` alone, gives plain values; any other
        columns give dicts, without what is missing in a row (NaN, NaT, NA, None).
        Among plain values NaN stays NaN where it stands among floats, and what else
        is missing is None.

        Times of the index that have no zone are in UTC, others are converted;
        below milliseconds they are cut off. The rows may be in any order. All else
        is as with `writer`, which stores them: what has the same time twice must
        be the same value, or dicts that do not contradict each other. Numbers are
        copied, objects of Python are not.

        Parameters
        ----------
        frame : pandas.DataFrame or pandas.Series
            Has a DatetimeIndex, and columns named by text.

        Raises
        ------
        MissingExtraError
            pandas is not installed.
        TypeError
            The index holds no times.
        ValueError
            A time is missing, or lies in the future (reads the clock) or outside of the
            years 1 to 9999; or names of columns cannot be keys.
        DuplicateInstanceError
            A timestamp has, or is given, two different values.
        ValueEncodingError
            The channel cannot hold a value.

        Examples
        --------
        >>> import pandas as pd
        >>> from hyperstream.channels import MemoryChannel
        >>> stream = MemoryChannel("memory").create_stream("rain")
        >>> days = pd.date_range("2020-01-01", periods=2, tz="Europe/Berlin")
        >>> stream.from_pandas(pd.Series([0.5, 2.0], index=days))
        >>> stream.window(("2019-12-31", "2020-01-02"), True).first()
        StreamInstance(timestamp=datetime.datetime(2019, 12, 31, 23, 0, tzinfo=<UTC>), value=0.5)
        """
        from hyperstream.stream import frame_values  # noqa: PLC0415 - needs an extra

        frame_values.write_frame(self, frame)

    def set_tool_reference(self, tool_reference: Any) -> None:
        """Remember the tool that populates this stream."""
        self.tool = tool_reference

    def window(
        self,
        time_interval: TimeInterval | Sequence[Moment] | None = None,
        force_calculation: bool = False,
    ) -> StreamView:
        """Return a lazy view on what lies in a time interval, in time order.

        Parameters
        ----------
        time_interval : TimeInterval, RelativeTimeInterval or (start, end), optional
            Open at the start, closed at the end. A pair may have any form of
            `parse_time_tuple`. A relative one counts from now (the clock is
            read). None: the last calculated interval.
        force_calculation : bool
            Compute what is not calculated yet. A stream that nothing computes
            gives what is there.

        Raises
        ------
        ValueError
            None is given and nothing is calculated, or the interval is not valid.
        StreamNotAvailableError
            While it is read: calculation is forced, and only another process knows how.

        Examples
        --------
        >>> stream = HyperStream(file_logger=False).channel_manager.memory.create_stream("hours")
        >>> stream.writer([(datetime(2020, 1, 1, hour), hour) for hour in range(4)])
        >>> stream.window((datetime(2020, 1, 1, 1), "2020-01-01 03:00"), True).values()
        [2, 3]
        """
        return StreamView(self, interval_of(self, time_interval), force_calculation)

    def invalidate(self, interval: TimeInterval | TimeIntervals | Sequence[Moment]) -> None:
        """Forget calculated intervals of this stream and of everything computed from it.

        Use it after data came late or were corrected. What a tool computes is
        cleared when it is computed again; data written by hand stay.

        Parameters
        ----------
        interval : TimeInterval, TimeIntervals or (start, end)
            What changed, open at the start, closed at the end.
        """
        if interval is None:
            raise TypeError(f"Name the time interval in which {self} is to be invalidated.")
        if not isinstance(interval, TimeIntervals):
            interval = TimeIntervals([interval_of(self, interval)])
        invalidate(self.channel.ledger, self.address, interval)

    def purge(self, time_interval: TimeInterval | Sequence[Moment] | None = None) -> None:
        """Remove all data and marks of this stream, or those in an interval.

        What was computed from it stays, but late data still make that void.
        """
        if time_interval is None:
            self.channel.purge_stream(self.stream_id, sandbox=self.sandbox)
            return
        interval = interval_of(self, time_interval)
        # Marks go first: a mark without data would be a lie, data without a mark are not.
        void(self.channel.ledger, self.address, TimeIntervals([interval]))
        self.channel.delete(self, interval)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Stream):
            return NotImplemented
        return self.address == other.address and self.channel is other.channel

    def __hash__(self) -> int:
        return hash(self.address)

    def __str__(self) -> str:
        return str(self.address)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"

    def _repr_html_(self) -> str:
        return display.stream_page(self)

    def _calculated(self) -> TimeIntervals:
        return self.channel.ledger.calculated([self.address])[0]


class Definitions(Protocol):
    """What a database stream asks of the definitions in the database."""

    def create(self, addresses: Sequence[StreamAddress]) -> None:
        """Define streams that are not there yet."""

    def exists(self, address: StreamAddress) -> bool:
        """Tell whether a stream is defined."""

    def last_accessed(self, address: StreamAddress) -> datetime | None:
        """Return when a tool last worked on a stream."""

    def last_updated(self, address: StreamAddress) -> datetime | None:
        """Return when the data or marks of a stream last changed."""


class DefiningChannel(Channel, Protocol):
    """A channel that keeps definitions of its streams."""

    @property
    def definitions(self) -> Definitions:
        """The definitions."""


class DatabaseStream(Stream):
    """A reference to a stream whose definition is kept in MongoDB.

    Parameters
    ----------
    channel, stream_id, calculated_intervals, sandbox
        See `Stream`.
    last_accessed, last_updated : datetime or None
        Accepted for compatibility; the definition in the database counts.
    mongo_model : object, optional
        Accepted for compatibility.
    """

    channel: DefiningChannel

    def __init__(
        self,
        channel: DefiningChannel,
        stream_id: StreamId,
        calculated_intervals: TimeIntervals | None = None,
        last_accessed: datetime | None = None,
        last_updated: datetime | None = None,
        sandbox: str | None = None,
        mongo_model: object = None,
    ) -> None:
        super().__init__(channel, stream_id, calculated_intervals, sandbox)

    @property
    def last_accessed(self) -> datetime | None:
        """When a tool last worked on this stream (UTC), from the database."""
        return self.channel.definitions.last_accessed(self.address)

    @property
    def last_updated(self) -> datetime | None:
        """When its data or marks last changed (UTC), from the database."""
        return self.channel.definitions.last_updated(self.address)

    def load(self) -> None:
        """Check that the definition is in the database.

        Raises
        ------
        StreamNotFoundError
            It is not.
        """
        if not self.channel.definitions.exists(self.address):
            msg = f"There is no stream {self} in the database: save it first."
            raise StreamNotFoundError(msg, stream_id=self.stream_id)

    def save(self) -> None:
        """Save the definition to the database.

        Raises
        ------
        StreamAlreadyExistsError
            It is there already.
        """
        self.channel.definitions.create([self.address])


class AssetStream(DatabaseStream):
    """A database stream whose data are static or come from users.

    Its calculated intervals, as they are read, are all time up to now (reads the clock).
    """

    def _calculated(self) -> TimeIntervals:
        return TimeIntervals([TimeInterval.up_to_now()])
