"""Set operations on sorted lists of (start, end) pairs of milliseconds.

A list is *normal* when it is sorted and its pairs neither overlap nor touch. The operations
take normal lists and give normal ones. They walk only over the part where both lists lie and
copy the rest, so that one short list meets a long one at the cost of two bisections. One pair
meets one pair in a few comparisons: that is what most streams have.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import chain, pairwise
from operator import itemgetter
from typing import TypeAlias

__all__ = ["Pair", "contains", "difference", "intersection", "normal", "split", "union"]

Pair: TypeAlias = tuple[int, int]

_start, _end = itemgetter(0), itemgetter(1)


def normal(pairs: Iterable[Pair]) -> list[Pair]:
    """Sort and merge pairs that overlap or touch."""
    # Two sorted lists in a row are merged by sort() in linear time.
    ordered = sorted(pairs)
    if not ordered:
        return []
    merged = []
    first, last = ordered[0]
    for start, end in ordered:
        if start > last:
            merged.append((first, last))
            first, last = start, end
        elif end > last:
            last = end
    merged.append((first, last))
    return merged


def union(a: list[Pair], b: list[Pair]) -> list[Pair]:
    """Give what is in either."""
    if not a or not b or a is b:
        return a or b
    if len(a) == len(b) == 1:
        ((start, end),), ((other_start, other_end),) = a, b
        if end < other_start:
            return [*a, *b]
        if other_end < start:
            return [*b, *a]
        return [(min(start, other_start), max(end, other_end))]
    if len(a) < len(b):
        a, b = b, a
    low = bisect_left(a, b[0][0], key=_end)
    high = bisect_right(a, b[-1][1], key=_start)
    return a[:low] + normal(a[low:high] + b) + a[high:]


def intersection(a: list[Pair], b: list[Pair]) -> list[Pair]:
    """Give what is in both."""
    if not a or not b or a is b:
        return a and b
    if len(a) == len(b) == 1:
        ((start, end),), ((other_start, other_end),) = a, b
        first, last = max(start, other_start), min(end, other_end)
        return [(first, last)] if first < last else []
    a, b = _near(a, b), _near(b, a)
    common = []
    i = j = 0
    while i < len(a) and j < len(b):
        (start, end), (other_start, other_end) = a[i], b[j]
        if end <= other_end:
            i += 1
        else:
            j += 1
        first, last = max(start, other_start), min(end, other_end)
        if first < last:
            common.append((first, last))
    return common


def difference(a: list[Pair], b: list[Pair]) -> list[Pair]:
    """Give what is in `a` and not in `b`."""
    if not a or not b:
        return a
    if a is b:
        return []
    if len(a) == len(b) == 1:
        ((start, end),), ((other_start, other_end),) = a, b
        if end <= other_start or other_end <= start:
            return a
        before, after = (start, other_start), (other_end, end)
        return [part for part in (before, after) if part[0] < part[1]]
    low = bisect_right(a, b[0][0], key=_end)
    high = bisect_left(a, b[-1][1], key=_start)
    if low >= high:
        return a
    middle = a[low:high]
    return a[:low] + intersection(middle, _gaps(_near(b, middle), middle)) + a[high:]


def contains(pairs: list[Pair], ms: int) -> bool:
    """Tell whether one moment lies in any of `pairs`."""
    index = bisect_left(pairs, ms, key=_end)
    return index < len(pairs) and pairs[index][0] < ms


def split(pairs: list[Pair], points: Iterable[int]) -> list[Pair]:
    """Cut each of `pairs` at every point inside it; the pieces touch, so they are not normal."""
    cuts = sorted(set(points))
    pieces: list[Pair] = []
    for start, end in pairs:
        inside = cuts[bisect_right(cuts, start) : bisect_left(cuts, end)]
        pieces.extend(pairwise([start, *inside, end]))
    return pieces


def _near(pairs: list[Pair], others: list[Pair]) -> list[Pair]:
    """Give those of `pairs` that can overlap with any of `others`."""
    if not pairs or not others:
        return []
    low = bisect_right(pairs, others[0][0], key=_end)
    return pairs[low : bisect_left(pairs, others[-1][1], key=_start)]


def _gaps(pairs: list[Pair], span: list[Pair]) -> list[Pair]:
    """Give what `pairs` leave free between the first start and the last end of `span`."""
    edges = [span[0][0], *chain.from_iterable(pairs), span[-1][1]]
    return list(zip(edges[::2], edges[1::2], strict=True))
