"""What a store must do: addresses, instances, and the ledger of what is calculated.

Two kinds of stores serve every channel. An `InstanceStore` holds the data. A
`Ledger` holds, for each stream, which intervals are calculated, who is
calculating one right now (a claim), and which streams were computed from it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from hyperstream._time import MAX_MS, MIN_MS, to_ms
from hyperstream.storage import text_form
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.text import NO_UNICODE, is_unicode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from typing_extensions import Self

    from hyperstream.storage.batch import Batch, Milliseconds
    from hyperstream.time_interval import TimeInterval

MetaData = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class StreamAddress:
    """Where a stream lives, in terms that any process understands.

    Parameters
    ----------
    channel_id : str
        The channel.
    name : str
        The stream's name.
    meta_data : tuple of (str, str)
        Its meta data; the order does not count.
    sandbox : str, optional
        The private copy-space.

    Attributes
    ----------
    key : str
        The address as text, the same in every process: JSON of
        ``[channel_id, sandbox, name, sorted meta data]``.

    Raises
    ------
    ValueError
        A part of it is no Unicode text, such as half of a surrogate pair.

    Examples
    --------
    >>> StreamAddress("mongo", "temperature", (("house", "1"),)).key
    '["mongo",null,"temperature",[["house","1"]]]'
    """

    channel_id: str = field(compare=False)
    name: str = field(compare=False)
    meta_data: MetaData = field(default=(), compare=False)
    sandbox: str | None = field(default=None, compare=False)
    key: str = field(init=False)

    def __post_init__(self) -> None:
        parts = [self.channel_id, self.sandbox, self.name, sorted(self.meta_data)]
        key = json.dumps(parts, separators=(",", ":"), ensure_ascii=False)
        if not is_unicode(key):
            raise ValueError(f"{key!r} cannot be the key of a stream. {NO_UNICODE}: mend it.")
        object.__setattr__(self, "key", key)

    @classmethod
    def parse(cls, text: str) -> Self:
        r"""Read an address as it is printed.

        Parameters
        ----------
        text : str
            ``channel:name[tag=value, tag=value]``; without meta data
            ``channel:name``; in a sandbox ``channel/sandbox:name``. A character
            that would end the part that it stands in (a colon in a channel, a
            bracket in a name, a comma in a value) has a backslash before it.

        Raises
        ------
        ValueError
            It is no address; the message says what is wrong.

        Examples
        --------
        >>> address = StreamAddress.parse("mongo:temperature[house=1, room=hall]")
        >>> address.channel_id, address.name, address.meta_data
        ('mongo', 'temperature', (('house', '1'), ('room', 'hall')))
        >>> StreamAddress.parse(str(address)) == address
        True
        """
        return cls(*text_form.read(text))

    def __str__(self) -> str:
        return text_form.write(self.channel_id, self.name, self.meta_data, self.sandbox)


class Count(NamedTuple):
    """How many instances there are.

    Attributes
    ----------
    number : int
        How many.
    is_exact : bool
        Whether they were counted, and not just estimated.
    """

    number: int
    is_exact: bool


class InstanceStore(Protocol):
    """Holds the instances of streams: one value for each timestamp of a stream."""

    def write(self, parts: Sequence[tuple[StreamAddress, Batch]]) -> list[Milliseconds]:
        """Store batches, one or more for each of several streams, in few round trips.

        Writing the same value again does nothing; dicts that agree on their
        common keys are merged. All parts are checked before any is stored.

        Returns
        -------
        list of numpy.ndarray of int64
            For each part, the timestamps that were not there before, ascending.

        Raises
        ------
        DuplicateInstanceError
            Another value is there already, or twice in what is written.
        ValueEncodingError
            The store cannot hold a value.
        """

    def read(self, address: StreamAddress, interval: TimeInterval, size: int) -> Iterator[Batch]:
        """Yield what lies in (start, end], in time order, at most `size` rows a batch."""

    def head(self, address: StreamAddress, interval: TimeInterval, n: int) -> Batch:
        """Return the first `n` instances in (start, end]."""

    def tail(self, address: StreamAddress, interval: TimeInterval, n: int) -> Batch:
        """Return the last `n` instances in (start, end], in time order."""

    def count(self, address: StreamAddress, interval: TimeInterval, limit: int) -> Count | None:
        """Return how many instances lie in (start, end], roughly if there are more than `limit`.

        None where nothing is known without reading them.
        """

    def delete(self, address: StreamAddress, interval: TimeInterval | None = None) -> int:
        """Remove what lies in (start, end], or everything; return how many."""

    def delete_at(self, address: StreamAddress, timestamps: Milliseconds) -> int:
        """Remove the instances at these timestamps; return how many."""


class Grant(NamedTuple):
    """The answer to a claim on one stream.

    Attributes
    ----------
    granted : TimeIntervals
        What was missing and is now claimed by the asker, who must compute it.
    leftovers : TimeIntervals
        The part of it where a dead attempt may have left data: clear it first.
    busy : TimeIntervals
        What is missing, but claimed by somebody else who is alive.
    """

    granted: TimeIntervals
    leftovers: TimeIntervals
    busy: TimeIntervals


@dataclass(frozen=True, slots=True)
class ProducerRecord:
    """How a stream is computed, as it is kept with its definition.

    Parameters
    ----------
    tool : str
        The tool's name.
    version : str
        The tool's version.
    parameters : dict
        Parameter name to a printable form of its value, equal in all processes.
    sources : tuple of str
        The keys of the streams it reads.
    reach : tuple of (int, int), optional
        For outputs in (s, e], the sources are read in (s + first, e + second], in
        milliseconds. None: known only is that an input alters nothing before it.
    """

    tool: str
    version: str
    parameters: dict[str, Any]
    sources: tuple[str, ...]
    reach: tuple[int, int] | None = None

    def same_computation(self, other: ProducerRecord) -> bool:
        """Tell whether both describe the same tool, parameters and sources."""
        return (self.tool, self.version, self.parameters, self.sources) == (
            other.tool,
            other.version,
            other.parameters,
            other.sources,
        )


class Dependent(NamedTuple):
    """A stream that was computed from another one."""

    ledger: Ledger
    address: StreamAddress
    reach: tuple[int, int] | None


def read_for(intervals: TimeIntervals, reach: tuple[int, int] | None) -> TimeIntervals:
    """Return what of its sources was read for intervals of a stream, at most.

    Parameters
    ----------
    intervals : TimeIntervals
        What is calculated.
    reach : tuple of (int, int) or None
        As in `ProducerRecord`; None: everything before may have been read.
    """
    end = intervals.end
    if end is None:
        return intervals
    if reach is None:
        return TimeIntervals.from_ms([(MIN_MS, to_ms(end))])
    lower, upper = reach
    return TimeIntervals.from_ms(
        (max(first + lower, MIN_MS), min(last + upper, MAX_MS)) for first, last in intervals.as_ms()
    )


class Ledger(Protocol):
    """Knows what is calculated, who is calculating, and who was computed from whom.

    Every change is atomic for each stream, also between processes where the
    ledger is shared by processes. Methods that take several streams take a
    fixed number of round trips.
    """

    def calculated(self, addresses: Sequence[StreamAddress]) -> list[TimeIntervals]:
        """Return the calculated intervals of each stream (empty for an unknown one)."""

    def mark(self, address: StreamAddress, intervals: TimeIntervals) -> None:
        """Add intervals to what is calculated."""

    def unmark(self, address: StreamAddress, intervals: TimeIntervals) -> None:
        """Take intervals away from what is calculated; the data stay."""

    def replace(self, address: StreamAddress, intervals: TimeIntervals) -> None:
        """Set what is calculated."""

    def expire(
        self, void: Mapping[StreamAddress, TimeIntervals]
    ) -> dict[StreamAddress, TimeIntervals]:
        """Unmark intervals of computed streams and leave expired claims on them.

        Whoever computes them next clears their data first. Who is computing
        them right now cannot complete that any more, so that it begins again
        with what has changed; until it has released its claim nobody else
        computes there, since it may still write.

        Returns
        -------
        dict
            Of each stream, what was calculated there until now, or until it became void: then
            whoever made it void may have died before it told those who had read it.
        """

    def claim(
        self, wanted: Mapping[StreamAddress, TimeIntervals], owner: str
    ) -> dict[StreamAddress, Grant]:
        """Claim, for each stream, what is wanted and neither calculated nor claimed."""

    def renew(self, addresses: Sequence[StreamAddress], owner: str) -> set[StreamAddress]:
        """Put off the expiry of an owner's claims; return the streams where none is left."""

    def complete(
        self, done: Mapping[StreamAddress, TimeIntervals], owner: str
    ) -> set[StreamAddress]:
        """Turn an owner's claims on these intervals into marks: of each stream all, or none.

        Returns
        -------
        set of StreamAddress
            The streams where a part of the claim had been taken over or become
            void meanwhile, so that nothing was marked.
        """

    def abandon(self, left: Mapping[StreamAddress, TimeIntervals], owner: str) -> None:
        """Turn an owner's claims on these intervals into expired ones.

        For where it may have left data that it could not remove: whoever claims
        them next clears them first.
        """

    def release(self, addresses: Sequence[StreamAddress], owner: str) -> None:
        """Give up an owner's claims on these streams, if there are any left."""

    def wait(self, addresses: Sequence[StreamAddress], seconds: float) -> None:
        """Wait until a claim on one of the streams may have ended, at most so long."""

    def producers(self, addresses: Sequence[StreamAddress]) -> list[ProducerRecord | None]:
        """Return how each stream was computed last, or None."""

    def set_producers(self, records: Mapping[StreamAddress, ProducerRecord]) -> None:
        """Remember how each of these streams is computed."""

    def link(self, sources: Sequence[StreamAddress], dependents: Sequence[Dependent]) -> None:
        """Remember, in this process, that streams of any ledger are computed from these.

        Each of the dependents from each of the sources: what it costs grows
        with the sum of both, not with the product.
        """

    def recall(self, read: Mapping[StreamAddress, TimeIntervals]) -> None:
        """Take note of what of some streams was read for results that outlive this process.

        A ledger that is shared by processes knows that already. Any other one has to be told what
        former processes have calculated, for `expire` to find those who read it.
        """

    def dependents(self, source: StreamAddress) -> list[Dependent]:
        """Return the streams known to have been computed from this one, each as linked last."""

    def forget(self, address: StreamAddress) -> None:
        """Drop all that is known of a stream.

        But for who was computed from it: what comes under the same address
        later is late data for them.
        """
