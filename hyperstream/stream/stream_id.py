"""Stream identifiers: a name, and meta data such as ``house=1``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

from hyperstream.utils.containers import Hashable
from hyperstream.utils.text import NO_UNICODE, is_unicode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hyperstream.storage.base import MetaData

    AnyMetaData: TypeAlias = "Mapping[str, object] | Iterable[tuple[str, object]] | None"


class StreamId(Hashable):
    """The name of a stream and its meta data. Immutable.

    Parameters
    ----------
    name : str
        The name, not empty.
    meta_data : dict or iterable of (tag, value) pairs, optional
        What the stream is about, such as ``{"house": "1"}``. Values become
        strings. The order is kept for display, but does not count: ids with
        the same pairs are equal.

    Raises
    ------
    TypeError, ValueError
        The name is no string or empty; the meta data are not pairs, or have a tag twice; one of
        these texts is no Unicode text, such as half of a surrogate pair.

    Examples
    --------
    >>> one = StreamId("temperature", {"house": 1, "room": "hall"})
    >>> one == StreamId("temperature", (("room", "hall"), ("house", "1")))
    True
    >>> print(one)
    temperature[house=1, room=hall]
    """

    __slots__ = ("_hash", "_meta_data", "_name", "_sorted")

    def __init__(self, name: str, meta_data: AnyMetaData = None) -> None:
        if not isinstance(name, str):
            msg = f"The name of a stream is a string, not {name!r}."
            raise TypeError(msg)
        if not name:
            msg = "The name of a stream is empty: give it one."
            raise ValueError(msg)
        self._name = name
        self._meta_data = _pairs(name, meta_data)
        if not is_unicode("".join((name, *chain.from_iterable(self._meta_data)))):
            raise ValueError(f"{self!r} cannot be the id of a stream. {NO_UNICODE}: mend it.")
        self._sorted = tuple(sorted(self._meta_data))
        self._hash = hash((name, self._sorted))

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    @property
    def meta_data(self) -> MetaData:
        """The meta data: (tag, value) pairs in the order given."""
        return self._meta_data

    def as_dict(self) -> dict[str, Any]:
        """Return ``{"name": name, "meta_data": {tag: value}}``."""
        return {"name": self.name, "meta_data": dict(self.meta_data)}

    def as_raw(self) -> dict[str, Any]:
        """Return what selects this id in a raw query on stored documents.

        Examples
        --------
        >>> StreamId(name="test", meta_data=(("house", "1"), ("resident", "1"))).as_raw()
        {'stream_id.name': 'test', 'stream_id.meta_data': [('house', '1'), ('resident', '1')]}
        """
        return {"stream_id.name": self.name, "stream_id.meta_data": list(self.meta_data)}

    def to_json(self) -> str:
        """Return `as_dict` as JSON text."""
        return json.dumps(self.as_dict(), sort_keys=True)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, StreamId):
            return NotImplemented
        return self._name == other._name and self._sorted == other._sorted

    def __hash__(self) -> int:
        return self._hash

    def __lt__(self, other: StreamId) -> bool:
        return (self._name, self._sorted) < (other._name, other._sorted)

    def __str__(self) -> str:
        tags = ", ".join(f"{tag}={value}" for tag, value in self.meta_data)
        return f"{self.name}[{tags}]" if tags else self.name

    def __repr__(self) -> str:
        return f"StreamId(name={self.name!r}, meta_data={self.meta_data!r})"


def get_stream_id(item: StreamId | str | Mapping[str, Any] | tuple[str, AnyMetaData]) -> StreamId:
    """Return a `StreamId` for what may be one, a name, or a name with meta data.

    Parameters
    ----------
    item : StreamId, str, (name, meta_data) or dict
        A dict has the keys of `StreamId.as_dict`.

    Raises
    ------
    TypeError
        It is none of these.

    Examples
    --------
    >>> get_stream_id("clock") == get_stream_id({"name": "clock", "meta_data": {}})
    True
    """
    if isinstance(item, StreamId):
        return item
    if isinstance(item, str):
        return StreamId(item)
    if isinstance(item, Mapping) and "name" in item:
        return StreamId(item["name"], item.get("meta_data"))
    if isinstance(item, tuple) and len(item) == 2:  # noqa: PLR2004 - (name, meta data)
        return StreamId(*item)
    msg = f"Expected a StreamId or the name of a stream, not {item!r}."
    raise TypeError(msg)


def _pairs(name: str, meta_data: AnyMetaData) -> MetaData:
    items: Any = meta_data.items() if isinstance(meta_data, Mapping) else meta_data or ()
    try:
        pairs = tuple((str(tag), str(value)) for tag, value in items)
    except (TypeError, ValueError) as error:
        msg = f"Meta data of stream {name!r} are (tag, value) pairs or a dict, not {meta_data!r}."
        raise TypeError(msg) from error
    if len({tag for tag, _ in pairs}) < len(pairs):
        msg = f"Meta data of stream {name!r} name a tag twice: {meta_data!r}."
        raise ValueError(msg)
    return pairs
