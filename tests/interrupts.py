"""Ctrl-C, wherever a test wants it."""

from __future__ import annotations

import linecache
import sys
from functools import cache
from itertools import count


class Interrupt:
    """Raises a KeyboardInterrupt before a line of the package, as Ctrl-C may.

    Not where a ``with`` block is left: Python looks for signals before that, and when it has called
    ``__exit__``, so that a lock is not left locked.

    Parameters
    ----------
    line : int
        Before which line, counting those that run.
    """

    def __init__(self, line):
        self.line = line
        self.lines = 0

    def __enter__(self):
        self._before = sys.gettrace()
        sys.settrace(self._call)
        return self

    def __exit__(self, kind, error, traceback):
        sys.settrace(self._before)
        return kind is KeyboardInterrupt

    def _call(self, frame, event, argument):
        return self._step if "hyperstream" in frame.f_globals["__name__"] else None

    def _step(self, frame, event, argument):
        if event == "line" and not _leaves_block(frame):
            self.lines += 1
            if self.lines == self.line:
                sys.settrace(None)
                raise KeyboardInterrupt
        return self._step


@cache
def _beginnings(code):
    """Return the offset of the first instruction of each line."""
    offsets = {}
    for offset, _, line in code.co_lines():
        offsets.setdefault(line, offset)
    return offsets


def _leaves_block(frame):
    """Tell whether the end of a ``with`` block is next: its line comes again for that."""
    text = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
    begins = frame.f_lasti == _beginnings(frame.f_code)[frame.f_lineno]
    return text.lstrip().startswith("with ") and not begins


def interrupted(make, act, step=1):
    """Interrupt an action, each time before another line, until it comes to its end.

    Parameters
    ----------
    make : callable
        Returns what to act on; it is called each time.
    act : callable
        Is given that.
    step : int
        Every so manieth line is tried.

    Yields
    ------
    object
        What was acted on.
    """
    for line in count(1, step):
        made = make()
        with Interrupt(line) as interrupt:
            act(made)
        yield made
        if interrupt.lines < line:
            return
