"""Which streams were computed from which, as far as this process knows."""

from __future__ import annotations

import threading
from itertools import count
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hyperstream.storage.base import Dependent, StreamAddress

# Dependents by their keys, each with the number of the call that linked it. Shared by many sources,
# hence never changed.
Group: TypeAlias = "dict[str, tuple[int, Dependent]]"


class Links:
    """Remembers the dependents of streams; safe for threads.

    All sources that are linked in one call share the group of their dependents,
    so that time and memory grow with the number of sources plus that of
    dependents. Linking the same again needs no more memory.

    Examples
    --------
    >>> from hyperstream.storage.base import Dependent, StreamAddress
    >>> from hyperstream.storage.memory import MemoryLedger
    >>> source, sink = StreamAddress("memory", "a"), StreamAddress("memory", "b")
    >>> links = Links()
    >>> links.add([source], [Dependent(MemoryLedger(), sink, None)])
    >>> [str(dependent.address) for dependent in links.of(source)]
    ['memory:b']
    """

    def __init__(self) -> None:
        # By the key of the source, and that of the first dependent of a group: so a node's group
        # that has grown since, which begins as before, takes the place of the former one.
        self._groups: dict[str, dict[str, Group]] = {}
        self._calls = count()
        self._lock = threading.Lock()

    def add(self, sources: Sequence[StreamAddress], dependents: Sequence[Dependent]) -> None:
        """Remember that all of these dependents are computed from each of the sources."""
        if not dependents:
            return
        first = dependents[0].address.key
        call = next(self._calls)
        group = {each.address.key: (call, each) for each in dependents}
        joined: dict[int, tuple[Group, Group]] = {}
        with self._lock:
            for source in sources:
                groups = self._groups.setdefault(source.key, {})
                before = groups.get(first)
                if before is None:
                    groups[first] = group
                    continue
                # The sources of a call mostly had one group in common before. It is kept here, so
                # that no other one can have its identity meanwhile.
                if id(before) not in joined:
                    joined[id(before)] = before, _joined(before, group)
                groups[first] = joined[id(before)][1]

    def of(self, source: StreamAddress) -> list[Dependent]:
        """Return the dependents of a stream, each once, as it was linked last."""
        with self._lock:
            groups = list(self._groups.get(source.key, {}).values())
        found: Group = {}
        for group in groups:
            for key, each in group.items():
                if key not in found or found[key][0] < each[0]:
                    found[key] = each
        return [dependent for _, dependent in found.values()]


def _joined(before: Group, group: Group) -> Group:
    return group if before.keys() <= group.keys() else before | group
