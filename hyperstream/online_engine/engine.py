"""The online engine: keeps every online workflow computed up to now."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from hyperstream.online_engine.roster import Roster
from hyperstream.online_engine.signals import stopping_on_signals
from hyperstream.online_engine.timing import ClockWatch, Schedule
from hyperstream.utils.errors import DatabaseConnectionError
from hyperstream.utils.hyperstream_logger import monitor

if TYPE_CHECKING:
    from hyperstream.config import OnlineEngineConfig
    from hyperstream.hyperstream import HyperStream
    from hyperstream.online_engine.worker import Worker

# Seconds between two looks at what other processes have changed, and at the leases.
_LOOK_EVERY = 5.0
# Seconds at most between two looks at alarms and at the clock.
_WATCH_EVERY = 1.0
# When it is told to stop: the seconds that calls in work have to end by themselves, and those
# after which the engine ends although one of them does not.
_PATIENCE = 3.0
_GRACE = 10.0
# The system's clock is corrected by less than that all the time.
_JUMP = 2.0

logger = logging.getLogger(__name__)


class OnlineEngine:
    """OnlineEngine class: executes the workflows that are online, again and again.

    Every `sleep` seconds an iteration begins: each workflow is requested from where it has been
    completed up to the end of the relative `interval`, in steps of `max_catch_up` seconds. How far
    it has been completed is kept in the database, so that nothing is left out, whatever happens to
    this process. Workflows run beside each other, each in a thread of its own: one that fails,
    hangs or takes long is no matter of the others. One that is still at work when an iteration
    begins is left alone until the next.

    Parameters
    ----------
    hyperstream : HyperStream
        Has the workflows, the database, and the configuration.
    workflow_ids : collection of str
        The workflows to execute, which must be online; all that are online if it is empty.
    config : OnlineEngineConfig, optional
        How to run; otherwise what the configuration of `hyperstream` says.
    monotonic : callable
        Returns seconds of a clock that nobody sets.

    Examples
    --------
    >>> from hyperstream import HyperStream
    >>> engine = OnlineEngine(HyperStream(file_logger=False))
    >>> engine.execute()  # doctest: +SKIP
    >>> engine.workers
    {}
    """

    def __init__(
        self,
        hyperstream: HyperStream,
        workflow_ids: Collection[str] = (),
        config: OnlineEngineConfig | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.hyperstream = hyperstream
        self.config = config or hyperstream.config.online_engine
        self._workflow_ids = workflow_ids
        self._monotonic = monotonic
        # A queue that may be put to in a handler of signals; None says that something is new.
        self._news: SimpleQueue[str | None] = SimpleQueue()
        self._stopped_by: str | None = None
        self._roster: Roster | None = None
        self._keeper: threading.Thread | None = None
        self._is_over = threading.Event()
        self._is_over.set()
        self._is_blind = False
        self._answered = -math.inf

    @property
    def workers(self) -> Mapping[str, Worker]:
        """The work on each workflow that is this engine's, by workflow id."""
        return {} if self._roster is None else self._roster.workers

    @property
    def is_connected(self) -> bool:
        """Whether the database has answered the last time."""
        return self.hyperstream.client.outage.since is None

    def execute(self, debug: bool = False) -> None:
        """Execute the engine, until all iterations are done or it is stopped.

        In the main thread, SIGTERM and SIGINT (Ctrl-C) stop it as `stop` does, and it returns;
        a second one acts at once. Handlers of the program's own are left in place.

        While the database does not answer, everything waits for it.

        Parameters
        ----------
        debug : bool
            Work in this thread, on one workflow after the other, and raise what fails instead of
            trying it again; there is no alarm then, and Ctrl-C is KeyboardInterrupt.

        Raises
        ------
        WorkflowNotFoundError, ConfigurationError
            One of the workflows named is not there, or not online.
        DatabaseConnectionError
            The database does not answer when the engine begins.
        """
        client = self.hyperstream.client
        self._news, self._stopped_by, self._is_over = SimpleQueue(), None, threading.Event()
        with ExitStack() as stack:
            if not debug:
                stack.enter_context(stopping_on_signals(self.stop))
            monitor("Online engine started", n="online_engine")
            stack.callback(monitor, "Online engine stopped", n="online_engine")
            stack.callback(setattr, client.outage, "patience", client.outage.patience)
            manager = self.hyperstream.workflow_manager
            self._roster = Roster(
                manager, self.config, self._workflow_ids, self._wake, self._monotonic
            )
            stack.callback(self._end)
            if not self._is_begun():
                return
            self._say_what_there_is()
            if debug:
                self._run_in_this_thread()
            else:
                self._run()

    def stop(self, reason: str = "it is told to") -> None:
        """Let `execute` return soon, from another thread or a handler of signals.

        Calls of tools in work have three seconds to end. Then they are interrupted as by Ctrl-C,
        as soon as they yield something: what they have written is removed. One that does not yield
        is left after ten seconds, and is cleared by whoever computes next.

        Parameters
        ----------
        reason : str
            Why, for the log.
        """
        self._news.put(reason)
        if not self._is_over.is_set():
            # What waits for the database now is not to wait any longer.
            self.hyperstream.client.outage.patience = 0

    def _is_begun(self) -> bool:
        """Look for the first time; False if it is to end before it has begun."""
        assert self._roster is not None  # noqa: S101 - tells mypy
        try:
            self._roster.check()
            self._roster.look()
        except DatabaseConnectionError:
            self._wait(0)
            if self._stopped_by is None:
                raise
        return self._stopped_by is None

    def _run(self) -> None:
        """Begin iterations, and watch over what they do."""
        self.hyperstream.client.outage.patience = math.inf
        context = copy_context()
        self._keeper = threading.Thread(target=context.run, args=(self._keep,), daemon=True)
        self._keeper.start()
        schedule = Schedule(self.config.sleep, self._monotonic)
        clock = ClockWatch(self._monotonic)
        left = math.inf if self.config.iterations is None else self.config.iterations
        while self._stopped_by is None and (left or self._busy()):
            if left and self._can_begin() and not schedule.seconds_left():
                for worker in self.workers.values():
                    if worker.is_ready:
                        worker.begin(copy_context())
                schedule.advance()
                left -= 1
                continue  # that may have been all
            self._watch(clock)
            pause = schedule.seconds_left() if left and self._can_begin() else _WATCH_EVERY
            self._wait(min(pause, _WATCH_EVERY))

    def _run_in_this_thread(self) -> None:
        schedule, done = Schedule(self.config.sleep, self._monotonic), 0
        while self._stopped_by is None:
            for worker in self.workers.values():
                worker.work()
            schedule.advance()
            done += 1
            if done == self.config.iterations:
                return
            while self._stopped_by is None and schedule.seconds_left():
                self._wait(schedule.seconds_left())
            self._look()

    def _can_begin(self) -> bool:
        """Tell whether somebody could work; otherwise an iteration waits for that."""
        is_free = not self.workers or len(self._busy()) < len(self.workers)
        return is_free and self.is_connected

    def _busy(self) -> list[Worker]:
        return [worker for worker in self.workers.values() if worker.is_busy]

    def _watch(self, clock: ClockWatch) -> None:
        """Look after alarms and the clock."""
        if not self.is_connected:
            self._answered = self._monotonic()
        for worker in self.workers.values():
            worker.watch(self._answered)
        jump = clock.jump()
        if abs(jump) > _JUMP:
            logger.warning(
                "The clock was set %s by %.1f s. What is requested follows it: nothing is left "
                "out, nor computed twice",
                "forward" if jump > 0 else "back",
                abs(jump),
            )

    def _wait(self, seconds: float) -> None:
        """Wait until there is news, for some time at most."""
        try:
            reason = self._news.get(timeout=seconds)
        except Empty:
            return
        self._stopped_by = self._stopped_by or reason

    def _wake(self) -> None:
        self._news.put(None)

    def _keep(self) -> None:
        """Follow the database, and hold the leases: the whole of a thread."""
        is_over = self._is_over
        while not is_over.wait(min(_LOOK_EVERY, self.config.lease / 3)):
            self._look()
            self._wake()

    def _look(self) -> None:
        """Look what there is to do; go on with what is known where that fails."""
        assert self._roster is not None  # noqa: S101 - tells mypy
        try:
            self._roster.look()
        except Exception as error:  # noqa: BLE001 - it is looked again, whatever it was
            if not self._is_blind and not self._is_over.is_set():
                logger.warning("What is in the database cannot be read; trying again: %r", error)
            self._is_blind = True
        else:
            self._is_blind = False

    def _end(self) -> None:
        """Stop what is at work, and give back the leases."""
        reason = self._stopped_by or "the engine ends"
        for worker in self._busy():
            worker.stop(reason, _PATIENCE)
        self.hyperstream.client.outage.patience = 0
        deadline = self._monotonic() + _GRACE
        while self._busy() and self._monotonic() < deadline:
            self._wait(deadline - self._monotonic())
        self._is_over.set()
        if self._keeper is not None:
            self._keeper.join(_GRACE / 2)
        for worker in self._busy():
            logger.warning(
                "Workflow %s does not end, and is left. What it has not completed is cleared and "
                "computed by whoever executes it next",
                worker.workflow_id,
            )
        if self._roster is not None:
            self._roster.release()
        logger.info("Online engine stopped: %s", reason)

    def _say_what_there_is(self) -> None:
        count = len(self.workers)
        logger.info(
            "Online engine started: an iteration every %g s; workflows executed here: %d",
            self.config.sleep,
            count,
        )
        if not count:
            logger.warning("There is no online workflow that this engine may execute; it waits")
