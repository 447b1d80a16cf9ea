"""What is stored of parameters, by this library or release 0.3.8, or what was left of that."""

from __future__ import annotations

import pickle
from datetime import datetime

import bson
import pytest

from hyperstream._time import UTC
from hyperstream.execution import ExecutionContext
from hyperstream.models import ToolParameterModel
from hyperstream.storage.values import same_value
from hyperstream.tool import BaseTool
from hyperstream.utils.errors import ToolInitialisationError, UntrustedCodeError
from hyperstream.utils.keys import KeyRing
from hyperstream.utils.serialization import func_dump
from tests.tool.storing import document, loaded


def travels(value):
    """Be a function whose code release 0.3.8 has stored."""
    return 2 * value


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
    with ExecutionContext(keys=KeyRing(tmp_path / "own.json")).active():
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
        pickle.dumps(func_dump(travels), 2),
        pickle.dumps(func_dump(travels), 0).decode("latin-1"),
        "(S'c\\x01\\x00'\np0\nNNtp1\n.",
    ],
)
def test_functions_of_release_038_are_refused_clearly(stored):
    """They are code of another Python, which nobody has signed."""
    with pytest.raises(UntrustedCodeError, match=r"release 0\.3\.8.*replace=True"):
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
