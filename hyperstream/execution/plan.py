"""What to compute: a tool call, and the pieces of time it is to be made for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from hyperstream._time import from_ms, iso_format, to_ms, utcnow
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils.errors import FutureIntervalWarning
from hyperstream.utils.user_warnings import warn

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from datetime import datetime

    from hyperstream.storage.base import ProducerRecord
    from hyperstream.storage.batch import Batch
    from hyperstream.stream import Stream

    Routed = Generator[tuple[int, Batch], None, None]


class ToolFacts(Protocol):
    """What the loop needs to know of a tool."""

    @property
    def name(self) -> str:
        """The name, such as ``sliding_window``."""

    @property
    def version(self) -> str:
        """The version, such as ``0.1.0``."""

    @property
    def fingerprint(self) -> dict[str, Any]:
        """The parameters in a printable form, equal in all processes."""

    def reach(self, interval: TimeInterval, sources: Sequence[Stream]) -> TimeInterval | None:
        """Return which part of the sources the outputs in an interval need, if that is known."""


@dataclass(eq=False)
class ToolCall:
    """A tool with its sources and sinks: everything but the interval.

    Parameters
    ----------
    tool : ToolFacts
        The tool.
    sources : tuple of Stream
        All streams that it reads.
    sinks : tuple of Stream
        The streams that it computes.
    produce : callable
        Given an interval, yields (position of the sink, `Batch`) pairs.
    record : ProducerRecord
        How the sinks are computed, as it is kept with their definitions.
    """

    tool: ToolFacts
    sources: tuple[Stream, ...]
    sinks: tuple[Stream, ...]
    produce: Callable[[TimeInterval], Routed]
    record: ProducerRecord

    def same(self, other: ToolCall) -> bool:
        """Tell whether both compute the same from the very same streams."""
        return (
            self.record == other.record
            and self.sources == other.sources
            and self.sinks == other.sinks
        )

    def __str__(self) -> str:
        rest = f" and {len(self.sinks) - 1} more" if self.sinks[1:] else ""
        return f"{self.tool.name} → {self.sinks[0]}{rest}" if self.sinks else self.tool.name


class Segment(NamedTuple):
    """A piece of time, and the positions of the sinks that miss it."""

    interval: TimeInterval
    positions: tuple[int, ...]


class PrivateInterval(TimeInterval):
    """The interval given to a tool: a copy of its own, whose ends it may assign."""

    __slots__ = ()

    @property
    def start(self) -> datetime:
        """The moment after which the interval begins."""
        return from_ms(self._start_ms)

    @start.setter
    def start(self, moment: datetime) -> None:
        self._start_ms = to_ms(moment)

    @property
    def end(self) -> datetime:
        """The last moment of the interval."""
        return from_ms(self._end_ms)

    @end.setter
    def end(self, moment: datetime) -> None:
        self._end_ms = to_ms(moment)


def up_to_now(interval: TimeInterval) -> TimeInterval | None:
    """Cut off what lies after now (reads the clock); None where nothing remains.

    Warns
    -----
    FutureIntervalWarning
        Something was cut off.
    """
    now = utcnow()
    now_ms = to_ms(now)
    if interval.end_ms <= now_ms:
        return interval
    warn(
        f"The interval {interval.humanized} reaches beyond now ({iso_format(now)}): "
        "what lies in the future is not computed.",
        FutureIntervalWarning,
    )
    return TimeInterval.from_ms(interval.start_ms, now_ms) if interval.start_ms < now_ms else None


def segments(missing: Sequence[TimeIntervals]) -> list[Segment]:
    """Cut time into pieces in which always the same sinks are missing.

    Parameters
    ----------
    missing : sequence of TimeIntervals
        What each sink misses, by position.

    Examples
    --------
    >>> day, hour = TimeInterval.from_ms(0, 24), TimeInterval.from_ms(5, 6)
    >>> for piece in segments([TimeIntervals([day]), TimeIntervals([hour])]):
    ...     print(piece.interval.start_ms, piece.interval.end_ms, piece.positions)
    0 5 (0,)
    5 6 (0, 1)
    6 24 (0,)
    """
    everybody = tuple(range(len(missing)))
    if all(intervals == missing[0] for intervals in missing[1:]):
        return [Segment(interval, everybody) for interval in missing[0]] if missing else []
    everything = TimeIntervals(piece for intervals in missing for piece in intervals)
    cuts = {moment for intervals in missing for piece in intervals for moment in piece}
    everything.split(sorted(cuts))
    return [
        Segment(piece, tuple(place for place in everybody if piece in missing[place]))
        for piece in everything
    ]
