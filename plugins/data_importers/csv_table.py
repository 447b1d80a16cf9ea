"""Rows of a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Generator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from data_file import DataFileError, TextFile

_OPTIONS = ("doublequote", "escapechar", "quotechar", "skipinitialspace", "strict")


class Layout:
    """How a CSV file is written.

    Parameters
    ----------
    delimiter : str
        What stands between cells.
    skip_rows : int
        How many lines before the first row belong to something else.
    options : dict
        Others of Python's `csv` module: doublequote, escapechar, quotechar, skipinitialspace,
        strict. A quotechar of None means that there are no quotes.

    Raises
    ------
    TypeError
        An option is not known, or of the wrong type.
    ValueError
        `skip_rows` is negative, or the options contradict each other.
    """

    def __init__(self, delimiter: str, skip_rows: int, options: dict[str, Any]) -> None:
        unknown = sorted(set(options) - set(_OPTIONS))
        if unknown:
            raise TypeError(f"{unknown[0]} is no option of a CSV file; {', '.join(_OPTIONS)} are.")
        if skip_rows < 0:
            raise ValueError(f"skip_rows must not be negative: {skip_rows}.")
        self.skip_rows = skip_rows
        # Strict, since otherwise a quote in a wrong place swallows the lines after it.
        self.options: dict[str, Any] = {"delimiter": delimiter, "strict": True, **options}
        if self.options.get("quotechar", '"') is None:
            self.options["quoting"] = csv.QUOTE_NONE
        csv.reader([], **self.options)  # says what is wrong with them


class Table(TextFile):
    """The rows of a CSV file, read one after the other, as often as wanted.

    Blank lines are passed over. All rows must have as many cells as the first.

    Parameters
    ----------
    path : str or Path
        The file.
    layout : Layout
        How it is written.
    """

    def __init__(self, path: str | Path, layout: Layout) -> None:
        super().__init__(path)
        self._layout = layout
        self._reader: Any = None

    @property
    def line(self) -> int:
        """The number of the line that was read last."""
        return self._layout.skip_rows + int(self._reader.line_num)

    def rows(self) -> Generator[list[str], None, None]:
        """Yield the cells of each row. The file is open until the generator ends or is closed.

        Raises
        ------
        DataFileError
            The file cannot be opened, holds no row, is no UTF-8 text, has wrong
            quotes, or a row has too few or too many cells.
        """
        width = 0
        with closing(self._read()) as found:
            for row in found:
                width = width or len(row)
                if len(row) != width:
                    raise self.error(f"the row has {len(row)} cells instead of {width}.")
                yield row
        if not width:
            raise DataFileError(self.path, "it is empty.")

    def _read(self) -> Generator[list[str], None, None]:
        with self.opened() as file:
            lines = islice(file, self._layout.skip_rows, None)
            self._reader = csv.reader(lines, **self._layout.options)
            try:
                for row in self._reader:
                    if len(row) > 1 or any(map(str.strip, row)):
                        yield row
            except csv.Error as error:
                raise self.error(f"this is no CSV: {error}.") from error
