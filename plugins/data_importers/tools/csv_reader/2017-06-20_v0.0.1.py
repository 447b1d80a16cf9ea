"""One CSV file as a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from csv_table import Table, timestamp

from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import Tool, check_input_stream_count


class CsvReader(Tool):
    r"""Read a CSV file whose first column is the time and whose other columns are numbers.

    There are no sources. The output holds lists of floats, one for each row, without the time;
    also where there is one number only. The rows may be in any order. Blank lines are passed
    over; a bad row or date anywhere in the file is an error that names file and line.

    Parameters
    ----------
    filename : str
        The file: UTF-8 text. Times are ISO 8601, or anything else with year, month and day that
        dateutil understands; without zone they are in UTC.
    delimiter : str
        What stands between cells.
    header : bool, optional
        Whether the first row holds names instead of data. None: it does if its first cell is no
        time and none of the others is a number.

    Examples
    --------
    >>> from pathlib import Path
    >>> from hyperstream.testing import try_tool
    >>> written = Path("house.csv").write_text("time,t,h\n1970-01-01T00:00:02Z,20.5,60\n")
    >>> try_tool(CsvReader(filename="house.csv"), seconds=5)
    {2: [20.5, 60.0]}
    """

    def __init__(self, filename: str, delimiter: str = ",", header: bool | None = None) -> None:
        super().__init__(filename=filename, delimiter=delimiter, header=header)
        self._header = header

    @check_input_stream_count(0)
    def _execute_batches(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[Batch]:
        table = Table(self.filename, self.delimiter)
        rows = table.rows()
        first = next(rows)
        header = _is_header(first) if self._header is None else self._header
        data = rows if header else chain([first], rows)
        return table.batches(data, _instance, interval)


def _instance(row: list[str]) -> tuple[datetime, list[float]]:
    if len(row) == 1:
        raise ValueError("the row has a time and no number")
    return timestamp(row[0]), [_number(cell) for cell in row[1:]]


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise ValueError(f"{cell!r} is no number") from None


def _is_header(row: list[str]) -> bool:
    return not _can(timestamp, row[0]) and not any(_can(float, cell) for cell in row[1:])


def _can(read: Callable[[str], Any], cell: str) -> bool:
    try:
        read(cell)
    except ValueError:
        return False
    return True
