"""In which order factors are computed, and over which intervals."""

from __future__ import annotations

from collections import defaultdict, deque
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from hyperstream.storage.base import read_for
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import FactorDefinitionError, LinkageError
from hyperstream.workflow.factor import BaseFactor, NodeCreationFactor

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hyperstream.workflow.node import Node

    AnyFactor = BaseFactor | NodeCreationFactor


def topological(factors: Sequence[AnyFactor]) -> list[AnyFactor]:
    """Return factors so that each comes after those that it depends on.

    A factor depends on what computes the nodes that it reads, and on what
    creates the plates that it is repeated over. Asset writers come first.
    Otherwise the order is that of definition. (Kahn's algorithm, without
    recursion: a chain may be of any length.)

    Raises
    ------
    LinkageError
        A factor needs values of a plate that it has to create itself, in some way.
    """
    first = sorted(factors, key=lambda factor: factor.tool.name != "asset_writer")
    places = {id(factor): place for place, factor in enumerate(first)}
    waiting = [0] * len(first)
    after: defaultdict[int, list[int]] = defaultdict(list)
    creators = Creators(first)
    for place, factor in enumerate(first):
        for other in {id(each): each for each in _needed(factor, creators)}.values():
            if id(other) in places and other is not factor:
                after[places[id(other)]].append(place)
                waiting[place] += 1
    ready = [place for place, count in enumerate(waiting) if not count]
    order: list[AnyFactor] = []
    while ready:
        place = heappop(ready)
        order.append(first[place])
        for each in after[place]:
            waiting[each] -= 1
            if not waiting[each]:
                heappush(ready, each)
    if len(order) < len(first):
        stuck = ", ".join(repr(first[place]) for place, count in enumerate(waiting) if count)
        msg = f"Some factors create plates that they need themselves: {stuck}."
        raise LinkageError(msg)
    return order


def requests(
    order: Sequence[AnyFactor],
    intervals: TimeIntervals,
    also: Mapping[Node, TimeIntervals] | None = None,
) -> list[tuple[AnyFactor, TimeIntervals]]:
    """Return over what each factor is to be computed, so that the leaves are over some intervals.

    A node that is read is needed as far as its readers reach; where a reader
    does not say how far that is, it computes what it needs beyond the interval
    when it gets there.

    Parameters
    ----------
    order : sequence of factors
        In topological order.
    intervals : TimeIntervals
        What is asked of the leaves.
    also : dict, optional
        What is asked of some leaves besides.
    """
    more = also or {}
    needs: dict[int, TimeIntervals] = {}
    found = []
    for factor in reversed(order):
        sink = factor.sink
        if sink is None:
            needed = intervals
        elif sink.is_leaf:
            needed = intervals + more[sink] if sink in more else intervals
        else:
            needed = needs.get(id(sink), intervals)
        found.append((factor, needed))
        read = needed if sink is None else _read(factor, needed)
        for node in factor.read:
            needs[id(node)] = needs[id(node)] + read if id(node) in needs else read
    return found[::-1]


def reached(reach: tuple[int, int] | None, asked: TimeIntervals) -> TimeIntervals:
    """Return what is read for what is asked for, as far as the reach, in milliseconds, is known."""
    return asked if reach in (None, (0, 0)) else read_for(asked, reach)


class Creators:
    """Which factors create which plates.

    Parameters
    ----------
    factors : iterable of factors
        Those that create some, and maybe others.
    """

    def __init__(self, factors: Iterable[AnyFactor] = ()) -> None:
        self._by_plate: defaultdict[str, list[AnyFactor]] = defaultdict(list)
        for factor in factors:
            self.add(factor)

    @property
    def is_empty(self) -> bool:
        """Whether no plates are created."""
        return not self._by_plate

    def add(self, factor: AnyFactor) -> None:
        """Add a factor, if it creates a plate."""
        if isinstance(factor, NodeCreationFactor):
            self._by_plate[factor.output_plate["plate_id"]].append(factor)

    def of(self, plate_id: str | None) -> Sequence[Any]:
        """Return those that create a plate."""
        return self._by_plate.get(plate_id, ()) if plate_id else ()

    def needed(self, factor: AnyFactor) -> Iterable[AnyFactor]:
        """Yield those that create the plates that a factor is repeated over."""
        for plate_id in _plate_ids(factor) if self._by_plate else ():
            yield from self._by_plate.get(plate_id, ())


def check_creation(factor: AnyFactor, creators: Creators) -> None:
    """Check that a new factor does not need plate values that need it, nor contradict another one.

    Raises
    ------
    LinkageError
        It would depend on itself.
    FactorDefinitionError
        It creates a plate that another one creates otherwise.
    """
    created = factor.output_plate["plate_id"] if isinstance(factor, NodeCreationFactor) else None
    for other in creators.of(created):
        _check_same_plate(factor, other)
    if created is None and (creators.is_empty or factor.sink is None or factor.sink.is_leaf):
        return  # nothing needs it yet, or none by way of plates
    seen = {id(factor)}
    waiting = deque(_needed(factor, creators))
    while waiting:
        other = waiting.popleft()
        if id(other) not in seen:
            seen.add(id(other))
            waiting.extend(_needed(other, creators))
            if created in _plate_ids(other) or any(node is factor.sink for node in other.read):
                msg = f"{factor!r} would depend on itself, by way of {other!r}."
                raise LinkageError(msg)


def _check_same_plate(factor: Any, other: Any) -> None:
    wanted, there = _created(factor), _created(other)
    different = [
        f"{key} {wanted[key]!r}, not {there[key]!r}" for key in wanted if wanted[key] != there[key]
    ]
    if different:
        msg = (
            f"{other!r} creates plate {factor.output_plate['plate_id']} already, and this factor "
            f"says otherwise: {', '.join(different)}."
        )
        raise FactorDefinitionError(msg)


def _created(factor: NodeCreationFactor) -> dict[str, Any]:
    """Return what two factors that create one plate must agree in."""
    plate = factor.output_plate
    return {
        "meta_data_id": plate["meta_data_id"],
        "use_provided_values": bool(plate["use_provided_values"]),
        "parent_plate": getattr(factor.parent, "plate_id", None),
    }


def _needed(factor: AnyFactor, creators: Creators) -> Iterable[AnyFactor]:
    for node in factor.read:
        if node.factor is not None:
            yield node.factor
    yield from creators.needed(factor)


def _plate_ids(factor: AnyFactor) -> dict[str, None]:
    """Return the plates that a factor is repeated over, and those above."""
    nodes: Sequence[Node] = factor.read if factor.sink is None else (*factor.read, factor.sink)
    plates = {plate: None for node in nodes for plate in node.plates}
    if isinstance(factor, NodeCreationFactor) and factor.parent is not None:
        plates[factor.parent] = None
    return {each.plate_id: None for plate in plates for each in (plate, *plate.ancestor_plates)}


def _read(factor: Any, needed: TimeIntervals) -> TimeIntervals:
    """Return what of its sources a factor reads for what is needed of it."""
    computations = factor.computations
    return reached(computations[0].call.record.reach if computations else None, needed)
