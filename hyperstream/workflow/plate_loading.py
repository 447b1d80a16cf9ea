"""The plates of this process, as they were read from the catalogue."""

from __future__ import annotations

import logging
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from hyperstream.channels.tool_channel import hint
from hyperstream.utils.errors import HyperStreamError, PlateDefinitionError, PlateNotFoundError
from hyperstream.utils.text import brief, plural
from hyperstream.workflow.plate import Plate
from hyperstream.workflow.plate_definitions import check

if TYPE_CHECKING:
    from typing_extensions import Self

    from hyperstream.models import PlateDefinitionModel
    from hyperstream.storage.base import MetaData
    from hyperstream.workflow.plate import Values

    Made = Callable[[PlateDefinitionModel, Plate | None], Plate]

logger = logging.getLogger(__name__)


class LoadedPlates(dict[str, Plate]):
    """The plates by id.

    Attributes
    ----------
    above : dict
        What each stored plate is below of, by id; None is the root.
    failed : dict
        Those that are stored but cannot be used, by id, each with the reason.
    lacking : dict
        The values that plates list but do not have, as there are no such meta data, by id.
    """

    def __init__(self) -> None:
        super().__init__()
        self.above: dict[str, str | None] = {}
        self.failed: dict[str, HyperStreamError] = {}
        self.lacking: dict[str, list[str]] = {}

    @classmethod
    def of(cls, definitions: Iterable[PlateDefinitionModel], made: Made) -> Self:
        """Return what is stored, from the roots down, for a plate needs the one above.

        Parameters
        ----------
        definitions : iterable of PlateDefinitionModel
            All that is stored.
        made : callable
            Returns the plate of a definition, given the one above.
        """
        plates = cls()
        waiting: defaultdict[str | None, list[PlateDefinitionModel]] = defaultdict(list)
        for definition in definitions:
            plates.above[definition.plate_id] = definition.parent_plate
            waiting[definition.parent_plate].append(definition)
        ready = deque(waiting.pop(None, ()))
        while ready:
            definition = ready.popleft()
            above = definition.parent_plate
            try:
                check(definition)
                plate = made(definition, None if above is None else plates[above])
            except PlateDefinitionError as error:
                plates.failed[definition.plate_id] = error
            else:
                plates[plate.plate_id] = plate
                ready.extend(waiting.pop(plate.plate_id, ()))
        for above, orphans in waiting.items():
            for definition in orphans:
                problem = f"Plate {definition.plate_id!r} needs plate {above!r}, which is not there"
                plates.failed[definition.plate_id] = PlateNotFoundError(
                    f"{problem} or not usable.", plate_id=above
                )
        return plates

    def look_for_values(self, tree: Values) -> None:
        """Find out which values are lacking."""
        listing = (plate for plate in self.values() if not plate.complement)
        self.lacking = {
            plate.plate_id: missing for plate in listing if (missing := not_there(plate, tree))
        }

    def tell(self, before: LoadedPlates) -> None:
        """Log what was not so before: thus it is said once, however often plates are read."""
        for plate_id, reason in self.failed.items():
            if str(reason) != str(before.failed.get(plate_id)):
                logger.warning("A stored plate cannot be used: %s", reason)
        for plate_id, values in self.lacking.items():
            if values != before.lacking.get(plate_id):
                plate = self[plate_id]
                logger.warning(
                    "Plate %r goes without %s that it lists, for below %s there are no meta data "
                    "%r of them: %s. Insert these with the plate manager's meta_data_manager, "
                    "and it has them.",
                    plate_id,
                    plural(len(values), "value"),
                    place_of(plate),
                    plate.meta_data_id,
                    brief(values),
                )

    def __missing__(self, plate_id: str) -> Plate:
        if plate_id in self.failed:
            raise PlateNotFoundError(
                f"Plate {plate_id!r} cannot be used: {self.failed[plate_id]}", plate_id=plate_id
            ) from self.failed[plate_id]
        raise PlateNotFoundError(
            f"There is no plate {plate_id!r}{hint(str(plate_id), self)}", plate_id=plate_id
        )


def not_there(plate: Plate, tree: Values) -> list[str]:
    """Return what a plate lists that is not among the meta data."""
    parents: tuple[MetaData, ...] = ((),) if plate.parent is None else plate.parent.values
    there = {path[-1][1] for path in tree.below(parents, plate.meta_data_id)}
    return [data for data in plate.listed if data not in there]


def place_of(plate: Plate) -> str:
    """Return what the values of a plate are below of, for people."""
    return "the root" if plate.parent is None else f"plate {plate.parent.plate_id!r}"
