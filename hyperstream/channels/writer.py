"""The function that a channel returns for writing to a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hyperstream.stream import StreamInstance
from hyperstream.stream.late import invalidate_dependents
from hyperstream.stream.stream_instance import to_batch
from hyperstream.time_interval import TimeInterval, TimeIntervals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hyperstream.storage.batch import Batch, Milliseconds
    from hyperstream.stream import Stream

    Store = Callable[[Sequence[tuple[Stream, Batch]]], list[Milliseconds]]


class StreamWriter:
    """Writes instances to one stream.

    An instance that comes late, where streams computed from this one are
    calculated already, makes those void there.

    Parameters
    ----------
    store : callable
        Stores batches, as `BaseChannel.write_batches` does.
    stream : Stream
        The stream.
    """

    def __init__(self, store: Store, stream: Stream) -> None:
        self.store = store
        self.stream = stream

    def __call__(self, instances: StreamInstance | Iterable[StreamInstance]) -> None:
        """Store one instance, or several: all of them or, after an error, none.

        Raises
        ------
        ValueError
            A timestamp is no datetime, or lies in the future (reads the clock).
        DuplicateInstanceError
            A timestamp has, or is given, two different values.
        ValueEncodingError
            The channel cannot hold a value.
        """
        self.write_batch(to_batch(self._checked(instances)))

    def write_batch(self, batch: Batch) -> None:
        """Store a batch, whose timestamps are known not to lie in the future."""
        try:
            new = self.store([(self.stream, batch)])[0]
            self._make_void(changes(batch, new))
        except KeyboardInterrupt:  # nobody knows how far it has come
            self._make_void(batch.timestamps)
            raise

    def _make_void(self, changed: Milliseconds) -> None:
        """Forget what was computed from what the stream held at these timestamps, or did not."""
        ledger, address = self.stream.channel.ledger, self.stream.address
        if len(changed) and ledger.dependents(address):
            invalidate_dependents(ledger, address, moments(changed))

    def _checked(self, instances: Any) -> list[StreamInstance]:
        if isinstance(instances, StreamInstance):
            return [instances]
        try:
            pairs = [each if type(each) is StreamInstance else tuple(each) for each in instances]
        except TypeError:
            pairs = [()]
        if any(len(pair) != 2 for pair in pairs):  # noqa: PLR2004 - timestamp and value
            msg = f"Stream {self.stream} takes one StreamInstance or a list, not {instances!r}."
            raise TypeError(msg)
        return [each if type(each) is StreamInstance else StreamInstance(*each) for each in pairs]


def moments(stamps: Milliseconds) -> TimeIntervals:
    """Return the shortest intervals that hold timestamps (in milliseconds)."""
    ordered = np.unique(stamps)
    breaks = np.flatnonzero(np.diff(ordered) > 1)
    firsts = ordered[np.concatenate(([0], breaks + 1))].tolist()
    lasts = ordered[np.concatenate((breaks, [len(ordered) - 1]))].tolist()
    return TimeIntervals(
        TimeInterval.from_ms(first - 1, last) for first, last in zip(firsts, lasts, strict=True)
    )


def changes(batch: Batch, new: Milliseconds) -> Milliseconds:
    """Return where a stream may hold something else now than before a batch was written.

    A dict that was not new may have been merged into the one that was there.
    """
    if len(new) == len(batch) or isinstance(batch.values, np.ndarray):
        return new
    merged = np.fromiter((isinstance(value, dict) for value in batch.values), bool, len(batch))
    return np.union1d(new, batch.timestamps[merged])
