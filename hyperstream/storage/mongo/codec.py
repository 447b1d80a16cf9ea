"""Values on their way to MongoDB and back.

What BSON holds is stored as it is, with these rules:

- A datetime comes back in UTC (``pytz.utc``) and milliseconds; a naive one is
  taken as UTC.
- Subclasses of dict, list, tuple, set, str, int, float and bytes (an OrderedDict, a
  Counter, a named tuple, an IntEnum, …) come back as that base type.
- Other types have a form, see `hyperstream.storage.mongo.forms`; what has none
  cannot be stored.

>>> decode_value(encode_value({1: ("a", {2.5})}))
{1: ('a', {2.5})}
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import bson
import numpy as np
from bson import Binary, Code, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.datetime_ms import DatetimeMS

from hyperstream._time import EPOCH, UTC, from_ms, normalise, to_ms
from hyperstream.storage.batch import INTERVAL, Column, column, plain
from hyperstream.storage.mongo.forms import (
    BY_TAG,
    BY_TYPE,
    LARGE_INT,
    ODD_DICT,
    PAYLOAD,
    TAG,
    Form,
    register,
)
from hyperstream.utils.errors import ValueEncodingError
from hyperstream.utils.text import is_unicode

__all__ = [
    "CODEC_OPTIONS",
    "Unencodable",
    "decode_column",
    "decode_value",
    "encode_column",
    "encode_value",
    "register",
]

# Without a time zone the driver makes datetimes in C; the codec adds the zone where one is a value.
CODEC_OPTIONS: Final = CodecOptions[dict[str, Any]](
    tz_aware=False,
    uuid_representation=bson.UuidRepresentation.STANDARD,
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,
)
# A document has 16 MB at most; some of it is for what comes with the value.
LARGEST: Final = 16 * 1024 * 1024 - 64 * 1024
# MongoDB allows 100 levels, of which the document itself is one.
DEEPEST: Final = 95

_AS_IS = frozenset(
    {float, bool, type(None), uuid.UUID, DatetimeMS}
    | {ObjectId, Decimal128, MinKey, MaxKey, Timestamp, Regex, DBRef}
)
# What the driver gives otherwise than it was written.
_CHANGED = frozenset({dict, list, datetime, Int64})
_FORM_KEYS = {TAG, PAYLOAD}
# At most: type, index or end, and a number or length.
_BYTES_OF_AN_ITEM = 20
_BYTES_OF_A_CHARACTER = 4
_KNOWN_KEYS_LIMIT = 10_000
_NAIVE_EPOCH = EPOCH.replace(tzinfo=None)


class Unencodable(Exception):  # noqa: N818 - becomes a ValueEncodingError where the stream is known
    """A value cannot be stored.

    Attributes
    ----------
    reason : str
        Why; the end of a sentence that begins with the value.
    position : int
        Where in the column it is.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = 0


def encode_value(value: Any) -> Any:
    """Return what is stored for a value.

    Raises
    ------
    Unencodable
        It cannot be stored.
    """
    return _Encoder().encode_root(value)


def decode_value(stored: Any) -> Any:
    """Return the value that `encode_value` was given."""
    kind = type(stored)
    if kind is dict:
        return _decoded_dict(stored)
    if kind is list:
        return _decoded_list(stored)
    if kind is datetime:
        return _in_utc(stored)
    return int(stored) if kind is Int64 else stored


def encode_column(values: Column) -> list[Any]:
    """Return what is stored for each of many values; see `encode_value`.

    Numbers, strings and the like are not looked at one by one.
    """
    if isinstance(values, np.ndarray) and values.dtype != INTERVAL:
        return plain(values)
    values = plain(values)
    kinds = set(map(type, values))
    if kinds <= _AS_IS:
        return values
    if kinds == {str} and _are_short_texts(values):
        return values
    encode = _Encoder().encode_root
    stored: list[Any] = []
    try:
        # Not a loop over append: the position of a bad value is the length so far.
        stored.extend(map(encode, values))
    except Unencodable as error:
        error.position = len(stored)
        raise
    return stored


def decode_column(stored: list[Any]) -> Column:
    """Return the values of a column in their compact form."""
    kinds = set(map(type, stored))
    if kinds == {datetime}:
        return list(map(_in_utc, stored))
    if kinds.isdisjoint(_CHANGED):
        return column(stored)
    return column(list(map(decode_value, stored)))


def _in_utc(moment: datetime) -> datetime:
    # Seven times as fast as moment.replace(tzinfo=UTC).
    return EPOCH + (moment - _NAIVE_EPOCH) if moment.tzinfo is None else normalise(moment)


def _are_short_texts(values: list[str]) -> bool:
    text = "".join(values)
    # A character takes up to 4 bytes; what is not encodable is found one by one.
    return len(text) * 4 < LARGEST and is_unicode(text)


def _size(stored: Any) -> int:
    return len(bson.encode({PAYLOAD: stored}, codec_options=CODEC_OPTIONS))


