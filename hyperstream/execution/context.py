"""What surrounds a computation: history, executor, observer, batch size, where files go."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hyperstream._time import use_clock
from hyperstream.execution.executors import SerialExecutor
from hyperstream.execution.history import NoHistory
from hyperstream.execution.observing import NoObserver
from hyperstream.execution.stopping import StopRequest
from hyperstream.utils.keys import KeyRing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from hyperstream.execution.executors import Executor
    from hyperstream.execution.history import History
    from hyperstream.execution.observing import Observer


@dataclass(frozen=True)
class ExecutionContext:
    """The surroundings of computations, handed down unchanged.

    Parameters
    ----------
    history : History
        Where executions are recorded.
    executor : Executor
        How independent calls are run.
    batch_size : int
        How many instances are gathered before they are written.
    workflow : str, optional
        The workflow that is running.
    output_path : pathlib.Path
        The folder for files that tools write.
    clock : callable, optional
        Returns now (UTC); None means the clock in force.
    keys : KeyRing
        The keys that sign stored functions and check them.
    stop : StopRequest
        By which another thread may end the computations.
    observer : Observer
        Who is told how far computations are.

    Examples
    --------
    >>> with ExecutionContext(batch_size=10).active():
    ...     current_context().batch_size
    10
    """

    history: History = field(default_factory=NoHistory)
    executor: Executor = field(default_factory=SerialExecutor)
    batch_size: int = 1000
    workflow: str | None = None
    output_path: Path = Path("output")
    clock: Callable[[], datetime] | None = None
    keys: KeyRing = field(default_factory=KeyRing)
    stop: StopRequest = field(default_factory=StopRequest)
    observer: Observer = field(default_factory=NoObserver)

    @contextmanager
    def active(self) -> Iterator[ExecutionContext]:
        """Make this the current context inside a ``with`` block."""
        with ExitStack() as stack:
            if self.clock is not None:
                stack.enter_context(use_clock(self.clock))
            token = _current.set(self)
            stack.callback(_current.reset, token)
            yield self


_current: ContextVar[ExecutionContext] = ContextVar("hyperstream_context")
# What is in force in threads that begin without a context, as plain ones do.
_elsewhere = [ExecutionContext()]


def current_context() -> ExecutionContext:
    """Return the context in force; at first, one with nothing special."""
    return _current.get(_elsewhere[0])


def set_context(context: ExecutionContext) -> None:
    """Make a context the current one from here on: in this thread, and in new ones without any."""
    _current.set(context)
    _elsewhere[0] = context
