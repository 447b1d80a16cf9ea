"""The reference is complete."""

from __future__ import annotations

import importlib
import re
from types import FunctionType

import pytest

from tests.docs.pages import ROOT
from tests.test_public_api import MODULES

API = "".join(page.read_text() for page in sorted((ROOT / "docs" / "api").glob("*.md")))
WHOLE = set(re.findall(r"automodule:: ([\w.]+)", API))
SINGLE = set(re.findall(r"(?:autoclass|autofunction|py:data):: ([\w.]+)", API))
METHODS = (FunctionType, property, classmethod, staticmethod)


def in_the_reference(name, value):
    """Tell whether a name is on a page, alone or with the module that it is in."""
    alone = {full.rpartition(".")[0] for full in SINGLE if full.endswith(f".{name}")}
    modules = map(importlib.import_module, sorted(WHOLE | alone))
    return any(getattr(module, name, None) is value for module in modules)


def without_docstring(value):
    """Give what of a class or function, and of the methods of a class, has no docstring."""
    members = vars(value).items() if isinstance(value, type) else ()
    methods = [
        member
        for name, member in members
        if not name.startswith("_") and isinstance(member, METHODS)
    ]
    return [each for each in (value, *methods) if callable(value) and not each.__doc__]


@pytest.mark.parametrize("path", sorted(set(MODULES) - {"hyperstream.version"}))
def test_a_public_name_is_in_the_reference(path):
    """Every documented name of a module is on a page of the reference."""
    module = importlib.import_module(path)
    names = {name: getattr(module, name) for name in MODULES[path]}
    assert [name for name, value in names.items() if not in_the_reference(name, value)] == []


@pytest.mark.parametrize("path", MODULES)
def test_a_public_name_says_what_it_is(path):
    """Every documented module, class, function and method has a docstring."""
    module = importlib.import_module(path)
    assert module.__doc__
    values = [getattr(module, name) for name in MODULES[path]]
    assert [silent for value in values for silent in without_docstring(value)] == []


@pytest.mark.parametrize("plugin", sorted(path.name for path in (ROOT / "plugins").iterdir()))
def test_a_plugin_is_on_the_page_of_tools(plugin):
    """The page of the tools has a section for each plugin."""
    assert f".. tools:: {plugin}\n" in (ROOT / "docs" / "tools.md").read_text()
