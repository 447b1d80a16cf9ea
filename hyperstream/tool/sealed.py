"""Functions that have no name: kept as bytes, with their source text and a signature.

The document of such a function has these fields:

=============  =================================================================
``format``     1
``python``     the version of Python that alone can read the bytes, as ``3.11``
``name``       what the function was called, for people
``source``     its source text, for people; empty if it was typed at a prompt
``code``       the function with all it needs, as cloudpickle makes it
``key``        the id of the key that has signed
``signature``  HMAC-SHA-256 of the other fields, in hexadecimal digits
=============  =================================================================

What lies in modules that any process can import is part of the bytes by its name only.
"""

from __future__ import annotations

import inspect
import io
import json
import pickle
import pickletools
import sys
import textwrap
import threading
from collections.abc import Iterator, Mapping
from types import FunctionType, MethodType, ModuleType
from typing import Any, Final

import cloudpickle

from hyperstream.tool.fingerprint import carry_source, source_of
from hyperstream.tool.names import is_importable, name_of
from hyperstream.utils.errors import ToolInitialisationError, UntrustedCodeError
from hyperstream.utils.keys import KeyRing

FORMAT: Final = 1
PYTHON: Final = f"{sys.version_info.major}.{sys.version_info.minor}"

_FIELDS: Final[dict[str, type]] = {
    "format": int,
    "python": str,
    "name": str,
    "source": str,
    "code": bytes,
    "key": str,
    "signature": str,
}
_TEXTS = frozenset({"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"})
_ASK = "ask who stored it to run `hyperstream keys export FILE`, and run `hyperstream keys import"
_pickling = threading.Lock()


def seal(value: Any, keys: KeyRing, place: str) -> dict[str, Any]:
    """Return the document of a function, class or callable object.

    Parameters
    ----------
    value
        The function.
    keys : KeyRing
        Signs.
    place : str
        What the function is, the beginning of an error's sentence.

    Raises
    ------
    ToolInitialisationError
        It cannot be turned into bytes.
    """
    try:
        code = _dumps(value)
    except Exception as error:  # pickling runs the code of the objects that it finds
        raise ToolInitialisationError(
            f"{place} cannot be stored: {_name(value)} is or needs something that cannot be "
            f"pickled ({error}). Define it at the top level of a module that can be imported.",
            function=value,
        ) from error
    document = {
        "format": FORMAT,
        "python": PYTHON,
        "name": _name(value),
        "source": _source(value),
        "code": code,
    }
    key_id, signature = keys.sign(_content(document))
    return {**document, "key": key_id, "signature": signature}


def unseal(document: Mapping[str, Any], keys: KeyRing, place: str) -> Any:
    """Return the function of a document that `seal` made, if one of the keys has signed it.

    Nothing of it is run or unpickled before that is certain.

    Raises
    ------
    UntrustedCodeError
        The signature is not right, or another version of Python made the document.
    ToolInitialisationError
        What the function needs is not here.
    """
    _check(document, keys, place)
    try:
        return pickle.loads(document["code"])  # noqa: S301 - signed, see above
    except Exception as error:  # the bytes may need anything
        raise ToolInitialisationError(
            f"{place} is the stored function {document['name']}, which cannot be loaded here "
            f"({type(error).__name__}: {error}). Install what it needs, or store it again."
            + _shown(document),
            source=document["source"],
        ) from error


