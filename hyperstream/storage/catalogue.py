"""What a store of definitions must do: meta data, plates, workflows and what is asked of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from hyperstream._time import utcnow
from hyperstream.models import TimeIntervalModel, WorkflowStatusModel
from hyperstream.utils.errors import (
    PlateAlreadyExistsError,
    WorkflowAlreadyExistsError,
    WorkflowLoadError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hyperstream.models import MetaDataModel, PlateDefinitionModel, WorkflowDefinitionModel
    from hyperstream.time_interval import TimeIntervals


class Catalogue(Protocol):
    """Keeps the definitions of everything but streams.

    What is given is checked before anything is written: a `HyperStreamError` if
    it cannot be stored. It is copied, and so is what is returned.
    """

    def meta_data(self) -> list[MetaDataModel]:
        """Return all meta data, in no particular order."""

    def add_meta_data(self, items: Iterable[MetaDataModel]) -> None:
        """Store meta data; those that are there already are left as they are."""

    def remove_meta_data(self, items: Iterable[MetaDataModel]) -> None:
        """Remove meta data, which need not be there."""

    def plates(self) -> list[PlateDefinitionModel]:
        """Return all plates, in order of their ids."""

    def add_plate(self, plate: PlateDefinitionModel) -> None:
        """Store a new plate.

        Raises
        ------
        PlateAlreadyExistsError
            There is one of its id.
        """

    def replace_plate(self, plate: PlateDefinitionModel) -> None:
        """Store a plate, in place of one of its id if that is there."""

    def extend_plate(self, plate_id: str, values: Iterable[str]) -> None:
        """Add to what a plate lists, whoever else does so too; it need not be there."""

    def remove_plate(self, plate_id: str) -> None:
        """Remove a plate, which need not be there."""

    def workflow_ids(self) -> list[str]:
        """Return the ids of all workflows, in order."""

    def workflows(self) -> dict[str, WorkflowDefinitionModel | WorkflowLoadError]:
        """Return all workflows by id, in order; for one that cannot be read, the reason."""

    def workflow(self, workflow_id: str) -> WorkflowDefinitionModel | None:
        """Return a workflow, the latest where release 0.3.8 left several of one id, or None.

        Raises
        ------
        WorkflowLoadError
            It cannot be read.
        """

    def add_workflow(self, workflow: WorkflowDefinitionModel) -> None:
        """Store a new workflow.

        Raises
        ------
        WorkflowAlreadyExistsError
            There is one of its id.
        """

    def replace_workflow(self, workflow: WorkflowDefinitionModel) -> None:
        """Store a workflow, in place of those of its id if there are any."""

    def remove_workflow(self, workflow_id: str) -> None:
        """Remove a workflow, which need not be there, and what was requested of it."""

    def workflows_on(self, plate_id: str) -> list[str]:
        """Return the ids of workflows that need a plate, in order.

        They have a node on it, or a factor that creates a plate below it.
        """

    def status(self, workflow_id: str) -> WorkflowStatusModel | None:
        """Return what is requested of a workflow, and done by the online engine; None at first."""

    def statuses(self) -> list[WorkflowStatusModel]:
        """Return the status of each workflow that has one, in order of their ids."""

    def save_requested(self, workflow_id: str, intervals: TimeIntervals) -> None:
        """Set what is requested of a workflow, which need not be there."""

    def change_status(
        self, workflow_id: str, change: Callable[[WorkflowStatusModel], bool]
    ) -> WorkflowStatusModel:
        """Change the status of a workflow, which need not be there, as one step.

        Parameters
        ----------
        workflow_id : str
            The workflow.
        change : callable
            Is given the status (a new one where there is none), changes it, and returns whether
            to store that. Where somebody else changes the status at the same moment it is asked
            again, with what there is then; so it may be asked after its own change was made.

        Returns
        -------
        WorkflowStatusModel
            The status, as `change` has left it.
        """


def plate_exists(plate_id: str) -> PlateAlreadyExistsError:
    """Return the error for a plate of an id that is taken."""
    return PlateAlreadyExistsError(
        f"There is a plate {plate_id!r} already; take another id, or delete that plate first.",
        plate_id=plate_id,
    )


def workflow_exists(workflow_id: str) -> WorkflowAlreadyExistsError:
    """Return the error for a workflow of an id that is taken."""
    return WorkflowAlreadyExistsError(
        f"There is a workflow {workflow_id!r} in the database already; take another id, replace "
        "that workflow, or delete it first.",
        workflow_id=workflow_id,
    )


def workflow_unreadable(workflow_id: str, reason: str) -> WorkflowLoadError:
    """Return the error for a workflow whose document makes no sense."""
    return WorkflowLoadError(
        f"Workflow {workflow_id} cannot be loaded, as what is stored of it is damaged: {reason}. "
        "Define it again, and commit it with replace=True, or delete it.",
        workflow_id=workflow_id,
    )


def status_now(workflow_id: str, requested: TimeIntervals) -> WorkflowStatusModel:
    """Return the status of a workflow of which these intervals are requested right now."""
    now = utcnow()
    return WorkflowStatusModel(
        workflow_id=workflow_id,
        last_updated=now,
        last_accessed=now,
        requested_intervals=[TimeIntervalModel.of(interval) for interval in requested],
    )
