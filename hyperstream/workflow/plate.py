"""Plates: named sets of values, over which nodes and factors are repeated."""

from __future__ import annotations

import threading
import weakref
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from hyperstream.storage.base import MetaData
from hyperstream.utils import html
from hyperstream.utils.errors import IncompatiblePlatesError, PlateDefinitionError
from hyperstream.utils.text import brief
from hyperstream.workflow.plate_values import combined, in_natural_order, joined
from hyperstream.workflow.values_tree import values_tree


class PlateValue(NamedTuple):
    """A value of a plate, as iterating over the plate gives it.

    Attributes
    ----------
    plate : Plate
        The plate.
    value : tuple of (tag, data) pairs
        The path from the root of the meta data: ``(("house", "1"), ("resident", "2"))``.
    """

    plate: Plate
    value: MetaData


class Values(Protocol):
    """What a plate asks of the tree of meta data; `MetaDataManager` answers it."""

    @property
    def revision(self) -> int:
        """A number that grows with each change of the tree."""

    def below(self, parents: Iterable[MetaData], tag: str) -> list[MetaData]:
        """Return the nodes of a tag directly below some nodes; ``()`` is the root."""


class _State(NamedTuple):
    """The values of a plate, and what they were made from."""

    revision: int
    listed: tuple[str, ...]
    parents: Sequence[MetaData]
    values: tuple[MetaData, ...]
    members: frozenset[MetaData]
    # What is below each value of each ancestor; () is above all.
    below: dict[MetaData, list[MetaData]]


_ROOT: tuple[MetaData, ...] = ((),)


