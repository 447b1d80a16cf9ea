"""The values of plates: their order, and how those of several plates are joined."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from hyperstream.storage.base import MetaData
from hyperstream.utils.errors import IncompatiblePlatesError
from hyperstream.utils.utils import natural_key

Path: TypeAlias = tuple[str, ...]


def in_natural_order(values: Iterable[MetaData]) -> list[MetaData]:
    """Return values sorted by their data from the root down, digits in them as numbers.

    Examples
    --------
    >>> in_natural_order([(("house", "10"),), (("house", "2"),)])
    [(('house', '2'),), (('house', '10'),)]
    """
    return sorted(values, key=lambda value: [natural_key(data) for _, data in value])


def combined(first: MetaData, second: MetaData) -> MetaData:
    """Return the pairs of two values, each once, those of the first one first.

    Raises
    ------
    IncompatiblePlatesError
        They have different data for one tag.
    """
    pairs = tuple(dict.fromkeys((*first, *second)))
    if len(dict(pairs)) < len(pairs):
        raise IncompatiblePlatesError(
            f"The plate values {first} and {second} contradict each other: a value has one data "
            "for each tag.",
            values=(first, second),
        )
    return pairs


def joined(parts: Sequence[tuple[Path, Sequence[MetaData]]]) -> tuple[MetaData, ...]:
    """Return the values that plates have together, joined on what their paths have in common.

    It costs what the parts and the result are long.

    Parameters
    ----------
    parts : sequence of (path, values)
        For each plate the tags from the root down, and its values.

    Raises
    ------
    IncompatiblePlatesError
        A tag is at different places in the tree.

    Examples
    --------
    >>> houses = [(("house", "1"),), (("house", "2"),)]
    >>> rooms = [(("house", "1"), ("room", "hall"))]
    >>> joined([(("house",), houses), (("house", "room"), rooms)])
    ((('house', '1'), ('room', 'hall')),)
    """
    links = _links([path for path, _ in parts])
    tables = _reduced([values for _, values in parts], links)
    rows: list[MetaData] = [()]
    places: dict[str, int] = {}
    for (path, _), (_, depth), table in zip(parts, links, tables, strict=True):
        following: defaultdict[MetaData, list[MetaData]] = defaultdict(list)
        for value in table:
            following[value[:depth]].append(value[depth:])
        shared = [places[tag] for tag in path[:depth]]
        rows = [
            row + rest
            for row in rows
            for rest in following.get(tuple(row[place] for place in shared), ())
        ]
        places |= {tag: place for place, tag in enumerate(path[depth:], len(places))}
    return tuple(rows)


def _links(paths: Sequence[Path]) -> list[tuple[int, int]]:
    """Return, for each path, the earlier one that it has most in common with, and how much."""
    links: list[tuple[int, int]] = []
    known: dict[str, Path] = {}
    for index, path in enumerate(paths):
        common = [(_common(path, other), -place) for place, other in enumerate(paths[:index])]
        depth, place = max(common, default=(0, 0))
        links.append((-place, depth))
        for end, tag in enumerate(path, 1):
            if known.setdefault(tag, path[:end]) != path[:end]:
                raise IncompatiblePlatesError(
                    f"Meta data {tag!r} are at two places in the tree, {'.'.join(known[tag])} and "
                    f"{'.'.join(path[:end])}: plates of both cannot be joined.",
                    meta_data_id=tag,
                )
    return links


def _common(path: Path, other: Path) -> int:
    """Return how many tags two paths have in common, from the root down."""
    pairs = enumerate(zip(path, other, strict=False))
    return next((n for n, (one, two) in pairs if one != two), min(len(path), len(other)))


def _reduced(
    tables: Sequence[Sequence[MetaData]], links: Sequence[tuple[int, int]]
) -> list[Sequence[MetaData]]:
    """Leave out values that nothing in a later table goes with.

    After that, each row of a join of the first few tables is the begin of a
    row of the result, so that none of them has more rows than the result.
    """
    tables = list(tables)
    for index in range(len(tables) - 1, 0, -1):
        other, depth = links[index]
        present = {value[:depth] for value in tables[index]}
        tables[other] = [value for value in tables[other] if value[:depth] in present]
    return tables
