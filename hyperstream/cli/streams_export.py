"""``hyperstream streams export``: a stream as a file, or on standard output."""

from __future__ import annotations

import io
import sys
from argparse import Namespace
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import IO

from hyperstream.cli.errors import CommandError, UsageError
from hyperstream.cli.output import show
from hyperstream.cli.terminal import ask
from hyperstream.progress_bars import bar
from hyperstream.stream import StreamView
from hyperstream.stream.export import Progress, replacing, write_csv, write_json_lines
from hyperstream.utils.text import plural

_TEXTS = {"csv": write_csv, "jsonl": write_json_lines}
_PARQUET = "parquet"


def run(options: Namespace, view: StreamView, about: int | None) -> None:
    """Write what a view holds.

    Parameters
    ----------
    options : argparse.Namespace
        The options of the command line.
    view : StreamView
        What to write.
    about : int or None
        About how many instances that are, if it is known.
    """
    form = _form(options)
    if options.output is None:
        if options.json:
            raise UsageError("The stream is what is printed: with --json, name a file by -o.")
        _TEXTS[form](view, sys.stdout)
        return
    path = Path(options.output)
    if path.exists():
        ask(options, f"Replace the file {path}?")
    write = _writer(form)
    try:
        with bar(about, "Exporting", "instances") as shown, replacing(path) as file:
            count = write(view, file, shown.update)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
    data = {"stream": str(view.stream), "file": str(path), "format": form, "instances": count}
    show(options, data, [f"Wrote {plural(count, 'instance')} to {path}."])


def _form(options: Namespace) -> str:
    """Return the format that is wanted."""
    known = [*_TEXTS, _PARQUET]
    suffix = Path(options.output or "").suffix.lower().removeprefix(".")
    form = str(options.format or (suffix if suffix in known else "csv"))
    if form == _PARQUET and options.output is None:
        raise UsageError("Parquet is no text: name a file by -o.")
    return form


def _writer(form: str) -> Callable[[StreamView, IO[bytes], Progress], int]:
    if form == _PARQUET:
        # It needs a package that nothing else does.
        write: Callable[[StreamView, IO[bytes], Progress], int] = import_module(
            "hyperstream.stream.arrow"
        ).write_parquet
        return write

    def write_text(view: StreamView, file: IO[bytes], progress: Progress) -> int:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        count = _TEXTS[form](view, text, progress)
        text.detach()  # which also writes what is left
        return count

    return write_text
