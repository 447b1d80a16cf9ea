"""What the tools of this plugin share: rows of a CSV file, and errors that say where they are."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone, tzinfo
from itertools import islice
from pathlib import Path
from typing import Any

import ciso8601
from dateutil import parser

from hyperstream.stream import Batch
from hyperstream.stream.stream_instance import to_batch
from hyperstream.time_interval import UTC, TimeInterval
from hyperstream.tool.batches import selected
from hyperstream.utils.errors import HyperStreamError

_SIZE = 1024
# Two dates that differ in all that a text may leave out.
_DEFAULTS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2004, 2, 2, tzinfo=UTC))


class CsvError(HyperStreamError, ValueError):
    """A CSV file cannot be read: says which file, which line, and why.

    Parameters
    ----------
    path : Path
        The file.
    problem : str
        What is wrong, as the end of a sentence.
    line : int, optional
        The line, counted from 1.
    """

    def __init__(self, path: Path, problem: str, line: int | None = None) -> None:
        place = f"File {path}" if line is None else f"File {path}, line {line}"
        super().__init__(f"{place}: {problem}", path=str(path), line=line)


class Table:
    """The rows of a CSV file (UTF-8), read one after the other, as often as wanted.

    Blank lines are passed over. All rows must have as many cells as the first.

    Parameters
    ----------
    path : str or Path
        The file.
    delimiter : str
        What stands between cells.
    skip_rows : int
        How many lines before the first row belong to something else.
    """

    def __init__(self, path: str | Path, delimiter: str = ",", skip_rows: int = 0) -> None:
        self.path = Path(path)
        self._delimiter = delimiter
        self._skip_rows = skip_rows
        self._reader: Any = None

    def rows(self) -> Iterator[list[str]]:
        """Yield the cells of each row.

        Raises
        ------
        CsvError
            The file cannot be opened, holds no row, is no UTF-8 text, has wrong
            quotes, or a row has too few or too many cells.
        """
        width = 0
        for row in self._read():
            width = width or len(row)
            if len(row) != width:
                raise self.error(f"the row has {len(row)} cells instead of {width}.")
            yield row
        if not width:
            raise CsvError(self.path, "it is empty.")

    def batches(
        self,
        rows: Iterator[list[str]],
        convert: Callable[[list[str]], tuple[datetime, Any]],
        interval: TimeInterval,
    ) -> Iterator[Batch]:
        """Yield what some of the rows hold inside an interval.

        Rows outside of the interval are checked all the same, so that what is wrong with a file
        does not depend on what is asked for.

        Parameters
        ----------
        rows : iterator of list of str
            Rows of this table.
        convert : callable
            Makes a time and a value of a row; ValueError where that is impossible.
        interval : TimeInterval
            Open at the start, closed at the end.

        Raises
        ------
        CsvError
            Something is wrong with a row.
        """
        while part := [self._converted(row, convert) for row in islice(rows, _SIZE)]:
            batch = to_batch(part)
            after, until = batch.timestamps > interval.start_ms, batch.timestamps <= interval.end_ms
            yield selected(batch, after & until)

    def error(self, problem: str) -> CsvError:
        """Return an error about the row that was read last."""
        return CsvError(self.path, problem, self._skip_rows + self._reader.line_num)

    def _read(self) -> Iterator[list[str]]:
        try:
            with self.path.open(newline="", encoding="utf-8-sig") as file:
                lines = islice(file, self._skip_rows, None)
                # Strict, since otherwise a quote in a wrong place swallows the lines after it.
                self._reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
                for row in self._reader:
                    if len(row) > 1 or any(map(str.strip, row)):
                        yield row
        except OSError as error:
            raise CsvError(self.path, f"it cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise CsvError(self.path, f"it is no UTF-8 text: {error.reason}.") from error
        except csv.Error as error:
            raise self.error(f"this is no CSV: {error}.") from error

    def _converted(
        self, row: list[str], convert: Callable[[list[str]], tuple[datetime, Any]]
    ) -> tuple[datetime, Any]:
        try:
            return convert(row)
        except ValueError as error:
            raise self.error(f"{error}.") from error


def timestamp(text: str) -> datetime:
    """Read a date or time: ISO 8601 fast, and whatever else dateutil understands.

    Parameters
    ----------
    text : str
        Without zone it is in UTC.

    Raises
    ------
    ValueError
        It is no date, or leaves out year, month or day, or its zone is not known.

    Examples
    --------
    >>> timestamp("2020-01-31T12:00:00+01:00").isoformat()
    '2020-01-31T11:00:00+00:00'
    >>> timestamp("31 Jan 2020 noon")
    Traceback (most recent call last):
        ...
    ValueError: '31 Jan 2020 noon' is no date
    """
    try:
        moment = ciso8601.parse_datetime(text.strip())
    except ValueError:
        moment = _by_dateutil(text)
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError(f"{text!r} lies outside the years 1 to 9999") from None


def _by_dateutil(text: str) -> datetime:
    # What a text leaves out, dateutil takes from today; read twice with two other days, it shows.
    try:
        first, second = (parser.parse(text, default=day, tzinfos=_zone) for day in _DEFAULTS)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no date") from None
    if first != second:
        raise ValueError(f"{text!r} is no date with year, month and day")
    return first


def _zone(name: str | None, offset: int | None) -> tzinfo | None:
    """Give a zone that does not depend on where this machine stands."""
    if offset is not None:
        return timezone(timedelta(seconds=offset))
    if name is not None:
        raise ValueError(f"zone {name} is not known")
    return None
