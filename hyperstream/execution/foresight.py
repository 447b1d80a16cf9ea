"""Reads what many calls are about to read, at once."""

from __future__ import annotations

import logging
from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING

from hyperstream.execution.lease import grouped
from hyperstream.execution.progress import Progress, current_progress
from hyperstream.stream.ahead import ReadAhead
from hyperstream.time_interval import TimeInterval
from hyperstream.utils.errors import DatabaseConnectionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hyperstream.execution.job import Job
    from hyperstream.storage.batch import Batch
    from hyperstream.stream import Stream

logger = logging.getLogger(__name__)

# For so many calls at once, and at most so many instances: what is more is better read bit by bit.
_CALLS = 64
_ROWS = 4096


def foreseen(jobs: Iterable[Job]) -> Iterator[Job]:
    """Yield jobs that are about to run, with what they will read where that can be read at once.

    It is read after they have claimed what they compute: data that come later are late data, and
    make the claims void.
    """
    progress = current_progress()
    rest = iter(jobs)
    while some := list(islice(rest, _CALLS)):
        # What did not fit once will not fit the next time.
        if progress is not None and not _look_ahead(some, progress):
            progress = None
        yield from some


def _look_ahead(jobs: list[Job], progress: Progress) -> bool:
    """Read ahead for some jobs; tell whether all of it fitted in."""
    groups: defaultdict[TimeInterval, list[Job]] = defaultdict(list)
    for job in jobs:
        needed = job.reach
        if needed is not None:
            groups[needed].append(job)
    fits = True
    for interval, group in groups.items():
        sources = dict.fromkeys(source for job in group for source in job.call.sources)
        ready = [each for each in sources if _is_ready(each, interval, progress)]
        found = _read(ready, interval) if ready[1:] else {}
        fits = fits and len(found) == len(ready)
        for job in group:
            job.ahead = ReadAhead(interval, found)
    return fits


def _is_ready(source: Stream, interval: TimeInterval, progress: Progress) -> bool:
    """Tell whether a stream holds all that it will hold for a call that has claimed its sinks."""
    return source.producer is None or progress.is_done(source, interval)


def _read(sources: list[Stream], interval: TimeInterval) -> dict[Stream, Batch]:
    found: dict[Stream, Batch] = {}
    for channel, streams in grouped(sources, lambda source: source.channel):
        try:
            found |= channel.read_together(streams, interval, _ROWS)
        except DatabaseConnectionError:
            raise
        except Exception:  # whose fault it is shows when each call reads its own
            logger.debug("%d streams could not be read together", len(streams), exc_info=True)
    return found
