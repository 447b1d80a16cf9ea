"""The plates, by name: made, stored, found and removed."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from hyperstream.channels.tool_channel import hint
from hyperstream.models import PlateDefinitionModel
from hyperstream.storage.base import MetaData
from hyperstream.storage.catalogue import Catalogue, plate_exists
from hyperstream.utils import html
from hyperstream.utils.containers import Printable
from hyperstream.utils.errors import (
    HyperStreamError,
    PlateDefinitionError,
    PlateEmptyError,
    PlateInUseError,
    PlateNotFoundError,
)
from hyperstream.utils.text import plural
from hyperstream.workflow.meta_data_manager import MetaDataManager, identifier_of
from hyperstream.workflow.plate import Plate
from hyperstream.workflow.plate_definitions import check, listed, yes_or_no

logger = logging.getLogger(__name__)


class PlateManager(Printable):
    """The plates, by name.

    They are read from the catalogue when the first of them is needed; `refresh`
    reads them again.

    Parameters
    ----------
    meta_data_manager : MetaDataManager
        The meta data, which are the values of plates.
    catalogue : Catalogue
        Where plates are stored.

    Examples
    --------
    >>> from hyperstream.storage.memory import MemoryCatalogue
    >>> catalogue = MemoryCatalogue()
    >>> manager = PlateManager(MetaDataManager(catalogue), catalogue)
    >>> manager.meta_data_manager.insert_many([("house", "root", "1"), ("house", "root", "2")])
    >>> houses = manager.create_plate("H", "All houses", "house", complement=True)
    >>> manager.plates["H"].values
    ((('house', '1'),), (('house', '2'),))
    """

    def __init__(self, meta_data_manager: MetaDataManager, catalogue: Catalogue) -> None:
        self.meta_data_manager = meta_data_manager
        self.catalogue = catalogue
        self._lock = threading.RLock()
        self._plates: _Plates | None = None

    @property
    def plates(self) -> Mapping[str, Plate]:
        """The plates by id. Asking it for another id is a `PlateNotFoundError`."""
        return MappingProxyType(self._loaded())

    @property
    def failed(self) -> Mapping[str, HyperStreamError]:
        """The plates that are stored but cannot be used, by id, each with the reason."""
        return MappingProxyType(self._loaded().failed)

    def create_plate(
        self,
        plate_id: str,
        description: str | None,
        meta_data_id: str,
        values: Iterable[str] = (),
        complement: bool = False,
        parent_plate: Plate | str | None = None,
    ) -> Plate:
        """Make a plate, and store it.

        Parameters
        ----------
        plate_id : str
            Its name.
        description : str or None
            What it is, for people.
        meta_data_id : str
            The tag of its values.
        values : iterable of str
            The data of its values, such as ``["1", "2"]``.
        complement : bool
            Whether it has all values but these; without `values` that is all.
        parent_plate : Plate or str, optional
            The plate below whose values its values are; otherwise they are
            directly below the root.

        Returns
        -------
        Plate
            The plate.

        Raises
        ------
        PlateAlreadyExistsError
            The name is taken.
        PlateDefinitionError
            A text is empty or longer than 512 characters, there are neither
            values nor `complement`, these are not of the types above, a value is
            not among the meta data, or the tag is that of a plate above.
        PlateEmptyError
            It would have no values.
        PlateNotFoundError
            There is no such parent plate.
        """
        definition = PlateDefinitionModel(
            plate_id=plate_id,
            meta_data_id=meta_data_id,
            description=description or None,
            values=listed(plate_id, values),
            complement=yes_or_no(plate_id, complement),
            parent_plate=getattr(parent_plate, "plate_id", parent_plate),
        )
        return self.add_plate(definition)

    def add_plate(self, plate_definition: PlateDefinitionModel) -> Plate:
        """Make a plate from its definition, and store it.

        Parameters
        ----------
        plate_definition : PlateDefinitionModel
            The definition.

        Returns
        -------
        Plate
            The plate.

        Raises
        ------
        PlateAlreadyExistsError, PlateDefinitionError, PlateEmptyError, PlateNotFoundError
            As for `create_plate`.
        """
        check(plate_definition)
        plate_id, above = plate_definition.plate_id, plate_definition.parent_plate
        with self._lock:
            if self._is_taken(plate_id) or (above and above not in self._stored_ids()):
                self.refresh()  # another process may have deleted either
            if self._is_taken(plate_id):
                raise plate_exists(plate_id)
            plate = self._plate(plate_definition, None if above is None else self[above])
            self._check_values(plate)
            self.catalogue.add_plate(plate_definition)
            self._loaded()[plate_id] = plate
        return plate

    def add_values(self, plate_id: str, data: Iterable[str]) -> None:
        """Add to the values that a plate lists, and store that.

        A complement stays as it is, for it has what is new anyway.

        Parameters
        ----------
        plate_id : str
            The plate.
        data : iterable of str
            The data of the values.

        Raises
        ------
        PlateDefinitionError
            A value is no text of 1 to 512 characters. None is added then.
        PlateNotFoundError
            There is no such plate.
        """
        data = listed(plate_id, data)
        with self._lock:
            plate = self[plate_id]
            if not plate.complement and not set(data) <= set(plate.listed):
                tag = plate.meta_data_id
                check(PlateDefinitionModel(plate_id=plate_id, meta_data_id=tag, values=data))
                self.catalogue.extend_plate(plate_id, data)
                plate.add_values(data)

    def delete_plate(self, plate_id: str, delete_meta_data: bool = False) -> None:
        """Remove a plate.

        Parameters
        ----------
        plate_id : str
            The plate.
        delete_meta_data : bool
            Whether to remove its values from the meta data too, with all that is
            below them; those that another plate has, itself or below, stay.

        Raises
        ------
        PlateInUseError
            A plate is below it, or a workflow has a node on it or creates a plate
            below it.
        PlateNotFoundError
            There is no such plate.
        """
        with self._lock:
            self.refresh()  # for what other processes have put on it
            self._check_unused(plate_id)
            values = () if plate_id in self.failed else self.plates[plate_id].values
            self.catalogue.remove_plate(plate_id)
            self._loaded().pop(plate_id, None)
            self._loaded().failed.pop(plate_id, None)
            if delete_meta_data:
                self._delete_meta_data(values)

    def refresh(self) -> None:
        """Read plates and meta data again, for what other processes have changed.

        A plate that is still there stays the same object.
        """
        with self._lock:
            self.meta_data_manager.refresh()
            self._plates = self._read()

    def __getitem__(self, plate_id: str) -> Plate:
        if plate_id not in self.plates:
            self.refresh()  # another process may have made it
        return self.plates[plate_id]

    def __contains__(self, plate_id: object) -> bool:
        return plate_id in self.plates

    def __iter__(self) -> Iterator[str]:
        return iter(list(self.plates))

    def __str__(self) -> str:
        self._loaded()
        return repr(self)

    def __repr__(self) -> str:
        known = "not read yet" if self._plates is None else ", ".join(self._plates)
        return f"{type(self).__name__}({known})"

    def _repr_html_(self) -> str:
        return html.page(type(self).__name__, "", self._shown())

    def _shown(self) -> Iterator[html.Html]:
        plates = list(self.plates.values())
        yield html.tree(
            [each for each in plates if each.is_root],
            lambda above: [each for each in plates if each.parent is above],
            lambda plate: f"{plate.plate_id}: {plural(len(plate), plate.meta_data_id)}",
        )
        if self.failed:
            yield html.table(["not usable", "because"], self.failed.items(), len(self.failed))

    def _loaded(self) -> _Plates:
        if self._plates is None:
            with self._lock:
                if self._plates is None:
                    self._plates = self._read()
        return self._plates

    def _read(self) -> _Plates:
        """Return the stored plates, from the roots down, for a plate needs the one above."""
        plates = _Plates()
        waiting: defaultdict[str | None, list[PlateDefinitionModel]] = defaultdict(list)
        for definition in self.catalogue.plates():
            plates.above[definition.plate_id] = definition.parent_plate
            waiting[definition.parent_plate].append(definition)
        ready = deque(waiting.pop(None, ()))
        while ready:
            definition = ready.popleft()
            above = definition.parent_plate
            try:
                check(definition)
                plate = self._plate(definition, None if above is None else plates[above])
            except PlateDefinitionError as error:
                plates.failed[definition.plate_id] = error
            else:
                plates[plate.plate_id] = plate
                ready.extend(waiting.pop(plate.plate_id, ()))
        for above, definitions in waiting.items():
            for definition in definitions:
                problem = f"Plate {definition.plate_id!r} needs plate {above!r}, which is not there"
                plates.failed[definition.plate_id] = PlateNotFoundError(
                    f"{problem} or not usable.", plate_id=above
                )
        known = {} if self._plates is None else self._plates.failed
        for plate_id, reason in plates.failed.items():
            if str(reason) != str(known.get(plate_id)):  # said once, however often they are read
                logger.warning("A stored plate cannot be used: %s", reason)
        return plates

    def _plate(self, definition: PlateDefinitionModel, parent: Plate | None) -> Plate:
        """Return the plate of a definition, the same one as before if that is possible."""
        shape = definition.meta_data_id, definition.complement
        former = None if self._plates is None else self._plates.get(definition.plate_id)
        if former is not None and former.parent is parent and _shape(former) == shape:
            former.listed = tuple(dict.fromkeys(definition.values))
            former.description = definition.description
            return former
        return Plate(
            definition.plate_id,
            definition.meta_data_id,
            self.meta_data_manager,
            definition.values,
            definition.complement,
            parent,
            definition.description,
        )

    def _check_values(self, plate: Plate) -> None:
        missing = self._missing(plate)
        if missing or not plate.values:
            self.meta_data_manager.refresh()  # another process may have inserted them
            missing = self._missing(plate)
        above = "the root" if plate.parent is None else f"plate {plate.parent.plate_id!r}"
        if missing:
            raise PlateDefinitionError(
                f"Plate {plate.plate_id!r}: below {above} there are no meta data "
                f"{plate.meta_data_id!r} of the values {', '.join(map(repr, missing))}; insert "
                "them first, with the plate manager's meta_data_manager.",
                plate_id=plate.plate_id,
                values=missing,
            )
        if not plate.values:
            but = " but those left out" if plate.listed else ""
            raise PlateEmptyError(
                plate.plate_id,
                f"below {above} there are no meta data {plate.meta_data_id!r}{but}; insert some "
                "first, or mend the meta data id.",
            )

    def _missing(self, plate: Plate) -> list[str]:
        """Return what a plate lists that is not among the meta data."""
        parents: tuple[MetaData, ...] = ((),) if plate.parent is None else plate.parent.values
        found = self.meta_data_manager.below(parents, plate.meta_data_id)
        there = {path[-1][1] for path in found}
        return [data for data in plate.listed if data not in there]

    def _is_taken(self, plate_id: str) -> bool:
        return plate_id in self.plates or plate_id in self.failed

    def _stored_ids(self) -> set[str]:
        return {definition.plate_id for definition in self.catalogue.plates()}

    def _check_unused(self, plate_id: str) -> None:
        plate = None if plate_id in self.failed else self.plates[plate_id]
        children, workflows = [], set(self.catalogue.workflows_on(plate_id))
        if plate is not None:
            workflows.update(user.workflow_id for user in list(plate.users))
            # Plates that cannot be used count, but not below one of these: they may form a circle.
            stored = self._loaded().above
            children = [each for each, above in stored.items() if above == plate_id]
        uses = []
        if children:
            uses.append(f"below it there are the plates {', '.join(map(repr, children))}")
        if workflows:
            uses.append(f"it is used by the workflows {', '.join(map(repr, sorted(workflows)))}")
        if uses:
            raise PlateInUseError(
                f"Plate {plate_id!r} cannot be deleted: {', and '.join(uses)}. Delete these first.",
                plate_id=plate_id,
                plates=children,
                workflows=sorted(workflows),
            )

    def _delete_meta_data(self, values: Iterable[MetaData]) -> None:
        needed = {
            value[:depth]
            for plate in self.plates.values()
            for value in plate.values
            for depth in range(1, len(value) + 1)
        }
        identifiers = [identifier_of(value) for value in values if value not in needed]
        self.meta_data_manager.delete_many(identifiers)


class _Plates(dict[str, Plate]):
    """The plates by id, and why others cannot be used; of both what they were stored below."""

    def __init__(self) -> None:
        super().__init__()
        self.above: dict[str, str | None] = {}
        self.failed: dict[str, HyperStreamError] = {}

    def __missing__(self, plate_id: str) -> Plate:
        if plate_id in self.failed:
            raise PlateNotFoundError(
                f"Plate {plate_id!r} cannot be used: {self.failed[plate_id]}", plate_id=plate_id
            ) from self.failed[plate_id]
        raise PlateNotFoundError(
            f"There is no plate {plate_id!r}{hint(str(plate_id), self)}", plate_id=plate_id
        )


def _shape(plate: Plate) -> tuple[str, bool]:
    return plate.meta_data_id, plate.complement
