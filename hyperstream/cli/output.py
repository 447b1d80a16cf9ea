"""How commands show what they have found: as JSON for machines, as plain text for people."""

from __future__ import annotations

import json
import shutil
import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from hyperstream._time import MAX_DATE, MIN_DATE, iso_format
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils.text import plural

NOTHING = "-"
_GAP = "  "
_MORE = "…"
_LARGE = 100_000


def show(options: Namespace, data: Any, lines: Iterable[str]) -> None:
    """Print the answer of a command.

    Parameters
    ----------
    options : argparse.Namespace
        The options of the command line: with ``--json`` the data are printed.
    data : object
        What a machine reads: one JSON document.
    lines : iterable of str
        What people read.
    """
    if options.json:
        print(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False))
        return
    for line in lines:
        print(line)


def table(
    head: Sequence[str], rows: Iterable[Sequence[object]], *, right: str = "", whole: bool = False
) -> Iterator[str]:
    """Yield a table in lines: a head in capitals, and columns that are as wide as they must be.

    On a terminal, a line that does not fit is cut at its end.

    Parameters
    ----------
    head : sequence of str
        The names of the columns.
    rows : iterable of sequences
        The cells; None is shown as a dash.
    right : str
        The columns, by name, that are aligned to the right.
    whole : bool
        Whether no line is cut: what is last may be copied into another command.

    Examples
    --------
    >>> for line in table(["count", "name"], [(7, "hall"), (12, None)], right="count"):
    ...     print(line)
    COUNT  NAME
        7  hall
       12  -
    """
    lines = [[name.upper() for name in head], *([cell(each) for each in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    adjust = [str.rjust if name in right.split() else str.ljust for name in head[:-1]]
    for *cells, last in lines:
        padded = [
            fit(each, width) for fit, each, width in zip(adjust, cells, widths[:-1], strict=True)
        ]
        line = _GAP.join([*padded, last]).rstrip()
        yield line if whole else cut(line)


def page(facts: Iterable[tuple[str, object]]) -> Iterator[str]:
    """Yield facts in lines: names in one column, and what they stand for.

    A list takes a line for each item.

    Examples
    --------
    >>> list(page([("name", "hall"), ("values", [1, 2]), ("owner", None)]))
    ['name    hall', 'values  1', '        2', 'owner   -']
    """
    found = list(facts)
    width = max((len(name) for name, _ in found), default=0)
    for name, fact in found:
        items = fact if isinstance(fact, list) else [fact]
        for place, item in enumerate(items or [None]):
            yield f"{'' if place else name:<{width}}{_GAP}{cell(item)}"


def cell(value: object) -> str:
    r"""Return a value as text in one line, without characters that a terminal would obey.

    Examples
    --------
    >>> print(cell("a line\nand another"), cell(None), cell(True))
    a line\nand another - yes
    """
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return iso_format(value)
    text = str(value)
    return text if text.isprintable() else "".join(map(_printable, text))


def cut(line: str) -> str:
    """Return a line that fits into the terminal; the same line where there is none."""
    if not sys.stdout.isatty():
        return line
    width = shutil.get_terminal_size().columns
    return line if len(line) <= width else line[: width - 1] + _MORE


def moment(value: datetime | None) -> str | None:
    """Return a moment in ISO 8601, or None."""
    return None if value is None else iso_format(value)


def seconds(value: datetime | None) -> str | None:
    """Return a moment in ISO 8601 without milliseconds, for tables in which they do not matter."""
    return None if value is None else f"{value:%Y-%m-%dT%H:%M:%SZ}"


def minutes(value: datetime | None) -> str | None:
    """Return a moment in ISO 8601 without seconds."""
    return None if value is None else f"{value:%Y-%m-%dT%H:%MZ}"


def span(interval: TimeInterval) -> str:
    """Return an interval for people.

    Examples
    --------
    >>> span(TimeInterval.from_ms(0, 1000))
    '(1970-01-01T00:00:00.000Z, 1970-01-01T00:00:01.000Z]'
    >>> span(TimeInterval.all_time())
    '(the beginning, the end]'
    """
    start = "the beginning" if interval.start == MIN_DATE else iso_format(interval.start)
    end = "the end" if interval.end == MAX_DATE else iso_format(interval.end)
    return f"({start}, {end}]"


def spans(intervals: TimeIntervals) -> list[list[str]]:
    """Return intervals in a form for JSON: pairs of moments in ISO 8601."""
    return [list(map(iso_format, interval)) for interval in intervals]


def size(count: int) -> str:
    """Return a number of bytes for people.

    Examples
    --------
    >>> size(999), size(41_100_256)
    ('999 bytes', '41.1 MB')
    """
    return f"{count / 1e6:.1f} MB" if count >= _LARGE else plural(count, "byte")


def _printable(character: str) -> str:
    return character if character.isprintable() else repr(character)[1:-1]
