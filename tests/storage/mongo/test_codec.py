"""The value codec: what is written comes back, or an error says why it cannot be stored."""

from __future__ import annotations

import collections
import enum
import re
import uuid
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import bson
import numpy as np
import pandas as pd
import pytest
from bson import Binary, Code, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as np_st

from hyperstream._time import MAX_DATE, MIN_DATE, UTC, normalise
from hyperstream.storage.batch import plain
from hyperstream.storage.mongo.codec import (
    CODEC_OPTIONS,
    Unencodable,
    decode_column,
    decode_value,
    encode_column,
    encode_value,
)
from hyperstream.storage.mongo.forms import BY_TAG, BY_TYPE, register
from hyperstream.storage.values import same_value
from hyperstream.time_interval import RelativeTimeInterval, TimeInterval, TimeIntervals
from hyperstream.utils.errors import ValueEncodingError

NOON = datetime(2020, 1, 1, 12, 0, 0, 7000, tzinfo=UTC)


class Colour(enum.IntEnum):
    """An int with a name."""

    RED = 3


class Point(NamedTuple):
    """A named tuple."""

    x: float
    y: float


def stored(value):
    """Return a value as it comes back from BSON."""
    raw = bson.encode({"v": encode_value(value)}, codec_options=CODEC_OPTIONS)
    return decode_value(bson.decode(raw, codec_options=CODEC_OPTIONS)["v"])


def stored_column(values):
    """Return a column as it comes back from BSON, as a list."""
    raw = bson.encode({"v": encode_column(values)}, codec_options=CODEC_OPTIONS)
    return plain(decode_column(bson.decode(raw, codec_options=CODEC_OPTIONS)["v"]))


def kind_of(value):
    """Name a case by the type of its value."""
    return type(value).__name__


def nested(depth, make):
    """Return containers in containers."""
    value = 1.0
    for _ in range(depth):
        value = make(value)
    return value


EXACT = [
    None,
    True,
    False,
    0,
    -1,
    2**31,
    -(2**63),
    2**63 - 1,
    2**63,
    -(2**63) - 1,
    10**5000,
    0.0,
    1.0,
    -0.0,
    float("inf"),
    float("nan"),
    1.5 + 2j,
    "",
    "naïve ☃ 😀",
    "with\0zero",
    b"",
    b"\x00\xff",
    bytearray(b"abc"),
    NOON,
    MIN_DATE,
    MAX_DATE,
    timedelta(days=-3, microseconds=1),
    timedelta.max,
    date.min,
    time(12, 30, 1, 5),
    Decimal("1.10"),
    Decimal("-Infinity"),
    Path("a/b.csv"),
    Path("/"),
    range(1, 10, 3),
    [],
    [1, 1.0, True, None, "1", [2**40, [NOON]]],
    (),
    (1, (2.0, [3])),
    set(),
    {1, "a", (2, 3)},
    frozenset({frozenset(), 1.5}),
    {},
    {"a": 1, "b": {"c": [1.0]}},
    {1: "int", 2.5: "float", None: "none", (1, "x"): "tuple", False: "bool"},
    {"a.b": 1, "$set": 2, "": 3, "zero\0": 4},
    {"__hs__": "tuple", "value": [1, 2]},
    {"__hs__": {"__hs__": 1}},
    {"value": 1},
    np.float64(1.5),
    np.float32(0.1),
    np.int8(-3),
    np.uint64(2**64 - 1),
    np.bool_(True),
    np.complex64(1 + 2j),
    np.str_("text"),
    np.str_(""),
    np.bytes_(b"raw"),
    np.datetime64("2020-01-01T00:00:00", "ns"),
    np.datetime64("NaT", "ms"),
    np.timedelta64(5, "m"),
    np.longdouble(1) / 3,
    np.zeros(0),
    np.arange(6).reshape(2, 3),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.array(3.5),
    np.array(["a", "bcd"]),
    np.array([NOON, 1, None, {"a": (1,)}], dtype=object),
    np.array([[1, 2]], dtype=">i2"),
    np.array(["2020-01-01"], dtype="datetime64[D]"),
    np.array([(1, 2.5)], dtype=[("a", "<i4"), ("b", "<f8")]),
    np.array([(1, 2.5)], dtype=[("a", "<i4"), ("b", "<f8")])[0],
    TimeInterval(MIN_DATE, MAX_DATE),
    TimeIntervals([TimeInterval(MIN_DATE, NOON)]),
    TimeIntervals(),
    RelativeTimeInterval(-30, 0),
    re.compile("a+", re.IGNORECASE),
    Int64(5),
    Decimal128("1.10"),
    ObjectId("58b5a1f0c1e1a60001000001"),
    uuid.UUID(int=5),
    Binary(b"x", 128),
    Code("f()"),
    Regex("a", "i"),
    Timestamp(1, 2),
    MinKey(),
    MaxKey(),
    DBRef("c", 1),
]


