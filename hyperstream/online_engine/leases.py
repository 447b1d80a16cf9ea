"""Which workflows are this engine's: one engine works on a workflow of a database at a time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from hyperstream._time import from_ms
from hyperstream.models import EngineStatusModel, WorkflowStatusModel
from hyperstream.storage.catalogue import Catalogue
from hyperstream.storage.owners import described, is_dead, new_owner

logger = logging.getLogger(__name__)


class Leases:
    """The leases of one engine, kept with the status of the workflows in the database.

    A lease is taken and renewed by compare-and-set. That of another engine is free when that
    engine was a process of this machine which has ended; when its time is over; or when it was
    seen here for so long without being renewed. The last holds whatever the clocks of the
    machines show, so that a wrong one can at most hand over a workflow too early. Then the other
    engine finds its lease gone, and stops. The data do not depend on leases: what is computed is
    claimed stream by stream, whoever does it.

    Parameters
    ----------
    catalogue : Catalogue
        Where the status of workflows is kept.
    seconds : float
        How long a lease holds that is not renewed.
    monotonic : callable
        Returns seconds of a clock that nobody sets.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.owner = new_owner()
        self._catalogue = catalogue
        self._seconds = seconds
        self._monotonic = monotonic
        self._renewed: dict[str, float] = {}
        # By workflow, the lease of another engine as it was first seen, and when that was.
        self._seen: dict[str, tuple[tuple[str, datetime | None], float]] = {}

    @property
    def held(self) -> list[str]:
        """The workflows that were ours when this was last looked at."""
        return list(self._renewed)

    def hold(self, workflow_ids: Iterable[str]) -> dict[str, EngineStatusModel]:
        """Take what is free, and renew what is ours.

        Parameters
        ----------
        workflow_ids : iterable of str
            The workflows that are wanted.

        Returns
        -------
        dict
            Those that are ours now, by id, with what is known of them.
        """
        known = {each.workflow_id: each.engine for each in self._catalogue.statuses()}
        held = {}
        for workflow_id in workflow_ids:
            engine = known.get(workflow_id) or EngineStatusModel()
            is_settled = engine.owner == self.owner and not self._is_due(workflow_id)
            if not is_settled and self._may_take(workflow_id, engine):
                engine = self._take(workflow_id)
            if engine.owner == self.owner:
                held[workflow_id] = engine
            else:
                self._renewed.pop(workflow_id, None)
        return held

    def save(self, workflow_id: str, change: Callable[[EngineStatusModel], None]) -> bool:
        """Change what is known of a workflow, if it is ours; tell whether it is."""

        def note(status: WorkflowStatusModel) -> bool:
            if status.engine is None or status.engine.owner != self.owner:
                return False
            change(status.engine)
            return True

        engine = self._catalogue.change_status(workflow_id, note).engine
        return engine is not None and engine.owner == self.owner

    def release(self, workflow_ids: Iterable[str]) -> None:
        """Leave workflows to others."""

        def leave(engine: EngineStatusModel) -> None:
            engine.owner = engine.expires = None

        for workflow_id in workflow_ids:
            self._renewed.pop(workflow_id, None)
            self.save(workflow_id, leave)

    def _is_due(self, workflow_id: str) -> bool:
        """Tell whether it is time to renew a lease."""
        renewed = self._renewed.get(workflow_id)
        return renewed is None or self._monotonic() - renewed >= self._seconds / 3

    def _take(self, workflow_id: str) -> EngineStatusModel:
        """Take or renew a lease, unless somebody else is faster; return the status."""
        former: list[str | None] = []

        def take(status: WorkflowStatusModel) -> bool:
            status.engine = status.engine or EngineStatusModel()
            if not self._may_take(workflow_id, status.engine):
                return False
            former[:] = [status.engine.owner]
            status.engine.owner = self.owner
            status.engine.expires = real_now() + timedelta(seconds=self._seconds)
            return True

        before = self._monotonic()
        engine: EngineStatusModel = self._catalogue.change_status(workflow_id, take).engine
        if engine.owner == self.owner:
            self._renewed[workflow_id] = before
            self._seen.pop(workflow_id, None)
            if former and former[0] not in (None, self.owner):
                logger.warning(
                    "Workflow %s is taken over from the engine of %s, which has not renewed its "
                    "lease",
                    workflow_id,
                    described(str(former[0])),
                )
        return engine

    def _may_take(self, workflow_id: str, engine: EngineStatusModel) -> bool:
        owner = engine.owner
        if owner in (None, self.owner) or is_dead(owner):
            return True
        if engine.expires is None or engine.expires <= real_now():
            return True
        now = self._monotonic()
        lease, since = self._seen.get(workflow_id, (None, now))
        if lease is None or lease[0] != owner:
            logger.info(
                "Workflow %s is executed by the engine of %s; standing by",
                workflow_id,
                described(owner),
            )
        if lease != (owner, engine.expires):
            since = now
            self._seen[workflow_id] = (owner, engine.expires), now
        return now - since >= self._seconds


def real_now() -> datetime:
    """Return the real time (UTC), whatever clock an execution has been given."""
    return from_ms(time.time_ns() // 1_000_000)
