"""A tool call as the producer of its sinks."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from hyperstream.execution.attempt import by_ledger
from hyperstream.execution.once import one_execution
from hyperstream.execution.plan import up_to_now
from hyperstream.execution.runner import Round
from hyperstream.storage.base import Dependent
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import ChangedProducerWarning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hyperstream.execution.plan import ToolCall
    from hyperstream.storage.base import Ledger, ProducerRecord
    from hyperstream.stream import Stream
    from hyperstream.time_interval import TimeInterval

_PATIENCE = 1.0

# What this thread of computation is in the middle of. A tool that reads its own sink gets what is
# there, instead of waiting for itself.
_in_work: ContextVar[frozenset[Stream]] = ContextVar("hyperstream_in_work", default=frozenset())


class Computation:
    """Computes the sinks of a tool call, each interval once.

    It is the `Producer` of its sinks, so that a forced view on one of them
    computes what is missing there.

    Parameters
    ----------
    call : ToolCall
        The tool with its sources and sinks.
    """

    def __init__(self, call: ToolCall) -> None:
        self.call = call

    def compute(self, stream: Stream, interval: TimeInterval) -> None:
        """Compute what is missing in an interval; one call serves all of its sinks."""
        del stream
        self.run(interval)

    def run(self, interval: TimeInterval) -> None:
        """Compute what is missing in (start, end], as far as it is not in the future.

        Where another thread or process is computing a part of it, wait for it.

        Raises
        ------
        ToolExecutionError
            The tool failed, or gave what cannot be stored. What it had written
            of the segment in work is removed; segments finished before stay.
        """
        possible = up_to_now(interval)
        if possible is None or not _in_work.get().isdisjoint(self.call.sinks):
            return
        self.attach()
        wanted = TimeIntervals([possible])
        with _working_on(self.call.sinks), one_execution():
            while Round(self.call).run(wanted):
                for ledger, sinks in by_ledger(self.call.sinks):
                    ledger.wait([sink.address for sink in sinks], _PATIENCE)

    def attach(self) -> None:
        """Let the sinks know who computes them, and the sources who reads them."""
        new = tuple(sink for sink in self.call.sinks if not self._computes(sink))
        for ledger, sinks in by_ledger(new):
            self._remember(ledger, sinks)
        for sink in new:
            dependent = Dependent(sink.channel.ledger, sink.address, self.call.record.reach)
            for source in self.call.sources:
                source.channel.ledger.link(source.address, dependent)
            sink.producer = self
            sink.set_tool_reference(self.call.tool)

    def _computes(self, sink: Stream) -> bool:
        known = sink.producer
        return isinstance(known, Computation) and known.call.same(self.call)

    def _remember(self, ledger: Ledger, sinks: Sequence[Stream]) -> None:
        record = self.call.record
        stored = ledger.producers([sink.address for sink in sinks])
        changed = [pair for pair in zip(sinks, stored, strict=True) if pair[1] != record]
        for sink, before in changed:
            if before is not None and not before.same_computation(record):
                warnings.warn(
                    f"Stream {sink} was computed by {_described(before)} before, and now by "
                    f"{_described(record)}: what is calculated stays as it is. To compute it anew, "
                    "use recompute of its workflow, or stream.invalidate.",
                    ChangedProducerWarning,
                    stacklevel=2,
                )
        if changed:
            ledger.set_producer([sink.address for sink, _ in changed], record)


def _described(record: ProducerRecord) -> str:
    parameters = ", ".join(f"{name}={value}" for name, value in sorted(record.parameters.items()))
    sources = ", ".join(record.sources) or "no sources"
    return f"{record.tool} {record.version}({parameters}) from {sources}"


@contextmanager
def _working_on(sinks: tuple[Stream, ...]) -> Iterator[None]:
    token = _in_work.set(_in_work.get().union(sinks))
    try:
        yield
    finally:
        _in_work.reset(token)
