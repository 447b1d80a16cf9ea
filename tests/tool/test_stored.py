"""Parameters of tools on their way into the database and back."""

from __future__ import annotations

import enum
import functools
import math
import operator
import os
import pickle
import re
import subprocess
import sys
import threading
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import bson
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hyperstream._time import UTC, normalise
from hyperstream.client import Client
from hyperstream.execution import ExecutionContext, current_context
from hyperstream.models import (
    FactorDefinitionModel,
    ToolModel,
    ToolParameterModel,
    WorkflowDefinitionModel,
)
from hyperstream.storage.mongo.codec import CODEC_OPTIONS, decode_value
from hyperstream.storage.values import same_value
from hyperstream.stream import StreamId, StreamInstance
from hyperstream.testing.times import at, over
from hyperstream.time_interval import RelativeTimeInterval, TimeIntervals
from hyperstream.tool import BaseTool, Tool
from hyperstream.tool.fingerprint import fingerprint
from hyperstream.utils.errors import ToolInitialisationError, UntrustedCodeError
from hyperstream.utils.keys import KeyRing
from hyperstream.utils.serialization import func_dump

ROOT = Path(__file__).resolve().parents[2]


class Anything(Tool):
    """Takes any parameters."""


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


def document(**parameters):
    """Return the document of a tool as the database gives it."""
    model = Anything(**parameters).get_model()
    model.validate()
    return bson.decode(bson.encode(model.to_mongo(), codec_options=CODEC_OPTIONS))


def loaded(found):
    """Return the parameters of a document."""
    model = ToolModel._from_son(found)
    return BaseTool.parameters_from_model(model.parameters, model.name)


def returned(value):
    """Return a value as it comes back."""
    return loaded(document(value=value))["value"]


def first(found):
    """Return the stored form of the only parameter."""
    return found["parameters"][0]


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


@settings(max_examples=200)
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


def parameter(value, **flags):
    """Return the parameters of a tool whose only parameter is stored like this."""
    model = ToolParameterModel(key="func", value=value, **flags)
    return BaseTool.parameters_from_model([model])["func"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nowhere:function", "No module named 'nowhere'"),
        (f"{__name__}:gone", "has no gone"),
    ],
)
def test_a_function_that_is_gone_is_an_error(name, reason):
    """The error names parameter, function and remedy."""
    for stored in (name, {"__hs__": "named", "value": name}):
        with pytest.raises(ToolInitialisationError, match=reason) as caught:
            parameter(stored, is_function=True)
        assert str(caught.value).startswith(f"Parameter 'func' is stored as {name}, but module ")
        assert "importable here" in str(caught.value)
        assert not isinstance(caught.value, UntrustedCodeError)


@pytest.mark.parametrize(
    "stored",
    [
        {"__hs__": "unheard_of", "value": 1},
        {"__hs__": "partial", "value": [5, [], {}]},
        {"__hs__": "partial", "value": 5},
        {"__hs__": "named", "value": 5},
        {"__hs__": "code", "value": 5},
        {"__hs__": "code", "value": {}},
        {"__hs__": "tuple", "value": 5},
    ],
)
def test_a_damaged_value_is_an_error(stored):
    """It names the parameter, wherever the damage is."""
    with pytest.raises(ToolInitialisationError, match="Parameter 'func'") as caught:
        parameter([stored])
    assert caught.value.parameter == "func"


def test_the_error_of_an_unknown_key_names_the_parameter(tmp_path):
    """Parameter, tool and key are in the message."""
    found = document(func=lambda: 1)
    with (
        ExecutionContext(keys=KeyRing(tmp_path / "keys.json")).active(),
        pytest.raises(
            UntrustedCodeError, match=r"'func' of tool anything.*signed by key"
        ) as caught,
    ):
        loaded(found)
    assert caught.value.parameter == "func"


@pytest.mark.parametrize(
    "stored",
    [
        pickle.dumps(func_dump(double), 2),
        pickle.dumps(func_dump(double), 0).decode("latin-1"),
        "(S'c\\x01\\x00'\np0\nNNtp1\n.",
    ],
)
def test_functions_of_release_038_are_refused_clearly(stored):
    """They are code of another Python, which nobody has signed."""
    with pytest.raises(UntrustedCodeError, match=r"release 0\.3\.8.*define the workflow again"):
        parameter(stored, is_function=True)


