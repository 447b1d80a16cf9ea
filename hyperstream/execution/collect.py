"""From what a tool yields to batches of its sinks."""

from __future__ import annotations

import time
from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Any

from hyperstream.stream import StreamInstance, StreamMetaInstance
from hyperstream.stream.stream_instance import instances, to_batch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hyperstream.execution.plan import Routed
    from hyperstream.storage.batch import Batch

_LARGEST, _GROWTH = 4096, 8
_SLOW = 0.5


def chunks(items: Iterable[Any], first: int = 1) -> Iterator[list[Any]]:
    """Yield items in lists, the first one so long, short ones where items come slowly.

    So the results of a slow tool are stored, and its claim renewed, in time.
    """
    source = iter(items)
    size = first
    started = time.monotonic()
    while chunk := list(islice(source, size)):
        yield chunk
        now = time.monotonic()
        slow = now - started > _SLOW
        size = max(size // _GROWTH, 1) if slow else min(size * _GROWTH, _LARGEST)
        started = now


def to_one_sink(items: Iterable[StreamInstance]) -> Routed:
    """Turn the instances that a tool yields into batches of its only sink.

    Raises
    ------
    TypeError
        The tool yielded something else.
    """
    for chunk in chunks(items):
        yield 0, instances_to_batch(chunk)


def to_many_sinks(
    items: Iterable[StreamMetaInstance], position: Callable[[Any], int | None]
) -> Routed:
    """Turn the meta instances that a tool yields into batches of its sinks.

    Parameters
    ----------
    items : iterable of StreamMetaInstance
        What the tool yields.
    position : callable
        Meta data to the position of the sink, or None where no sink wants it.

    Raises
    ------
    TypeError
        The tool yielded something else.
    """
    known: dict[Any, int | None] = {}
    for chunk in chunks(items):
        parts: defaultdict[int, list[StreamInstance]] = defaultdict(list)
        for item in chunk:
            if not isinstance(item, StreamMetaInstance):
                msg = f"It yielded {item!r}, which is no StreamMetaInstance."
                raise TypeError(msg)
            instance, meta_data = item
            if type(instance) is tuple:  # (timestamp, value), as older tools give it
                instance = StreamInstance(*instance)
            if meta_data not in known:
                known[meta_data] = position(meta_data)
            place = known[meta_data]
            if place is not None:
                parts[place].append(instance)
        for place, part in parts.items():
            yield place, instances_to_batch(part)


def batches_to_many_sinks(
    items: Iterable[tuple[Any, Batch]], position: Callable[[Any], int | None]
) -> Routed:
    """Route the (meta data, `Batch`) pairs that a tool yields to its sinks; see `to_many_sinks`."""
    for item in items:
        if not isinstance(item, tuple) or len(item) != 2:  # noqa: PLR2004 - a pair
            msg = f"It yielded {item!r}, which is no pair of meta data and a Batch."
            raise TypeError(msg)
        meta_data, batch = item
        place = position(meta_data)
        if place is not None:
            yield place, batch


def meta_instances(batches: Iterable[tuple[Any, Batch]]) -> Iterator[StreamMetaInstance]:
    """Yield the rows of (meta data, `Batch`) pairs as meta instances."""
    for meta_data, batch in batches:
        for instance in instances(batch):
            yield StreamMetaInstance(instance, meta_data)


def instances_to_batch(chunk: list[Any]) -> Batch:
    """Turn a list of instances into a batch; TypeError for anything else in it."""
    if set(map(type, chunk)) != {StreamInstance}:
        for item in chunk:
            if not isinstance(item, StreamInstance):
                msg = f"It yielded {item!r}, which is no StreamInstance."
                raise TypeError(msg)
    return to_batch(chunk)
