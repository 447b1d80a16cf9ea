"""The stored forms of types that BSON does not know.

Such a value is stored as ``{"__hs__": tag, "value": payload}``. The payload is
itself made of what can be stored, so that forms nest. These are the tags:

========================  ================================  ==========================
tag                       Python type                       payload
========================  ================================  ==========================
tuple, set, frozenset     the same                          list of the items
dict                      dict whose keys MongoDB refuses   list of [key, value]
int                       int beyond 64 bits                hexadecimal digits as str
int64                     bson.Int64                        int
complex                   complex                           [real, imaginary]
bytearray                 bytearray                         bytes
date                      datetime.date                     text in ISO 8601
time                      datetime.time                     [hour, …, microsecond, fold]
timedelta                 datetime.timedelta                [days, seconds, microseconds]
decimal                   decimal.Decimal                   its digits as str
path                      pathlib.Path                      str
range                     range                             [start, stop, step]
pattern                   re.Pattern                        [pattern, flags]
array                     numpy.ndarray                     [dtype, shape, bytes or items]
scalar                    numpy.generic                     [dtype, bytes or item]
text, bytes               numpy.str_, numpy.bytes_          str, bytes
interval                  TimeInterval                      [start, end]
relative_interval         RelativeTimeInterval              [start, end]
intervals                 TimeIntervals                     list of [start, end]
========================  ================================  ==========================

The ends of intervals are milliseconds, since 1970 or relative. Numpy's dtypes are
in the form of NEP 1: ``<f8``, or a list of fields; arrays are stored in C order.
Layers above register the types that they define.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from bson import Int64
from numpy.lib.format import descr_to_dtype, dtype_to_descr

from hyperstream.time_interval import RelativeTimeInterval, TimeInterval, TimeIntervals

TAG: Final = "__hs__"
PAYLOAD: Final = "value"


class Form(NamedTuple):
    """How the values of one type are stored."""

    tag: str
    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


# Python limits the decimal digits of an int that it turns into text, not the hexadecimal ones.
LARGE_INT: Final = Form("int", hex, lambda digits: int(digits, 16))
ODD_DICT: Final = Form("dict", lambda value: [[key, item] for key, item in value.items()], dict)

BY_TYPE: dict[type, Form] = {}
BY_TAG: dict[str, Form] = {form.tag: form for form in (LARGE_INT, ODD_DICT)}


def register(
    kind: type, tag: str, encode: Callable[[Any], Any], decode: Callable[[Any], Any]
) -> None:
    """Let values of a type be stored in the database.

    Parameters
    ----------
    kind : type
        Exactly this type; subclasses need a form of their own.
    tag : str
        What the stored form is known by, for ever.
    encode : callable
        Turns a value into a payload: what can be stored, such as a list of
        numbers, strings, and values of other registered types.
    decode : callable
        Turns the payload back into an equal value.

    Raises
    ------
    ValueError
        The tag stands for another type.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from hyperstream.storage.mongo.codec import decode_value, encode_value
    >>> register(Fraction, "fraction", str, Fraction)
    >>> encode_value(Fraction(1, 3))
    {'__hs__': 'fraction', 'value': '1/3'}
    >>> decode_value(encode_value(Fraction(1, 3)))
    Fraction(1, 3)
    """
    form = Form(tag, encode, decode)
    if tag in BY_TAG and BY_TYPE.get(kind) is not BY_TAG[tag]:
        raise ValueError(f"The tag {tag!r} is taken, so that it cannot stand for {kind.__name__}.")
    BY_TYPE[kind] = BY_TAG[tag] = form


def _encoded_array(array: np.ndarray[Any, Any]) -> list[Any]:
    """Return the payload of an array."""
    if array.dtype == object:
        return ["object", list(array.shape), array.ravel().tolist()]
    return [_dtype_form(array.dtype), list(array.shape), array.tobytes()]


def _decoded_array(payload: list[Any]) -> np.ndarray[Any, Any]:
    """Return the array of a payload; it may be written to."""
    descriptor, shape, content = payload
    if descriptor != "object":
        dtype = descr_to_dtype(descriptor)
        return np.ndarray(shape, dtype, buffer=content).copy()
    array = np.empty(len(content), dtype=object)
    array[:] = content
    return array.reshape(shape)


def _dtype_form(dtype: np.dtype[Any]) -> Any:
    if dtype.hasobject:
        raise ValueError("an array with fields of Python objects has no stored form")
    return dtype_to_descr(dtype)


def _encoded_scalar(scalar: np.generic) -> list[Any]:
    return [_dtype_form(scalar.dtype), scalar.tobytes()]


def _decoded_scalar(payload: list[Any]) -> Any:
    descriptor, content = payload
    return np.ndarray((), descr_to_dtype(descriptor), buffer=content).copy()[()]


def _encoded_time(moment: time) -> list[int]:
    if moment.tzinfo is not None:
        raise ValueError("a time of day with a time zone has no stored form")
    return [moment.hour, moment.minute, moment.second, moment.microsecond, moment.fold]


def _decoded_time(payload: list[int]) -> time:
    hour, minute, second, microsecond, fold = payload
    return time(hour, minute, second, microsecond, fold=fold)


def _ends(interval: TimeInterval) -> list[int]:
    return [interval.start_ms, interval.end_ms]


register(tuple, "tuple", list, tuple)
register(set, "set", list, set)
register(frozenset, "frozenset", list, frozenset)
register(Int64, "int64", int, Int64)
register(complex, "complex", lambda number: [number.real, number.imag], lambda p: complex(*p))
register(bytearray, "bytearray", bytes, bytearray)
register(
    timedelta, "timedelta", lambda d: [d.days, d.seconds, d.microseconds], lambda p: timedelta(*p)
)
register(date, "date", date.isoformat, date.fromisoformat)
register(time, "time", _encoded_time, _decoded_time)
register(Decimal, "decimal", str, Decimal)
register(type(Path()), "path", str, Path)
register(range, "range", lambda r: [r.start, r.stop, r.step], lambda p: range(*p))
register(re.Pattern, "pattern", lambda p: [p.pattern, p.flags], lambda p: re.compile(*p))
register(np.ndarray, "array", _encoded_array, _decoded_array)
register(np.generic, "scalar", _encoded_scalar, _decoded_scalar)
register(np.str_, "text", str, np.str_)
register(np.bytes_, "bytes", bytes, np.bytes_)
register(TimeInterval, "interval", _ends, lambda p: TimeInterval.from_ms(*p))
register(
    RelativeTimeInterval, "relative_interval", _ends, lambda p: RelativeTimeInterval.from_ms(*p)
)
register(
    TimeIntervals,
    "intervals",
    lambda intervals: list(map(list, intervals.as_ms())),
    TimeIntervals.from_ms,
)