def _check(document: Mapping[str, Any], keys: KeyRing, place: str) -> None:
    """Raise an error unless a document may be unpickled."""
    fields = document if isinstance(document, dict) else {}
    if any(type(fields.get(key)) is not kind for key, kind in _FIELDS.items()):
        raise UntrustedCodeError(
            f"{place} is a stored function whose document is damaged: store it again."
        )
    key, about = document["key"], f"{place} is the stored function {document['name']}"
    if key not in keys:
        raise UntrustedCodeError(
            f"{about}, signed by key {key}, which is not among those in {keys.path}. It is not "
            f"run: if it is to be trusted, {_ASK} FILE` here.",
            key_id=key,
        )
    if not keys.verify(key, document["signature"], _content(document)):
        raise UntrustedCodeError(
            f"{about}, which is not what key {key} of {keys.path} has signed: it was changed "
            "since, or another key has this id there. It is not run: store it again, or "
            f"{_ASK} FILE` here.",
            key_id=key,
        )
    if (document["format"], document["python"]) != (FORMAT, PYTHON):
        raise UntrustedCodeError(
            f"{about}, which Python {document['python']} has stored (form {document['format']}) "
            f"and Python {PYTHON} (form {FORMAT}) cannot run: put it into a module, and store the "
            f"workflow again.{_shown(document)}",
            key_id=key,
            python=document["python"],
            source=document["source"],
        )


def _content(document: Mapping[str, Any]) -> bytes:
    """Return what is signed: all fields but those of the signature itself."""
    fields = {key: each for key, each in document.items() if key not in {"key", "signature"}}
    return json.dumps(
        {**fields, "code": fields["code"].hex()}, sort_keys=True, default=repr
    ).encode()


def _shown(document: Mapping[str, Any]) -> str:
    text = document["source"].rstrip()
    return f" Its source text:\n{textwrap.indent(text, '    ')}" if text else ""


def _name(value: Any) -> str:
    named = value if hasattr(value, "__qualname__") else type(value)
    return f"{named.__module__}:{named.__qualname__}"


def _source(value: Any) -> str:
    if isinstance(value, MethodType):
        value = value.__func__
    if isinstance(value, FunctionType):
        return textwrap.dedent(source_of(value))
    kind = value if isinstance(value, type) else type(value)
    if name_of(kind) is not None:
        return ""
    try:
        return textwrap.dedent(inspect.getsource(kind))
    except (OSError, TypeError):  # typed at a prompt, or loaded
        return ""


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # it has no types
    """Takes along all that other processes cannot import, and the source text of functions."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.taken: set[ModuleType] = set()

    def reducer_override(self, obj: Any) -> Any:
        """Return how an object is pickled."""
        if isinstance(obj, ModuleType):
            if obj.__name__ == "__main__":  # cloudpickle would take that of the other process
                raise _refused("__main__")
            self._take(obj.__name__)
        elif isinstance(obj, (FunctionType, type)) and name_of(obj) is None:
            self._take(obj.__module__)
            if isinstance(obj, FunctionType):
                carry_source(obj)
        return super().reducer_override(obj)

    def _take(self, module: str | None) -> None:
        if module == "__main__" or module not in sys.modules or is_importable(module):
            return
        if module not in cloudpickle.list_registry_pickle_by_value():
            cloudpickle.register_pickle_by_value(sys.modules[module])
            self.taken.add(sys.modules[module])


def _dumps(value: Any) -> bytes:
    """Return a function as bytes that need nothing but what other processes can import."""
    file = io.BytesIO()
    with _pickling:  # which modules are taken along is known to the whole process
        pickler = _Pickler(file)
        try:
            pickler.dump(value)
        finally:
            for module in pickler.taken:
                cloudpickle.unregister_pickle_by_value(module)
    for name in _modules(file.getvalue()):
        if not is_importable(name):
            raise _refused(name)
    return file.getvalue()


def _refused(module: str) -> pickle.PicklingError:
    return pickle.PicklingError(f"it refers to module {module}, which others do not have")


def _modules(code: bytes) -> Iterator[str]:
    """Yield the modules of which pickled bytes have something by name."""
    memo: list[Any] = []
    last: Any = None
    before: Any = None
    argument: Any
    for operation, argument, _ in pickletools.genops(code):
        if operation.name == "MEMOIZE":
            memo.append(last)
            continue
        if operation.name == "STACK_GLOBAL":
            yield before
        before, last = last, None
        if operation.name in _TEXTS:
            last = argument
        elif operation.name in {"BINGET", "LONG_BINGET"}:
            last = memo[argument]
