"""Parameters of tools on their way into the database and back."""

from __future__ import annotations

import enum
import functools
import math
import operator
import re
import threading
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hyperstream._time import UTC, normalise
from hyperstream.client import Client
from hyperstream.execution import ExecutionContext, current_context
from hyperstream.models import FactorDefinitionModel, WorkflowDefinitionModel
from hyperstream.storage.mongo.codec import decode_value
from hyperstream.storage.values import same_value
from hyperstream.stream import StreamId, StreamInstance
from hyperstream.testing.times import at, over
from hyperstream.time_interval import RelativeTimeInterval, TimeIntervals
from hyperstream.tool import BaseTool
from hyperstream.tool.fingerprint import fingerprint
from hyperstream.utils.errors import ToolInitialisationError
from hyperstream.utils.keys import KeyRing
from tests.tool.storing import Anything, document, first, loaded


class Colour(enum.Enum):
    """An enumeration."""

    RED = 1


class Level(enum.IntEnum):
    """An enumeration of ints."""

    HIGH = 2


class Access(enum.Flag):
    """Members can be combined."""

    READ = 1
    WRITE = 2


class Point(NamedTuple):
    """A named tuple."""

    x: int


class Model:
    """Says nothing of itself, and cannot be called."""


def double(value):
    """Stand at the top level of a module."""
    return 2 * value


@pytest.fixture(autouse=True, scope="module")
def ring(tmp_path_factory):
    """Sign with a ring of these tests."""
    ring = KeyRing(tmp_path_factory.mktemp("keys") / "keys.json")
    with ExecutionContext(keys=ring).active():
        yield ring


def returned(value):
    """Return a value as it comes back."""
    return loaded(document(value=value))["value"]


VALUES = [
    None,
    True,
    5,
    2**70,
    2.5,
    float("nan"),
    "text",
    b"bytes",
    [],
    [1, [2.0, "a"]],
    (1, (2,)),
    {1, "a", (2, 3)},
    frozenset({1}),
    {"a": {"b": [1]}},
    {"a.b": {"$c": 1}, "_cls": "WorkflowDefinitionModel", "_ref": 5, "_id": 1},
    {"_cls": "NoSuchModel"},
    {1: "a", (2, 3): "b", None: "c"},
    datetime(2020, 1, 1, 12, 0, 0, 7000, tzinfo=UTC),
    date(2020, 1, 1),
    time(12, 30),
    timedelta(days=1, microseconds=1),
    Decimal("1.10"),
    Path("data/file.csv"),
    range(5),
    re.compile("a+" * 200, re.IGNORECASE),
    over(0, 10),
    TimeIntervals([over(0, 10), over(20, 30)]),
    RelativeTimeInterval(-30, 0),
    StreamId("temperature", {"house": 1}),
    StreamInstance(at(5), {"a": 1}),
    np.float32(0.5),
    np.int64(5),
    np.bool_(True),
    np.arange(6).reshape(2, 3),
    np.array([1, "a", None], dtype=object),
    np.datetime64("2020-01-01", "ms"),
    Colour.RED,
    Level.HIGH,
    {Colour.RED: [Level.HIGH]},
    double,
    len,
    str.upper,
    float,
    Model,
    np.mean,
    {"a": [double, {"b.c": (len, math.sqrt)}], Colour: {double}},
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_comes_back(value):
    """It has the same type and value, and counts as the same parameter."""
    assert same_value(returned(value), value)
    assert same_value(returned([value]), [value])
    assert fingerprint(returned(value)) == fingerprint(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(2020, 1, 1), datetime(2020, 1, 1, tzinfo=UTC)),
        (
            datetime(2020, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
            datetime(2020, 1, 1, tzinfo=UTC),
        ),
        (datetime(2020, 1, 1, 0, 0, 0, 999, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)),
        (Point(1), (1,)),
    ],
)
def test_some_values_come_back_in_another_type(value, expected):
    """They are equal for the library, so that the tool is no other one afterwards."""
    assert same_value(returned(value), expected)
    assert fingerprint(expected) == fingerprint(value)


functions = st.sampled_from([double, len, Colour.RED, Model, str.upper])
scalars = st.one_of(
    functions,
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(codec="utf-8")),
    st.binary(),
    st.timedeltas(),
    st.dates(),
    st.datetimes().map(normalise),
)
keys = st.one_of(functions, st.text(st.characters(codec="utf-8")), st.sampled_from(["_cls", "$"]))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(keys, inner, max_size=3),
        st.frozensets(st.one_of(functions, st.integers()), max_size=3),
    ),
    max_leaves=10,
)


@settings(max_examples=2 * settings.default.max_examples)
@given(values)
def test_any_value_comes_back(value):
    """Whatever is made of storable parts comes back the same, functions among them."""
    back = returned(value)
    assert same_value(back, value)
    assert fingerprint(back) == fingerprint(value)