@pytest.mark.parametrize(
    ("stored", "flags", "expected"),
    [
        (["a", "b"], {"is_set": True}, {"a", "b"}),
        ([["a", 1], ["b", [2]]], {"is_set": True}, {("a", 1), ("b", (2,))}),
        ([], {"is_set": True}, set()),
        (["a", 1], {}, ["a", 1]),
        (
            [datetime(2017, 1, 1), datetime(2017, 1, 2)],
            {},
            [datetime(2017, 1, 1, tzinfo=UTC), datetime(2017, 1, 2, tzinfo=UTC)],
        ),
        ({"a": {"b": 1}}, {}, {"a": {"b": 1}}),
        (bson.Int64(5), {}, 5),
        (None, {}, None),
    ],
)
def test_values_of_release_038_load(stored, flags, expected):
    """Its sets are lists that are marked as sets; everything else is what it is."""
    assert same_value(parameter(stored, **flags), expected)


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


def travel(*arguments, **environment):
    """Run the program that stores and loads; return what it prints, or its error."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("travel.py")), *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]), **environment},
    )
    assert (done.returncode == 0) == bool(done.stdout), done.stderr
    return done.stdout or done.stderr


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """The file that one process has stored, its ring, and what that process said."""
    folder = tmp_path_factory.mktemp("travel")
    file, keys = folder / "tool.bson", folder / "keys.json"
    return file, keys, travel("store", file, keys)


def test_another_process_with_the_same_keys_loads_and_calls(stored):
    """Functions of `__main__`, lambdas and closures give the same, and count as the same."""
    file, keys, said = stored
    assert travel("load", file, keys, PYTHONHASHSEED="5") == said


def test_a_process_without_the_definitions_loads_and_calls(stored, ring):
    """What `__main__` defined is taken along: this process has another one."""
    file, keys, said = stored
    with ExecutionContext(keys=KeyRing(keys)).active():
        found = loaded(bson.decode(file.read_bytes()))
    assert found["main"](4) == 12
    assert found["closure"](4) == 73
    assert found["partial"](4) == 29
    assert found["method"](4) == 48
    assert found["mapping"]["a.b"][0](4) == -4
    assert next(iter(found["member"])).value == "m"
    assert said.startswith("[[12.0, 5.0, 73.0, 29.0, 48, 60, -4, 12, 3,")


def test_another_process_with_other_keys_refuses(stored, tmp_path):
    """It says which parameter, and what to do, and makes no keys of its own."""
    said = travel("load", stored[0], tmp_path / "keys.json")
    assert said.startswith("UntrustedCodeError: Parameter 'main' of tool anything")
    assert "hyperstream keys import" in said
    assert not (tmp_path / "keys.json").exists()


def test_another_process_with_imported_keys_loads(stored, tmp_path):
    """A team hands its keys on in a file."""
    file, keys, said = stored
    KeyRing(keys).export_to(tmp_path / "team.keys")
    KeyRing(tmp_path / "keys.json").import_from(tmp_path / "team.keys")
    assert travel("load", file, tmp_path / "keys.json") == said


def test_another_process_refuses_what_was_changed(stored, tmp_path):
    """One byte of the code is enough."""
    file, keys, _ = stored
    found = bson.decode(file.read_bytes())
    fields = first(found)["value"]["value"]
    fields["code"] = fields["code"].replace(b"__main__", b"__mean__")
    changed = tmp_path / "changed.bson"
    changed.write_bytes(bson.encode(found))
    said = travel("load", changed, keys)
    assert said.startswith("UntrustedCodeError: Parameter 'main' of tool anything")
    assert "was changed since" in said


def test_a_key_that_was_replaced_still_checks(stored):
    """A new key signs, the old one is still known."""
    file, keys, said = stored
    KeyRing(keys).new_key()
    assert travel("load", file, keys) == said


def test_only_functions_without_a_name_need_keys(tmp_path):
    """Everything else touches no key file."""
    keys = KeyRing(tmp_path / "keys.json")
    with ExecutionContext(keys=keys).active():
        assert current_context().keys is keys
        assert returned([double, {"a": (1, Colour.RED)}]) == [double, {"a": (1, Colour.RED)}]
    assert list(tmp_path.iterdir()) == []
