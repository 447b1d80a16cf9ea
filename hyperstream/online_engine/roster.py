"""Which workflows the engine executes: those that are online, wanted, and leased to it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from weakref import WeakSet

from hyperstream.config import OnlineEngineConfig
from hyperstream.models import EngineStatusModel
from hyperstream.online_engine.leases import Leases
from hyperstream.online_engine.worker import Worker
from hyperstream.utils.errors import (
    ConfigurationError,
    DatabaseConnectionError,
    HyperStreamError,
)
from hyperstream.workflow import Workflow, WorkflowManager

logger = logging.getLogger(__name__)


class Roster:
    """Follows the workflows in the database, and has a worker for each that is this engine's.

    Parameters
    ----------
    manager : WorkflowManager
        The workflows.
    settings : OnlineEngineConfig
        How the engine runs.
    workflow_ids : collection of str
        Those that are wanted; nothing for all that are online.
    changed : callable
        Is called when a worker has something new to tell.
    monotonic : callable
        Returns seconds of a clock that nobody sets.

    Attributes
    ----------
    leases : Leases
        The leases of this engine.
    workers : dict
        The workers by workflow id; the dict is never changed, but replaced.
    """

    def __init__(
        self,
        manager: WorkflowManager,
        settings: OnlineEngineConfig,
        workflow_ids: Collection[str],
        changed: Callable[[], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.leases = Leases(manager.catalogue, settings.lease, monotonic)
        self.workers: Mapping[str, Worker] = {}
        self._manager = manager
        self._settings = settings
        self._wanted = frozenset(workflow_ids)
        self._changed = changed
        self._monotonic = monotonic
        self._attached: WeakSet[Workflow] = WeakSet()

    def check(self) -> None:
        """Refuse names that mean nothing.

        Raises
        ------
        WorkflowNotFoundError
            A workflow that is wanted is not there, or cannot be loaded.
        ConfigurationError
            It is not marked online.
        """
        if self._wanted:
            self._manager.refresh()
        for workflow_id in sorted(self._wanted):
            if not self._manager.workflows[workflow_id].online:
                raise ConfigurationError(
                    f"Workflow {workflow_id!r} is not marked online, so that the engine does not "
                    "execute it. Set its `online` and commit it with replace=True.",
                    workflow_id=workflow_id,
                )

    def look(self) -> None:
        """Look what there is to do: new and changed definitions, and leases.

        Where definitions cannot be read, leases are renewed all the same.
        """
        try:
            self._manager.refresh()
        finally:
            self._follow()

    def release(self) -> None:
        """Leave all workflows to other engines."""
        try:
            self.leases.release(list(self.leases.held))
        except DatabaseConnectionError as error:
            logger.warning(
                "The leases of this engine could not be given back; they end after %g s: %s",
                self._settings.lease,
                error,
            )

    def _follow(self) -> None:
        """Have a worker for each workflow that is wanted and can be had, and no other."""
        online = self._online()
        self._attach(online.values())
        for worker in self.workers.values():
            worker.save_failure()
        # The lease of one that is stuck runs out, so that another engine may try.
        stuck = {workflow_id for workflow_id, each in self.workers.items() if each.is_stuck}
        held = self.leases.hold(each for each in online if each not in stuck)
        workers = {
            workflow_id: self._worker(online[workflow_id], known)
            for workflow_id, known in held.items()
        }
        for workflow_id, worker in self.workers.items():
            if workflow_id not in held:
                worker.drop(self._reason(workflow_id, online))
                if worker.is_busy:  # still: it must not be begun a second time
                    workers[workflow_id] = worker
        self.workers = workers
        gone = [each for each in self.leases.held if each not in online]
        self.leases.release(gone)

    def _online(self) -> dict[str, Workflow]:
        return {
            workflow_id: workflow
            for workflow_id, workflow in list(self._manager.workflows.items())
            if workflow.online and (not self._wanted or workflow_id in self._wanted)
        }

    def _attach(self, workflows: Iterable[Workflow]) -> None:
        """Let what new workflows compute be computed when others read it, also before its turn."""
        for workflow in workflows:
            if workflow not in self._attached:
                try:
                    workflow.attach()
                except HyperStreamError as error:
                    # It will fail again when it is executed, and be counted and said there.
                    logger.debug("Workflow %s: %s", workflow.workflow_id, error)
                else:
                    self._attached.add(workflow)

    def _worker(self, workflow: Workflow, known: EngineStatusModel) -> Worker:
        worker = self.workers.get(workflow.workflow_id)
        if worker is None:
            return Worker(
                workflow, self._settings, self.leases, known, self._changed, self._monotonic
            )
        worker.workflow = workflow
        worker.hold(known)
        return worker

    def _reason(self, workflow_id: str, online: Mapping[str, Workflow]) -> str:
        if workflow_id in online:
            return "another engine has its lease, or it is stuck"
        if workflow_id in self._manager.failed:
            return "its new definition cannot be loaded"
        return "it is not online any more"
