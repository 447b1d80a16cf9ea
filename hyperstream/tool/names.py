"""Functions, classes and members of enumerations by name: ``module:qualname``."""

from __future__ import annotations

import sys
from enum import Enum
from importlib import import_module
from itertools import accumulate
from types import BuiltinMethodType, MethodType
from typing import Any


def name_of(value: Any) -> str | None:
    """Return the name by which any process finds exactly this object; None if there is none.

    What was defined in ``__main__``, in a function, or in a module that is not
    imported from a file has none.

    Examples
    --------
    >>> name_of(len), name_of(str.upper), name_of(lambda: 1)
    ('builtins:len', 'builtins:str.upper', None)
    """
    module, path = _origin(value)
    if not isinstance(module, str) or module not in sys.modules:
        return None
    # A module may name a method of an object of its own, as random does: random.gauss.
    for each in dict.fromkeys((path, getattr(value, "__name__", None))):
        name = f"{module}:{each}"
        if isinstance(each, str) and _names(name, value):
            return name if is_importable(module) else None
    return None


def found(name: str) -> Any:
    """Return what a name of `name_of` stands for.

    Raises
    ------
    LookupError
        Why it is not there.
    """
    module, _, path = name.partition(":")
    try:
        value: Any = import_module(module)
    except Exception as error:  # the code of a module may raise anything
        message = f"module {module} cannot be imported here ({type(error).__name__}: {error})"
        raise LookupError(message) from error
    for part in path.split("."):
        try:
            value = getattr(value, part)
        except AttributeError:
            raise LookupError(f"module {module} has no {path}") from None
    return value


def is_importable(module: str) -> bool:
    """Tell whether another process can import a module by its name.

    That a module is imported here already says nothing: a notebook or a test
    may have made it, and tools are imported from their files.
    """
    parents: Any = None
    for name in accumulate(module.split("."), "{}.{}".format):
        specs = (finder.find_spec(name, parents) for finder in sys.meta_path)
        spec = next((each for each in specs if each is not None), None)
        if spec is None:
            return False
        # A package may have added to its places when it was imported.
        parents = getattr(sys.modules.get(name), "__path__", spec.submodule_search_locations)
        if parents is None:
            return name == module
    return module != "__main__"


def _origin(value: Any) -> tuple[Any, Any]:
    """Return the module and the qualified name that an object claims to have."""
    if isinstance(value, Enum):
        return type(value).__module__, f"{type(value).__qualname__}.{value.name}"
    module = getattr(value, "__module__", None)
    if module is None:  # methods written in C know their class
        owner = getattr(value, "__objclass__", getattr(value, "__self__", None))
        module = getattr(owner, "__module__", None)
    return module, getattr(value, "__qualname__", getattr(value, "__name__", None))


def _names(name: str, value: Any) -> bool:
    try:
        return _is_same(found(name), value)
    except LookupError:
        return False


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(other, (MethodType, BuiltinMethodType)):
        return bool(one == other)  # each look-up makes another object
    return one is other
