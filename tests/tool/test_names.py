"""The names of functions, classes and members of enumerations."""

from __future__ import annotations

import enum
import functools
import math
import operator
import random
import sys
from datetime import datetime
from types import ModuleType

import numpy as np
import pytest

from hyperstream.tool.names import found, is_importable, name_of


class Colour(enum.Enum):
    """An enumeration."""

    RED = 1


class Access(enum.Flag):
    """Members can be combined."""

    READ = 1
    WRITE = 2


class Scale:
    """Has methods of every kind."""

    def method(self):
        """Belong to an object."""

    @staticmethod
    def static():
        """Belong to nobody."""

    @classmethod
    def make(cls):
        """Belong to the class."""


class Finer(Scale):
    """Inherits a class method, which gets this class."""


@functools.lru_cache
def cached():
    """Remember."""


def module_level():
    """Stand at the top level."""


def replaced():
    """Stand at the top level, until another one takes the place."""


first_replaced = replaced


def replaced():
    """Take the place."""


unnamed = lambda: 1  # noqa: E731 - a lambda does not know the name that it is given


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (module_level, f"{__name__}:module_level"),
        (Scale, f"{__name__}:Scale"),
        (Scale.method, f"{__name__}:Scale.method"),
        (Scale.static, f"{__name__}:Scale.static"),
        (Scale.make, f"{__name__}:Scale.make"),
        (cached, f"{__name__}:cached"),
        (Colour.RED, f"{__name__}:Colour.RED"),
        (len, "builtins:len"),
        (float, "builtins:float"),
        (str.upper, "builtins:str.upper"),
        (dict.fromkeys, "builtins:dict.fromkeys"),
        (math.sqrt, "math:sqrt"),
        (operator.add, "_operator:add"),
        (np.mean, "numpy:mean"),
        (datetime.fromtimestamp, "datetime:datetime.fromtimestamp"),
        (random.gauss, "random:gauss"),  # a method of an object of the module
        (random.random, "random:random"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_name_finds_what_has_it(value, name):
    """Name and value lead to each other."""
    assert name_of(value) == name
    assert found(name) == value


@pytest.mark.parametrize(
    "value",
    [
        lambda: 1,
        unnamed,
        first_replaced,
        Scale().method,
        Finer.make,
        [].append,
        functools.partial(len),
        operator.itemgetter(0),
        Access.READ | Access.WRITE,
        5,
        None,
        "len",
    ],
)
def test_other_values_have_no_name(value):
    """Nothing that another process would not find has one."""
    assert name_of(value) is None


def test_what_lies_in_no_file_has_no_name(monkeypatch):
    """A module that a notebook has made, or that runs as `__main__`, is not found elsewhere."""
    for name in ("made_by_hand", "tests.made_by_hand", "math.made_by_hand", "__main__"):
        module = ModuleType(name)
        exec("def function(): pass", vars(module))  # noqa: S102 - our own text
        monkeypatch.setitem(sys.modules, name, module)
        assert module.function.__module__ == name
        assert name_of(module.function) is None
        assert not is_importable(name)


def test_modules_of_every_kind_can_be_imported():
    """Packages, their modules, extensions and built-in modules."""
    for name in ("tests", __name__, "hyperstream.tool.names", "sys", "numpy", "math", "os.path"):
        assert is_importable(name) == (name != "os.path")
    assert not is_importable("nowhere.at.all")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nowhere:function", "module nowhere cannot be imported here .*No module named 'nowhere'"),
        (f"{__name__}:nothing", "has no nothing"),
        (f"{__name__}:Colour.BLUE", r"has no Colour\.BLUE"),
        ("failing_on_import:function", "cannot be imported here .ZeroDivisionError: "),
        (".relative:function", "cannot be imported"),
    ],
)
def test_what_is_not_there_has_a_reason(name, reason, tmp_path, monkeypatch):
    """A missing module, a missing name, and a module whose own code fails."""
    (tmp_path / "failing_on_import.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(LookupError, match=reason):
        found(name)
