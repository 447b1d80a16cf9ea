"""Parameters in printable form: equal in all processes for equal parameters."""

from __future__ import annotations

import functools
import hashlib
import inspect
import re
from collections.abc import Callable
from dataclasses import is_dataclass
from datetime import datetime
from types import CodeType, FunctionType, MethodType
from typing import Any, Final

import numpy as np

from hyperstream._time import normalise

# The attribute in which a function that was stored or loaded carries its source text.
_CARRIED: Final = "__hyperstream_source__"
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def fingerprint(value: Any) -> str:
    """Return a text that stands for a parameter's value.

    A function is named with a hash of its source text, its default arguments
    and what it encloses, so that an edited function shows. An array is named
    with a hash of its content, an object that says nothing of itself with its
    attributes. A datetime is named in UTC and milliseconds, so that what comes
    back from a database has the fingerprint of what was stored.

    Examples
    --------
    >>> fingerprint({"b": 1, "a": {2, 1}})
    "{'a': {1, 2}, 'b': 1}"
    """
    return _fingerprint(value, ())


def _fingerprint(value: Any, inside: tuple[object, ...]) -> str:
    """Name a value that lies inside of others, which it may contain again."""
    if any(value is each for each in inside):
        return "..."
    of = functools.partial(_fingerprint, inside=(*inside, value))
    if isinstance(value, (dict, set, frozenset, list, tuple)):
        return _of_collection(value, of)
    if isinstance(value, np.ndarray):
        content = of(value.tolist()).encode() if value.dtype == object else value.tobytes()
        return f"array({value.dtype}, {value.shape}#{_hash(content)})"
    if isinstance(value, (FunctionType, MethodType, functools.partial)):
        return _of_function(value, of)
    return _of_object(value, of)


def _of_collection(value: Any, of: Callable[[Any], str]) -> str:
    if isinstance(value, dict):
        items = [f"{of(key)}: {of(each)}" for key, each in value.items()]
    else:
        items = list(map(of, value))
    if isinstance(value, (list, tuple)):
        opening, closing = "[]" if isinstance(value, list) else "()"
    else:
        opening, closing = "{}"
        items.sort()
    return opening + ", ".join(items) + closing


def _of_function(value: Any, of: Callable[[Any], str]) -> str:
    if isinstance(value, functools.partial):
        return f"partial({of(value.func)}, {of(value.args)}, {of(value.keywords)})"
    if isinstance(value, MethodType):
        return f"{of(value.__func__)} of {of(value.__self__)}"
    text = f"{value.__module__}:{value.__qualname__}#{_digest(value)}"
    parts = [f"{name}={of(each)}" for name, each in _bound(value).items()]
    return f"{text}({', '.join(parts)})" if parts else text


def _of_object(value: Any, of: Callable[[Any], str]) -> str:
    if _says_nothing(value):
        return f"{type(value).__module__}:{type(value).__qualname__}{of(vars(value))}"
    if isinstance(value, re.Pattern):  # its repr is cut
        return f"re.compile({value.pattern!r}, {value.flags})"
    if isinstance(value, datetime):
        value = _moment(value)
    return _ADDRESS.sub("", repr(value))


def _bound(function: FunctionType) -> dict[str, Any]:
    """Return what a function carries along besides its code, by name."""
    bound = {f"default {place}": each for place, each in enumerate(function.__defaults__ or ())}
    bound |= function.__kwdefaults__ or {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            bound[name] = cell.cell_contents
        except ValueError:  # not set yet
            bound[name] = None
    return bound


def _says_nothing(value: object) -> bool:
    """Tell whether an object's repr leaves out its attributes, or the order in a set of them."""
    if isinstance(value, type) or not hasattr(value, "__dict__"):
        return False
    return type(value).__repr__ is object.__repr__ or is_dataclass(value)


def _moment(value: datetime) -> datetime:
    try:
        return normalise(value).replace(fold=0)
    except ValueError:  # the first or last hours of a calendar in another time zone
        return value


def _digest(function: FunctionType) -> str:
    code, text = function.__code__, source_of(function)
    # The source of a lambda is that of its lines, where there may be others.
    if not text or (code.co_name == "<lambda>" and text.count("lambda") > 1):
        text += _compiled(code)
    return _hash(text.encode())


def source_of(function: FunctionType) -> str:
    """Return the source text of a function, as it is in its file; empty if nothing knows it."""
    code, carried = function.__code__, vars(function).get(_CARRIED)
    # Decorators copy the attributes of a function to another one, with code of its own.
    if carried is not None and carried[0] == _hash(_compiled(code).encode()):
        return str(carried[1])
    return _read_source(code)


def carry_source(function: FunctionType) -> None:
    """Let a function carry its source text along, to where its file is not or is another."""
    vars(function)[_CARRIED] = _hash(_compiled(function.__code__).encode()), source_of(function)


@functools.lru_cache(maxsize=4096)
def _read_source(code: CodeType) -> str:
    try:
        return inspect.getsource(code)
    except (OSError, TypeError):  # typed at a prompt
        return ""


@functools.lru_cache(maxsize=4096)
def _compiled(code: CodeType) -> str:
    constants = [
        _compiled(each) if isinstance(each, CodeType) else fingerprint(each)
        for each in code.co_consts
    ]
    return f"{code.co_code.hex()}{code.co_names}{constants}"


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
