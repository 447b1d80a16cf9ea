"""Definitions that are gone with the process."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from hyperstream.models import (
    MetaDataModel,
    PlateDefinitionModel,
    WorkflowDefinitionModel,
    WorkflowStatusModel,
    checked,
    copied,
)
from hyperstream.storage.catalogue import plate_exists, status_now, workflow_exists

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hyperstream.time_interval import TimeIntervals
    from hyperstream.utils.errors import WorkflowLoadError


class MemoryCatalogue:
    """A `Catalogue` for one process: dictionaries behind a lock."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        # As plain tuples, since models take their time to be made.
        self._meta_data: dict[tuple[str, str, str], None] = {}
        self._plates: dict[str, PlateDefinitionModel] = {}
        self._workflows: dict[str, WorkflowDefinitionModel] = {}
        self._status: dict[str, WorkflowStatusModel] = {}

    def meta_data(self) -> list[MetaDataModel]:
        """See `Catalogue.meta_data`."""
        with self._lock:
            found = list(self._meta_data)
        return [MetaDataModel(tag=tag, data=data, parent=parent) for tag, data, parent in found]

    def add_meta_data(self, items: Iterable[MetaDataModel]) -> None:
        """See `Catalogue.add_meta_data`."""
        new = [_key(checked(item)) for item in items]
        with self._lock:
            self._meta_data.update(dict.fromkeys(new))

    def remove_meta_data(self, items: Iterable[MetaDataModel]) -> None:
        """See `Catalogue.remove_meta_data`."""
        with self._lock:
            for item in items:
                self._meta_data.pop(_key(item), None)

    def plates(self) -> list[PlateDefinitionModel]:
        """See `Catalogue.plates`."""
        with self._lock:
            return [copied(self._plates[plate_id]) for plate_id in sorted(self._plates)]

    def add_plate(self, plate: PlateDefinitionModel) -> None:
        """See `Catalogue.add_plate`."""
        new = copied(plate)
        with self._lock:
            if self._plates.setdefault(new.plate_id, new) is not new:
                raise plate_exists(new.plate_id)

    def replace_plate(self, plate: PlateDefinitionModel) -> None:
        """See `Catalogue.replace_plate`."""
        new = copied(plate)
        with self._lock:
            self._plates[new.plate_id] = new

    def remove_plate(self, plate_id: str) -> None:
        """See `Catalogue.remove_plate`."""
        with self._lock:
            self._plates.pop(plate_id, None)

    def extend_plate(self, plate_id: str, values: Iterable[str]) -> None:
        """See `Catalogue.extend_plate`."""
        with self._lock:
            if plate_id in self._plates:
                plate = self._plates[plate_id]
                new = PlateDefinitionModel(**plate.to_mongo())
                new.values = list(dict.fromkeys((*plate.values, *values)))
                self._plates[plate_id] = copied(new)

    def workflow_ids(self) -> list[str]:
        """See `Catalogue.workflow_ids`."""
        with self._lock:
            return sorted(self._workflows)

    def workflows(self) -> dict[str, WorkflowDefinitionModel | WorkflowLoadError]:
        """See `Catalogue.workflows`."""
        with self._lock:
            return {key: copied(self._workflows[key]) for key in sorted(self._workflows)}

    def workflow(self, workflow_id: str) -> WorkflowDefinitionModel | None:
        """See `Catalogue.workflow`."""
        with self._lock:
            found = self._workflows.get(workflow_id)
            return None if found is None else copied(found)

    def add_workflow(self, workflow: WorkflowDefinitionModel) -> None:
        """See `Catalogue.add_workflow`."""
        new = copied(workflow)
        with self._lock:
            if self._workflows.setdefault(new.workflow_id, new) is not new:
                raise workflow_exists(new.workflow_id)

    def replace_workflow(self, workflow: WorkflowDefinitionModel) -> None:
        """See `Catalogue.replace_workflow`."""
        new = copied(workflow)
        with self._lock:
            self._workflows[new.workflow_id] = new

    def remove_workflow(self, workflow_id: str) -> None:
        """See `Catalogue.remove_workflow`."""
        with self._lock:
            self._status.pop(workflow_id, None)
            self._workflows.pop(workflow_id, None)

    def workflows_on(self, plate_id: str) -> list[str]:
        """See `Catalogue.workflows_on`."""
        with self._lock:
            return sorted(
                workflow_id
                for workflow_id, workflow in self._workflows.items()
                if plate_id in _needed_plates(workflow)
            )

    def status(self, workflow_id: str) -> WorkflowStatusModel | None:
        """See `Catalogue.status`."""
        with self._lock:
            found = self._status.get(workflow_id)
            return None if found is None else copied(found)

    def statuses(self) -> list[WorkflowStatusModel]:
        """See `Catalogue.statuses`."""
        with self._lock:
            return [copied(self._status[workflow_id]) for workflow_id in sorted(self._status)]

    def save_requested(self, workflow_id: str, intervals: TimeIntervals) -> None:
        """See `Catalogue.save_requested`."""
        new = status_now(workflow_id, intervals)
        with self._lock:
            known = self._status.get(workflow_id)
            new.engine = None if known is None else known.engine
            self._status[workflow_id] = copied(new)

    def change_status(
        self, workflow_id: str, change: Callable[[WorkflowStatusModel], bool]
    ) -> WorkflowStatusModel:
        """See `Catalogue.change_status`."""
        with self._lock:
            found = self._status.get(workflow_id, WorkflowStatusModel(workflow_id=workflow_id))
            new = copied(found)
            if change(new):
                self._status[workflow_id] = copied(new)
            return new


def _key(item: MetaDataModel) -> tuple[str, str, str]:
    return item.tag, item.data, item.parent


def _needed_plates(workflow: WorkflowDefinitionModel) -> set[str]:
    created = (factor.output_plate for factor in workflow.factors)
    above = {plate.parent_plate for plate in created if plate is not None}
    return above.union(*(node.plate_ids for node in workflow.nodes))
