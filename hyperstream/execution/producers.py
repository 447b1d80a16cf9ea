"""Who computes which stream, and from what: told to the streams and to their ledgers."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Protocol

from hyperstream.execution.lease import by_ledger, calculated_of
from hyperstream.storage.base import Dependent, read_for
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import ChangedProducerWarning
from hyperstream.utils.user_warnings import warn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hyperstream.execution.plan import ToolCall
    from hyperstream.storage.base import Ledger, ProducerRecord, StreamAddress
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
    records = {sink: each.call.record for each, sinks in new for sink in sinks}
    unknown = {
        source: None
        for each, _ in new
        for source in each.call.sources
        if source.producer is None and source.is_made_elsewhere is None and source not in records
    }
    known = _stored([*records, *unknown])
    _remember(records, known)
    for source in unknown:
        source.is_made_elsewhere = known[source] is not None
    for each, sinks in new:
        _link(each.call, sinks)
    _recall([(each.call, sinks) for each, sinks in new])
    for each, sinks in new:  # last: what has its producer is told of no more
        for sink in sinks:
            sink.producer = each
            sink.set_tool_reference(each.call.tool)


def _is_attached(sink: Stream, producer: CallProducer) -> bool:
    known = sink.producer
    if known is producer:
        return True
    call = getattr(known, "call", None)
    return call is not None and call.same(producer.call)


def _stored(streams: Iterable[Stream]) -> dict[Stream, ProducerRecord | None]:
    """Return how streams were computed last, as far as a tool did it."""
    found: dict[Stream, ProducerRecord | None] = {}
    for ledger, group in by_ledger(streams):
        records = ledger.producers([stream.address for stream in group])
        found.update(zip(group, records, strict=True))
    return found


def _remember(
    records: Mapping[Stream, ProducerRecord], stored: Mapping[Stream, ProducerRecord | None]
) -> None:
    """Store how the sinks are computed; warn where that is another way than before."""
    changed: list[tuple[Stream, ProducerRecord]] = []
    for ledger, sinks in by_ledger(records):
        new: dict[StreamAddress, ProducerRecord] = {}
        for sink in sinks:
            before = stored[sink]
            if before != records[sink]:
                new[sink.address] = records[sink]
                if before is not None and not before.same_computation(records[sink]):
                    changed.append((sink, before))
        if new:
            ledger.set_producers(new)
    if changed:
        sink, before = changed[0]
        others = f" (and {len(changed) - 1} more streams likewise)" if changed[1:] else ""
        warn(
            f"Stream {sink} was computed by {_described(before)} before, and now by "
            f"{_described(records[sink])}{others}: what is calculated stays as it is. To compute "
            "it anew, use recompute of its workflow, or stream.invalidate.",
            ChangedProducerWarning,
        )


def _link(call: ToolCall, sinks: Sequence[Stream]) -> None:
    dependents = [Dependent(each.channel.ledger, each.address, call.record.reach) for each in sinks]
    for ledger, sources in by_ledger(call.sources):
        ledger.link([source.address for source in sources], dependents)


def _recall(calls: Sequence[tuple[ToolCall, Sequence[Stream]]]) -> None:
    """Tell ledgers of one process what former ones have computed from their streams elsewhere."""
    crossing = [
        (call, sinks, others)
        for call, sinks in calls
        if (others := _elsewhere(call.sources, sinks[0].channel.ledger))
    ]
    known = calculated_of(sink for _, sinks, _ in crossing for sink in sinks)
    read: dict[Stream, TimeIntervals] = {}
    for call, sinks, others in crossing:
        calculated = TimeIntervals(chain.from_iterable(known[sink.address] for sink in sinks))
        part = read_for(calculated, call.record.reach)
        for source in () if part.is_empty else others:
            read[source] = read[source] + part if source in read else part
    for ledger, sources in by_ledger(read):
        ledger.recall({source.address: read[source] for source in sources})


def _elsewhere(sources: Sequence[Stream], ledger: Ledger) -> list[Stream]:
    """Return those of some streams that another ledger knows."""
    return [source for source in sources if source.channel.ledger is not ledger]


def _described(record: ProducerRecord) -> str:
    parameters = ", ".join(f"{name}={value}" for name, value in sorted(record.parameters.items()))
    sources = ", ".join(record.sources) or "no sources"
    return f"{record.tool} {record.version}({parameters}) from {sources}"
