"""Room on the stack for chains of any length."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from hyperstream.execution.context import current_context
from hyperstream.execution.stopping import StopRequest

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

# Python ends what is deeper than a thousand frames, in each thread; the rest is for tools.
_DEEP = 500


def with_room(function: Callable[[], T]) -> T:
    """Call a function: in a thread of its own, with a stack of its own, where this one is deep.

    Who reads what is still to be computed is in the middle of a call, and so is whoever reads
    that: a chain makes the stack as deep as it is long. Only the running tool knows what it
    reads, so that nothing could be computed before it is asked for without computing too much.

    This thread waits meanwhile. If it is interrupted, the other one is asked to end.

    Examples
    --------
    >>> def countdown(number):
    ...     return number and with_room(lambda: countdown(number - 1))
    >>> countdown(5000)
    0
    """
    if not _is_deep():
        return function()
    context = current_context()
    stop = context.stop if isinstance(context.stop, _Stop) else _Stop(context.stop)

    def call() -> T:
        with replace(context, stop=stop).active():
            return function()

    pool = ThreadPoolExecutor(1, "hyperstream-deep")
    waiting = pool.submit(copy_context().run, call)
    pool.shutdown(wait=False)
    try:
        return waiting.result()
    finally:
        if not waiting.done():
            stop.make("What waited for it was interrupted.")
        del waiting  # or else an error that it raises would keep itself alive


class _Stop(StopRequest):
    """Asks the threads of a chain to end, when whoever waits for them ends or is asked to."""

    def __init__(self, outer: StopRequest) -> None:
        super().__init__()
        self._outer = outer

    def check(self, *, in_call: bool = False) -> None:
        self._outer.check(in_call=in_call)
        super().check(in_call=in_call)


def _is_deep() -> bool:
    try:
        sys._getframe(_DEEP)  # noqa: SLF001 - the way to know that is not slow
    except ValueError:
        return False
    return True