@pytest.mark.parametrize("value", EXACT, ids=kind_of)
def test_a_value_comes_back_as_it_was_written(value):
    """What comes back is equal and of the same type, alone and inside of containers."""
    assert same_value(stored(value), value)
    assert same_value(stored([value, {"k": (value,)}]), [value, {"k": (value,)}])
    assert same_value(stored_column([value, 1, "x"]), [value, 1, "x"])
    assert same_value(stored_column([value, value]), [value, value])


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (datetime(2020, 1, 1, 0, 0, 0, 1999), datetime(2020, 1, 1, 0, 0, 0, 1000, tzinfo=UTC)),
        (datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=1))), datetime(2019, 12, 31, 23)),
        (pd.Timestamp("2020-01-01", tz="Europe/London"), datetime(2020, 1, 1)),
        (collections.OrderedDict(a=1), {"a": 1}),
        (collections.Counter("aa"), {"a": 2}),
        (collections.defaultdict(list, a=[1]), {"a": [1]}),
        (Point(1.0, 2.0), (1.0, 2.0)),
        (Colour.RED, 3),
        ([Colour.RED], [3]),
        (bson.SON(a=1), {"a": 1}),
        (Binary(b"x"), b"x"),
    ],
    ids=kind_of,
)
def test_some_values_come_back_as_their_base_type(written, expected):
    """Other time zones become UTC, and subclasses the type that BSON knows."""
    if isinstance(expected, datetime):
        expected = normalise(expected)
    assert same_value(stored(written), expected)
    assert same_value(stored_column([written]), [expected])


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (object(), "is or holds a builtins.object, which has no stored form"),
        ([1, {"a": lambda: 1}], "holds a builtins.function"),
        ({"a": {1j: object()}}, "holds a builtins.object"),
        ("\ud800", "lone surrogates"),
        (["\udfff"], "lone surrogates"),
        (np.ma.array([1.0]), "numpy.ma.MaskedArray"),
        (np.array([(1, None)], dtype=[("a", "i4"), ("b", object)]), "Python objects"),
        (time(12, tzinfo=timezone.utc), "time of day with a time zone"),
        (pd.NaT, "no moment"),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))), "no moment"),
        (nested(100, lambda value: [value]), "nested deeper"),
        (nested(60, lambda value: (value,)), "nested deeper"),
        ("x" * 17_000_000, "takes 17.0 MB"),
        (b"x" * 17_000_000, "takes 17.0 MB"),
        (["x" * 9_000_000] * 2, "takes 18.0 MB"),
        (np.zeros(2_200_000), "takes 17.6 MB"),
        ([1.0] * 2_000_000, "MB, and a document of MongoDB holds 16 MB"),
        (Code("x" * 17_000_000), "takes 17.0 MB"),
    ],
    ids=kind_of,
)
def test_what_cannot_be_stored_is_refused_with_a_reason(value, reason):
    """The error says why, and where in the column the value is."""
    with pytest.raises(Unencodable, match=reason):
        encode_value(value)
    with pytest.raises(Unencodable, match=reason) as caught:
        encode_column([1.0, "a", value, 2.0])
    assert caught.value.position == 2


