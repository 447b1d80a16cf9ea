"""What several jobs have computed, stored together."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hyperstream.utils.errors import DatabaseConnectionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hyperstream.execution.attempt import Attempt
    from hyperstream.execution.job import Job

    Part = tuple[Attempt, int]


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
        jobs, self._jobs, self.rows = self._jobs, [], 0
        attempts = [each for job in jobs for each in job.waiting if each.can_be_stored()]
        for parts in _by_channel(attempts):
            _store(parts)
        for job in jobs:
            job.store()


def _by_channel(attempts: Sequence[Attempt]) -> Iterator[list[Part]]:
    """Yield what one channel can store at once, if there is more than one job can do alone."""
    groups: defaultdict[int, list[Part]] = defaultdict(list)
    for attempt in attempts:
        for place in attempt.waiting:
            groups[id(attempt.call.sinks[place].channel)].append((attempt, place))
    return (parts for parts in groups.values() if parts[1:])


def _store(parts: Sequence[Part]) -> None:
    """Store parts at once: all of them or none."""
    attempt, place = parts[0]
    channel = attempt.call.sinks[place].channel
    try:
        inserted = channel.write_batches([each.part(position) for each, position in parts])
    except DatabaseConnectionError as error:
        for each, _ in parts:
            each.fail(error)
    except Exception:  # noqa: BLE001 - whose fault it is shows when each is stored alone
        return
    else:
        for (each, position), stamps in zip(parts, inserted, strict=True):
            each.stored(position, stamps)
