"""The work on one tool call: clear, compute and store all that is missing and was granted."""

from __future__ import annotations

import logging
from contextlib import closing, contextmanager
from contextvars import copy_context
from typing import TYPE_CHECKING

from hyperstream.execution.attempt import Attempt
from hyperstream.execution.context import current_context
from hyperstream.execution.history import HistoryRecord
from hyperstream.execution.lease import ClaimLostError
from hyperstream.execution.observing import Extent
from hyperstream.execution.once import one_execution
from hyperstream.execution.plan import segments
from hyperstream.execution.progress import working_on
from hyperstream.stream.ahead import reading_from
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils.errors import ToolExecutionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hyperstream.execution.lease import Lease
    from hyperstream.execution.plan import Segment, ToolCall
    from hyperstream.storage.base import Grant, StreamAddress
    from hyperstream.stream.ahead import ReadAhead

logger = logging.getLogger(__name__)


class Job:
    """What there is to do of one tool call in a round.

    Parameters
    ----------
    call : ToolCall
        The tool with its sources and sinks.
    grants : sequence of Grant
        What may be computed of each sink.
    lease : Lease
        The claims on it.

    Attributes
    ----------
    waiting : list of Attempt
        What is computed and not all stored yet.
    error : ToolExecutionError or None
        Why it failed.
    superseded : bool
        Whether late data have made a part of it void, or somebody else has taken it over.
    ahead : ReadAhead or None
        What was read for it together with what others read.
    """

    def __init__(self, call: ToolCall, grants: Sequence[Grant], lease: Lease) -> None:
        self.call = call
        self.is_busy = any(not each.busy.is_empty for each in grants)
        self.waiting: list[Attempt] = []
        self.error: ToolExecutionError | None = None
        self.superseded = False
        self.ahead: ReadAhead | None = None
        self._grants = grants
        self._lease = lease
        # Those that may have left data which no mark covers, and those that are stored and not
        # recorded yet.
        self._unsafe: list[Attempt] = []
        self._stored: list[Attempt] = []

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to compute."""
        return all(each.granted.is_empty for each in self._grants)

    @property
    def reach(self) -> TimeInterval | None:
        """What it will probably read of its sources; None where there is nothing to compute."""
        missing = TimeIntervals(piece for each in self._grants for piece in each.granted).span
        if missing is None or self.call.record.reach is None:
            return missing
        first, last = self.call.record.reach
        return TimeInterval.from_ms(missing.start_ms + first, missing.end_ms + last)

    def run(self) -> Job:
        """Do it; a failure is kept as `error`, and what it had written is removed."""
        pieces = segments([each.granted for each in self._grants])
        if pieces:
            # Wherever an interrupt comes, nobody takes the sinks for being in work after it.
            copy_context().run(self._run_segments, pieces)
        self.ahead = None
        return self

    @property
    def done(self) -> dict[StreamAddress, TimeIntervals]:
        """By stream, what is stored and not recorded yet."""
        return _covered(self._stored)

    @property
    def unsafe(self) -> dict[StreamAddress, TimeIntervals]:
        """By stream, where there may be data of a segment that is not complete."""
        return _covered(self._unsafe)

    def store(self) -> None:
        """Store what waits; a failure is kept as `error`."""
        attempts, self.waiting = self.waiting, []
        for attempt in attempts:
            with self._kept_failure(), self._told(attempt):
                with self._undone(attempt):
                    attempt.flush()
                self._keep(attempt)

    def supersede(self) -> None:
        """Take note that not all that is stored can be marked: it is to be cleared."""
        self.superseded = True
        self._unsafe += self._stored

    def record(self, outcome: str) -> None:
        """Tell the history what became of the segments that are stored."""
        for attempt in self._stored:
            self._tell(attempt, outcome)
        self._stored.clear()

    def _run_segments(self, pieces: Sequence[Segment]) -> None:
        with (
            working_on(self.call.sinks),
            one_execution(),
            reading_from(self.ahead),
            closing(current_context().observer.call(self.call)) as work,
            self._kept_failure(),
        ):
            extent = Extent(work, (each.interval for each in pieces))
            for segment in pieces:
                self._run_segment(segment, extent)

    def _run_segment(self, segment: Segment, extent: Extent) -> None:
        """Compute one piece of time, and store it as far as that does not wait for others."""
        context = current_context()
        context.stop.check()
        tell = extent.begin(segment.interval)
        attempt = Attempt(self.call, segment, self._lease, context.batch_size, tell)
        with self._told(attempt):
            self._clear(segment)
            self._unsafe.append(attempt)
            with self._undone(attempt):
                attempt.run()
        if attempt.waiting:
            self.waiting.append(attempt)
        else:
            self._keep(attempt)

    def _keep(self, attempt: Attempt) -> None:
        """Take note that all of an attempt is stored: in this order, should an interrupt come."""
        self._stored.append(attempt)
        self._unsafe.remove(attempt)

    def _clear(self, segment: Segment) -> None:
        """Remove what dead attempts left in what is ours now."""
        for place in segment.positions:
            sink, leftovers = self.call.sinks[place], self._grants[place].leftovers
            for leftover in () if leftovers.is_empty else leftovers & segment.interval:
                self._lease.keep([sink.address])
                sink.channel.delete(sink, leftover)

    @contextmanager
    def _kept_failure(self) -> Iterator[None]:
        """Keep what fails in a ``with`` block, for others to look at."""
        try:
            yield
        except ClaimLostError:
            self.superseded = True
        except ToolExecutionError as error:
            self.error = self.error or error

    @contextmanager
    def _told(self, attempt: Attempt) -> Iterator[None]:
        """Tell the history of what fails in a ``with`` block, and raise it as a tool's failure."""
        try:
            yield
        except ClaimLostError:
            self._tell(attempt, "superseded")
            raise
        except BaseException as error:
            self._tell(attempt, f"failed: {error!r}")
            if not isinstance(error, Exception) or _is_complete(error):
                raise  # the user wants to stop, or a source could not be computed
            raise self._failure(attempt.segment, error) from error

    @contextmanager
    def _undone(self, attempt: Attempt) -> Iterator[None]:
        """Take back what was stored of an attempt if a ``with`` block fails."""
        try:
            yield
        except ClaimLostError:
            raise  # what was written is for whoever has the claim now
        except BaseException:
            if self._lease.is_closed:
                raise  # likewise: an expired claim is on it
            try:
                attempt.undo()
            except Exception:  # a channel may fail in any way
                logger.exception(
                    "What %s had written could not be removed yet", self.call.tool.name
                )
            else:
                if not attempt.in_doubt:
                    self._unsafe.remove(attempt)
            raise

    def _failure(self, segment: Segment, error: Exception) -> ToolExecutionError:
        sinks = [self.call.sinks[place] for place in segment.positions]
        names = ", ".join(map(str, sinks[:3])) + (", …" if sinks[3:] else "")
        msg = (
            f"Tool {self.call.tool.name} failed to compute {names} over "
            f"{segment.interval.humanized}: {str(error) or type(error).__name__}"
        )
        return ToolExecutionError(
            msg, tool=self.call.tool, sink=sinks[0], interval=segment.interval
        )

    def _tell(self, attempt: Attempt, outcome: str) -> None:
        tool, sinks = self.call.tool, self.call.sinks
        current_context().history.record(
            HistoryRecord(
                tool=tool.name,
                version=tool.version,
                parameters=tool.fingerprint,
                sources=tuple(source.address for source in self.call.sources),
                sinks=tuple(sinks[place].address for place in attempt.segment.positions),
                interval=attempt.segment.interval,
                document_count=attempt.count,
                duration=attempt.duration,
                outcome=outcome,
            )
        )


def _is_complete(error: Exception) -> bool:
    """Tell whether an error says what failed; one that a tool raises of its own may not."""
    return isinstance(error, ToolExecutionError) and getattr(error, "sink", None) is not None


def _covered(attempts: Iterable[Attempt]) -> dict[StreamAddress, TimeIntervals]:
    """Return, by stream, the time that attempts compute."""
    covered: dict[StreamAddress, TimeIntervals] = {}
    for attempt in attempts:
        piece = TimeIntervals([attempt.segment.interval])
        for place in attempt.segment.positions:
            address = attempt.call.sinks[place].address
            covered[address] = covered[address] + piece if address in covered else piece
    return covered