def test_a_list_that_holds_itself_is_refused():
    """There is no endless recursion."""
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(Unencodable, match="nested deeper"):
        encode_value(endless)


@pytest.mark.parametrize("text", ["é" * 4_000_000, "x" * 16_000_000])
def test_what_just_fits_is_stored(text):
    """The size that counts is that of the document, not a guess at it."""
    value = [text, uuid.UUID(int=5)]
    assert encode_value(value) == value
    assert encode_column([text]) == [text]


def test_columns_of_plain_values_are_passed_on_as_they_are():
    """Numbers, strings and the like need no work."""
    for values in ([1.0, None, True], ["a", "é"], [1.0]):
        assert encode_column(values) is values
    assert encode_column(np.arange(3)) == [0, 1, 2]


def test_a_column_of_numbers_comes_back_compact():
    """Floats and ints make arrays again, also ints that BSON stores in 64 bits."""
    column = decode_column([1, Int64(2**40)])
    assert column.dtype == np.int64
    assert column.tolist() == [1, 2**40]
    assert decode_column([1, 1.0]) == [1, 1.0]


def test_an_array_that_was_stored_may_be_changed():
    """An array that comes back owns its memory."""
    array = stored(np.arange(3.0))
    array[0] = 5
    assert array.tolist() == [5, 1, 2]


def test_the_stored_form_is_the_documented_one():
    """A tag, and a payload that is made of what BSON knows."""
    assert encode_value((1, {2})) == {
        "__hs__": "tuple",
        "value": [1, {"__hs__": "set", "value": [2]}],
    }
    assert encode_value({1: 2}) == {"__hs__": "dict", "value": [[1, 2]]}
    assert encode_value(2**64) == {"__hs__": "int", "value": "0x10000000000000000"}


def test_values_of_earlier_releases_are_read_as_they_are():
    """A dict that only looks a bit like a form is a dict."""
    assert decode_value({"__hs__": "x"}) == {"__hs__": "x"}
    assert decode_value({"a.b": 1, "$c": 2}) == {"a.b": 1, "$c": 2}


def test_a_form_that_nobody_knows_is_an_error():
    """Reading names the tag of a form that is not registered."""
    with pytest.raises(ValueEncodingError, match="'unheard_of'"):
        decode_value({"__hs__": "unheard_of", "value": 1})


def test_a_registered_type_is_stored():
    """Layers above register their own types; a tag stands for one type only."""

    class Metres(float):
        pass

    register(Metres, "test.metres", float, Metres)
    try:
        back = stored([Metres(2.5)])[0]
        assert type(back) is Metres
        assert back == 2.5
        register(Metres, "test.metres", float, Metres)  # the same again is no conflict
        with pytest.raises(ValueError, match="taken"):
            register(Point, "test.metres", list, Point._make)
    finally:
        del BY_TYPE[Metres], BY_TAG["test.metres"]


keys = st.one_of(
    st.text(st.characters(codec="utf-8")),
    st.sampled_from(["__hs__", "value", "a.b", "$a", "", "_id"]),
    st.integers(),
    st.tuples(st.booleans(), st.none()),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.text(st.characters(codec="utf-8")),
    st.binary(),
    st.timedeltas(),
    st.dates(),
    st.times(),
    st.decimals(allow_nan=False),
    st.datetimes().map(normalise),
    st.uuids(),
    np_st.from_dtype(np.dtype("f4")),
    np_st.from_dtype(np.dtype("i8")),
    np_st.arrays(np_st.scalar_dtypes(), np_st.array_shapes(min_dims=0, max_dims=2, min_side=0)),
    st.frozensets(st.integers()),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(keys, inner, max_size=4),
    ),
    max_leaves=10,
)


@settings(max_examples=3 * settings.default.max_examples)
@given(values)
def test_any_value_comes_back_with_its_type(value):
    """Whatever is made of storable parts comes back the same."""
    assert same_value(stored(value), value)


@given(st.lists(values, max_size=5))
def test_any_column_comes_back_with_its_types(column):
    """A column gives what its values give one by one."""
    assert same_value(stored_column(column), column)
