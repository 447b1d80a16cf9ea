"""The loop: find what is missing, claim it, clear, compute, store, and only then mark."""

from __future__ import annotations

import time
from itertools import chain
from typing import TYPE_CHECKING

from hyperstream.execution.context import current_context
from hyperstream.execution.foresight import foreseen
from hyperstream.execution.job import Job
from hyperstream.execution.lease import Lease, by_ledger
from hyperstream.execution.outbox import Outbox
from hyperstream.execution.progress import current_progress
from hyperstream.storage.owners import new_owner
from hyperstream.time_interval import TimeIntervals

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from hyperstream.execution.plan import ToolCall
    from hyperstream.storage.base import Grant, StreamAddress

# What was stored is marked at least so often, so that little is lost in a crash.
_MARK_EVERY = 1.0


class Round:
    """One round of work on independent tool calls: claims what is free and computes it.

    Claims are made, and become marks, for many calls at once, and what they give is stored
    together: the number of round trips does not grow with them.

    Parameters
    ----------
    calls : sequence of ToolCall
        What to compute; no two have a sink in common.
    """

    def __init__(self, calls: Sequence[ToolCall]) -> None:
        self.calls = calls
        self.owner = new_owner()
        self._ledgers = by_ledger(chain.from_iterable(call.sinks for call in calls))
        self._lease = Lease(self.owner, [sink for _, sinks in self._ledgers for sink in sinks])
        self._outbox = Outbox()
        self._jobs: list[Job] = []
        self._stored: list[Job] = []
        self._marked = time.monotonic()

    def run(self, wanted: TimeIntervals) -> list[Job]:
        """Compute what is missing and free of each call.

        Returns
        -------
        list of Job
            One for each call, in their order, with what became of it.
        """
        # Twice: wherever an interrupt comes, be it where the first is about to end, it comes once.
        with self, self:
            self._jobs = self._claim(wanted)
            self._look()
            limit = current_context().batch_size
            for job in current_context().executor.map(Job.run, foreseen(self._jobs)):
                self._stored.append(job)
                self._outbox.add(job)
                if time.monotonic() - self._marked > _MARK_EVERY:
                    self._mark()
                elif self._outbox.rows >= limit:
                    self._outbox.store()
        return self._jobs

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Mark what is stored, and give up all claims, whatever else fails."""
        try:
            self._finish()
        except BaseException as failure:
            error = failure
            if not isinstance(failure, Exception):
                self._finish()  # what an interrupt has cut off
            raise
        finally:
            self._lease.close()
            self._lease.release(self._unsafe())
            for job in self._jobs:
                job.record(f"failed: {error!r}")

    def _claim(self, wanted: TimeIntervals) -> list[Job]:
        grants: dict[StreamAddress, Grant] = {}
        for ledger, sinks in self._ledgers:
            grants |= ledger.claim({sink.address: wanted for sink in sinks}, self.owner)
        return [
            Job(call, [grants[sink.address] for sink in call.sinks], self._lease)
            for call in self.calls
        ]

    def _look(self) -> None:
        """Look what of the sources is calculated: late data make the claims void from now on."""
        progress = current_progress()
        if progress is not None:
            busy = (job for job in self._jobs if not job.is_idle)
            progress.look(chain.from_iterable(job.call.sources for job in busy))

    def _mark(self) -> None:
        """Store what waits, and turn the claims on what is stored into marks."""
        self._outbox.store()
        jobs, self._stored = self._stored, []
        lost = self._complete(jobs)
        for job in jobs:
            if not lost.isdisjoint(job.done):
                job.supersede()
            if not job.error and not job.superseded:
                self._lease.end(sink.address for sink in job.call.sinks)
        for job in jobs:
            job.record("superseded" if job.superseded else "completed")
        self._marked = time.monotonic()

    def _finish(self) -> None:
        """Mark all that is stored, also by a job that was interrupted afterwards."""
        self._outbox.store()
        self._stored = [job for job in self._jobs if job.done]
        self._mark()

    def _complete(self, jobs: Sequence[Job]) -> set[StreamAddress]:
        lost: set[StreamAddress] = set()
        done = {address: each for job in jobs for address, each in job.done.items()}
        for ledger, sinks in self._ledgers if done else ():
            mine = [sink.address for sink in sinks if sink.address in done]
            if mine:
                lost |= ledger.complete({address: done[address] for address in mine}, self.owner)
        return lost

    def _unsafe(self) -> dict[StreamAddress, TimeIntervals]:
        """Return, by stream, where there may be data that no mark covers."""
        unsafe: dict[StreamAddress, TimeIntervals] = {}
        for job in self._jobs:
            for part in (job.done, job.unsafe):
                for address, intervals in part.items():
                    unsafe[address] = unsafe.get(address, TimeIntervals()) + intervals
        return unsafe
