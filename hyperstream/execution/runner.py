"""The loop: find what is missing, claim it, clear, compute, store, and only then mark."""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from hyperstream.execution.attempt import Attempt, ClaimLostError, by_ledger
from hyperstream.execution.context import current_context
from hyperstream.execution.history import HistoryRecord
from hyperstream.execution.plan import segments
from hyperstream.storage.owners import new_owner
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import ToolExecutionError

if TYPE_CHECKING:
    from hyperstream.execution.plan import Segment, ToolCall
    from hyperstream.storage.base import Grant, Ledger, StreamAddress

logger = logging.getLogger(__name__)


class Round:
    """One round of work on a tool call: claims what is free and computes it.

    Parameters
    ----------
    call : ToolCall
        What to compute.
    """

    def __init__(self, call: ToolCall) -> None:
        self.call = call
        self.owner = new_owner()
        self._ledgers = by_ledger(call.sinks)
        # Where there may be data that no mark covers.
        self._unsafe: dict[StreamAddress, TimeIntervals] = {}

    def run(self, wanted: TimeIntervals) -> bool:
        """Compute what is missing and free; tell whether something is missing still.

        Raises
        ------
        ToolExecutionError
            The tool failed. What it had written of the segment in work is
            removed; segments finished before stay.
        """
        try:
            grants = self._claim(wanted)
            self._clear(grants)
            for segment in segments([each.granted for each in grants]):
                self._run_segment(segment)
        except ClaimLostError:
            self._give_up()
            return True
        except BaseException:
            self._give_up()
            raise
        return any(not each.busy.is_empty for each in grants)

    def _claim(self, wanted: TimeIntervals) -> list[Grant]:
        grants: dict[StreamAddress, Grant] = {}
        for ledger, sinks in self._ledgers:
            grants |= ledger.claim({sink.address: wanted for sink in sinks}, self.owner)
        return [grants[sink.address] for sink in self.call.sinks]

    def _give_up(self) -> None:
        """End the claims; leave them expired where somebody will have to clear."""
        with ExitStack() as stack:  # which leaves no ledger out because another one fails
            for ledger, sinks in self._ledgers:
                stack.callback(self._end_claims, ledger, [sink.address for sink in sinks])

    def _end_claims(self, ledger: Ledger, addresses: list[StreamAddress]) -> None:
        unsafe = {each: self._unsafe[each] for each in addresses if each in self._unsafe}
        if unsafe:
            ledger.abandon(unsafe, self.owner)
        ledger.release(addresses, self.owner)

    def _clear(self, grants: list[Grant]) -> None:
        """Remove what dead attempts left in what is ours now."""
        for sink, each in zip(self.call.sinks, grants, strict=True):
            self._unsafe[sink.address] = each.leftovers
            for leftover in each.leftovers:
                sink.channel.delete(sink, leftover)
        self._unsafe.clear()

    def _run_segment(self, segment: Segment) -> None:
        """Compute, store and mark one piece of time."""
        started = time.perf_counter()
        attempt = Attempt(self.call, segment, self.owner, current_context().batch_size)
        outcome = "completed"
        addresses = {self.call.sinks[place].address for place in segment.positions}
        self._unsafe = dict.fromkeys(addresses, TimeIntervals(segment.interval))
        try:
            self._attempt(attempt)
            self._complete(segment, addresses)
        except ClaimLostError:
            outcome = "superseded"
            raise
        except BaseException as error:
            outcome = f"failed: {error!r}"
            if isinstance(error, ToolExecutionError) or not isinstance(error, Exception):
                raise  # a source could not be computed, or the user wants to stop
            raise self._failure(segment, error) from error
        finally:
            self._record(segment, attempt.count, time.perf_counter() - started, outcome)
        self._unsafe.clear()

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
                    self._unsafe.clear()
            raise

    def _complete(self, segment: Segment, addresses: set[StreamAddress]) -> None:
        """Turn the claims on a segment into marks."""
        for ledger, sinks in self._ledgers:
            done = {each.address: segment.interval for each in sinks if each.address in addresses}
            if done and ledger.complete(done, self.owner):
                raise ClaimLostError

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

    def _record(self, segment: Segment, count: int, duration: float, outcome: str) -> None:
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