class Plate:
    """Some values of one tag of the meta data tree, under a name.

    The values of a plate without parent are directly below the root of the
    tree, those of a plate with a parent directly below the parent's values.
    They follow the tree: meta data that come or go later are there, or are not
    there any more, the next time that somebody asks.

    Plates are made by a `PlateManager`, which also stores them.

    Parameters
    ----------
    plate_id : str
        The name.
    meta_data_id : str
        The tag of the values.
    tree : Values
        The meta data.
    values : sequence of str
        The data of the values, such as ``["1", "2"]``.
    complement : bool
        Whether the plate has all values but these.
    parent : Plate, optional
        The plate above.
    description : str, optional
        What it is, for people.

    Attributes
    ----------
    plate_id, meta_data_id, complement, parent, description
        As given.
    listed : tuple of str
        The `values` given.
    users : weakref.WeakSet
        The workflows of this process that have a node on the plate.

    Raises
    ------
    PlateDefinitionError
        The tag is that of a plate above, too.

    Examples
    --------
    With a plate "H" of houses 1 and 2, and a plate "H.R" of their residents:

    >>> houses.values  # doctest: +SKIP
    ((('house', '1'),), (('house', '2'),))
    >>> [[resident.value for resident in residents[house]] for house in houses]  # doctest: +SKIP
    [[(('house', '1'), ('resident', '1')), (('house', '1'), ('resident', '2'))], []]
    """

    def __init__(
        self,
        plate_id: str,
        meta_data_id: str,
        tree: Values,
        values: Iterable[str] = (),
        complement: bool = False,
        parent: Plate | None = None,
        description: str | None = None,
    ) -> None:
        self.plate_id = plate_id
        self.meta_data_id = meta_data_id
        self.complement = complement
        self.parent = parent
        self.description = description
        self.listed = tuple(dict.fromkeys(values))
        self.users: weakref.WeakSet[Any] = weakref.WeakSet()
        above = () if parent is None else parent.ancestor_meta_data_ids
        if meta_data_id in above:
            raise PlateDefinitionError(
                f"Plate {plate_id!r}: its meta data id {meta_data_id!r} is that of a plate above "
                f"it already ({'.'.join(above)}).",
                plate_id=plate_id,
            )
        self._path = (*above, meta_data_id)
        self._tree = tree
        self._lock = threading.Lock()
        self._state: _State | None = None

    @property
    def values(self) -> tuple[MetaData, ...]:
        """The values, in natural order from the root down: house 2 comes before house 10.

        The same tuple as before, as long as nothing has changed.
        """
        return self._current().values

    @property
    def is_root(self) -> bool:
        """Whether there is no plate above."""
        return self.parent is None

    @property
    def cardinality(self) -> int:
        """The number of values."""
        return len(self.values)

    @property
    def ancestor_plates(self) -> tuple[Plate, ...]:
        """The plates above, from the root down, without this one."""
        return () if self.parent is None else (*self.parent.ancestor_plates, self.parent)

    @property
    def ancestor_meta_data_ids(self) -> tuple[str, ...]:
        """The tags of the values, from the root down; the last is the plate's own."""
        return self._path

    def is_sub_plate(self, other: Plate) -> bool:
        """Tell whether all values are values of the other plate, too."""
        if self._path != other._path:
            return False
        return self._current().members <= other._current().members

    def is_super_plate(self, other: Plate) -> bool:
        """Tell whether all values of the other plate are values of this one, too."""
        return other.is_sub_plate(self)

    def is_ancestor(self, other: Plate) -> bool:
        """Tell whether this plate is above the other one."""
        return self in other.ancestor_plates

    def is_descendant(self, other: Plate) -> bool:
        """Tell whether this plate is below the other one."""
        return other.is_ancestor(self)

    def add_values(self, data: Iterable[str]) -> None:
        """Add to the values listed; a complement stays as it is, for it has what is new anyway.

        Parameters
        ----------
        data : iterable of str
            The data of the values. Those that are not in the tree are no values
            until they are.
        """
        if not self.complement:
            self.listed = tuple(dict.fromkeys((*self.listed, *data)))

    def __iter__(self) -> Iterator[PlateValue]:
        return (PlateValue(self, value) for value in self.values)

    def __len__(self) -> int:
        return len(self.values)

    def __contains__(self, value: object) -> bool:
        found = self._in_order(value)
        return found is not None and found in self._current().members

    def __getitem__(self, parent: PlateValue | MetaData) -> list[PlateValue]:
        """Return the values below a value of a plate above.

        Parameters
        ----------
        parent : PlateValue or tuple of (tag, data) pairs
            The value; its pairs may have any order.

        Raises
        ------
        IncompatiblePlatesError
            It is no value of a plate above.
        """
        value = self._in_order(parent)
        below = self._current().below
        if value is not None and len(value) < len(self._path):
            if value in below:
                return [PlateValue(self, each) for each in below[value]]
            if parent in self.ancestor_plates[len(value) - 1] or parent in _own_plate(parent):
                return []
        above = " or ".join(repr(plate.plate_id) for plate in self.ancestor_plates)
        raise IncompatiblePlatesError(
            f"Plate {self.plate_id!r} ({'.'.join(self._path)}) has nothing at {_shown(parent)}, "
            "which is no value of a plate above it. "
            + (f"Take it at a value of {above}." if above else "There is no plate above it."),
            plate_id=self.plate_id,
            value=parent,
        )

    def __repr__(self) -> str:
        return f"Plate({self.plate_id!r}, {'.'.join(self._path)!r})"

    def _repr_html_(self) -> str:
        return html.page("Plate", self.plate_id, self._shown())

    def _shown(self) -> Iterator[html.Html]:
        values = self.values
        above = None if self.parent is None else self.parent.plate_id
        known = {"description": self.description, "tag": self.meta_data_id, "below plate": above}
        yield html.facts({**known, "values": f"{len(values)}{self._choice()}"})
        yield values_tree(values)

    def _choice(self) -> str:
        """Say in words which values are on the plate."""
        listed = brief(list(self.listed))
        if self.complement:
            return f", all but {listed}" if self.listed else ", all that there are"
        return f", those of {listed}"

    @staticmethod
    def get_overlapping_values(plates: Iterable[Plate]) -> tuple[MetaData, ...]:
        """Return the values of several plates together, as a node on these plates has them.

        Plates that have ancestors in common are joined on them, others form all
        combinations.

        Parameters
        ----------
        plates : iterable of Plate
            The plates.

        Returns
        -------
        tuple of tuples of (tag, data) pairs
            The pairs of the first plate, then those of each other one that are
            new, in the order of the first plate's values, then of the next one's.
            No plates at all have one value, ``()``.

        Raises
        ------
        IncompatiblePlatesError
            A tag is at different places in the tree.
        """
        return joined([(plate.ancestor_meta_data_ids, plate.values) for plate in plates])

    @staticmethod
    def combine_values(parent_value: MetaData | None, value: MetaData | None) -> MetaData:
        """Return the pairs of two values, each once, those of the first one first.

        Raises
        ------
        IncompatiblePlatesError
            They have different data for one tag.

        Examples
        --------
        >>> Plate.combine_values((("house", "1"),), (("house", "1"), ("resident", "2")))
        (('house', '1'), ('resident', '2'))
        """
        return combined(parent_value or (), value or ())

    def _in_order(self, value: object) -> MetaData | None:
        """Return pairs in the order of the path, or None if they are not the begin of it."""
        pairs = value.value if isinstance(value, PlateValue) else value
        if not isinstance(pairs, tuple):
            return None
        try:
            data = dict(pairs)
        except (TypeError, ValueError):
            return None
        tags = self._path[: len(pairs)]
        return tuple((tag, data[tag]) for tag in tags) if data.keys() == set(tags) else None

    def _current(self) -> _State:
        state = self._state
        parents = _ROOT if self.parent is None else self.parent.values
        if state is None or not (
            state.revision == self._tree.revision
            and state.listed is self.listed
            and state.parents is parents
        ):
            with self._lock:
                state = self._state = self._renewed(self._state, parents)
        return state

    def _renewed(self, former: _State | None, parents: tuple[MetaData, ...]) -> _State:
        revision, listed = self._tree.revision, self.listed
        values = self._look_up(parents, listed)
        if former is not None and former.values == values:
            return former._replace(revision=revision, listed=listed, parents=parents)
        below: defaultdict[MetaData, list[MetaData]] = defaultdict(list)
        for value in values:
            for depth in range(len(value)):
                below[value[:depth]].append(value)
        return _State(revision, listed, parents, values, frozenset(values), dict(below))

    def _look_up(
        self, parents: tuple[MetaData, ...], listed: tuple[str, ...]
    ) -> tuple[MetaData, ...]:
        wanted = set(listed)
        found = [
            value
            for value in self._tree.below(parents, self.meta_data_id)
            if (value[-1][1] in wanted) is not self.complement
        ]
        return tuple(in_natural_order(found))


def _own_plate(value: PlateValue | MetaData) -> Plate | tuple[()]:
    return value.plate if isinstance(value, PlateValue) else ()


def _shown(value: object) -> str:
    if isinstance(value, PlateValue):
        return f"{_shown(value.value)} of plate {value.plate.plate_id!r}"
    return repr(value)
