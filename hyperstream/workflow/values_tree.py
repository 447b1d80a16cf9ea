"""Values of plates as notebooks show them: a tree."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hyperstream.utils import html

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hyperstream.storage.base import MetaData


def values_tree(paths: Iterable[MetaData]) -> html.Html:
    """Return a tree of paths from the root of the meta data, such as house 1, resident 2.

    Examples
    --------
    >>> print(values_tree([(("house", "1"),)]))
    <ul class="hs"><li>house 1</li></ul>
    """
    below: defaultdict[MetaData, dict[MetaData, None]] = defaultdict(dict)
    for path in paths:
        for depth in range(len(path)):
            below[path[:depth]][path[: depth + 1]] = None
    return html.tree(
        list(below.get((), ())),
        lambda path: list(below.get(path, ())),
        lambda path: " ".join(path[-1]),
    )
