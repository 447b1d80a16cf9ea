"""Nodes: the streams of one name, one for each value of some plates."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from hyperstream.stream import StreamId
from hyperstream.utils import html
from hyperstream.utils.containers import Printable
from hyperstream.utils.errors import (
    IncompatiblePlatesError,
    NodeDefinitionError,
    StreamNotFoundError,
)
from hyperstream.utils.text import NO_UNICODE, is_unicode
from hyperstream.workflow.node_streams import NodeStreams, listed, node_parts, pairs_of
from hyperstream.workflow.plate import Plate, PlateValue
from hyperstream.workflow.upstream import NodeProducer

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from matplotlib.axes import Axes

    from hyperstream.channels import BaseChannel
    from hyperstream.storage.base import MetaData
    from hyperstream.stream import Stream
    from hyperstream.stream.stream import Moment
    from hyperstream.time_interval import TimeInterval
    from hyperstream.workflow.upstream import Owner

    Key = PlateValue | MetaData | None

logger = logging.getLogger(__name__)

_LONGEST = 512


class Node(Printable):
    """A node of a workflow: streams of one name in one channel, one for each plate value.

    Nodes are made by `Workflow.create_node`.

    Parameters
    ----------
    node_id : str
        The name of the streams.
    channel : BaseChannel
        Where they live.
    plates : sequence of Plate
        The plates; several are joined on the ancestors that they share.

    Attributes
    ----------
    is_leaf : bool
        Whether no factor reads it.

    Raises
    ------
    NodeDefinitionError
        The name is empty, too long or no Unicode text, or a plate is given twice.
    IncompatiblePlatesError
        The plates cannot be joined.

    Examples
    --------
    >>> Node("temperature", HyperStream(file_logger=False).channel_manager.memory).streams[None]
    Stream(memory:temperature)
    """

    def __init__(self, node_id: str, channel: BaseChannel, plates: Sequence[Plate] = ()) -> None:
        self.node_id = _checked_id(node_id)
        self.channel = channel
        self.plates = _checked_plates(node_id, plates)
        self.workflow: Owner | None = None
        self._factor: Any = None
        self._producer = NodeProducer(self)
        self.is_leaf = True
        self._seen: tuple[tuple[MetaData, ...], ...] = ()
        self._values: tuple[MetaData, ...] = ()
        self._streams = NodeStreams(node_id, {})
        self._streams_for: tuple[MetaData, ...] | None = None
        _ = self.plate_values  # which refuses plates that cannot be joined

    @property
    def factor(self) -> Any:
        """What computes the node, or None; to set it is for workflows."""
        return self._factor

    @factor.setter
    def factor(self, factor: Any) -> None:
        self._factor = factor
        for stream in self._streams.values():
            stream.producer = None if factor is None else self._producer

    @property
    def plate_ids(self) -> tuple[str, ...]:
        """The ids of the plates."""
        return tuple(plate.plate_id for plate in self.plates)

    @property
    def plate_values(self) -> tuple[MetaData, ...]:
        """The values of the plates, joined: always the same object while nothing changes."""
        seen = tuple(plate.values for plate in self.plates)
        if not self.plates:
            self._values = self._values or ((),)
        elif len(seen) != len(self._seen) or any(
            a is not b for a, b in zip(seen, self._seen, strict=True)
        ):
            self._values = seen[0] if len(seen) == 1 else Plate.get_overlapping_values(self.plates)
            self._seen = seen
        return self._values

    @property
    def streams(self) -> NodeStreams:
        """The streams by plate value; those of new plate values are made when it is asked for."""
        values = self.plate_values
        if self._streams_for is not values:
            ids = [StreamId(self.node_id, value) for value in values]
            found = self.channel.get_or_create_streams(ids)
            for stream in found:
                stream.parent_node = self
                if self._factor is not None and stream.producer is None:
                    stream.producer = self._producer
            keys: Sequence[MetaData | None] = values if self.plates else (None,)
            self._streams = NodeStreams(self.node_id, dict(zip(keys, found, strict=True)))
            self._streams_for = values
        return self._streams

    def window(
        self,
        time_interval: TimeInterval | Sequence[Moment] | None = None,
        force_calculation: bool = False,
    ) -> dict[MetaData | None, Any]:
        """Return a view on each stream, by plate value; see `Stream.window`."""
        return {
            value: stream.window(time_interval, force_calculation)
            for value, stream in self.streams.items()
        }

    def to_pandas(
        self,
        time_interval: TimeInterval | Sequence[Moment] | None = None,
        force_calculation: bool = False,
    ) -> pd.DataFrame:
        """Return a pandas DataFrame: a column for each plate value, a row for each timestamp.

        Levels of the columns are named by the tags; where all values are dicts,
        level ``key`` has their keys. Without plates it is `StreamView.to_pandas`,
        which see. `hyperstream.contrib.pandas.from_pandas` is the way back.

        Parameters
        ----------
        time_interval, force_calculation
            As for `Stream.window`.

        Raises
        ------
        MissingExtraError
            pandas is not installed.
        """
        from hyperstream.workflow.node_frames import frame_of_node  # noqa: PLC0415 - needs an extra

        return frame_of_node(self, time_interval, force_calculation)

    def plot(
        self,
        time_interval: TimeInterval | Sequence[Moment] | None = None,
        force_calculation: bool = False,
        ax: Axes | None = None,
        **style: Any,
    ) -> Axes:
        """Draw all streams over time, a line for each plate value: see `StreamView.plot`.

        The title of the legend has the tags, its lines have the data. Of many
        lines the legend shows some; their colours follow the order of the values.

        Parameters
        ----------
        time_interval, force_calculation
            As for `Stream.window`.
        ax, **style
            As for `StreamView.plot`.

        Returns
        -------
        matplotlib.axes.Axes
            Where it is drawn.

        Raises
        ------
        MissingExtraError
            matplotlib is not installed.
        HyperStreamError
            A value cannot be drawn; the error names the first one.
        """
        from hyperstream.stream.plotting import plot_views  # noqa: PLC0415 - needs an extra

        return plot_views(self.window(time_interval, force_calculation), self.node_id, ax, style)

    def purge(self) -> None:
        """Remove the data and the calculated intervals of all streams."""
        for stream in self.streams.values():
            stream.purge()

    def print_head(
        self,
        parent_plate_value: Key,
        plate_values: Any,
        interval: TimeInterval | None = None,
        n: int = 10,
        print_func: Callable[[str], Any] = logger.info,
    ) -> None:
        """Show the first instances of some streams.

        Parameters
        ----------
        parent_plate_value : tuple of pairs, PlateValue or None
            What the plate values are below of.
        plate_values : Plate, plate value, or sequence of plate values
            Which streams.
        interval : TimeInterval, optional
            Where to begin; the last calculated interval of each otherwise.
        n : int
            How many of each stream.
        print_func : callable
            What shows a line.

        Raises
        ------
        IncompatiblePlatesError
            Something is no plate value.
        """
        found, parent = 0, pairs_of(parent_plate_value)
        for value in listed(plate_values, parent):
            key = Plate.combine_values(parent, pairs_of(value))
            if (key or None) not in self.streams:
                continue
            found += 1
            print_func(f"Plate value: {key}")
            instances = self.streams[key or None].window(interval).head(n)
            for timestamp, content in instances:
                print_func(f"{timestamp}, {content}")
            if not instances:
                print_func("No data")
        if not found:
            print_func(f"Node {self.node_id} has no streams for these plate values")

    def __getitem__(self, key: PlateValue | tuple[PlateValue, ...] | None) -> Node:
        """Return the node itself, so that loops over plates read as what they mean.

        Raises
        ------
        IncompatiblePlatesError
            The plate of a value is neither one of the node's nor an ancestor of one.
        """
        related = {id(each) for plate in self.plates for each in (plate, *plate.ancestor_plates)}
        for plate in _named_plates(key):
            if id(plate) not in related:
                raise IncompatiblePlatesError(
                    f"Node {self.node_id} is on {_listing(self.plates)}, which plate "
                    f"{plate.plate_id} is neither one of nor above: take a value of those.",
                    node_id=self.node_id,
                )
        return self

    def __setitem__(
        self, key: PlateValue | tuple[PlateValue, ...] | None, specification: Any
    ) -> None:
        """Define what computes the node: ``node[value] = hs.factors.apply(...)``.

        The factor is made once, for all values of the node's plates.

        Raises
        ------
        IncompatiblePlatesError
            The values name other plates than those of the node.
        FactorDefinitionError
            The node is computed in another way already.
        """
        if self.workflow is None:
            raise NodeDefinitionError(
                f"Node {self.node_id} belongs to no workflow: make it by create_node.",
                node_id=self.node_id,
            )
        self.workflow.define(self, key, specification)

    def __iter__(self) -> Iterator[Stream]:
        return iter(self.streams.values())

    def __len__(self) -> int:
        return len(self.plate_values)

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        return self.node_id

    def _repr_html_(self) -> str:
        return html.page("Node", self.node_id, node_parts(self, self._streams))

    def __repr__(self) -> str:
        return (
            f"Node({self.node_id!r}, channel={self.channel.channel_id!r}, "
            f"plates=[{', '.join(self.plate_ids)}])"
        )


def stream_of(node: Node, value: MetaData) -> Stream:
    """Return the stream of a node that belongs to a plate value of another one.

    It is that of the same value or of the ancestor value; the only one where
    the node is on no plates.

    Raises
    ------
    StreamNotFoundError
        The node has no such value.
    """
    if not node.plates:
        return node.streams[None]
    own = dict(value)
    streams = node.streams
    tags = [tag for tag, _ in next(iter(streams)) or ()]
    key = tuple((tag, own[tag]) for tag in tags)
    if key not in streams:
        msg = f"Node {node.node_id} has no stream for {key}, which the plate value {value} needs."
        raise StreamNotFoundError(msg, node_id=node.node_id)
    return streams[key]


def by_value(
    streams: Iterable[Stream], values: Sequence[MetaData]
) -> defaultdict[frozenset[tuple[str, str]], list[Stream]]:
    """Group streams by which of some plate values they belong to.

    Parameters
    ----------
    streams : iterable of Stream
        Streams whose meta data contain one of the values.
    values : sequence of plate values
        All with the same tags.

    Returns
    -------
    dict
        By the pairs of a value, the streams whose meta data contain them, in their order.
    """
    groups: defaultdict[frozenset[tuple[str, str]], list[Stream]] = defaultdict(list)
    tags = {tag for tag, _ in values[0]} if values else set()
    for stream in streams:
        meta_data = stream.stream_id.meta_data
        groups[frozenset(pair for pair in meta_data if pair[0] in tags)].append(stream)
    return groups


def _checked_id(node_id: Any) -> str:
    if not isinstance(node_id, str) or not 0 < len(node_id) <= _LONGEST:
        msg = f"The name of a node is text of 1 to {_LONGEST} characters, not {node_id!r}."
        raise NodeDefinitionError(msg, node_id=node_id)
    if not is_unicode(node_id):
        msg = f"{node_id!r} cannot be the name of a node. {NO_UNICODE}: take another name."
        raise NodeDefinitionError(msg, node_id=node_id)
    return node_id


def _checked_plates(node_id: str, plates: Sequence[Plate]) -> tuple[Plate, ...]:
    for plate in plates:
        if not isinstance(plate, Plate):
            msg = f"Node {node_id} takes plates, not {plate!r}."
            raise NodeDefinitionError(msg, node_id=node_id)
    if len({id(plate) for plate in plates}) < len(plates):
        msg = f"Node {node_id} names a plate twice: {_listing(plates)}."
        raise NodeDefinitionError(msg, node_id=node_id)
    return tuple(plates)


def _named_plates(key: Any) -> list[Plate]:
    """Return the plates that a plate value, a tuple of them, or None names."""
    one = isinstance(key, (PlateValue, Plate))  # both can be iterated over
    values: Any = () if key is None else (key,) if one else key
    try:
        return [value.plate for value in values]
    except (AttributeError, TypeError):
        msg = f"A node is indexed by values of plates, as a loop over a plate gives, not {key!r}."
        raise IncompatiblePlatesError(msg) from None


def _listing(plates: Sequence[Plate]) -> str:
    names = ", ".join(plate.plate_id for plate in plates)
    return f"plate{'s' if plates[1:] else ''} {names}" if plates else "no plates"
