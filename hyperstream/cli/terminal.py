"""What commands do with a terminal, where there is one: ask, and show how far they are."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hyperstream.cli.errors import CommandError, UsageError
from hyperstream.progress_bars import bar


def ask(options: Namespace, question: str) -> None:
    """Make sure that the user wants what cannot be undone.

    Parameters
    ----------
    options : argparse.Namespace
        The options of the command line; with ``--yes`` nothing is asked.
    question : str
        What to ask, such as ``"Delete workflow w?"``.

    Raises
    ------
    UsageError
        There is no ``--yes``, and no terminal to ask at.
    CommandError
        The answer is not yes.
    """
    if options.yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"{question} There is no terminal to ask at: say --yes if that is meant.")
    # Not by `input`, which would write the question among the answers on standard output.
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise CommandError("Nothing was done.")


@contextmanager
def progress(what: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function that moves a bar: it is told how much is done, and how much there is."""
    with bar(None, what, unit) as shown:

        def move(done: int, total: int) -> None:
            shown.total = total
            shown.update(done - shown.n)

        yield move
