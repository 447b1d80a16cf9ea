"""The streams of a node by plate value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hyperstream.utils import html
from hyperstream.utils.errors import IncompatiblePlatesError, StreamNotFoundError
from hyperstream.workflow.plate import Plate, PlateValue

if TYPE_CHECKING:
    from hyperstream.storage.base import MetaData
    from hyperstream.stream import Stream

    Key = PlateValue | MetaData | None


class NodeStreams(Mapping["MetaData | None", "Stream"]):
    """The streams of a node by plate value; by None where there are no plates.

    A value may be asked for as a tuple of (tag, data) pairs in any order, or as
    a `PlateValue`.

    Parameters
    ----------
    node_id : str
        The name of the node, for errors.
    streams : dict
        The streams.
    """

    def __init__(self, node_id: str, streams: dict[MetaData | None, Stream]) -> None:
        self._node_id = node_id
        self._streams = streams
        self._by_pairs: dict[frozenset[tuple[str, str]], MetaData | None] = {}

    def __getitem__(self, key: Key) -> Stream:
        value = key.value if isinstance(key, PlateValue) else key
        try:
            return self._streams[value]
        except (KeyError, TypeError):
            return self._streams[self._found(value)]

    def __iter__(self) -> Iterator[MetaData | None]:
        return iter(self._streams)

    def __len__(self) -> int:
        return len(self._streams)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._streams!r})"

    def _repr_html_(self) -> str:
        return html.page("Streams", f"of node {self._node_id}", [stream_table(self, list(self))])

    def _found(self, value: Any) -> MetaData | None:
        """Return the key that has the same pairs in another order."""
        if len(self._by_pairs) < len(self._streams):
            self._by_pairs = {frozenset(each or ()): each for each in self._streams}
        try:
            return self._by_pairs[frozenset(map(tuple, value or ()))]
        except (KeyError, TypeError):
            msg = f"Node {self._node_id} has no stream for {value!r}, which is none of its values."
            raise StreamNotFoundError(msg, node_id=self._node_id) from None


def listed(plate_values: Any, parent: MetaData) -> list[Any]:
    """Return plate values as a list: one, several, or those of a plate that go with a parent."""
    if isinstance(plate_values, Plate):
        own = dict(parent)
        return [
            value
            for value in plate_values.values
            if all(own.get(tag, data) == data for tag, data in value)
        ]
    if isinstance(plate_values, (PlateValue, str)) or not isinstance(plate_values, Iterable):
        return [plate_values]
    values = list(plate_values)
    is_one = values and all(len(each) == 2 and isinstance(each[0], str) for each in values)  # noqa: PLR2004 - (tag, data)
    return [values] if is_one else values


def pairs_of(value: Any) -> MetaData:
    """Return the pairs of a plate value; none for None.

    Raises
    ------
    IncompatiblePlatesError
        It is no plate value.
    """
    if isinstance(value, PlateValue):
        return value.value
    try:
        return tuple((tag, data) for tag, data in (() if value is None else value))
    except (TypeError, ValueError):
        msg = f"A plate value is a tuple of (tag, data) pairs, as in plate.values, not {value!r}."
        raise IncompatiblePlatesError(msg) from None


def node_parts(node: Any, streams: NodeStreams) -> Iterator[html.Html]:
    """Yield what a notebook shows of a node.

    Parameters
    ----------
    node : Node
        The node.
    streams : NodeStreams
        The streams that were made so far: to show a node makes none.
    """
    made = None if node.factor is None else repr(node.factor.tool)
    known = {"channel": node.channel.channel_id, "plates": ", ".join(node.plate_ids)}
    yield html.facts({**known, "computed by": made, "streams": len(node)})
    yield stream_table(streams, node.plate_values if node.plates else [None])


def stream_table(streams: NodeStreams, values: Sequence[MetaData | None]) -> html.Html:
    """Return a table of plate values, and what of their streams is calculated."""
    rows = ((_shown(value), _calculated(streams.get(value))) for value in values)
    return html.table(["plate value", "calculated"], rows, len(values), "stream")


def _shown(value: MetaData | None) -> str:
    return ", ".join(f"{tag} {data}" for tag, data in value or ()) or "(no plates)"


def _calculated(stream: Stream | None) -> object:
    return "not made yet" if stream is None else stream.calculated_intervals
