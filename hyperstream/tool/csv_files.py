"""Rows of time in CSV files, replaced interval by interval, and never half a file.

The first column of a file holds timestamps, in ISO 8601 with milliseconds, so that their order as
text is that of time; further key columns say what a row is about. Rows are in order of time.
"""

from __future__ import annotations

import csv
import fcntl
import heapq
import os
import shutil
import tempfile
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from hyperstream._time import iso_format

if TYPE_CHECKING:
    from hyperstream.time_interval import TimeInterval

_SPOOL = 1 << 20
_TAIL = 1 << 16
_STAMP = len("1970-01-01T00:00:00.000Z")


@dataclass(frozen=True)
class Table:
    """A file, the part of it that is written, and how.

    Parameters
    ----------
    path : pathlib.Path
        The file; it and its folder are made where they are missing and there is
        something to write.
    key_names : list of str
        The names of the key columns; the first is that of the timestamps.
    interval : TimeInterval
        The time of the rows, open at the start, closed at the end.
    owners : collection of tuple of str
        What stands in their key columns after the timestamp. All rows of these
        owners in the interval are replaced.
    grows : bool
        Whether a column that is new is added to the file, with 0 in older rows.
    """

    path: Path
    key_names: list[str]
    interval: TimeInterval
    owners: Collection[tuple[str, ...]]
    grows: bool = False
    after: str = field(init=False)
    until: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "after", iso_format(self.interval.start))
        object.__setattr__(self, "until", iso_format(self.interval.end))

    def write(self, rows: Iterable[tuple[Sequence[str], Mapping[str, Any]]]) -> None:
        """Write rows instead of those that are there.

        The file is replaced as a whole, so that whoever reads it finds it
        complete, as before or as afterwards; the next run after a crash, too.
        Where several processes write to one file, one after the other does.

        Parameters
        ----------
        rows : iterable of (key, cells)
            The rows in order of time: what stands in the key columns, and column
            name to cell.

        Raises
        ------
        ValueError
            The file has other columns, or a row has other columns than the first.
        """
        with tempfile.SpooledTemporaryFile(_SPOOL, "w+", newline="", encoding="utf-8") as spool:
            # Whatever computes the rows does so before the folder is locked.
            columns = self._spool(spool, rows)
            if columns is None and not self.path.exists():
                return
            spool.seek(0)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with _locked(self.path.parent):
                self._merge(columns, csv.reader(spool))

    def _spool(
        self, spool: Any, rows: Iterable[tuple[Sequence[str], Mapping[str, Any]]]
    ) -> list[str] | None:
        """Write down rows; return the names of the columns of their cells, None without rows."""
        writer = csv.writer(spool)
        columns: dict[str, None] | None = None
        for key, cells in rows:
            if columns is None:
                columns = dict.fromkeys(cells)
            elif self.grows:
                columns |= dict.fromkeys(cells)
            elif cells.keys() != columns.keys():
                raise ValueError(
                    f"at {key[0]} there are {len(cells)} cells, {', '.join(cells)}, but before "
                    f"there were {len(columns)}, {', '.join(columns)}."
                )
            writer.writerow([*key, *(cells.get(column, 0) for column in columns)])
        return None if columns is None else list(columns)

    def _merge(self, columns: list[str] | None, spooled: Iterator[list[str]]) -> None:
        header = _header(self.path)
        self._check(header, columns)
        width = len(self.key_names)
        before = header[width:] if header else []
        names = before + [name for name in columns or () if name not in before]

        def arranged(line: list[str]) -> list[str]:
            cells = dict(zip(columns or (), line[width:], strict=False))
            return line[:width] + [cells.get(name, "0") for name in names]

        new = map(arranged, spooled)
        last = _last_stamp(self.path) if header == self.key_names + names else None
        if last is None or last > self.after:
            with _replacing(self.path) as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(self.key_names + names)
                old = self._kept(width + len(names)) if header else ()
                lines: Iterator[list[str]] = heapq.merge(old, new, key=itemgetter(0))
                writer.writerows(lines)
        elif columns is not None:
            with _replacing(self.path) as file, self.path.open("rb") as old_file:
                shutil.copyfileobj(old_file, file.buffer)
                csv.writer(file, lineterminator="\n").writerows(new)

    def _check(self, header: list[str] | None, columns: list[str] | None) -> None:
        """Raise a ValueError if the file is about something else."""
        if header is None:
            return
        width = len(self.key_names)
        changed = not self.grows and columns is not None and columns != header[width:]
        if changed or header[:width] != self.key_names:
            raise ValueError(
                f"{self.path} has the columns {', '.join(header)}, and not "
                f"{', '.join(self.key_names + (columns or []))}: move it away first."
            )

    def _kept(self, width: int) -> Iterator[list[str]]:
        """Yield the lines of the file that stay, filled up to a width."""
        with self.path.open(newline="", encoding="utf-8") as file:
            lines = csv.reader(file)
            next(lines)
            for line in lines:
                if line and not (self.after < line[0] <= self.until and self._owned(line)):
                    yield line + ["0"] * (width - len(line))

    def _owned(self, line: list[str]) -> bool:
        return tuple(line[1 : len(self.key_names)]) in self.owners


def file_name(name: str) -> str:
    """Return the name of the CSV file for the name of a stream.

    Examples
    --------
    >>> file_name("rooms"), file_name("house/rooms")
    ('rooms.csv', 'house%2Frooms.csv')
    """
    return name.replace("/", "%2F").replace("\0", "%00") + ".csv"


def _header(path: Path) -> list[str] | None:
    """Return the names of the columns of a file; None if it is not there, or empty."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return next(csv.reader(file), None)
    except FileNotFoundError:
        return None


def _last_stamp(path: Path) -> str | None:
    """Return the timestamp of the last row; None where a short look does not tell."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - _TAIL, 0))
        *others, last, rest = [b"", *file.read().split(b"\n")]
    # A line that does not begin with a timestamp is the header, or the end of a quoted cell.
    stamp = last[:_STAMP].decode("ascii", errors="replace")
    complete = others and not rest and stamp.endswith("Z") and stamp[:4].isdigit()
    return stamp if complete else None


@contextmanager
def _replacing(path: Path) -> Iterator[TextIO]:
    """Give a new file that takes the place of another one, if nothing fails before."""
    new = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with new.open("x", newline="", encoding="utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other threads and processes from replacing files in a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
