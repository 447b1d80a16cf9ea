"""``hyperstream streams``: the streams of all channels."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hyperstream.channels import DatabaseChannel, ToolChannel
from hyperstream.cli import streams_export
from hyperstream.cli.arguments import interval
from hyperstream.cli.errors import CommandError, UsageError
from hyperstream.cli.output import cell, moment, page, seconds, show, span, spans, table
from hyperstream.cli.system import hyperstream
from hyperstream.cli.terminal import ask
from hyperstream.hyperstream import HyperStream
from hyperstream.progress_bars import bar
from hyperstream.session.chunks import address_of
from hyperstream.storage.base import ProducerRecord, StreamAddress
from hyperstream.storage.mongo.overview import StreamSummary, stream_summaries
from hyperstream.stream import Stream, StreamId
from hyperstream.stream.export import json_text, plain_json
from hyperstream.time_interval import TimeInterval
from hyperstream.utils.errors import StreamNotFoundError
from hyperstream.utils.text import plural

_SHOWN = 20
_NAMED = 3


def run(options: Namespace) -> None:
    """Do what ``hyperstream streams`` was asked to.

    Parameters
    ----------
    options : argparse.Namespace
        The options of the command line.
    """
    actions: dict[str, Callable[[Namespace, HyperStream], None]] = {
        "list": _list,
        "show": _show,
        "head": _instances,
        "tail": _instances,
        "export": _export,
        "purge": _purge,
        "invalidate": _invalidate,
    }
    with hyperstream(options) as hs, _in_one_sentence():
        actions[options.action](options, hs)


def _list(options: Namespace, hs: HyperStream) -> None:
    found = [each for each in _summaries(hs) if _is_wanted(options, each.address)]
    rows = [(each.instances, seconds(each.calculated.end), each.address) for each in found]
    head = ("instances", "calculated up to", "stream")
    show(options, list(map(_facts, found)), table(head, rows, right="instances", whole=True))
    if not found and (options.channel or options.name or options.tags):
        raise CommandError("No stream is like that.")


def _show(options: Namespace, hs: HyperStream) -> None:
    stream = _stream(hs, options.stream)
    known = _known(hs, stream)
    view = stream.window(TimeInterval.all_time())
    first, last = view.first(), view.last()
    calculated = stream.calculated_intervals
    (producer,) = stream.channel.ledger.producers([stream.address])
    data = {
        **_facts(known or _summary(stream)),
        "first": None if first is None else moment(first.timestamp),
        "last": None if last is None else moment(last.timestamp),
        "calculated": spans(calculated),
        "producer": None if producer is None else _producer(producer),
    }
    shown = [span(each) for each in calculated[-_SHOWN:]] if len(calculated) else []
    if len(calculated) > _SHOWN:
        shown.insert(0, f"{len(calculated) - _SHOWN} before, and")
    facts = [
        ("stream", stream),
        ("channel", f"{stream.channel.channel_id} ({type(stream.channel).__name__})"),
        ("instances", _about(known)),
        ("first", data["first"]),
        ("last", data["last"]),
        ("updated", data["updated"]),
        ("calculated", shown),
        *_producer_facts(data["producer"]),
    ]
    show(options, data, page(facts))


def _instances(options: Namespace, hs: HyperStream) -> None:
    stream = _stream(hs, options.stream)
    view = stream.window(interval(options) or TimeInterval.all_time())
    found = view.head(options.n) if options.action == "head" else view.tail(options.n)
    data = [
        {"timestamp": moment(each.timestamp), "value": plain_json(each.value)} for each in found
    ]
    rows = [(moment(each.timestamp), _text(each.value)) for each in found]
    show(options, data, table(("timestamp", "value"), rows))
    if not found:
        raise CommandError(f"There is nothing of {stream} in {span(view.time_interval)}.")


def _export(options: Namespace, hs: HyperStream) -> None:
    stream = _stream(hs, options.stream)
    wanted = interval(options)
    known = None if wanted is not None else _known(hs, stream)
    view = stream.window(wanted or TimeInterval.all_time())
    streams_export.run(options, view, None if known is None else known.instances)


def _purge(options: Namespace, hs: HyperStream) -> None:
    wanted = interval(options)
    if options.definition and wanted is not None:
        raise UsageError("--definition removes streams as a whole: leave out --from and --to.")
    streams = [_stream(hs, address) for address in options.streams]
    ask(options, f"Remove {_where(wanted)} of {_named(streams)}?")
    for stream in bar_over(streams, "Purging"):
        if wanted is None:
            place = {} if stream.sandbox is None else {"sandbox": stream.sandbox}
            stream.channel.purge_stream(
                stream.stream_id, remove_definition=options.definition, **place
            )
        else:
            stream.purge(wanted)
    _done(options, "Purged", streams)


def _invalidate(options: Namespace, hs: HyperStream) -> None:
    wanted = interval(options)
    streams = [_stream(hs, address) for address in options.streams]
    ask(
        options,
        f"Forget what is calculated, in {_where(wanted)}, of {_named(streams)} and of all that was "
        "computed from there?",
    )
    for stream in bar_over(streams, "Invalidating"):
        stream.invalidate(wanted or TimeInterval.all_time())
    _done(options, "Invalidated", streams)


def bar_over(streams: list[Stream], what: str) -> Iterator[Stream]:
    """Yield streams, with a bar where there are several."""
    with bar(len(streams), what, "streams") as shown:
        for stream in streams:
            yield stream
            shown.update()


def _done(options: Namespace, what: str, streams: list[Stream]) -> None:
    show(
        options,
        {what.lower(): list(map(str, streams))},
        [f"{what} {plural(len(streams), 'stream')}."],
    )


@contextmanager
def _in_one_sentence() -> Iterator[None]:
    """Let a channel that cannot do something say so to the user."""
    try:
        yield
    except NotImplementedError as error:
        raise CommandError(str(error)) from error


def _summaries(hs: HyperStream) -> list[StreamSummary]:
    """Return what is known of all streams: those of the database, then those of other channels."""
    found = stream_summaries(hs.client)
    for channel in hs.channel_manager.channels.values():
        if not isinstance(channel, (DatabaseChannel, ToolChannel)):
            found += [_summary(channel.streams[stream_id]) for stream_id in sorted(channel.streams)]
    return found


def _known(hs: HyperStream, stream: Stream) -> StreamSummary | None:
    """Return what the database says of a stream, if it is there."""
    return next((each for each in stream_summaries(hs.client, stream.address)), None)


def _summary(stream: Stream) -> StreamSummary:
    return StreamSummary(stream.address, None, None, stream.calculated_intervals, None)


def _is_wanted(options: Namespace, address: StreamAddress) -> bool:
    return (
        options.channel in {None, address.channel_id}
        and options.name in {None, address.name}
        and set(options.tags) <= set(address.meta_data)
    )


def _facts(summary: StreamSummary) -> dict[str, Any]:
    address = summary.address
    return {
        "stream": str(address),
        "channel": address.channel_id,
        "sandbox": address.sandbox,
        "name": address.name,
        "meta_data": dict(address.meta_data),
        "instances": summary.instances,
        "updated": moment(summary.updated),
        "calculated": spans(summary.calculated),
        "tool": summary.tool,
    }


def _stream(hs: HyperStream, address: StreamAddress) -> Stream:
    """Return a stream that is there; else the error names others of its name."""
    channel = hs.channel_manager.get_channel(address.channel_id)
    # Channels of plugins may know no sandboxes.
    place = {} if address.sandbox is None else {"sandbox": address.sandbox}
    stream_id = StreamId(address.name, address.meta_data)
    try:
        return channel.get_or_create_stream(stream_id, try_create=False, **place)
    except StreamNotFoundError as error:
        alike = [
            f"'{each.address}'"
            for each in stream_summaries(hs.client)
            if each.address.name == address.name
        ]
        hint = f" Of that name there are {', '.join(alike[:_NAMED])}" if alike else ""
        more = ", …" if alike[_NAMED:] else ""
        raise CommandError(
            f"There is no stream {address}.{hint}{more}{'.' * bool(hint)}"
        ) from error


def _text(value: Any) -> str:
    return cell(value) if isinstance(value, (str, int, float)) else cell(json_text(value))


def _about(known: StreamSummary | None) -> str | None:
    return None if known is None or known.instances is None else f"about {known.instances}"


def _producer(record: ProducerRecord) -> dict[str, Any]:
    return {
        "tool": record.tool,
        "version": record.version,
        "parameters": plain_json(record.parameters),
        "sources": [str(address_of(key)) for key in record.sources],
    }


def _producer_facts(producer: dict[str, Any] | None) -> Iterator[tuple[str, object]]:
    if producer is None:
        yield "computed by", "no tool"
        return
    yield "computed by", f"{producer['tool']} {producer['version']}"
    parameters = producer["parameters"].items()
    yield "parameters", [f"{name} = {json_text(value)}" for name, value in parameters]
    yield "sources", producer["sources"]


def _where(wanted: TimeInterval | None) -> str:
    return "everything" if wanted is None else f"what lies in {span(wanted)}"


def _named(streams: list[Stream]) -> str:
    names = ", ".join(map(str, streams[:_NAMED]))
    rest = len(streams) - _NAMED
    return names if rest <= 0 else f"{names} and {plural(rest, 'other')}"
