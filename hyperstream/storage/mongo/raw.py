"""Reading instances from the bytes of the server's answer.

Most streams hold numbers. Their documents, {datetime, value}, then are all of one
size, so that the answer is a table, which numpy reads without making an object for
each document, about twenty times as fast. All other answers go through the driver's decoder.
"""

from __future__ import annotations

from typing import Any, Final

import bson
import numpy as np

from hyperstream._time import to_datetimes, to_ms_array
from hyperstream.storage.batch import Batch, Column, column, plain
from hyperstream.storage.mongo.codec import CODEC_OPTIONS, decode_column

PROJECTION: Final = {"_id": 0, "datetime": 1, "value": 1}

# A document of BSON: its size, elements, and a zero; an element: its type, name, a zero, and value.
_DOUBLE, _BOOL, _DATE, _INT32, _INT64 = b"\x01", b"\x08", b"\x09", b"\x10", b"\x12"
_FORMATS = {_DOUBLE: "<f8", _BOOL: "?", _DATE: "<i8", _INT32: "<i4", _INT64: "<i8"}
_TIME_ELEMENT = _DATE + b"datetime\0"
_VALUE_NAME = b"value\0"
_TYPE_OF_VALUE = 4 + len(_TIME_ELEMENT) + 8


def to_batch(answer: bytes) -> Batch:
    """Return the instances that an answer holds, in the order of time.

    Parameters
    ----------
    answer : bytes
        Documents, one after the other, with the fields of `PROJECTION`.
    """
    batch = _table(answer)
    if batch is None:
        documents = bson.decode_all(answer, codec_options=CODEC_OPTIONS)
        # MongoEngine does not write None, so that release 0.3.8 left such a value out.
        values = decode_column([document.get("value") for document in documents])
        batch = Batch(to_ms_array([document["datetime"] for document in documents]), values)
    return batch if batch.is_ascending() else _in_time_order(batch)


def _table(answer: bytes) -> Batch | None:
    """Return the batch of an answer whose values are all of one type of fixed size."""
    kind = answer[_TYPE_OF_VALUE : _TYPE_OF_VALUE + 1]
    if kind not in _FORMATS:
        return None
    value_element = kind + _VALUE_NAME
    row = np.dtype(
        [
            ("size", "<i4"),
            ("time_element", f"V{len(_TIME_ELEMENT)}"),
            ("time", "<i8"),
            ("value_element", f"V{len(value_element)}"),
            ("value", _FORMATS[kind]),
            ("end", "u1"),
        ]
    )
    if len(answer) % row.itemsize:
        return None
    rows = np.frombuffer(answer, row)
    if (
        (rows["size"] != row.itemsize).any()
        or (rows["time_element"] != np.void(_TIME_ELEMENT)).any()
        or (rows["value_element"] != np.void(value_element)).any()
    ):
        return None
    return Batch(rows["time"].copy(), _values(kind, rows["value"]))


def _values(kind: bytes, values: np.ndarray[Any, Any]) -> Column:
    if kind == _DATE:
        return to_datetimes(values)
    return values.astype(np.int64) if kind == _INT32 else values.copy()


def _in_time_order(batch: Batch) -> Batch:
    order = np.argsort(batch.timestamps)
    values: list[Any] = plain(batch.values)
    return Batch(batch.timestamps[order], column([values[row] for row in order.tolist()]))