class _Encoder:
    """Encodes values; keeps count of depth, and of the bytes, which it never underestimates."""

    __slots__ = ("_bytes", "_depth")

    def encode_root(self, value: Any) -> Any:
        self._bytes = self._depth = 0
        stored = self.encode(value)
        if self._bytes > LARGEST and (size := _size(stored)) > LARGEST:
            raise Unencodable(
                f"takes {size / 1e6:.1f} MB, and a document of MongoDB holds 16 MB: "
                "store it in parts, or in a file whose path the stream holds"
            )
        return stored

    def encode(self, value: Any) -> Any:
        kind = type(value)
        if kind in _AS_IS:
            return value
        encoder = _ENCODERS.get(kind)
        return encoder(self, value) if encoder else self.special(value, kind)

    def integer(self, value: int) -> Any:
        return value if -(2**63) <= value < 2**63 else self.form(LARGE_INT, value)

    def text(self, value: str) -> str:
        if not value.isascii() and not is_unicode(value):
            raise Unencodable("is text with lone surrogates, which UTF-8 does not know")
        self._bytes += _BYTES_OF_A_CHARACTER * len(value)
        return value

    def binary(self, value: bytes) -> bytes:
        self._bytes += len(value)
        return value

    def code(self, value: Code) -> Code:
        self._bytes += _BYTES_OF_A_CHARACTER * len(value)
        return value

    def moment(self, value: datetime) -> datetime:
        if type(value) is datetime and (value.tzinfo is UTC or value.tzinfo is None):
            return value
        try:
            return from_ms(to_ms(value))
        except (ValueError, TypeError) as error:
            raise Unencodable("is no moment of the years 1 to 9999 in UTC") from error

    def sequence(self, value: list[Any]) -> list[Any]:
        self._bytes += _BYTES_OF_AN_ITEM * len(value)
        if set(map(type, value)) <= _AS_IS:
            return value
        self._enter()
        stored = list(map(self.encode, value))
        self._depth -= 1
        return stored

    def mapping(self, value: dict[Any, Any]) -> dict[str, Any]:
        if not value.keys() <= _known_keys and not _are_good_keys(value):
            return self.form(ODD_DICT, value)
        for key in value:
            self._bytes += _BYTES_OF_AN_ITEM + _BYTES_OF_A_CHARACTER * len(key)
        if set(map(type, value.values())) <= _AS_IS:
            return value
        self._enter()
        stored = dict(zip(value, map(self.encode, value.values()), strict=True))
        self._depth -= 1
        return stored

    def special(self, value: Any, kind: type) -> Any:
        """Encode what has a form, or is of a subclass."""
        if kind in BY_TYPE:
            return self.form(BY_TYPE[kind], value)
        for base in kind.__mro__[1:]:
            if base is np.generic:
                return self.form(BY_TYPE[base], value)
            if base is datetime:
                return self.moment(value)
            if base in _TO_BASE:
                return self.encode(_TO_BASE[base](value))
        raise Unencodable(
            f"is or holds a {kind.__module__}.{kind.__qualname__}, which has no stored form "
            "(register one by hyperstream.storage.mongo.forms.register, or keep it in memory)"
        )

    def form(self, form: Form, value: Any) -> dict[str, Any]:
        try:
            payload = form.encode(value)
        except (TypeError, ValueError) as error:
            raise Unencodable(f"cannot be brought into its stored form: {error}") from error
        self._bytes += 4 * _BYTES_OF_AN_ITEM
        self._enter()
        stored = {TAG: form.tag, PAYLOAD: self.encode(payload)}
        self._depth -= 1
        return stored

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Unencodable("is nested deeper than the 100 levels of a MongoDB document")


_ENCODERS: dict[type, Callable[[_Encoder, Any], Any]] = {
    int: _Encoder.integer,
    str: _Encoder.text,
    bytes: _Encoder.binary,
    Binary: _Encoder.binary,
    Code: _Encoder.code,
    datetime: _Encoder.moment,
    list: _Encoder.sequence,
    dict: _Encoder.mapping,
}
# How a value of a subclass becomes one of the base itself, whatever the subclass redefines.
_TO_BASE: dict[type, Callable[[Any], Any]] = {
    int: int.__int__,
    float: float.__float__,
    str: str.__str__,
    bytes: bytes,
    list: list,
    dict: dict,
    tuple: tuple,
    set: set,
    frozenset: frozenset,
}
# Keys that were found to be good: the same few come again and again.
_known_keys: set[str] = set()


def _are_good_keys(value: dict[Any, Any]) -> bool:
    """Tell whether MongoDB takes all keys, in every version, as they are."""
    for key in value:
        if type(key) is not str or key == TAG or key.startswith("$"):
            return False
        if "." in key or "\0" in key or not is_unicode(key):
            return False
    if len(_known_keys) > _KNOWN_KEYS_LIMIT:
        _known_keys.clear()
    _known_keys.update(value)
    return True


def _decoded_list(stored: list[Any]) -> list[Any]:
    if set(map(type, stored)).isdisjoint(_CHANGED):
        return stored
    return list(map(decode_value, stored))


def _decoded_dict(stored: dict[str, Any]) -> Any:
    if stored.keys() == _FORM_KEYS:
        return _decoded_form(stored[TAG], stored[PAYLOAD])
    if set(map(type, stored.values())).isdisjoint(_CHANGED):
        return stored
    return dict(zip(stored, map(decode_value, stored.values()), strict=True))


def _decoded_form(tag: Any, payload: Any) -> Any:
    form = BY_TAG.get(tag)
    if form is None:
        raise ValueEncodingError(
            f"A stored value has the form {tag!r}, which nothing here has registered: "
            "import the package that defines it before reading.",
            tag=tag,
        )
    return form.decode(decode_value(payload))
