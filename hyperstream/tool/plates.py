"""Plate values: what the meta data of streams, documents and callers name."""

from __future__ import annotations

import logging
import reprlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from numbers import Number
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from hyperstream._time import MIN_MS, iso_format
from hyperstream.stream import AssetStream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool.joins import side_by_side

if TYPE_CHECKING:
    from hyperstream.storage.base import MetaData
    from hyperstream.storage.batch import Milliseconds
    from hyperstream.stream import Stream

logger = logging.getLogger(__name__)

T = TypeVar("T")


def text(value: Any) -> str:
    """Return a plate value, which is text, for what names it.

    Raises
    ------
    TypeError
        It is neither text nor a number.

    Examples
    --------
    >>> text("hall"), text(7)
    ('hall', '7')
    >>> text(["hall"])
    Traceback (most recent call last):
        ...
    TypeError: A plate value is text or a number, not ['hall'].
    """
    if not isinstance(value, (str, Number)):
        raise TypeError(f"A plate value is text or a number, not {reprlib.repr(value)}.")
    return str(value)


def named_in(document: Any, keys: bool) -> list[str]:
    """Return the plate values that a document names.

    Parameters
    ----------
    document : dict or list
        Names plate values by its keys or values, or by its items.
    keys : bool
        Whether it is the keys of a dict that count.

    Raises
    ------
    TypeError
        It is neither dict nor list, or names what is no plate value.

    Examples
    --------
    >>> named_in({"1": "hall", "2": "attic"}, keys=False), named_in([1, 2], keys=True)
    (['hall', 'attic'], ['1', '2'])
    """
    if isinstance(document, Mapping):
        names: Iterable[Any] = document if keys else document.values()
    elif isinstance(document, str) or not isinstance(document, Iterable):
        raise TypeError(
            f"Plate values are named by a dict or a list, not by {reprlib.repr(document)}."
        )
    else:
        names = document
    return list(map(text, names))


def of_stream(stream: Stream, tag: str) -> str:
    """Return the plate value that a stream's meta data have for a tag.

    Raises
    ------
    ValueError
        They have none.
    """
    for name, value in stream.stream_id.meta_data:
        if name == tag:
            return value
    raise ValueError(f"source {stream} has no meta data {tag!r}, so it is not on that plate.")


def own_values(output_plate_values: Iterable[Any] | None, tag: str) -> list[str]:
    """Return what the values of a plate have for its own tag.

    Parameters
    ----------
    output_plate_values : iterable, optional
        Texts, (tag, value) pairs, or tuples of such pairs.
    tag : str
        The meta data tag of the plate.

    Examples
    --------
    >>> own_values(["hall", ("room", "attic"), (("house", "1"), ("room", "porch"))], "room")
    ['hall', 'attic', 'porch']
    """
    return [_own_value(value, tag) for value in output_plate_values or ()]


def _own_value(value: Any, tag: str) -> str:
    if isinstance(value, (str, Number)):
        return str(value)
    pairs = (value,) if isinstance(value[0], str) else value
    return str(dict(pairs)[tag])


def last_word(
    tool: object,
    stream: Stream,
    interval: TimeInterval,
    read: Callable[[Any], T],
    look_back: bool = False,
) -> T | None:
    """Read the last value of a stream that says how to work on others.

    An asset stream is read from the beginning of time up to the end of the
    interval, any other one within the interval. That there is nothing is
    logged.

    Parameters
    ----------
    tool : object
        Who wants to know.
    stream : Stream
        What says how to work.
    interval : TimeInterval
        What is computed.
    read : callable
        Makes of the value what is wanted.
    look_back : bool
        Whether any stream that nothing computes is read from the beginning of
        time.

    Raises
    ------
    ValueError
        The value cannot be used: says which, and why.
    """
    if isinstance(stream, AssetStream) or (look_back and stream.producer is None):
        interval = TimeInterval.from_ms(MIN_MS, interval.end_ms)
    found = stream.window(interval, force_calculation=True).last()
    if found is None:
        logger.warning("%r gives nothing: %s is empty in %s", tool, stream, interval.humanized)
        return None
    try:
        return read(found.value)
    except (LookupError, TypeError, ValueError) as error:
        moment = iso_format(found.timestamp)
        raise ValueError(f"what {stream} holds at {moment} is of no use: {error}") from error


def with_meta_data(
    sources: Sequence[Stream], tag: str, index: str
) -> Iterator[tuple[MetaData, Stream]]:
    """Yield the streams that have a (tag, index) pair, each after its other meta data.

    Raises
    ------
    IndexError
        There is none.
    """
    pair = (tag, str(index))
    found = False
    for source in sources:
        meta_data = source.stream_id.meta_data
        if pair in meta_data:
            found = True
            yield tuple(each for each in meta_data if each != pair), source
    if not found:
        there = ", ".join(map(str, sources[:3])) + (", …" if sources[3:] else "")
        raise IndexError(f"no source has the meta data {tag}={index}; there are {there or 'none'}.")


def grouped_with_sources(
    sources: Sequence[Stream], interval: TimeInterval
) -> Iterator[tuple[Milliseconds, list[list[tuple[Stream, Any]]]]]:
    """Read several streams, and group what they hold by time.

    Yields
    ------
    (timestamps, groups)
        Some timestamps, in milliseconds since 1970, and for each the list of
        (source, value) pairs there, in the order of the sources.
    """
    for parts in side_by_side(sources, interval):
        stamps = np.concatenate([part.timestamps for part in parts])
        order = np.argsort(stamps, kind="stable")
        stamps = stamps[order]
        pairs = [
            (source, value)
            for source, part in zip(sources, parts, strict=True)
            for value in part.value_list()
        ]
        in_order = [pairs[place] for place in order.tolist()]
        firsts = np.flatnonzero(np.concatenate(([True], stamps[1:] > stamps[:-1])))
        edges = [*firsts.tolist(), len(stamps)]
        yield stamps[firsts], [in_order[first:last] for first, last in pairwise(edges)]
