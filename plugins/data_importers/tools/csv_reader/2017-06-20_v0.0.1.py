"""CSV files as a stream."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from itertools import chain
from typing import Any

from csv_table import Layout, Table
from data_file import files
from dateutil.parser import parse
from file_times import time_reader

from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import Tool, check_input_stream_count


class CsvReader(Tool):
    r"""Read CSV files whose first column is the time and whose other columns are numbers.

    There are no sources. The output holds lists of floats, one for each row, without the time;
    also where there is one number only. An empty cell is NaN. The rows may be in any order. Blank
    lines are passed over; a bad row or date anywhere in a file is an error that names file and
    line.

    Parameters
    ----------
    filename : str
        The file: UTF-8 text, plain or compressed by gzip. Or a pattern, such as ``2020-*.csv``,
        for many files, which are read in alphabetical order.
    delimiter : str
        What stands between cells.
    header : bool, optional
        Whether the first row holds names instead of data. None: it does if its first cell is no
        time and none of the others is a number.
    datetime_parser : callable
        Makes a datetime of the text in the first column; naive means UTC. By default times are
        ISO 8601, or anything else with year, month and day that dateutil understands.
    skip_rows : int
        How many lines to skip at the beginning of a file.
    **dialect
        Others of Python's `csv` module: doublequote, escapechar, quotechar, skipinitialspace,
        strict. ``quotechar=None`` means that there are no quotes.

    Examples
    --------
    >>> from pathlib import Path
    >>> from hyperstream.testing import try_tool
    >>> written = Path("house.csv").write_text("time,t,h\n1970-01-01T00:00:02Z,20.5,60\n")
    >>> try_tool(CsvReader(filename="house.csv"), seconds=5)
    {2: [20.5, 60.0]}
    """

    def __init__(
        self,
        filename: str,
        delimiter: str = ",",
        header: bool | None = None,
        datetime_parser: Callable[[str], datetime] = parse,
        skip_rows: int = 0,
        **dialect: Any,
    ) -> None:
        super().__init__(
            filename=filename,
            delimiter=delimiter,
            header=header,
            datetime_parser=datetime_parser,
            skip_rows=skip_rows,
            **dialect,
        )
        self._header = header
        self._layout = Layout(delimiter, skip_rows, dialect)
        self._time = time_reader(datetime_parser)

    @check_input_stream_count(0)
    def _execute_batches(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[Batch]:
        for path in files(self.filename):
            table = Table(path, self._layout)
            with closing(table.rows()) as rows:
                first = next(rows)
                header = self._is_header(first) if self._header is None else self._header
                data = rows if header else chain([first], rows)
                yield from table.batches(data, self._instance, interval)

    def _instance(self, row: list[str]) -> tuple[datetime, list[float]]:
        if len(row) == 1:
            raise ValueError("the row has a time and no number")
        return self._time(row[0]), [_number(cell) for cell in row[1:]]

    def _is_header(self, row: list[str]) -> bool:
        return not _can(self._time, row[0]) and not any(_can(float, cell) for cell in row[1:])


def _number(cell: str) -> float:
    if not cell or cell.isspace():
        return math.nan
    try:
        return float(cell)
    except ValueError:
        raise ValueError(f"{cell!r} is no number") from None


def _can(read: Callable[[str], Any], cell: str) -> bool:
    try:
        read(cell)
    except ValueError:
        return False
    return True
