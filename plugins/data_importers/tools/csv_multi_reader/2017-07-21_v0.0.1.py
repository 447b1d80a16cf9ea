"""CSV files as the streams of a plate."""

from __future__ import annotations

import glob
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from itertools import chain
from string import Formatter
from typing import Any

from csv_table import Layout, Table
from data_file import found_files
from dateutil.parser import parse
from file_times import time_reader

from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import MultiOutputTool

logger = logging.getLogger(__name__)


class CsvMultiReader(MultiOutputTool):
    r"""Read a CSV file, or several, for each value of a plate.

    There is no source. Each output holds dicts, one for each row: the names in the header to
    floats, and None for a cell that is no number. The rows may be in any order. Blank lines are
    passed over, and a file that is missing is, too, with a warning in the log. A bad row or date
    anywhere in a file is an error that names file and line.

    Parameters
    ----------
    filename_template : str
        The file for a plate value, which takes the place of ``{}``. With nested plates, each
        tag in braces stands for its own value, such as ``{house}``; or several ``{}`` for those
        of the plates, from the root. It may be a pattern, such as ``{}/2020-*.csv``, for many
        files, which are read in alphabetical order. The files are UTF-8 text, plain or
        compressed by gzip.
    datetime_parser : callable
        Makes a datetime of the text in the column of times; naive means UTC. By default times are
        ISO 8601, or anything else with year, month and day that dateutil understands.
    datetime_column : int
        The column of the times, from 0.
    skip_rows : int
        How many lines to skip at the beginning of a file.
    header : bool
        Whether the first row after these holds names. Otherwise the names are the numbers of the
        columns, as text.
    delimiter : str
        What stands between cells.
    **dialect
        Others of Python's `csv` module: doublequote, escapechar, quotechar, skipinitialspace,
        strict. ``quotechar=None`` means that there are no quotes.

    Examples
    --------
    >>> from pathlib import Path
    >>> from hyperstream.channels import MemoryChannel
    >>> from hyperstream.stream import StreamId
    >>> written = Path("hall.csv").write_text("time,t,h\n2020-01-01T12:00Z,20.5,dry\n")
    >>> hall = MemoryChannel("memory").create_stream(StreamId("rooms", {"room": "hall"}))
    >>> day = TimeInterval(datetime(2020, 1, 1), datetime(2020, 1, 2))
    >>> tool = CsvMultiReader("{}.csv")
    >>> tool.execute(None, None, [hall], day, "room", ["hall"])
    >>> hall.window(day).values()
    [{'t': 20.5, 'h': None}]
    """

    def __init__(
        self,
        filename_template: str,
        datetime_parser: Callable[[str], datetime] = parse,
        datetime_column: int = 0,
        skip_rows: int = 0,
        header: bool = True,
        delimiter: str = ",",
        **dialect: Any,
    ) -> None:
        super().__init__(
            filename_template=filename_template,
            datetime_parser=datetime_parser,
            datetime_column=datetime_column,
            skip_rows=skip_rows,
            header=header,
            delimiter=delimiter,
            **dialect,
        )
        self._layout = Layout(delimiter, skip_rows, dialect)
        self._time = time_reader(datetime_parser)

    def _execute_batches(
        self,
        source: Stream | None,
        splitting_stream: Stream | None,
        interval: TimeInterval,
        meta_data_id: str,
        output_plate_values: Sequence[Any],
    ) -> Iterator[tuple[Any, Batch]]:
        for plate_value in output_plate_values:
            pairs = _pairs(plate_value, meta_data_id)
            name = self._filled(pairs, str)
            paths = found_files(name, self._filled(pairs, glob.escape))
            if not paths:
                logger.warning("There is no file %s for %s: it is left out", name, dict(pairs))
            for path in paths:
                table = Table(path, self._layout)
                with closing(table.rows()) as rows:
                    for batch in self._batches(table, rows, interval):
                        yield pairs, batch

    def _filled(self, pairs: Sequence[tuple[str, str]], write: Callable[[str], str]) -> str:
        """Return the template with plate values in it, written in some way."""
        values = {tag: write(value) for tag, value in pairs}
        try:
            places = [field for _, field, _, _ in Formatter().parse(self.filename_template)]
            nameless = list(values.values())[-max(places.count(""), 1) :]
            return self.filename_template.format(*nameless, **values)
        except (LookupError, ValueError) as error:
            raise ValueError(
                f"the filename_template {self.filename_template!r} cannot take the plate value "
                f"{dict(pairs)}: {error!r}."
            ) from error

    def _batches(
        self, table: Table, rows: Iterator[list[str]], interval: TimeInterval
    ) -> Iterator[Batch]:
        first = next(rows)
        names = first if self.header else [str(place) for place in range(len(first))]
        if not -len(first) <= self.datetime_column < len(first):
            raise table.error(f"there is no column {self.datetime_column} to take the time from.")
        if len(set(names)) < len(names):
            raise table.error(f"a name is there twice: {', '.join(names)}.")

        def instance(row: list[str]) -> tuple[datetime, dict[str, float | None]]:
            values = dict(zip(names, map(_number, row), strict=True))
            del values[names[self.datetime_column]]
            return self._time(row[self.datetime_column]), values

        return table.batches(rows if self.header else chain([first], rows), instance, interval)


def _pairs(plate_value: Any, meta_data_id: str) -> tuple[tuple[str, str], ...]:
    """Return a plate value as (tag, value) pairs: it may be one already, or just the value."""
    if isinstance(plate_value, str):
        return ((meta_data_id, plate_value),)
    return (plate_value,) if isinstance(plate_value[0], str) else tuple(plate_value)


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
