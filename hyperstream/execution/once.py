"""What a tool keeps while it works on one request, over all intervals that are missing."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

# By the identity of the tool, which is kept too, so that no other one can have it meanwhile.
_kept: ContextVar[dict[int, tuple[object, Any]] | None] = ContextVar(
    "hyperstream_kept", default=None
)


@contextmanager
def one_execution() -> Iterator[None]:
    """Begin an execution: until its end, tools keep what `once_per_execution` makes for them."""
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def once_per_execution(tool: object, make: Callable[[], T]) -> T:
    """Return what a tool has made in this execution; make it where that is still to be done.

    A tool is called once for each interval that is missing of what is asked
    for. Here it keeps what is to go on from one to the next, such as a
    generator of random numbers. Every execution starts anew, also of the same
    tool in another thread, or of the streams that it reads.

    Parameters
    ----------
    tool : object
        Whose it is.
    make : callable
        Makes it, without arguments. Outside of an execution it is called every time.

    Examples
    --------
    >>> with one_execution():
    ...     once_per_execution("tool", list).append(1)
    ...     once_per_execution("tool", list)
    [1]
    >>> once_per_execution("tool", list)
    []
    """
    kept = _kept.get()
    if kept is None:
        return make()
    if id(tool) not in kept:
        kept[id(tool)] = (tool, make())
    made: T = kept[id(tool)][1]
    return made
