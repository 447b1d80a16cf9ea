"""The sensors of this machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import psutil

from hyperstream.stream import Stream, StreamInstance
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import Tool, check_input_stream_count
from hyperstream.utils import utcnow


class Machine(Tool):
    """Measure this machine, now (reads the clock).

    There are no sources. The output holds one instance, at the end of the interval: a dict with
    ``cpu`` and ``memory`` (what is used, in per cent), ``received`` and ``sent`` (bytes, since
    the machine was started, through all networks).

    What was not measured in time cannot be measured any more. So an interval that ends more than
    `max_age` seconds ago gives nothing, and that is final. It follows that one interval gives
    another result than its two halves; that another process, or a later one, gets other values;
    and that what is purged or made void is lost.

    Parameters
    ----------
    max_age : float
        How many seconds ago an interval may have ended.
    seconds : float
        How long to watch the processors, for their load.
    """

    not_chunk_invariant = "it measures now, and the past cannot be measured any more"

    def __init__(self, max_age: float = 1.0, seconds: float = 0.1) -> None:
        super().__init__(max_age=max_age, seconds=seconds)

    @check_input_stream_count(0)
    def _execute(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[StreamInstance]:
        if utcnow() - interval.end > timedelta(seconds=self.max_age):
            return
        network = psutil.net_io_counters()
        measured = {
            "cpu": psutil.cpu_percent(self.seconds),
            "memory": psutil.virtual_memory().percent,
            "received": network.bytes_recv if network else 0,
            "sent": network.bytes_sent if network else 0,
        }
        yield StreamInstance(interval.end, measured)
