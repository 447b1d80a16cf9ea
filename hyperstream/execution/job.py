"""The work on one tool call: clear, compute and store all that is missing and was granted."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from hyperstream.execution.attempt import Attempt
from hyperstream.execution.context import current_context
from hyperstream.execution.history import HistoryRecord
from hyperstream.execution.lease import ClaimLostError
from hyperstream.execution.once import one_execution
from hyperstream.execution.plan import segments
from hyperstream.execution.progress import working_on
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import ToolExecutionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hyperstream.execution.lease import Lease
    from hyperstream.execution.plan import Segment, ToolCall
    from hyperstream.storage.base import Grant, StreamAddress

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
    done : dict
        By stream, what is stored and not marked yet.
    unsafe : dict
        By stream, where there may be data of a segment that is not complete.
    error : ToolExecutionError or None
        Why it failed.
    superseded : bool
        Whether somebody else has taken over a part of it.
    """

    def __init__(self, call: ToolCall, grants: Sequence[Grant], lease: Lease) -> None:
        self.call = call
        self.is_busy = any(not each.busy.is_empty for each in grants)
        self.done: dict[StreamAddress, TimeIntervals] = {}
        self.unsafe: dict[StreamAddress, TimeIntervals] = {}
        self.error: ToolExecutionError | None = None
        self.superseded = False
        self._grants = grants
        self._lease = lease
        self._stored: list[tuple[Segment, int, float]] = []

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to compute."""
        return all(each.granted.is_empty for each in self._grants)

    def run(self) -> Job:
        """Do it; a failure is kept as `error`, and what it had written is removed."""
        with working_on(self.call.sinks), one_execution():
            try:
                for segment in segments([each.granted for each in self._grants]):
                    self._run_segment(segment)
            except ClaimLostError:
                self.superseded = True
            except ToolExecutionError as error:
                self.error = error
        return self

    def record(self, outcome: str) -> None:
        """Tell the history what became of the segments that are stored."""
        for segment, count, duration in self._stored:
            self._tell(segment, count, duration, outcome)
        self._stored.clear()

    def _run_segment(self, segment: Segment) -> None:
        """Compute and store one piece of time."""
        current_context().stop.check()
        started = time.perf_counter()
        attempt = Attempt(self.call, segment, self._lease, current_context().batch_size)
        addresses = [self.call.sinks[place].address for place in segment.positions]
        piece = TimeIntervals([segment.interval])
        outcome = None
        try:
            self._clear(segment)
            self.unsafe = dict.fromkeys(addresses, piece)
            self._attempt(attempt)
        except ClaimLostError:
            outcome = "superseded"
            raise
        except BaseException as error:
            outcome = f"failed: {error!r}"
            if isinstance(error, ToolExecutionError) or not isinstance(error, Exception):
                raise  # a source could not be computed, or the user wants to stop
            raise self._failure(segment, error) from error
        finally:
            duration = time.perf_counter() - started
            if outcome is not None:
                self._tell(segment, attempt.count, duration, outcome)
        self._stored.append((segment, attempt.count, duration))
        self.unsafe = {}
        for address in addresses:
            self.done[address] = self.done[address] + piece if address in self.done else piece

    def _clear(self, segment: Segment) -> None:
        """Remove what dead attempts left in what is ours now."""
        for place in segment.positions:
            sink, leftovers = self.call.sinks[place], self._grants[place].leftovers
            for leftover in () if leftovers.is_empty else leftovers & segment.interval:
                sink.channel.delete(sink, leftover)

    def _attempt(self, attempt: Attempt) -> None:
        """Compute and store; take back what was stored if that fails."""
        try:
            attempt.run()
        except ClaimLostError:
            raise  # what was written is for whoever has the claim now
        except BaseException:
            try:
                attempt.undo()
            except Exception:  # a channel may fail in any way
                logger.exception(
                    "What %s had written could not be removed yet", self.call.tool.name
                )
            else:
                if not attempt.in_doubt:
                    self.unsafe = {}
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

    def _tell(self, segment: Segment, count: int, duration: float, outcome: str) -> None:
        tool = self.call.tool
        current_context().history.record(
            HistoryRecord(
                tool=tool.name,
                version=tool.version,
                parameters=tool.fingerprint,
                sources=tuple(source.address for source in self.call.sources),
                sinks=tuple(self.call.sinks[place].address for place in segment.positions),
                interval=segment.interval,
                document_count=count,
                duration=duration,
                outcome=outcome,
            )
        )
