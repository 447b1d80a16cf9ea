"""Help for tools that work on batches instead of instances."""

from __future__ import annotations

import reprlib
import time
from typing import TYPE_CHECKING, Any

from hyperstream._time import from_ms, iso_format
from hyperstream.storage.batch import plain, selected, taken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperstream.storage.batch import Column, Milliseconds

# The rows of a batch are chosen in one place; tools find it here.
__all__ = ["Pace", "collected", "function", "selected", "taken"]

_SMALLEST, _LARGEST = 64, 4096
_SLOW = 0.5

_short = reprlib.Repr()
_short.maxother = 100


class Pace:
    """Says how much to work on before handing on the results.

    Long parts where the work is fast, so that it costs little beside itself;
    short ones where it is slow, so that results are stored in time.

    Examples
    --------
    >>> [part.stop - part.start for part in Pace().parts(300)]
    [64, 128, 108]
    """

    def __init__(self) -> None:
        self._size = _SMALLEST

    def parts(self, total: int) -> Iterator[slice]:
        """Yield slices that together cover ``range(total)``, each when the last is dealt with."""
        start = 0
        while start < total:
            stop = min(start + self._size, total)
            begun = time.monotonic()
            yield slice(start, stop)
            slow = time.monotonic() - begun > _SLOW
            self._size = max(self._size // 4, 1) if slow else min(self._size * 2, _LARGEST)
            start = stop


def collected(results: Iterator[Any], stamps: Milliseconds, inputs: Column) -> list[Any]:
    """Collect what an iterator computes, one result for each input.

    Parameters
    ----------
    results : iterator
        Computes the results when it is read.
    stamps : numpy.ndarray of int64
        The timestamp that each input belongs to, in milliseconds since 1970.
    inputs : list, or the column of a batch
        What the results are computed from.

    Raises
    ------
    ValueError
        A result could not be computed: says at which time and for which input.

    Examples
    --------
    >>> import numpy as np
    >>> collected(map(abs, [-1, 1]), np.array([0, 1000]), [-1, 1])
    [1, 1]
    >>> collected(map(abs, [-1, "a"]), np.array([0, 1000]), [-1, "a"])
    Traceback (most recent call last):
        ...
    ValueError: at 1970-01-01T00:00:01.000Z, for 'a': TypeError: bad operand type for abs(): 'str'
    """
    found: list[Any] = []
    reason = "StopIteration"  # which ends a map without a word
    cause = None
    try:
        found.extend(results)
    except Exception as error:  # noqa: BLE001 - a function of the user's may raise anything
        reason = f"{type(error).__name__}: {error}"
        cause = error
    # All results before the failure are in the list, so its length is the place of the failure.
    row = len(found)
    if row < len(inputs):
        moment = iso_format(from_ms(int(stamps[row])))
        given = _short.repr(plain(inputs[row : row + 1])[0])
        raise ValueError(f"at {moment}, for {given}: {reason}") from cause
    return found


def function(tool: object, func: Any) -> Any:
    """Return a tool's parameter `func` if it can be called; TypeError otherwise."""
    if not callable(func):
        raise TypeError(f"The func of {type(tool).__name__} must be a function, not {func!r}.")
    return func