@given(values)
def test_any_value_can_be_enclosed(value):
    """A function comes back with the value that it encloses."""
    back = returned([lambda: value])[0]
    assert same_value(back(), value)


def test_a_function_with_a_name_is_stored_as_the_name():
    """Nothing is signed, and the document can be read by people."""
    key = f"{__name__}:double"
    assert first(document(func=double)) == {
        "key": "func",
        "value": key,
        "is_function": True,
        "is_set": False,
    }
    assert first(document(each=[double]))["value"] == [{"__hs__": "named", "value": key}]


def test_a_partial_of_a_function_with_a_name_is_not_signed():
    """It is stored by its parts, which every version of Python can read."""
    value = functools.partial(operator.mul, 2.0)
    assert first(document(func=value))["value"] == {
        "__hs__": "partial",
        "value": [
            {"__hs__": "named", "value": "_operator:mul"},
            {"__hs__": "tuple", "value": [2.0]},
            {},
        ],
    }
    back = returned(functools.partial(max, functools.partial(double, value=1), key=abs))
    assert (back.func, back.keywords) == (max, {"key": abs})
    assert back.args[0]() == 2


def test_a_member_without_a_name_is_signed():
    """Combined flags are found by nobody."""
    assert returned(Access.READ | Access.WRITE) == Access.READ | Access.WRITE


def test_a_document_of_a_function_has_all_that_is_needed(ring):
    """Version of Python, source text, key and signature are there."""
    stored = first(document(func=lambda value: value + 1))
    assert stored["is_function"]
    assert stored["value"]["__hs__"] == "code"
    fields = stored["value"]["value"]
    assert set(fields) == {"format", "python", "name", "source", "code", "key", "signature"}
    assert "lambda value: value + 1" in fields["source"]
    assert fields["key"] == ring.signing_key_id


def test_a_stored_function_is_not_loaded_by_reading_a_value():
    """A stream whose data somebody has forged runs nothing."""
    for value in (double, lambda: 1, functools.partial(double)):
        stored = first(document(each=[value]))["value"]
        assert not callable(decode_value(stored)[0])


def test_what_was_loaded_can_be_stored_again():
    """It is the same tool, again and again, with the source text."""
    func = {"a": lambda value: value + 1}
    mark, found = fingerprint(func), document(func=func)
    for _ in range(3):
        func = loaded(found)["func"]
        assert func["a"](1) == 2
        assert fingerprint(func) == mark
        found = document(func=func)
    source = first(found)["value"]["a"]["value"]["source"]
    assert 'func = {"a": lambda value: value + 1}' in source


def nested(value):
    """Nest a value deeper than MongoDB allows."""
    for _ in range(2000):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (Model(), rf"is or holds a {re.escape(__name__)}\.Model, which has no stored form"),
        ({"a": [object()]}, "is or holds a builtins.object"),
        ("x" * 17_000_000, "takes 17.0 MB"),
        (nested(1), "nested too deep"),
        (threading.Lock().acquire, "cannot be pickled"),
        ([lambda: np.zeros(3_000_000)], None),
    ],
    ids=["object", "inside", "large", "deep", "function", "fine"],
)
def test_what_cannot_be_stored_is_refused_by_name(value, reason):
    """The error names parameter and tool, and says why and what to do."""
    if reason is None:
        assert len(returned(value)[0]()) == 3_000_000
        return
    with pytest.raises(ToolInitialisationError, match=reason) as caught:
        Anything(good=1, bad=value).get_model()
    assert str(caught.value).startswith("Parameter 'bad' of tool anything cannot be stored: ")
    assert caught.value.parameter == "bad"


def test_parameters_are_stored_in_the_database(mongo_config):
    """A workflow that was saved gives back the parameters of its tools."""
    client = Client(mongo_config)
    tool = Anything(**{f"p{place}": value for place, value in enumerate(VALUES)}, f=lambda: 5)
    factor = FactorDefinitionModel(factor_type="Factor", tool=tool.get_model())
    WorkflowDefinitionModel(workflow_id="w", name="w", factors=[factor]).save()
    model = WorkflowDefinitionModel.objects.get(workflow_id="w").factors[0].tool
    found = BaseTool.parameters_from_model(model.parameters, model.name)
    client.disconnect()
    assert found.pop("f")() == 5
    for back, value in zip(found.values(), VALUES, strict=True):
        assert same_value(back, value)


def test_only_functions_without_a_name_need_keys(tmp_path):
    """Everything else touches no key file."""
    keys = KeyRing(tmp_path / "keys.json")
    with ExecutionContext(keys=keys).active():
        assert current_context().keys is keys
        assert returned([double, {"a": (1, Colour.RED)}]) == [double, {"a": (1, Colour.RED)}]
    assert list(tmp_path.iterdir()) == []
