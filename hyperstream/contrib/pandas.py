"""Several streams, or a node, as one wide pandas DataFrame, and back.

It needs the package pandas: ``pip install 'hyperstream[notebook]'``. For one stream there are
`StreamView.to_pandas` and `Stream.from_pandas`, whose rules hold here, too.

Examples
--------
>>> import pandas as pd
>>> from hyperstream.channels import MemoryChannel
>>> channel = MemoryChannel("memory")
>>> streams = {room: channel.create_stream(f"t_{room}") for room in ("hall", "attic")}
>>> noon = pd.Timestamp("2020-01-01 12:00")
>>> times = [noon, noon + pd.Timedelta(minutes=1)]
>>> from_pandas(streams, pd.DataFrame({"hall": [20.5, 20.0], "attic": [None, 8.5]}, index=times))
>>> streams["attic"].window(("2020-01-01", "2020-01-02"), True).values()
[8.5]
>>> to_pandas(streams, ("2020-01-01", "2020-01-02"), True)
stream                     hall  attic
timestamp
2020-01-01 12:00:00+00:00  20.5    NaN
2020-01-01 12:01:00+00:00  20.0    8.5
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from hyperstream.stream import Stream
from hyperstream.stream.frame_values import batches_of_many, write_batch
from hyperstream.stream.frames import frame_of_many
from hyperstream.utils.errors import StreamNotFoundError
from hyperstream.workflow.node import Node
from hyperstream.workflow.node_frames import labelled

if TYPE_CHECKING:
    import pandas as pd

    from hyperstream.stream.stream import Moment
    from hyperstream.time_interval import TimeInterval

_LEVELS = ["stream"]

Streams: TypeAlias = Node | Mapping[str, Stream] | Iterable[Stream]


def to_pandas(
    streams: Streams,
    time_interval: TimeInterval | Sequence[Moment] | None = None,
    force_calculation: bool = False,
) -> pd.DataFrame:
    """Return several streams side by side, over all their timestamps.

    Parameters
    ----------
    streams : Node, or dict of Stream, or iterable of Stream
        A node, as by its own `Node.to_pandas`; or streams by the names of their
        columns; or streams, whose columns are named by their ids.
    time_interval : TimeInterval or (start, end), optional
        As for `Stream.window`.
    force_calculation : bool
        Compute what is not calculated yet.

    Returns
    -------
    pandas.DataFrame
        The level of the columns is named ``stream``. Where all values are dicts,
        level ``key`` has their keys. Where a stream has nothing at a timestamp, that
        is missing; of what dtype a column is then, `hyperstream.stream.frames` says.

    Raises
    ------
    ValueError
        Two streams have the same id: name them by a dict.
    """
    if isinstance(streams, Node):
        return streams.to_pandas(time_interval, force_calculation)
    views = {
        label: stream.window(time_interval, force_calculation)
        for label, stream in _named(streams).items()
    }
    return frame_of_many(views, _LEVELS)


def from_pandas(streams: Streams, frame: pd.DataFrame) -> None:
    """Write a wide DataFrame: each column, or all of one label, into the stream of its name.

    What is missing in a row (NaN, NaT, NA, None) is written nowhere: a stream has
    no instance there, or, if its values are dicts, not that key. Streams that the
    frame does not name are left alone.

    All is checked and converted first. Then one stream after the other is written as by
    `Stream.from_pandas`; if one of them refuses, those before it are written.
    Writing the same again changes nothing.

    Parameters
    ----------
    streams : Node, or dict of Stream, or iterable of Stream
        Where to write; the columns are labelled as by `to_pandas`.
    frame : pandas.DataFrame
        Has a DatetimeIndex. For a node with plates, a level of the columns for each
        tag of the plate values: found by its name or, if the levels have other
        names, by its place. One level more has the keys of dicts.

    Raises
    ------
    StreamNotFoundError
        A column is labelled by what is no plate value, or no stream.
    ValueError
        The columns have another number of levels, or one is there twice; two streams
        have the same id; or what `Stream.from_pandas` raises.
    """
    if isinstance(streams, Node):
        if not streams.plates:
            streams.streams[None].from_pandas(frame)
            return
        levels, known = labelled(streams)
    else:
        levels, known = _LEVELS, _named(streams)
    batches = dict(batches_of_many(frame, levels))
    for label in batches:
        if label not in known:
            raise StreamNotFoundError(
                f"There is no stream for column {', '.join(label)}: the columns are labelled by "
                f"{', '.join(levels)}."
            )
    for label, batch in batches.items():
        write_batch(known[label], batch)


def _named(streams: Mapping[str, Stream] | Iterable[Stream]) -> dict[tuple[str, ...], Stream]:
    """Return streams by labels of one part."""
    if isinstance(streams, Mapping):
        return {(str(name),): stream for name, stream in streams.items()}
    listed = list(streams)
    named: dict[tuple[str, ...], Stream] = {(str(stream.stream_id),): stream for stream in listed}
    if len(named) < len(listed):
        raise ValueError("Two of the streams have the same id: name them, by a dict of streams.")
    return named
