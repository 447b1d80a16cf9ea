"""Streams as Arrow tables and Parquet files; it needs the package pyarrow.

`StreamView.to_arrow` and `StreamView.to_parquet` are the short way here.

Examples
--------
>>> import io
>>> from datetime import datetime
>>> from hyperstream.channels import MemoryChannel
>>> stream = MemoryChannel("memory").get_or_create_stream("weather")
>>> stream.writer([(datetime(2020, 1, 1), {"rain": 0.5}), (datetime(2020, 1, 2), {"sun": 8})])
>>> file = io.BytesIO()
>>> write_parquet(stream.window(("2019-12-31", "2020-01-02"), force_calculation=True), file)
2
>>> pq.read_table(file).column("rain").to_pylist()
[0.5, None]
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Any

import numpy as np

from hyperstream.storage.batch import INTERVAL, Batch, concatenated, plain
from hyperstream.stream.columns import TIMESTAMP, VALUE, are_flat, columns_of
from hyperstream.stream.export import Progress, check_keys, json_text, replacing, told
from hyperstream.stream.stream_view import StreamView
from hyperstream.utils.errors import HyperStreamError, MissingExtraError

try:
    import pyarrow as pa
    from pyarrow import parquet as pq
except ImportError as error:
    raise MissingExtraError(package="pyarrow", extra="parquet") from error

_MOMENT = pa.timestamp("ms", tz="UTC")
_ROWS = 1 << 16  # of a row group
_AS_JSON = {"hyperstream": "json"}
_NO_COMMON_TYPE = (pa.ArrowException, TypeError, ValueError, OverflowError)


def write_parquet(view: StreamView, file: IO[bytes], progress: Progress | None = None) -> int:
    """Write a stream as a Parquet file.

    The stream is read twice: first for the types. Column ``timestamp`` has the
    times (UTC, milliseconds). Where all values are dicts, each key is a column;
    otherwise there is one column ``value``. What Arrow finds no type for, which
    fits all values, is JSON text, and the field's metadata say ``hyperstream: json``.

    Parameters
    ----------
    view : StreamView
        What to write.
    file : binary file
        Where to.
    progress : callable, optional
        Is given the number of instances in each batch that is written.

    Returns
    -------
    int
        The number of instances.

    Raises
    ------
    HyperStreamError
        A value does not fit the others, or the stream has changed meanwhile.
    """
    columns = _survey(view.batches)
    count, waiting = 0, 0
    tables: list[Any] = []
    with pq.ParquetWriter(file, columns.schema) as writer:
        for batch in view.batches():
            tables.append(columns.table(view, batch))
            waiting += len(batch)
            if waiting >= _ROWS:
                writer.write_table(pa.concat_tables(tables), row_group_size=_ROWS)
                tables, waiting = [], 0
            count += told(progress, batch)
        if tables:
            writer.write_table(pa.concat_tables(tables), row_group_size=_ROWS)
    return count


def save_parquet(view: StreamView, path: str | os.PathLike[str]) -> int:
    """Write a stream as a Parquet file, which is there complete or not at all.

    Parameters
    ----------
    view : StreamView
        What to write.
    path : path
        Where to; what is there is replaced.

    Returns
    -------
    int
        The number of instances.
    """
    with replacing(path) as file:
        return write_parquet(view, file)


def table_of(view: StreamView) -> pa.Table:
    """Return a stream as an Arrow table, with the columns and types that `write_parquet` writes.

    Where all values are float, or all int, the table may share memory with the
    channel. Nothing can change a table.
    """
    batch = concatenated(list(view.batches()))
    return _survey(lambda: [batch]).table(view, batch)


def _survey(read: Callable[[], Iterable[Batch]]) -> _Columns:
    """Find columns and types that hold all values of a stream, which is read once or twice."""
    columns = _Columns(flat=True)
    for batch in read():
        if isinstance(batch.values, np.ndarray) or not are_flat(batch.values):
            columns = _Columns(flat=False)
            break
        columns.add(batch)
    else:
        if columns.types:
            return columns
        columns = _Columns(flat=False)
    for batch in read():
        columns.add(batch)
    return columns


class _Columns:
    """The columns of a table, and the types of what is in them; None stands for JSON text."""

    def __init__(self, *, flat: bool) -> None:
        self.flat = flat
        self.types: dict[str, Any] = {} if flat else {VALUE: pa.null()}

    @property
    def schema(self) -> Any:
        """What a table says of its columns."""
        fields = (
            pa.field(name, pa.string(), metadata=_AS_JSON) if each is None else pa.field(name, each)
            for name, each in self.types.items()
        )
        return pa.schema([pa.field(TIMESTAMP, _MOMENT, nullable=False), *fields])

    def add(self, batch: Batch) -> None:
        """Let the columns hold what is in a batch."""
        if self.flat:
            for value in batch.values:
                for name in value:
                    self.types.setdefault(name, pa.null())
        for name, values in self._parts(batch):
            if self.types[name] is not None:
                self.types[name] = _common(self.types[name], values)

    def table(self, view: StreamView, batch: Batch) -> Any:
        """Return a batch as a table."""
        if self.flat:
            check_keys(view, list(self.types), batch.value_list())
        stamps = pa.array(batch.timestamps.astype("datetime64[ms]"), _MOMENT)
        arrays = [_array(view, values, self.types[name]) for name, values in self._parts(batch)]
        return pa.Table.from_arrays([stamps, *arrays], schema=self.schema)

    def _parts(self, batch: Batch) -> Iterator[tuple[str, Any]]:
        for name, values in columns_of(batch, list(self.types) if self.flat else None):
            compact = isinstance(values, np.ndarray) and values.dtype != INTERVAL
            yield name, values if compact else plain(values)


def _common(known: Any, values: Any) -> Any:
    """Return a type for what is known and for these values; None if there is none."""
    try:
        found = pa.array(values).type
        if found == known:
            return known
        schemas = [pa.schema([(VALUE, each)]) for each in (known, found)]
        common = pa.unify_schemas(schemas, promote_options="permissive")
        # Arrow has types that Parquet has not.
        pq.write_table(common.empty_table(), io.BytesIO())
    except _NO_COMMON_TYPE:
        return None
    return common.field(0).type


def _array(view: StreamView, values: Sequence[Any], kind: Any) -> Any:
    if kind is None:
        texts = [None if value is None else json_text(value) for value in values]
        return pa.array(texts, pa.string())
    try:
        return pa.array(values, kind)
    except _NO_COMMON_TYPE as error:
        raise HyperStreamError(
            f"Stream {view.stream} cannot be written as Parquet ({error}): write CSV or JSON lines."
        ) from error
