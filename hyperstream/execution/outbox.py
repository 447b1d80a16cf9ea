"""What several jobs have computed, stored together."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from hyperstream.execution.attempt import by_channel, write

if TYPE_CHECKING:
    from hyperstream.execution.job import Job


class Outbox:
    """Gathers what jobs have computed, so that it is stored in few round trips.

    Attributes
    ----------
    rows : int
        How many instances wait.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._jobs: list[Job] = []

    def add(self, job: Job) -> None:
        """Take what waits of a job."""
        if job.waiting:
            self._jobs.append(job)
            self.rows += sum(attempt.rows for attempt in job.waiting)

    def store(self) -> None:
        """Store everything; the failure of one job is kept by it, and stops no other."""
        attempts = [each for job in self._jobs for each in job.waiting if each.can_be_stored()]
        for channel, parts in by_channel(attempts):
            if len(parts) > 1:
                with suppress(Exception):  # whose fault it is shows when each job stores its own
                    write(channel, parts)
        for job in self._jobs:
            job.store()
        # Only now: after an interrupt the rest is stored by the next call.
        self._jobs, self.rows = [], 0
