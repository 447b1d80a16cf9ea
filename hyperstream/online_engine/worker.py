"""The work on one workflow: requests, one after the other, and what becomes of them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from dataclasses import replace
from datetime import datetime

from hyperstream.config import OnlineEngineConfig
from hyperstream.execution import (
    ExecutionStoppedError,
    History,
    HistoryRecord,
    NoObserver,
    StopRequest,
    current_context,
)
from hyperstream.models import EngineStatusModel, TimeIntervalModel
from hyperstream.online_engine.leases import Leases, real_now
from hyperstream.online_engine.timing import Step, lag, pause_after, steps
from hyperstream.time_interval import TimeInterval
from hyperstream.utils.errors import DatabaseConnectionError
from hyperstream.workflow import Workflow

_LONGEST_ERROR = 4096

logger = logging.getLogger(__name__)


class Worker:
    """Brings one workflow to where it should be, again and again, each time in a new thread.

    Parameters
    ----------
    workflow : Workflow
        The workflow. It may be replaced by a new definition, which counts from the next request.
    settings : OnlineEngineConfig
        Interval, sleep, alarm and max_catch_up.
    leases : Leases
        Where what was done is kept.
    known : EngineStatusModel
        What is known of it from before.
    changed : callable
        Is called when the work is over.
    monotonic : callable
        Returns seconds of a clock that nobody sets.

    Attributes
    ----------
    completed : datetime or None
        Where the last request ended that was completed, by whatever engine.
    is_held : bool
        Whether the workflow is this engine's.
    is_busy : bool
        Whether a thread is at work.
    is_late : bool
        Whether the request in work takes longer than the alarm allows.
    failures : int
        How many requests have failed since the last one that was completed.
    iterations, failed, instances, seconds : int, int, int, float
        How many requests were completed and how many failed, how many instances they have written,
        and how long those completed have taken, since the engine began.
    duration : float or None
        How many seconds the last request that was completed has taken.
    """

    def __init__(
        self,
        workflow: Workflow,
        settings: OnlineEngineConfig,
        leases: Leases,
        known: EngineStatusModel,
        changed: Callable[[], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.workflow_id = workflow.workflow_id
        self.completed: datetime | None = None
        self.is_held = False
        self.is_busy = False
        self.is_late = False
        self.failures = known.failures or 0
        self.iterations = self.failed = self.instances = 0
        self.seconds = 0.0
        self.duration: float | None = None
        self._workflow = workflow
        self._settings = settings
        self._leases = leases
        self._changed = changed
        self._monotonic = monotonic
        self._stop = StopRequest()
        self._began: float | None = None
        self._retry_at = 0.0
        self._unsaved: tuple[datetime, str] | None = None
        self._is_waiting = False
        self.hold(known)

    @property
    def workflow(self) -> Workflow:
        """The workflow; a new definition is tried at once, whatever the former has done."""
        return self._workflow

    @workflow.setter
    def workflow(self, workflow: Workflow) -> None:
        if workflow is not self._workflow:
            logger.info("Workflow %s has changed; the new definition is used", self.workflow_id)
            self._workflow = workflow
            self._retry_at = 0.0

    @property
    def lag(self) -> float | None:
        """How many seconds of data it is behind; None where nothing was ever completed."""
        return lag(self.completed, self._settings.interval)

    @property
    def is_ready(self) -> bool:
        """Whether the next request may be made."""
        return self.is_held and not self.is_busy and self._monotonic() >= self._retry_at

    def hold(self, known: EngineStatusModel) -> None:
        """Take note that the workflow is this engine's, and how far it is."""
        if not self.is_held:
            self.is_held = True
            self.completed = None if known.interval is None else known.interval.to_interval().end
            logger.info("Workflow %s is executed by this engine", self.workflow_id)

    def drop(self, reason: str) -> None:
        """Take note that it is not; a request in work ends between two calls of tools."""
        if self.is_held:
            self.is_held = False
            logger.info("Workflow %s: this engine leaves it, since %s", self.workflow_id, reason)
        self.stop(reason)

    def stop(self, reason: str, patience: float = 0.0) -> None:
        """End the request in work; see `StopRequest.make`."""
        self._stop.make(reason, patience)

    def begin(self, context: Context) -> None:
        """Begin to work, in a new thread.

        Parameters
        ----------
        context : contextvars.Context
            The surroundings, for nobody but this thread.
        """
        self.is_busy, self.is_late = True, False
        self._stop = StopRequest()
        name = f"workflow {self.workflow_id}"
        threading.Thread(target=context.run, args=(self._run,), name=name, daemon=True).start()

    def work(self) -> None:
        """Bring the workflow to where it should be, in this thread.

        Raises
        ------
        ExecutionStoppedError
            It was stopped.
        Exception
            What the workflow raises.
        """
        for step in steps(self.completed, self._settings.interval, self._settings.max_catch_up):
            self._stop.check()
            if not self.is_held:  # it was lost just before this began
                return
            self._request(step)

    def watch(self, not_before: float) -> None:
        """Raise the alarm where the request in work takes too long.

        Parameters
        ----------
        not_before : float
            The time up to this moment of the clock does not count, as the database was away.
        """
        began, alarm = self._began, self._settings.alarm
        if began is None or alarm is None or self.is_late:
            return
        if self._monotonic() - max(began, not_before) >= alarm:
            self.is_late = True
            reason = f"it takes longer than {alarm:g} s, as alarm allows"
            self._fail(f"It takes longer than {alarm:g} s, and is told to stop.")
            self.stop(reason)

    @property
    def is_stuck(self) -> bool:
        """Whether it was told to stop, having taken too long, and has not done so."""
        began, alarm = self._began, self._settings.alarm
        if not self.is_late or began is None or alarm is None:
            return False
        return self._monotonic() - began >= 2 * alarm

    def save_failure(self) -> None:
        """Keep the last failure in the database, if that is not done yet."""
        unsaved, self._unsaved = self._unsaved, None
        if unsaved is None:
            return
        failures = self.failures

        def note(engine: EngineStatusModel) -> None:
            engine.failures = failures
            engine.failed, engine.error = unsaved

        self._leases.save(self.workflow_id, note)

    def _run(self) -> None:
        """Work, and take note of how that ends: the whole of a thread."""
        try:
            self.work()
        except ExecutionStoppedError as stopped:
            logger.info("Workflow %s: a request was stopped: %s", self.workflow_id, stopped)
        except (Exception, SystemExit) as error:
            logger.debug("Workflow %s failed", self.workflow_id, exc_info=True)
            self._note(error)
        finally:
            with suppress(DatabaseConnectionError):  # then the next failure will be kept
                self.save_failure()
            self._began = None
            self.is_busy = False
            self._changed()

    def _request(self, step: Step) -> None:
        self._began = self._monotonic()
        around = current_context()
        context = replace(
            around,
            history=_Counting(around.history, self),
            stop=self._stop,
            observer=NoObserver(),
        )
        started, written = time.perf_counter(), self.instances
        with context.active():
            self._workflow.execute(step.interval)
        duration = time.perf_counter() - started
        self.iterations += 1
        self.seconds += duration
        self.duration = duration
        self.failures, self._is_waiting = 0, False
        if step.is_last or self.completed is None or step.interval.end > self.completed:
            self._complete(self._new(step.interval), duration, self.instances - written)

    def _new(self, interval: TimeInterval) -> TimeInterval:
        """Return what of an interval was not requested before; all of it if that is nothing."""
        start = max(self.completed or interval.start, interval.start)
        return TimeInterval(start, interval.end) if start < interval.end else interval

    def _complete(self, interval: TimeInterval, duration: float, written: int) -> None:
        """Keep it that an interval is completed, and say so."""

        def note(engine: EngineStatusModel) -> None:
            engine.interval = TimeIntervalModel.of(interval)
            engine.completed, engine.duration, engine.failures = real_now(), duration, 0

        # First kept, then known: after a crash it is asked for again rather than left out.
        is_ours = self._leases.save(self.workflow_id, note)
        self.completed = interval.end
        logger.info(
            "Workflow %s: %s completed in %.3f s, %d instances written, %.1f s behind",
            self.workflow_id,
            interval.humanized,
            duration,
            written,
            self.lag,
        )
        if not is_ours:
            self.drop("another engine has taken it over")

    def _note(self, error: BaseException) -> None:
        if not _is_outage(error):
            self._fail(str(error) or repr(error))
        elif not self._is_waiting:
            self._is_waiting = True
            logger.warning(
                "Workflow %s goes on as soon as the database does: %s", self.workflow_id, error
            )

    def _fail(self, reason: str) -> None:
        self.failures += 1
        self.failed += 1
        self._unsaved = real_now(), reason[:_LONGEST_ERROR]
        pause = pause_after(self.failures, self._settings.sleep)
        self._retry_at = self._monotonic() + pause
        logger.error(
            "Workflow %s failed (for time %d in a row; again in %g s): %s",
            self.workflow_id,
            self.failures,
            pause,
            reason,
        )


class _Counting:
    """A history that also counts, for a worker, how many instances are written."""

    def __init__(self, history: History, worker: Worker) -> None:
        self._history = history
        self._worker = worker
        self.note = history.note

    def record(self, record: HistoryRecord) -> None:
        """Keep a record of one execution."""
        if record.outcome == "completed":
            self._worker.instances += record.document_count
        self._history.record(record)


def _is_outage(error: BaseException) -> bool:
    """Tell whether an error comes from a database that does not answer."""
    if isinstance(error, DatabaseConnectionError):
        return True
    causes = [error.__cause__, *getattr(error, "exceptions", ())]
    return any(_is_outage(each) for each in causes if each is not None)
