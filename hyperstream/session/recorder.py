"""Writes the history of a session while it goes on."""

from __future__ import annotations

import logging
import os
import secrets
import threading
import weakref
from collections import deque
from collections.abc import Callable
from itertools import islice
from multiprocessing.util import Finalize
from typing import Any, NamedTuple

from hyperstream._time import to_ms, utcnow
from hyperstream.execution import HistoryRecord, current_context
from hyperstream.session.chunks import MOST_RECORDS, Facts, Pending, fitting, pack, plain
from hyperstream.stream import Batch, Stream
from hyperstream.utils.errors import HistoryError

# Seconds after which what was recorded is written, at the latest.
_PERIOD = 1.0
# While writing fails it is tried again after twice as long each time, up to this.
_LONGEST_PERIOD = 60.0
# Of the functions that run when a process ends, those with higher numbers run first.
EXIT_PRIORITY = 10

logger = logging.getLogger(__name__)


class Recorder:
    """A `hyperstream.execution.History` that keeps records in a stream, in the order they come.

    Records are gathered and written some hundred at once: when so many have come, a second after
    the first, when history is read, when the session is closed, and when the process ends. A
    process that is killed loses the last second at most.

    Where writing fails, for the database does not answer, say, nothing is lost and no computation
    fails: it is logged once, records are kept in memory, and writing is tried again until it
    succeeds. `flush` tells of a failure by an error.

    Threads may share a recorder. A process forked from another one writes to the same stream under
    a name of its own; what its parent has not written yet is left to the parent.

    Parameters
    ----------
    open_stream : callable
        Returns the stream; it is called when something is to be written.
    name : str
        What messages call it.
    """

    def __init__(self, open_stream: Callable[[], Stream], name: str) -> None:
        self._open_stream = open_stream
        self._name = name
        self._begin()
        _recorders.add(self)

    def _begin(self) -> None:
        """Begin with nothing; also in a forked process, whose parent writes what it has."""
        self._writer = secrets.token_hex(8)
        self._waiting: deque[Pending] = deque()
        self._number = 0
        self._chunk: _Packed | None = None
        self._newest = self._lowest = 0
        self._failures = 0
        self._timer: threading.Timer | None = None
        self._finalizer: Finalize[None] | None = None
        self._lock = threading.Lock()
        self._writing = threading.Lock()

    def record(self, record: HistoryRecord) -> None:
        """Keep a record of one execution."""
        self._keep(record)

    def note(self, **facts: Any) -> None:
        """Keep facts that a tool tells by `BaseTool.write_to_history`."""
        self._keep(plain(facts))

    def flush(self) -> None:
        """Write what has not been written yet.

        Raises
        ------
        HistoryError
            It cannot be written. It is kept, to be written later.
        """
        with self._writing:
            try:
                self._write_all()
            except Exception as error:  # a channel may fail in any way
                count = len(self._waiting)
                msg = f"{self._name} lacks {count} records that cannot be written: {error}"
                raise HistoryError(msg, count=count) from error

    def close(self) -> None:
        """Write everything; what is recorded afterwards is kept as well.

        Raises
        ------
        HistoryError
            It cannot be written. It is kept, and tried again until the process ends.
        """
        self.flush()
        with self._lock:
            finalizer, self._finalizer = self._finalizer, None
            if finalizer is not None:
                finalizer.cancel()
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    def _keep(self, content: HistoryRecord | Facts) -> None:
        workflow = current_context().workflow
        with self._lock:
            # In this order, should an interrupt come: whatever waits is written, and no number is
            # given twice.
            can_wait = self._timer is not None or self._start_timer()
            number, self._number = self._number, self._number + 1
            self._waiting.append(Pending(number, utcnow(), workflow, content))
        if not can_wait or (len(self._waiting) >= MOST_RECORDS and not self._failures):
            self._try_to_write(patiently=not can_wait)

    def _start_timer(self) -> bool:
        """See to it that what waits is written; False where the process is ending already."""
        if self._finalizer is None:
            # Unlike functions of atexit, it is called in processes of multiprocessing too.
            self._finalizer = Finalize(None, self._at_exit, exitpriority=EXIT_PRIORITY)
        timer = threading.Timer(min(_PERIOD * 2**self._failures, _LONGEST_PERIOD), self._tick)
        timer.daemon = True
        try:
            timer.start()
        except RuntimeError:  # no thread can be started any more
            return False
        self._timer = timer
        return True

    def _tick(self) -> None:
        with self._lock:
            self._timer = None
        self._try_to_write(patiently=True)
        with self._lock:
            if self._waiting and self._timer is None:
                self._start_timer()

    def _try_to_write(self, *, patiently: bool) -> None:
        """Write everything, and log where that fails; perhaps leave it to a thread that does so."""
        if self._writing.locked() and not patiently:
            return
        with self._writing:
            try:
                self._write_all()
            except Exception as error:  # noqa: BLE001 - a channel may fail in any way
                if not self._failures:
                    logger.warning("%s cannot be written; it is tried again: %s", self._name, error)
                self._failures += 1

    def _write_all(self) -> None:
        while (chunk := self._next_chunk()) is not None:
            stream = self._open_stream()
            key = f"{self._writer}-{chunk.first:012d}"
            stream.channel.write_batches(
                [(stream, Batch.of([chunk.stamp], [{key: chunk.content}]))]
            )
            with self._lock:
                while self._waiting and self._waiting[0].number < chunk.end:
                    self._waiting.popleft()
            self._chunk = None
            if self._failures:
                logger.warning("%s can be written again; nothing is missing.", self._name)
                self._failures = 0

    def _next_chunk(self) -> _Packed | None:
        """Return what to write next: after a failure the very same, which may be stored already."""
        if self._chunk is None:
            with self._lock:
                waiting = list(islice(self._waiting, MOST_RECORDS))
            if waiting:
                pending = waiting[: fitting(waiting)]
                first, last = pending[0], pending[-1]
                stamp = self._stamp(to_ms(last.moment))
                self._chunk = _Packed(first.number, last.number + 1, stamp, pack(pending))
        return self._chunk

    def _stamp(self, moment: int) -> int:
        """Return the timestamp of a chunk: its last moment or, while the clock stands, one before.

        So a value never grows, and no timestamp lies in the future.
        """
        if moment > self._newest:
            self._newest = self._lowest = moment
        else:
            self._lowest = min(moment, self._lowest - 1)
        return self._lowest

    def _at_exit(self) -> None:
        try:
            self.flush()
        except HistoryError as error:
            logger.error("At the end of the process: %s", error)  # noqa: TRY400 - the message says it all


class _Packed(NamedTuple):
    """A chunk: the numbers of its first record and of the one that follows it, and its form."""

    first: int
    end: int
    stamp: int
    content: Facts


_recorders: weakref.WeakSet[Recorder] = weakref.WeakSet()


def _after_fork() -> None:
    for recorder in list(_recorders):
        recorder._begin()  # noqa: SLF001 - the class is in this module


os.register_at_fork(after_in_child=_after_fork)
