"""What an operator looks at: how far each online workflow is, and who executes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hyperstream._time import iso_format
from hyperstream.models import EngineStatusModel
from hyperstream.online_engine.leases import real_now
from hyperstream.online_engine.timing import lag
from hyperstream.storage.owners import described, is_dead
from hyperstream.time_interval import RelativeTimeInterval, TimeInterval
from hyperstream.utils.errors import WorkflowLoadError

if TYPE_CHECKING:
    from hyperstream.config import OnlineEngineConfig
    from hyperstream.hyperstream import HyperStream
    from hyperstream.storage.catalogue import Catalogue


@dataclass(frozen=True)
class WorkflowState:
    """How the online engine gets on with a workflow.

    Attributes
    ----------
    workflow_id : str
        The workflow.
    interval : TimeInterval or None
        The last one that was completed.
    completed : datetime or None
        When that was (real time, UTC).
    lag : float or None
        How many seconds of data it is behind now.
    duration : float or None
        How many seconds the last completed request has taken.
    failures : int
        How many requests have failed since then.
    failed : datetime or None
        When one has failed last (real time, UTC), whatever came after.
    error : str or None
        Why; or why the workflow cannot be loaded at all.
    engine : str or None
        The process that executes it: ``"process 4711 on station"``; None where there is none.
    expires : datetime or None
        Until when it is that engine's, unless it renews its lease (real time, UTC).
    """

    workflow_id: str
    interval: TimeInterval | None = None
    completed: datetime | None = None
    lag: float | None = None
    duration: float | None = None
    failures: int = 0
    failed: datetime | None = None
    error: str | None = None
    engine: str | None = None
    expires: datetime | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it in a form for JSON: moments are in ISO 8601."""
        found = asdict(self)
        interval = self.interval
        found["interval"] = None if interval is None else list(map(iso_format, interval))
        for name in ("completed", "failed", "expires"):
            moment = found[name]
            found[name] = None if moment is None else iso_format(moment)
        return found


def engine_status(hyperstream: HyperStream) -> list[WorkflowState]:
    """Return how the online engine gets on with each workflow that is online, in order of ids.

    Nothing is loaded: it is read from the database what the engines have left there.

    Parameters
    ----------
    hyperstream : HyperStream
        Whose database and configuration count.
    """
    catalogue = hyperstream.plate_manager.catalogue
    return states(catalogue, hyperstream.config.online_engine)


def states(catalogue: Catalogue, settings: OnlineEngineConfig) -> list[WorkflowState]:
    """Return the states of the online workflows of a catalogue; see `engine_status`."""
    known = {each.workflow_id: each.engine for each in catalogue.statuses()}
    found = []
    for workflow_id, workflow in catalogue.workflows().items():
        if isinstance(workflow, WorkflowLoadError):
            found.append(WorkflowState(workflow_id, error=str(workflow)))
        elif workflow.online:
            engine = known.get(workflow_id) or EngineStatusModel()
            found.append(_state(workflow_id, engine, settings.interval))
    return found


def status_lines(found: Iterable[WorkflowState]) -> list[str]:
    """Return states as a table for people, one line each and a heading.

    Examples
    --------
    >>> for line in status_lines([WorkflowState("means", failures=2)]):
    ...     print(line)
    workflow  completed to  behind  took  failures  engine
    means     -             -       -     2         none
    """
    found = list(found)
    rows = [("workflow", "completed to", "behind", "took", "failures", "engine")]
    for each in found:
        until = "-" if each.interval is None else f"{each.interval.end:%Y-%m-%d %H:%M:%S}"
        behind = "-" if each.lag is None else f"{each.lag:.1f} s"
        took = "-" if each.duration is None else f"{each.duration:.3f} s"
        engine = each.engine or "none"
        rows.append((each.workflow_id, until, behind, took, str(each.failures), engine))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    # What has failed, and was completed since, is past.
    present = (each for each in found if each.error and (each.failures or not each.interval))
    errors = [f"{each.workflow_id}: {each.error}" for each in present]
    return [*lines, *errors]


def _state(
    workflow_id: str, engine: EngineStatusModel, wanted: RelativeTimeInterval
) -> WorkflowState:
    interval = None if engine.interval is None else engine.interval.to_interval()
    owner = engine.owner
    alive = owner is not None and not is_dead(owner)
    return WorkflowState(
        workflow_id=workflow_id,
        interval=interval,
        completed=engine.completed,
        lag=lag(None if interval is None else interval.end, wanted),
        duration=engine.duration,
        failures=engine.failures or 0,
        failed=engine.failed,
        error=engine.error,
        engine=described(owner) if alive and engine.expires > real_now() else None,
        expires=engine.expires if alive else None,
    )
