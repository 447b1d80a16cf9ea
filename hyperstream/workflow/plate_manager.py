"""The plates, by name: made, stored, found and removed."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from hyperstream.models import PlateDefinitionModel
from hyperstream.storage.catalogue import Catalogue, plate_exists
from hyperstream.utils import html
from hyperstream.utils.containers import Printable
from hyperstream.utils.errors import (
    HyperStreamError,
    PlateDefinitionError,
    PlateEmptyError,
    PlateInUseError,
)
from hyperstream.utils.text import plural
from hyperstream.workflow.meta_data_manager import MetaDataManager, identifier_of
from hyperstream.workflow.plate import Plate
from hyperstream.workflow.plate_definitions import check, listed, yes_or_no
from hyperstream.workflow.plate_loading import LoadedPlates, not_there, place_of


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
        self._plates = LoadedPlates()
        self._is_current = False

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
            with self._changing() as plates:
                self.catalogue.add_plate(plate_definition)
                plates[plate_id] = plate
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
                with self._changing():
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
            if delete_meta_data and plate_id not in self.failed:
                # First, so that who is interrupted can do it again.
                self._delete_values(self.plates[plate_id])
            with self._changing() as plates:
                self.catalogue.remove_plate(plate_id)
                plates.pop(plate_id, None)
                plates.failed.pop(plate_id, None)

    def refresh(self) -> None:
        """Read plates and meta data again, for what other processes have changed.

        A plate that is still there stays the same object.
        """
        with self._lock:
            self.meta_data_manager.refresh()
            self._plates = self._read()
            self._is_current = True

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
        known = ", ".join(self._plates) if self._is_current else "not read yet"
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

    def _loaded(self) -> LoadedPlates:
        if not self._is_current:
            with self._lock:
                if not self._is_current:
                    self._plates = self._read()
                    self._is_current = True
        return self._plates

    @contextmanager
    def _changing(self) -> Iterator[LoadedPlates]:
        """Give the plates for a change; where that fails or is cut off, they are read again."""
        plates = self._loaded()
        self._is_current = False
        yield plates
        self._is_current = True

    def _read(self) -> LoadedPlates:
        before = self._plates
        plates = LoadedPlates.of(self.catalogue.plates(), self._plate)
        plates.look_for_values(self.meta_data_manager)
        if plates.lacking != before.lacking:
            self.meta_data_manager.refresh()  # another process may have inserted them
            plates.look_for_values(self.meta_data_manager)
        plates.tell(before)
        return plates

    def _plate(self, definition: PlateDefinitionModel, parent: Plate | None) -> Plate:
        """Return the plate of a definition, the same one as before if that is possible."""
        shape = definition.meta_data_id, definition.complement
        former = self._plates.get(definition.plate_id)
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
        missing = not_there(plate, self.meta_data_manager)
        if missing or not plate.values:
            self.meta_data_manager.refresh()  # another process may have inserted them
            missing = not_there(plate, self.meta_data_manager)
        above = place_of(plate)
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

    def _delete_values(self, plate: Plate) -> None:
        """Remove the meta data that are values of a plate, and of no other one."""
        needed = {
            value[:depth]
            for other in self.plates.values()
            if other is not plate
            for value in other.values
            for depth in range(1, len(value) + 1)
        }
        identifiers = [identifier_of(value) for value in plate.values if value not in needed]
        self.meta_data_manager.delete_many(identifiers)


def _shape(plate: Plate) -> tuple[str, bool]:
    return plate.meta_data_id, plate.complement
