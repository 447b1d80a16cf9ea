"""Warnings that point at the line of whoever uses this library."""

from __future__ import annotations

import inspect
import warnings
from itertools import takewhile
from traceback import walk_stack

from hyperstream.utils.errors import HyperStreamWarning


def warn(message: str, category: type[HyperStreamWarning]) -> None:
    """Warn as `warnings.warn` does, at the innermost line that is none of this library.

    Python itself can do so from 3.12 on only (``skip_file_prefixes``).
    """
    modules = (
        frame.f_globals.get("__name__", "") for frame, _ in walk_stack(inspect.currentframe())
    )
    inside = sum(1 for _ in takewhile(lambda name: name.startswith("hyperstream."), modules))
    warnings.warn(message, category, stacklevel=inside + 1)
