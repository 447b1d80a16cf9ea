"""Counts seconds, slowly or not at all."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from hyperstream.stream import Stream, StreamInstance
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import Tool
from hyperstream.utils import datetime2unix, unix2datetime


class CountSeconds(Tool):
    """Give each whole second its number since 1970, or what the source has there and one more.

    Parameters
    ----------
    pause : float
        Seconds to wait before each.
    quiet : bool
        Whether to wait for all of them before the first, and yield nothing meanwhile.
    log : str
        A file that gets a line for each interval that was gone through to its end.
    obstacle : str
        A file; as long as it is there, the tool fails.
    """

    def __init__(
        self, pause: float = 0.0, quiet: bool = False, log: str = "", obstacle: str = ""
    ) -> None:
        super().__init__(pause=pause, quiet=quiet, log=log, obstacle=obstacle)

    def _execute(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[StreamInstance]:
        if self.obstacle and Path(self.obstacle).exists():
            raise RuntimeError("there is an obstacle")
        first, last = (int(datetime2unix(moment)) for moment in interval)
        known = {n: n for n in range(first + 1, last + 1)}
        if sources:
            found = sources[0].window(interval, force_calculation=True).items()
            known = {int(datetime2unix(timestamp)): value + 1 for timestamp, value in found}
        if self.quiet:
            time.sleep(self.pause * len(known))
        for second, value in known.items():
            if not self.quiet:
                time.sleep(self.pause)
            yield StreamInstance(unix2datetime(second), value)
        if self.log:
            with Path(self.log).open("a") as log:
                log.write(f"{interval.start_ms} {interval.end_ms}\n")
