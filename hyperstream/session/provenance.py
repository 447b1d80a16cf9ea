"""Where the data of a stream come from, as the histories of sessions tell."""

from __future__ import annotations

import heapq
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

from hyperstream._time import MAX_DATE, iso_format, to_ms
from hyperstream.session.chunks import Chunk, address_of
from hyperstream.session.entries import Execution, described
from hyperstream.session.reading import backwards
from hyperstream.session.session import Session
from hyperstream.storage.base import ProducerRecord, StreamAddress
from hyperstream.stream import Stream
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils import html
from hyperstream.utils.errors import ChannelNotFoundError
from hyperstream.utils.text import with_names

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Provenance:
    """Where what a stream holds in an interval comes from.

    Parameters
    ----------
    interval : TimeInterval
        The piece of time.
    execution : Execution, optional
        The execution that produced it last, if a history has it.
    producer : ProducerRecord, optional
        Where no history has it: how the stream is computed according to its definition. That is
        how it was computed last, which may have been elsewhere in time.
    """

    interval: TimeInterval
    execution: Execution | None = None
    producer: ProducerRecord | None = None

    @property
    def tool(self) -> str | None:
        """The name of the tool; None where nothing is known."""
        made = self.execution or self.producer
        return None if made is None else made.tool

    @property
    def version(self) -> str | None:
        """The version of the tool."""
        made = self.execution or self.producer
        return None if made is None else made.version

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the tool, in printable form."""
        made = self.execution or self.producer
        return {} if made is None else dict(made.parameters)

    @property
    def sources(self) -> tuple[StreamAddress, ...]:
        """The streams that were read."""
        if self.execution is not None:
            return self.execution.sources
        return () if self.producer is None else tuple(map(address_of, self.producer.sources))

    @property
    def session_id(self) -> UUID | None:
        """The session; None where no history has it."""
        return None if self.execution is None else self.execution.session_id

    def __str__(self) -> str:
        if self.tool is None or self.version is None:
            told = "in no history, and it is not known how it came"
        else:
            told = described(self.tool, self.version, self.parameters, self.sources)
        if self.execution is not None:
            moment = iso_format(self.execution.moment)
            told += f", computed {moment} in session {self.session_id}"
        elif self.producer is not None:
            told = f"in no history; according to the stream's definition {told}"
        return f"{self.interval.humanized}: {told}"


class ProvenanceList(html.Listing[Provenance]):
    """Where the pieces of a stream come from: a list, in time order."""

    kind = "Provenance"
    what = "piece"
    columns = ("interval", "computed by", "from", "session")

    def row(self, item: Provenance) -> Sequence[object]:
        """Return what is shown of a piece."""
        if item.tool is None:
            return item.interval, "it is not known how it came"
        parameters = ", ".join(f"{name}={value}" for name, value in item.parameters.items())
        arguments = with_names(parameters)
        sources = ", ".join(map(str, item.sources))
        session = item.session_id or "in no history"
        return item.interval, f"{item.tool} {item.version}({arguments})", sources, session


def provenance(stream: Stream, interval: Any, sessions: Sequence[Session]) -> ProvenanceList:
    """Return what produced that which a stream holds in an interval.

    What is not calculated (any more) is left out. Where something was computed again, the last
    execution counts. Where the history was cleared, or nobody recorded one, the piece says what the
    stream's definition knows. What was first recorded and then, after it had been made void,
    computed again without a session is told of as it was recorded.

    Parameters
    ----------
    stream : Stream
        The stream.
    interval : TimeInterval, TimeIntervals, RelativeTimeInterval, (start, end) or None
        Which part of it: as for `Stream.window`, but for None, which means all that is calculated.
    sessions : sequence of Session
        In whose histories to look: all that are stored, as a rule. The latest are read first, and
        no more than are needed.

    Returns
    -------
    ProvenanceList
        Pieces of the interval, in time order.

    Raises
    ------
    TypeError
        It is no stream, or no interval.
    ValueError
        The interval does not start before it ends.
    """
    if not isinstance(stream, Stream):
        msg = f"Where data come from is asked of a Stream, not of {stream!r}."
        raise TypeError(msg)
    wanted = stream.calculated_intervals
    if interval is not None:
        is_union = isinstance(interval, TimeIntervals)
        wanted = wanted & (interval if is_union else stream.window(interval).time_interval)
    pieces = []
    for execution in _executions(stream.address, wanted, sessions):
        pieces += [Provenance(each, execution=execution) for each in wanted & execution.interval]
        wanted = wanted - execution.interval
    if not wanted.is_empty:
        [producer] = stream.channel.ledger.producers([stream.address])
        pieces += [Provenance(piece, producer=producer) for piece in wanted]
    return ProvenanceList(sorted(pieces, key=lambda each: each.interval.start_ms))


def _executions(
    address: StreamAddress, wanted: TimeIntervals, sessions: Sequence[Session]
) -> list[Execution]:
    """Return the executions that may have produced what is wanted, the latest first."""
    found: list[tuple[datetime, str, int, Execution]] = []
    missing, oldest = wanted, MAX_DATE
    for chunk in () if wanted.is_empty else _latest_first(sessions):
        if missing.is_empty and chunk.latest < oldest:
            break  # whatever comes now is older than all that is in force
        for place, execution in enumerate(chunk.entries() if chunk.names(address) else ()):
            if not isinstance(execution, Execution) or not _produced(execution, address):
                continue
            if not (wanted & execution.interval).is_empty:
                found.append((execution.moment, chunk.key, place, execution))
            if not (missing & execution.interval).is_empty:
                missing = missing - execution.interval
                oldest = min(oldest, execution.moment)
    # At one moment, one process did what comes later in its history later.
    return [each[-1] for each in sorted(found, key=lambda each: each[:-1], reverse=True)]


def _produced(execution: Execution, address: StreamAddress) -> bool:
    return execution.outcome == "completed" and address in execution.sinks


def _latest_first(sessions: Sequence[Session]) -> Iterator[Chunk]:
    """Yield the chunks of all sessions, the latest first; a session is opened when it is needed."""
    waiting = sorted(sessions, key=_end)
    opened: list[tuple[int, int, Chunk, Iterator[tuple[int, Chunk]]]] = []
    order = count()

    def push(chunks: Iterator[tuple[int, Chunk]]) -> None:
        for stamp, chunk in chunks:
            heapq.heappush(opened, (-stamp, next(order), chunk, chunks))
            return

    while waiting or opened:
        while waiting and (not opened or _end(waiting[-1]) >= -opened[0][0]):
            push(_history(waiting.pop()))
        if opened:
            *_, chunk, rest = heapq.heappop(opened)
            yield chunk
            push(rest)


def _end(session: Session) -> int:
    """Return until when there may be records: of one that nobody has ended, for ever."""
    return to_ms(session.end or MAX_DATE)


def _history(session: Session) -> Iterator[tuple[int, Chunk]]:
    session.recorder.flush()
    try:
        stream = session.find_stream()
    except ChannelNotFoundError as error:
        logger.warning("The history of %s is not looked into: %s", session, error)
        return iter(())
    return iter(()) if stream is None else backwards(stream, session.session_id)
