"""The command line: ``python -m hyperstream`` and ``hyperstream``."""

from __future__ import annotations

import os
import sys
import warnings
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from hyperstream.cli.errors import UsageError
from hyperstream.cli.parser import parser
from hyperstream.utils.errors import HyperStreamError, HyperStreamWarning, NotCalculatedWarning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FAILED = 1
_WRONG_USAGE = 2
_INTERRUPTED = 130  # what a shell says of a program that ended by SIGINT


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, in a process of its own: a HyperStream that this one has may be ended.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command with its options; those of the process otherwise.

    Returns
    -------
    int
        The exit code: 0 for success; 1 for an error, or where nothing was
        found, which is told in one line on standard error; 2 where the command
        is not called as it must be; 130 after Ctrl-C.
    """
    options = parser().parse_args(arguments)
    try:
        # Each command lives in a module of its own, which is imported only if it is called: the
        # demo needs matplotlib, and nothing else does.
        with _warnings_in_one_line():
            code = import_module(f"hyperstream.cli.{options.command}").run(options)
        sys.stdout.flush()
    except HyperStreamError as error:
        print(f"hyperstream: {error}", file=sys.stderr)
        return _WRONG_USAGE if isinstance(error, UsageError) else _FAILED
    except BrokenPipeError:  # whoever read the output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("hyperstream: interrupted", file=sys.stderr)
        return _INTERRUPTED
    return code or 0


@contextmanager
def _warnings_in_one_line() -> Iterator[None]:
    """Show warnings of HyperStream as errors are shown: without a line of its source."""
    with warnings.catch_warnings():
        as_before = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if issubclass(category, HyperStreamWarning):
                print(f"hyperstream: {message}", file=sys.stderr)
            else:
                as_before(message, category, *where, **more)

        warnings.showwarning = show
        # Commands show what is there, and how much of it is calculated.
        warnings.simplefilter("ignore", NotCalculatedWarning)
        yield
