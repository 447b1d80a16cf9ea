"""The workflows of this process, next to what the database says of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from hyperstream.channels.tool_channel import hint
from hyperstream.utils import html
from hyperstream.utils.errors import (
    PlateNotFoundError,
    WorkflowAlreadyExistsError,
    WorkflowLoadError,
    WorkflowNotFoundError,
)
from hyperstream.workflow.differences import differences
from hyperstream.workflow.stored import from_model, release
from hyperstream.workflow.workflow import Workflow

if TYPE_CHECKING:
    from hyperstream.channel_manager import ChannelManager
    from hyperstream.models import WorkflowDefinitionModel
    from hyperstream.storage.catalogue import Catalogue
    from hyperstream.workflow.plate_manager import PlateManager

    Stored = WorkflowDefinitionModel | WorkflowLoadError

logger = logging.getLogger(__name__)

_KEPT = (
    "Workflow %s is not stored as it is here, and another process has %s it. It stays here as it "
    "is: commit_workflow(..., replace=True) stores that, load_workflow takes what is stored."
)


class LoadedWorkflows(dict[str, Workflow]):
    """The workflows by id, made here or loaded.

    Parameters
    ----------
    channel_manager, plate_manager
        What names are looked up in when a workflow is loaded.
    neighbours : callable
        Returns all workflows, those included that are only stored so far: one may read what
        another computes.

    Attributes
    ----------
    failed : dict
        Those that are stored but cannot be loaded, by id, each with the reason.
    """

    def __init__(
        self,
        channel_manager: ChannelManager,
        plate_manager: PlateManager,
        neighbours: Callable[[], Iterable[Workflow]],
    ) -> None:
        super().__init__()
        self.failed: dict[str, WorkflowLoadError] = {}
        self._channel_manager = channel_manager
        self._plate_manager = plate_manager
        self._neighbours = neighbours
        # What the database said of those that are here when that was last looked at.
        self._known: dict[str, WorkflowDefinitionModel] = {}

    def __setitem__(self, workflow_id: str, workflow: Workflow) -> None:
        former = self.get(workflow_id)
        if former is not None and former is not workflow:
            release(former)
        workflow.neighbours = self._neighbours
        super().__setitem__(workflow_id, workflow)

    def compare(self, workflow: Workflow, stored: Stored) -> list[str]:
        """Return in what a workflow differs from what is stored; nothing if they are equal.

        In that case the workflow is known as stored from now on.
        """
        if isinstance(stored, WorkflowLoadError):
            return [str(stored).rstrip(".")]
        found = differences(stored, workflow, self._channel_manager)
        if not found:
            self.note_stored(workflow, stored)
        return found

    def is_stored(self, workflow_id: str) -> bool:
        """Tell whether a workflow that is here is also stored, in the same form or another."""
        return workflow_id in self._known

    def note_stored(self, workflow: Workflow, model: WorkflowDefinitionModel) -> None:
        """Take note that a workflow is here and stored, and as what."""
        self[workflow.workflow_id] = workflow
        self._known[workflow.workflow_id] = model
        self.failed.pop(workflow.workflow_id, None)

    def forget(self, workflow_id: str) -> None:
        """Take note that a workflow is gone from here."""
        self._known.pop(workflow_id, None)
        workflow = self.get(workflow_id)
        if workflow is not None:
            release(workflow)
            del self[workflow_id]

    def unusable(self, workflow_id: str) -> WorkflowLoadError:
        """Return the error for a workflow that is wanted, but cannot be loaded."""
        reason = self.failed[workflow_id]
        error = WorkflowLoadError(str(reason), workflow_id=workflow_id)
        error.__cause__ = reason
        return error

    def load(self, stored: Mapping[str, Stored]) -> None:
        """Load workflows in place of those of their ids; what cannot be is in `failed` then.

        A workflow that is new here, and not stored, gives way only to one that can be loaded.

        Parameters
        ----------
        stored : dict
            What is stored, by workflow id.
        """
        failed = self._try(stored)
        on_plates = {
            workflow_id: stored[workflow_id]
            for workflow_id, error in failed.items()
            if isinstance(error.__cause__, PlateNotFoundError)
        }
        if on_plates:
            self._plate_manager.refresh()  # another process may have created the plates
            failed = {key: error for key, error in failed.items() if key not in on_plates}
            failed |= self._try(on_plates)
        for workflow_id, error in failed.items():
            if str(error) != str(self.failed.get(workflow_id)):
                logger.warning("%s", error)
            if self.is_stored(workflow_id):
                self.forget(workflow_id)
            self.failed[workflow_id] = error

    def update_from(self, stored: Mapping[str, Stored]) -> None:
        """Follow what other processes have stored, changed and deleted.

        What is here and not stored as it is here stays.

        Parameters
        ----------
        stored : dict
            All that is stored, by workflow id.
        """
        for workflow_id in [each for each in self._known if each not in stored]:
            if self._has_changed(workflow_id):
                logger.warning(_KEPT, workflow_id, "deleted")
                del self._known[workflow_id]
            else:
                self.forget(workflow_id)
        for workflow_id in [each for each in self.failed if each not in stored]:
            del self.failed[workflow_id]
        self.load({key: each for key, each in stored.items() if self._is_news(key, each)})

    def __missing__(self, workflow_id: str) -> Workflow:
        if workflow_id in self.failed:
            error = self.failed[workflow_id]
            raise WorkflowNotFoundError(str(error), workflow_id=workflow_id) from error
        raise not_found(workflow_id, self)

    def _try(self, stored: Mapping[str, Stored]) -> dict[str, WorkflowLoadError]:
        """Load workflows; return why some cannot be."""
        failed = {}
        for workflow_id, model in stored.items():
            if isinstance(model, WorkflowLoadError):
                failed[workflow_id] = model
                continue
            try:
                workflow = from_model(model, self._channel_manager, self._plate_manager)
            except WorkflowLoadError as error:
                failed[workflow_id] = error
            else:
                self.forget(workflow_id)
                self.note_stored(workflow, model)
        return failed

    def _is_news(self, workflow_id: str, stored: Stored) -> bool:
        """Tell whether what is stored is to be taken in place of what is here."""
        here, known = self.get(workflow_id), self._known.get(workflow_id)
        if here is None:
            return True
        if workflow_id in self.failed:  # defined anew here; `commit_workflow` compares them
            return False
        if known is not None and _text(known) == _text(stored):
            return not self._has_present_plates(here)
        if not self.compare(here, stored):
            return False
        if known is None or self._has_changed(workflow_id):
            logger.warning(_KEPT, workflow_id, "stored")
            return False
        return True

    def _has_changed(self, workflow_id: str) -> bool:
        """Tell whether a workflow was changed here since it was loaded or stored."""
        known, here = self._known[workflow_id], self[workflow_id]
        return bool(differences(known, here, self._channel_manager, with_globals=False))

    def _has_present_plates(self, workflow: Workflow) -> bool:
        plates = self._plate_manager.plates
        on = (plate for node in workflow.nodes.values() for plate in node.plates)
        return all(plates.get(plate.plate_id) is plate for plate in on)


def not_found(workflow_id: str, known: Iterable[str]) -> WorkflowNotFoundError:
    """Return the error for a workflow that is not there."""
    return WorkflowNotFoundError(
        f"There is no workflow {workflow_id!r}{hint(str(workflow_id), known)}",
        workflow_id=workflow_id,
    )


def taken(workflow_id: str) -> WorkflowAlreadyExistsError:
    """Return the error for an id that a workflow has already."""
    return WorkflowAlreadyExistsError(
        f"There is a workflow {workflow_id!r} already: take another id, or delete that workflow "
        "first. To go on with it, create_workflow takes safe=False.",
        workflow_id=workflow_id,
    )


def other_definition(workflow_id: str, different: Sequence[str]) -> WorkflowAlreadyExistsError:
    """Return the error for a workflow that is stored in another form."""
    return WorkflowAlreadyExistsError(
        f"Another definition of workflow {workflow_id!r} is stored: {'; '.join(different)}. Say "
        "replace=True to store this one in its place, or give it another id.",
        workflow_id=workflow_id,
        differences=list(different),
    )


def _text(stored: Stored) -> str:
    """Return what is equal for equal definitions."""
    return str(stored if isinstance(stored, WorkflowLoadError) else stored.to_mongo())


def shown(loaded: LoadedWorkflows, catalogue: Catalogue) -> Iterator[html.Html]:
    """Yield what a notebook shows of workflows: two tables, of those that are usable or not."""
    workflows = list(loaded.values())
    if not workflows:
        yield html.note("no workflows")
    else:
        ended = {}
        if any(each.online for each in workflows[: html.ROWS]):
            known = ((each.workflow_id, each.engine) for each in catalogue.statuses())
            ended = {workflow_id: engine.completed for workflow_id, engine in known if engine}
        rows = (
            (
                each.workflow_id,
                each.name,
                len(each.nodes),
                len(each.factors),
                each.online,
                ended.get(each.workflow_id),
            )
            for each in workflows
        )
        columns = ["workflow", "name", "nodes", "factors", "online", "last executed by the engine"]
        yield html.table(columns, rows, len(workflows), "workflow")
    if loaded.failed:
        yield html.table(["not usable", "because"], loaded.failed.items(), len(loaded.failed))
