"""Streams as files that other programs read: CSV, and JSON with a line for each instance.

They are written batch by batch, so that memory does not grow with a stream.
`hyperstream.stream.arrow` writes Parquet.

Examples
--------
>>> import sys
>>> from datetime import datetime
>>> from hyperstream.channels import MemoryChannel
>>> stream = MemoryChannel("memory").get_or_create_stream("weather")
>>> stream.writer([(datetime(2020, 1, 1), {"rain": 0.5}), (datetime(2020, 1, 2), {"sun": 8})])
>>> view = stream.window(("2019-12-31", "2020-01-02"), force_calculation=True)
>>> write_csv(view, sys.stdout)
timestamp,rain,sun
2020-01-01T00:00:00.000Z,0.5,
2020-01-02T00:00:00.000Z,,8
2
>>> write_json_lines(view, sys.stdout)
{"timestamp": "2020-01-01T00:00:00.000Z", "value": {"rain": 0.5}}
{"timestamp": "2020-01-02T00:00:00.000Z", "value": {"sun": 8}}
2
"""

from __future__ import annotations

import base64
import csv
import json
import math
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Any, TextIO, TypeAlias

import numpy as np

from hyperstream._time import iso_format
from hyperstream.storage.batch import Batch
from hyperstream.stream.columns import TIMESTAMP, VALUE, are_flat, column_names
from hyperstream.stream.stream_view import StreamView
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils.errors import HyperStreamError

Progress: TypeAlias = Callable[[int], object]

_LINE = f'{{"{TIMESTAMP}": "%s", "{VALUE}": %s}}\n'
_READABLE = 0o666


def write_csv(view: StreamView, file: TextIO, progress: Progress | None = None) -> int:
    """Write a stream as CSV with a line of names.

    Where all values are dicts, each key is a column, and the stream is read
    twice; otherwise there is one column ``value``. None and a key that is not
    there are empty cells, NaN is ``nan``, and what is no number, text, truth or time is
    JSON in its cell.

    Parameters
    ----------
    view : StreamView
        What to write.
    file : text file
        Where to, opened with ``newline=""``.
    progress : callable, optional
        Is given the number of instances in each batch that is written.

    Returns
    -------
    int
        The number of instances.

    Raises
    ------
    HyperStreamError
        The stream got values with other keys while it was written.
    """
    names = column_names(view.batches())
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([TIMESTAMP, *([VALUE] if names is None else names)])
    count = 0
    for batch in view.batches():
        values = batch.value_list()
        stamps = iso_stamps(batch)
        if names is None:
            writer.writerows(zip(stamps, map(_cell, values), strict=True))
        else:
            check_keys(view, names, values)
            rows = ([_cell(value.get(name)) for name in names] for value in values)
            writer.writerows([stamp, *row] for stamp, row in zip(stamps, rows, strict=True))
        count += told(progress, batch)
    return count


def write_json_lines(view: StreamView, file: TextIO, progress: Progress | None = None) -> int:
    """Write a stream as JSON, a line ``{"timestamp": …, "value": …}`` for each instance.

    Parameters
    ----------
    view, file, progress
        As for `write_csv`.

    Returns
    -------
    int
        The number of instances.
    """
    count = 0
    for batch in view.batches():
        pairs = zip(iso_stamps(batch), map(json_text, batch.value_list()), strict=True)
        file.writelines(_LINE % pair for pair in pairs)
        count += told(progress, batch)
    return count


def plain_json(value: Any) -> Any:
    """Return a value in a form that every reader of JSON takes.

    Moments are in ISO 8601, durations in seconds, intervals lists of two
    moments, sets and arrays lists, bytes in base 64, NaN and infinities null;
    what has no such form is its text.

    Examples
    --------
    >>> plain_json({"at": datetime(2020, 1, 1), "is": {2.5}, "of": (float("nan"), b"abc")})
    {'at': '2020-01-01T00:00:00.000Z', 'is': [2.5], 'of': [None, 'YWJj']}
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {_key(key): plain_json(each) for key, each in value.items()}
    if isinstance(value, (np.ndarray, np.generic)):
        return plain_json(value.tolist())
    if isinstance(value, (list, tuple, set, frozenset, TimeInterval, TimeIntervals)):
        return list(map(plain_json, value))
    return _as_text(value)


def json_text(value: Any) -> str:
    """Return a value as JSON in one line; see `plain_json`."""
    return json.dumps(plain_json(value), ensure_ascii=False)


def iso_stamps(batch: Batch) -> list[str]:
    """Return the timestamps of a batch in ISO 8601."""
    moments = batch.timestamps.astype("datetime64[ms]")
    return [f"{text}Z" for text in np.datetime_as_string(moments, unit="ms").tolist()]


def check_keys(view: StreamView, names: Sequence[str], values: Sequence[Any]) -> None:
    """Check that values are dicts of no other keys than those that were found before."""
    if not are_flat(values) or not all(value.keys() <= set(names) for value in values):
        raise HyperStreamError(
            f"Stream {view.stream} has got values of another form while it was written: write it "
            "again."
        )


def told(progress: Progress | None, batch: Batch) -> int:
    """Tell of a batch that is written; return how many instances it has."""
    if progress is not None:
        progress(len(batch))
    return len(batch)


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Give a file that is in the place of `path` when the block is left, complete or not at all."""
    target = Path(path)
    descriptor, draft = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(draft).chmod(_READABLE & ~_umask())
        Path(draft).replace(target)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, str)):
        return value
    plain = plain_json(value)
    return plain if isinstance(plain, (str, int)) else json.dumps(plain, ensure_ascii=False)


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    plain = plain_json(key)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def _as_text(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso_format(value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode("ascii")
    return str(value)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
