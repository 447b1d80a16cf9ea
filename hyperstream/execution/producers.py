"""Who computes which stream, and from what: told to the streams and to their ledgers."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Protocol

from hyperstream.execution.lease import by_ledger
from hyperstream.storage.base import Dependent
from hyperstream.utils.errors import ChangedProducerWarning

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hyperstream.execution.plan import ToolCall
    from hyperstream.storage.base import ProducerRecord, StreamAddress
    from hyperstream.stream import Stream
    from hyperstream.stream.stream import Producer

    class CallProducer(Producer, Protocol):
        """A producer that makes a tool call."""

        call: ToolCall


def attach(producers: Sequence[CallProducer]) -> None:
    """Let the sinks know who computes them, and the sources who reads them.

    Ledgers are told in few round trips, however many calls there are, and
    only of what is new in this process.

    Warns
    -----
    ChangedProducerWarning
        Some of the sinks were computed in another way before.
    """
    new = [
        (each, sinks)
        for each in producers
        if (sinks := [sink for sink in each.call.sinks if not _is_attached(sink, each)])
    ]
    if not new:
        return
    _remember({sink: each.call.record for each, sinks in new for sink in sinks})
    for each, sinks in new:
        _link(each.call, sinks)
        for sink in sinks:
            sink.producer = each
            sink.set_tool_reference(each.call.tool)


def _is_attached(sink: Stream, producer: CallProducer) -> bool:
    known = sink.producer
    if known is producer:
        return True
    call = getattr(known, "call", None)
    return call is not None and call.same(producer.call)


def _remember(records: Mapping[Stream, ProducerRecord]) -> None:
    """Store how the sinks are computed; warn where that is another way than before."""
    changed: list[tuple[Stream, ProducerRecord]] = []
    for ledger, sinks in by_ledger(records):
        stored = ledger.producers([sink.address for sink in sinks])
        new: dict[StreamAddress, ProducerRecord] = {}
        for sink, before in zip(sinks, stored, strict=True):
            if before != records[sink]:
                new[sink.address] = records[sink]
                if before is not None and not before.same_computation(records[sink]):
                    changed.append((sink, before))
        if new:
            ledger.set_producers(new)
    if changed:
        sink, before = changed[0]
        others = f" (and {len(changed) - 1} more streams likewise)" if changed[1:] else ""
        warnings.warn(
            f"Stream {sink} was computed by {_described(before)} before, and now by "
            f"{_described(records[sink])}{others}: what is calculated stays as it is. To compute "
            "it anew, use recompute of its workflow, or stream.invalidate.",
            ChangedProducerWarning,
            stacklevel=2,
        )


def _link(call: ToolCall, sinks: Sequence[Stream]) -> None:
    dependents = [Dependent(each.channel.ledger, each.address, call.record.reach) for each in sinks]
    for ledger, sources in by_ledger(call.sources):
        ledger.link([source.address for source in sources], dependents)


def _described(record: ProducerRecord) -> str:
    parameters = ", ".join(f"{name}={value}" for name, value in sorted(record.parameters.items()))
    sources = ", ".join(record.sources) or "no sources"
    return f"{record.tool} {record.version}({parameters}) from {sources}"
