"""Parquet files as a stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from data_file import DataFileError, files
from file_times import timestamp
from numpy.typing import NDArray

from hyperstream._time import to_ms_array
from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import MAX_DATE, MIN_DATE, TimeInterval
from hyperstream.tool import Tool, check_input_stream_count
from hyperstream.utils.errors import MissingExtraError

try:
    import pyarrow as pa
    from pyarrow import parquet
except ImportError:  # said where the tool is made, so that it can be listed without
    parquet = None

_ROWS = 4096
_ALL_TIME = TimeInterval(MIN_DATE, MAX_DATE)
# Seconds are stored as milliseconds.
_PER_MILLISECOND = {"ms": 1, "us": 1000, "ns": 1_000_000}


class ParquetReader(Tool):
    """Read Parquet files with a column of times.

    There are no sources. The output holds dicts, one for each row: the names of the other
    columns to plain values, None where there is none. The rows may be in any order; one without
    time is an error that names file and row. Nanoseconds are cut off. Memory grows with the row
    groups of a file, not with the file.

    It needs the package pyarrow: ``pip install 'hyperstream[parquet]'``.

    Parameters
    ----------
    filename : str
        The file. Or a pattern, such as ``2020-*.parquet``, for many files, which are read in
        alphabetical order.
    datetime_column : str
        The name of the column of times: timestamps or dates, where no zone means UTC, or text.
    columns : list of str, optional
        The other columns to read. None: all.

    Raises
    ------
    MissingExtraError
        The package pyarrow is not there.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> table = pa.table({"timestamp": [datetime(1970, 1, 1, 0, 0, 2)], "t": [20.5]})
    >>> parquet.write_table(table, "hall.parquet")
    >>> try_tool(ParquetReader(filename="hall.parquet"), seconds=5)
    {2: {'t': 20.5}}
    """

    def __init__(
        self,
        filename: str,
        datetime_column: str = "timestamp",
        columns: Sequence[str] | None = None,
    ) -> None:
        if parquet is None:
            raise MissingExtraError(package="pyarrow", extra="parquet")
        super().__init__(filename=filename, datetime_column=datetime_column, columns=columns)
        if isinstance(columns, str):
            raise TypeError(f"The columns must be a list of names, not {columns!r}.")

    @check_input_stream_count(0)
    def _execute_batches(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[Batch]:
        for path in files(self.filename):
            try:
                # Buffering would read the whole file at once.
                with path.open("rb") as raw, parquet.ParquetFile(raw, pre_buffer=False) as file:
                    yield from self._batches(path, file, interval)
            except OSError as error:
                problem = f"it cannot be read: {error.strerror or error}."
                raise DataFileError(path, problem) from error
            except pa.ArrowException as error:
                raise DataFileError(path, f"it cannot be read: {error}.") from error

    def _batches(self, path: Path, file: Any, interval: TimeInterval) -> Iterator[Batch]:
        there = file.schema_arrow.names
        others = there if self.columns is None else self.columns
        names = [name for name in dict.fromkeys(others) if name != self.datetime_column]
        for name in (self.datetime_column, *names):
            if there.count(name) != 1:
                problem = "there is no column" if name not in there else "there is more than one"
                raise DataFileError(path, f"{problem} {name!r}.")
        done = 0
        for part in file.iter_batches(_ROWS, columns=[self.datetime_column, *names]):
            stamps = _milliseconds(path, part.column(self.datetime_column), done)
            done += len(part)
            keep = (stamps > interval.start_ms) & (stamps <= interval.end_ms)
            kept = part.filter(pa.array(keep))
            columns = [_plain(kept.column(name)) for name in names]
            rows = zip(stamps[keep].tolist(), *columns, strict=True)
            values = [dict(zip(names, row, strict=True)) for _, *row in rows]
            yield Batch.of(stamps[keep], values)


def _milliseconds(path: Path, times: Any, done: int) -> NDArray[np.int64]:
    """Return times in milliseconds since 1970; `done` rows of the file came before them."""
    if times.null_count:
        first = times.is_null().to_pylist().index(True)
        raise DataFileError(path, "it has no time.", done + 1 + first, "row")
    if pa.types.is_dictionary(times.type):
        times = times.dictionary_decode()
    if pa.types.is_string(times.type) or pa.types.is_large_string(times.type):
        return _from_text(path, times.to_pylist(), done)
    if pa.types.is_date(times.type):
        times = times.cast(pa.timestamp("ms"))
    if not pa.types.is_timestamp(times.type):
        raise DataFileError(path, f"its column of times holds {times.type} instead.")
    numbers = times.cast(pa.int64()).to_numpy(zero_copy_only=False)
    stamps: NDArray[np.int64] = numbers // _PER_MILLISECOND[times.type.unit]
    outside = np.flatnonzero((stamps < _ALL_TIME.start_ms) | (stamps > _ALL_TIME.end_ms))
    if len(outside):
        row = done + 1 + int(outside[0])
        raise DataFileError(path, "its time lies outside the years 1 to 9999.", row, "row")
    return stamps


def _from_text(path: Path, texts: Sequence[str], done: int) -> NDArray[np.int64]:
    moments = []
    for row, text in enumerate(texts, start=done + 1):
        try:
            moments.append(timestamp(text))
        except ValueError as error:
            raise DataFileError(path, f"{error}.", row, "row") from error
    return to_ms_array(moments)


def _plain(column: Any) -> list[Any]:
    """Return a column as values of Python, which know no nanoseconds: these are cut off."""
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    plain: list[Any] = column.to_pylist()
    return plain
