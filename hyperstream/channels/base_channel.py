"""What all channels have in common."""

from __future__ import annotations

import threading
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperstream.channels.display import Displayed
from hyperstream.storage.batch import Batch, concatenated
from hyperstream.storage.memory import MemoryLedger
from hyperstream.stream import StreamDict, StreamId, StreamInstance, get_stream_id
from hyperstream.stream.stream_instance import instances as instances_of
from hyperstream.stream.stream_instance import to_batch
from hyperstream.time_interval import TimeInterval
from hyperstream.utils.containers import Printable
from hyperstream.utils.errors import (
    IncompatibleToolError,
    MultipleStreamsFoundError,
    StreamAlreadyExistsError,
    StreamNotFoundError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from hyperstream.storage.base import Count, Ledger
    from hyperstream.storage.batch import Milliseconds
    from hyperstream.stream import Stream

    AnyStreamId = StreamId | str

_PART = 1000
_FAST_WAYS = {
    "get_results": {"batches", "head", "tail", "count", "read_together"},
    "get_stream_writer": {"write_batches", "writes_together"},
    "create_stream": {"_create_all"},
}


class BaseChannel(Displayed, Printable):
    """Abstract base class of channels: where streams live.

    A channel of your own derives from one of the channels that store data, or
    from this class. From this one it must override `create_stream`,
    `get_results`, `get_stream_writer`, `purge_stream` and `update_streams`;
    reading, writing and computing then work through them. Where it can remove
    data, it may override ``delete(stream, interval)``; without that, nothing is
    cleared after a failure.

    Parameters
    ----------
    channel_id : str
        The name of the channel.
    can_calc, can_create, calc_agent
        Kept for information.
    """

    # Whether `write_batches` stores parts of many streams in few round trips, and all or none.
    writes_together: bool = False

    def __init__(
        self,
        channel_id: str,
        can_calc: bool = False,
        can_create: bool = False,
        calc_agent: Any = None,
    ) -> None:
        self.channel_id = channel_id
        self.can_calc = can_calc
        self.can_create = can_create
        self.calc_agent = calc_agent
        self._streams: dict[str | None, StreamDict] = {None: StreamDict()}
        self._ledger = MemoryLedger()
        self._lock = threading.RLock()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # Who overrides the documented way to read, write or create means it: the fast ways of the
        # parent, which would pass it by, are replaced by those that go through it.
        for documented, fast in _FAST_WAYS.items():
            if documented in cls.__dict__:
                for name in fast - cls.__dict__.keys():
                    setattr(cls, name, getattr(BaseChannel, name))

    @property
    def streams(self) -> StreamDict:
        """The streams outside of sandboxes, by id."""
        return self._streams[None]

    @property
    def ledger(self) -> Ledger:
        """What is known to be calculated."""
        return self._ledger

    def create_stream(self, stream_id: AnyStreamId, sandbox: str | None = None) -> Stream:
        """Create a stream.

        Parameters
        ----------
        stream_id : StreamId or str
            Its identifier, or just its name.
        sandbox : str, optional
            The private copy-space to create it in.

        Raises
        ------
        StreamAlreadyExistsError
            It is there already.
        NotImplementedError
            This channel cannot create streams.
        """
        raise NotImplementedError(_cannot(self, f"create stream {stream_id}"))

    def get_or_create_stream(
        self, stream_id: AnyStreamId, try_create: bool = True, sandbox: str | None = None
    ) -> Stream:
        """Return a stream, creating it if it is not there.

        Parameters
        ----------
        stream_id : StreamId or str
            Its identifier, or just its name.
        try_create : bool
            Whether to create it.
        sandbox : str, optional
            The private copy-space that it is in.

        Raises
        ------
        StreamNotFoundError
            It is not there, and shall not be created.
        """
        wanted = get_stream_id(stream_id)
        found = self._find(wanted, sandbox)
        if found is not None:
            return found
        if not try_create:
            raise self._not_found(stream_id)
        # Channels of plugins may know no sandboxes.
        place = {} if sandbox is None else {"sandbox": sandbox}
        try:
            return self.create_stream(wanted, **place)
        except StreamAlreadyExistsError:  # another thread or process was faster
            found = self._find(wanted, sandbox)
            if found is None:
                raise
            return found

    def get_or_create_streams(
        self,
        stream_ids: Sequence[AnyStreamId],
        try_create: bool = True,
        sandbox: str | None = None,
    ) -> list[Stream]:
        """Return many streams in the order given, creating those that are not there.

        Parameters
        ----------
        stream_ids : sequence of StreamId or str
            Their identifiers, or just their names.
        try_create : bool
            Whether to create them.
        sandbox : str, optional
            The private copy-space that they are in.

        Raises
        ------
        StreamNotFoundError
            Some are not there, and shall not be created.
        """
        wanted = list(map(get_stream_id, stream_ids))
        if type(self).get_or_create_stream is not BaseChannel.get_or_create_stream:
            return [self._get_or_create(each, try_create, sandbox) for each in wanted]
        found = self._find_all(wanted, sandbox)
        missing = [each for each in dict.fromkeys(wanted) if each not in found]
        if missing and not try_create:
            raise self._not_all_found(missing)
        if missing:
            found |= self._create_all(missing, sandbox)
        return [found[each] for each in wanted]

    def find_streams(self, **kwargs: Any) -> dict[StreamId, Stream]:
        """Return the streams whose meta data contain all the pairs given.

        Parameters
        ----------
        **kwargs
            ``name`` is the name of the streams; anything else is a tag of the
            meta data with its value, compared as text.
        """
        name = kwargs.pop("name", None)
        wanted = {(tag, str(value)) for tag, value in kwargs.items()}
        return {
            stream_id: stream
            for stream_id, stream in self.streams.items()
            if name in (None, stream_id.name) and wanted <= set(stream_id.meta_data)
        }

    def find_stream(self, **kwargs: Any) -> Stream:
        """Return the one stream that `find_streams` finds.

        Raises
        ------
        StreamNotFoundError, MultipleStreamsFoundError
            There is none, or more than one.
        """
        found = list(self.find_streams(**kwargs).values())
        asked = ", ".join(f"{key}={value}" for key, value in kwargs.items())
        if not found:
            msg = f"There is no stream with {asked} in channel {self.channel_id!r}."
            raise StreamNotFoundError(msg, channel_id=self.channel_id)
        if len(found) > 1:
            names = ", ".join(str(stream.stream_id) for stream in found[:5])
            msg = (
                f"{len(found)} streams of channel {self.channel_id!r} have {asked} ({names}, …): "
                "name more of their meta data, or use find_streams."
            )
            raise MultipleStreamsFoundError(msg, channel_id=self.channel_id)
        return found[0]

    def execute_tool(self, stream: Stream, interval: TimeInterval) -> None:
        """Compute an interval of a stream with the tool that it was computed with last.

        Raises
        ------
        IncompatibleToolError
            No tool computes this stream, as far as this process knows.
        """
        if stream.producer is None:
            msg = f"No tool is known to compute stream {stream}: execute a tool into it first."
            raise IncompatibleToolError(msg, stream=stream)
        stream.producer.compute(stream, interval)

    def get_results(self, stream: Stream, time_interval: TimeInterval) -> Iterable[StreamInstance]:
        """Return the instances of a stream in (start, end], in time order."""
        raise NotImplementedError(_cannot(self, f"read stream {stream}"))

    def get_stream_writer(self, stream: Stream) -> Callable[[Any], None]:
        """Return a function that stores one instance, or a list of them, in a stream."""
        raise NotImplementedError(_cannot(self, f"write to stream {stream}"))

    def update_streams(self, up_to_timestamp: datetime) -> None:
        """Bring the streams up to date, where that is the channel's task."""
        raise NotImplementedError(_cannot(self, "update its streams"))

    def purge_stream(
        self, stream_id: AnyStreamId, remove_definition: bool = False, sandbox: str | None = None
    ) -> None:
        """Remove the data and the calculated intervals of a stream.

        Parameters
        ----------
        stream_id : StreamId or str
            The stream.
        remove_definition : bool
            Remove the stream itself as well.
        sandbox : str, optional
            The private copy-space that it is in.

        Raises
        ------
        StreamNotFoundError
            It is not there.
        """
        raise NotImplementedError(_cannot(self, f"purge stream {stream_id}"))

    def purge_node(
        self, node_id: str, remove_definition: bool = False, sandbox: str | None = None
    ) -> None:
        """Purge all streams of a name; see `purge_stream`."""
        for stream_id in [each for each in self._streams_in(sandbox) if each.name == node_id]:
            self.purge_stream(stream_id, remove_definition=remove_definition, sandbox=sandbox)

    def batches(self, stream: Stream, interval: TimeInterval, size: int) -> Iterator[Batch]:
        """Yield the instances in (start, end], in time order, in batches of at most `size`."""
        results = iter(self.get_results(stream, interval))
        while part := list(islice(results, size)):
            yield to_batch(part)

    def read_together(self, *_: Any) -> dict[Stream, Batch]:
        """Return what lies in (start, end] of those streams that can be read at once: of none."""
        return {}

    def head(self, stream: Stream, interval: TimeInterval, n: int) -> Batch:
        """Return the first `n` instances in (start, end]."""
        return to_batch(list(islice(iter(self.get_results(stream, interval)), n)))

    def tail(self, stream: Stream, interval: TimeInterval, n: int) -> Batch:
        """Return the last `n` instances in (start, end], in time order."""
        everything = concatenated(list(self.batches(stream, interval, _PART)))
        return everything.part(max(len(everything) - n, 0), len(everything))

    def count(self, stream: Stream, interval: TimeInterval, limit: int) -> Count | None:
        """Return how many instances lie in (start, end]; None if one would have to read them."""
        return None

    def write_batches(self, parts: Sequence[tuple[Stream, Batch]]) -> list[Milliseconds]:
        """Store batches of several streams; return which timestamps were not there before."""
        new = [self._new(stream, batch) for stream, batch in parts]
        try:
            for stream, batch in parts:
                self._write(stream, batch)
        except BaseException:  # nothing is half stored, as far as the channel can delete
            for (stream, _), stamps in zip(parts, new, strict=True):
                self.delete_at(stream, stamps)
            raise
        return new

    def delete(self, stream: Stream, interval: TimeInterval) -> int:
        """Remove the instances in (start, end], where the channel can; return how many."""
        return 0

    def delete_at(self, stream: Stream, timestamps: Milliseconds) -> int:
        """Remove the instances at these timestamps, where the channel can; return how many."""
        return sum(
            self.delete(stream, TimeInterval.from_ms(stamp - 1, stamp))
            for stamp in timestamps.tolist()
        )

    def __getitem__(self, stream_id: AnyStreamId) -> Stream:
        found = self._find(get_stream_id(stream_id), None)
        if found is None:
            raise self._not_found(stream_id)
        return found

    def __contains__(self, stream_id: AnyStreamId) -> bool:
        return self._find(get_stream_id(stream_id), None) is not None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.channel_id!r})"

    def _write(self, stream: Stream, batch: Batch) -> None:
        write = self.get_stream_writer(stream)
        write_batch = getattr(write, "write_batch", None)
        if write_batch is not None:
            write_batch(batch)
            return
        for instance in instances_of(batch):
            write(instance)

    def _new(self, stream: Stream, batch: Batch) -> Milliseconds:
        """Return the timestamps of a batch that are not in a stream, as far as that matters."""
        stamps = np.unique(batch.timestamps)
        if not len(stamps) or type(self).delete is BaseChannel.delete:
            return stamps
        around = TimeInterval.from_ms(int(stamps[0]) - 1, int(stamps[-1]))
        present = [each.timestamps for each in self.batches(stream, around, _PART)]
        return np.setdiff1d(stamps, np.concatenate([*present, []])).astype(np.int64)

    def _streams_in(self, sandbox: str | None) -> StreamDict:
        return self._streams.setdefault(sandbox, StreamDict())

    def _find(self, stream_id: StreamId, sandbox: str | None) -> Stream | None:
        return self._streams_in(sandbox).get(stream_id)

    def _find_all(
        self, stream_ids: Sequence[StreamId], sandbox: str | None
    ) -> dict[StreamId, Stream]:
        """Return those of the streams that are there."""
        found = ((each, self._find(each, sandbox)) for each in stream_ids)
        return {stream_id: stream for stream_id, stream in found if stream is not None}

    def _create_all(
        self, stream_ids: Sequence[StreamId], sandbox: str | None
    ) -> dict[StreamId, Stream]:
        """Create streams that were not there a moment ago; return them."""
        return {each: self._get_or_create(each, True, sandbox) for each in stream_ids}

    def _get_or_create(self, stream_id: StreamId, try_create: bool, sandbox: str | None) -> Stream:
        # Channels of plugins may know no sandboxes.
        place = {} if sandbox is None else {"sandbox": sandbox}
        return self.get_or_create_stream(stream_id, try_create, **place)

    def _add(self, stream: Stream) -> Stream:
        streams = self._streams_in(stream.sandbox)
        with self._lock:
            if stream.stream_id in streams:
                msg = f"Stream {stream} already exists: use get_or_create_stream."
                raise StreamAlreadyExistsError(msg, stream_id=stream.stream_id)
            streams[stream.stream_id] = stream
        return stream

    def _not_found(self, stream_id: AnyStreamId) -> StreamNotFoundError:
        msg = f"There is no stream {stream_id} in channel {self.channel_id!r}."
        return StreamNotFoundError(msg, channel_id=self.channel_id, stream_id=stream_id)

    def _not_all_found(self, missing: Sequence[StreamId]) -> StreamNotFoundError:
        error = self._not_found(missing[0])
        if len(missing) == 1:
            return error
        msg = f"{error} Of those asked for, {len(missing) - 1} more are not there."
        return StreamNotFoundError(msg, channel_id=self.channel_id, stream_id=missing[0])


def _cannot(channel: BaseChannel, what: str) -> str:
    return f"Channel {channel.channel_id!r} ({type(channel).__name__}) cannot {what}."
