"""Parameters in printable form: equal in all processes for equal parameters."""

from __future__ import annotations

import copyreg
import dis
import functools
import hashlib
import inspect
import pickle
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from datetime import datetime
from enum import Enum
from types import (
    BuiltinMethodType,
    CodeType,
    FunctionType,
    MethodType,
    MethodWrapperType,
    ModuleType,
)
from typing import Any, Final

import numpy as np

from hyperstream._time import normalise
from hyperstream.tool.names import name_of
from hyperstream.utils.text import as_unicode

# The attribute in which a function that was stored or loaded carries its source text.
_CARRIED: Final = "__hyperstream_source__"
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_LONGEST: Final = 1000
# What is of these, or of a subclass, says all of itself; random numbers change with each call.
_PLAIN = (str, bytes, bytearray, int, float, complex, type, Enum, random.Random)
_NEW: Final[Any] = vars(copyreg)["__newobj__"]
_METHODS = (BuiltinMethodType, MethodWrapperType)


def fingerprint(value: Any, *, with_globals: bool = False) -> str:
    """Return a text that stands for a parameter's value.

    A function is named with a hash of its source text, its default arguments
    and what it encloses, so that an edited function shows. An array is named
    with a hash of its content, an object with its attributes or what else it is
    pickled as. A datetime is named in UTC and milliseconds, so that what comes
    back from a database has the fingerprint of what was stored.

    Parameters
    ----------
    value
        The value.
    with_globals : bool
        Whether global names are followed that functions without a name of their own use: these
        are stored with such a function.

    Examples
    --------
    >>> fingerprint({"b": 1, "a": {2, 1}})
    "{'a': {1, 2}, 'b': 1}"
    """
    met: dict[int, Any] = {}
    text = _fingerprint(value, (), met)
    used = sorted(_of_globals(met)) if with_globals else []
    return f"{text} using {used}" if used else text


def _of_globals(met: dict[int, Any]) -> Iterator[str]:
    """Name what was met uses, and what that uses, each once."""
    done: set[int] = set()
    while met.keys() > done:
        key = next(key for key in met if key not in done)
        done.add(key)
        for name, each in _used(met[key]):
            yield f"{met[key].__qualname__}, {name}: {_fingerprint(each, (), met)}"


def _fingerprint(value: Any, inside: tuple[object, ...], met: dict[int, Any]) -> str:
    """Name a value that lies inside of others, which it may contain again."""
    if any(value is each for each in inside):
        return "..."
    if isinstance(value, (FunctionType, type)):
        met[id(value)] = value
    of = functools.partial(_fingerprint, inside=(*inside, value), met=met)
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
    if isinstance(value, re.Pattern):  # its repr is cut
        return f"re.compile({value.pattern!r}, {value.flags})"
    if isinstance(value, ModuleType):
        return f"module {value.__name__}"
    if isinstance(value, datetime):
        return repr(_moment(value))
    state = None if isinstance(value, _PLAIN) else _state(value)
    if state is None:
        return as_unicode(_ADDRESS.sub("", repr(value)))  # a class of a user may write anything
    text = of(state)
    # It is kept with each stream and each call: a model may have a thousand attributes.
    text = text if len(text) <= _LONGEST else f"#{_hash(text.encode())}"
    return f"{type(value).__module__}:{type(value).__qualname__}{text}"


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


def _used(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what functions and classes that others cannot import take along, by name."""
    if not isinstance(value, (FunctionType, type)) or name_of(value) is not None:
        return
    if isinstance(value, FunctionType):
        names = _global_names(value.__code__)
        yield from ((name, value.__globals__[name]) for name in names if name in value.__globals__)
        return
    for name, each in vars(value).items():
        function = getattr(each, "__func__", each)  # of a classmethod or staticmethod
        if isinstance(function, FunctionType):
            yield name, function


def _global_names(code: CodeType) -> set[str]:
    inner = [each for each in code.co_consts if isinstance(each, CodeType)]
    own = {each.argval for each in dis.get_instructions(code) if each.opname == "LOAD_GLOBAL"}
    return own.union(*map(_global_names, inner))


def _state(value: object) -> Any:
    """Return what tells an object from others of its type; None if its repr does."""
    has_repr = type(value).__repr__ is not object.__repr__ and not is_dataclass(value)
    if has_repr and not (hasattr(value, "__dict__") or isinstance(value, _METHODS)):
        return None
    attributes = vars(value) if hasattr(value, "__dict__") else None
    try:
        if has_repr:  # it may be large, such as a connection; these cannot be pickled
            pickle.dumps(value)
        reduced = value.__reduce_ex__(pickle.HIGHEST_PROTOCOL)
    except Exception:  # noqa: BLE001 - pickling runs the code of the objects that it finds
        return None if has_repr else attributes
    if isinstance(reduced, str):  # the name of something global
        return None if has_repr else attributes
    make, arguments, state, *items = (*reduced, *(None,) * 5)[:5]
    if isinstance(state, dict):
        state = {name: state[name] for name in state if not _is_derived(value, name)}
    parts = [state, *(each and list(each) for each in items)]
    if make is _NEW and len(arguments) == 1:
        # As most objects are: made of their class alone, and then given their attributes.
        return state if parts[1:] == [None, None] else parts
    return [
        getattr(make, "__qualname__", make),
        arguments,
        *(each for each in parts if each is not None),
    ]


def _is_derived(value: Any, name: str) -> bool:
    return isinstance(getattr(type(value), name, None), functools.cached_property)


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
