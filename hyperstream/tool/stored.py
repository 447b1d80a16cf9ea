"""Tools and their parameters as they are kept in the database.

A function, a class or a member of an enumeration is stored as ``module:qualname`` where that
names it, else as a signed document: see `hyperstream.tool.sealed`. Both may also be inside of
dicts, lists, tuples, sets and `functools.partial`. All other values have the forms of
`hyperstream.storage.mongo.forms`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from hyperstream.execution import current_context
from hyperstream.models import ToolModel, ToolParameterModel
from hyperstream.storage.mongo.codec import Unencodable, decode_value, encode_value
from hyperstream.storage.mongo.forms import BY_TYPE, register
from hyperstream.tool.names import found, name_of
from hyperstream.tool.sealed import seal, unseal
from hyperstream.utils.errors import ToolInitialisationError, UntrustedCodeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hyperstream.tool.base_tool import BaseTool

_NAME = re.compile(r"[\w.]+:[\w.]+")
_COLLECTIONS = frozenset({list, tuple, set, frozenset})


# What stands for functions between them and their stored forms. Reading a stored value gives no
# more than these: a stream whose data somebody forged runs nothing.
@dataclass(frozen=True, eq=False)
class Named:
    """Stands for what a name finds."""

    name: str


@dataclass(frozen=True, eq=False)
class Sealed:
    """Stands for a function in a signed document."""

    document: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Applied:
    """Stands for a `functools.partial`, whose parts are in this form too."""

    func: Any
    args: tuple[Any, ...]
    keywords: dict[str, Any]


register(Named, "named", attrgetter("name"), Named)
register(Sealed, "code", attrgetter("document"), Sealed)
register(
    Applied,
    "partial",
    lambda applied: [applied.func, applied.args, applied.keywords],
    lambda payload: Applied(*payload),
)


def to_model(tool: BaseTool) -> ToolModel:
    """Return a tool in its stored form: name, version and parameters."""
    return ToolModel(
        name=tool.name,
        version=tool.version,
        parameters=to_parameter_models(tool.parameters, tool.name),
    )


def to_parameter_models(
    parameters: Iterable[Mapping[str, Any]], tool: str | None = None
) -> list[ToolParameterModel]:
    """Return parameters, as dicts of `BaseTool.parameters`, in their stored form.

    Parameters
    ----------
    parameters : iterable of dict
        The parameters.
    tool : str, optional
        Whose they are, for errors.

    Raises
    ------
    ToolInitialisationError
        One cannot be stored.
    """
    return [
        ToolParameterModel(
            key=each["key"],
            value=_Parameter(each["key"], tool).encoded(each["value"], each.get("is_function")),
            is_function=bool(each.get("is_function", False)),
            is_set=bool(each.get("is_set", False)),
        )
        for each in parameters
    ]


def from_parameter_models(
    models: Iterable[ToolParameterModel], tool: str | None = None
) -> dict[str, Any]:
    """Return stored parameters: name to value.

    Parameters
    ----------
    models : iterable of ToolParameterModel
        The stored parameters.
    tool : str, optional
        Whose they are, for errors.

    Raises
    ------
    UntrustedCodeError
        A function is stored as code that is not signed by a known key, or
        cannot be run by this version of Python. It was not run.
    ToolInitialisationError
        A function is not found under the name that it was stored with, or a
        value has a form that nothing here knows.
    """
    return {each.key: _Parameter(each.key, tool).decoded(each) for each in models}


class _Parameter:
    """Encodes and decodes the value of one parameter; its text begins the sentence of an error."""

    def __init__(self, key: str, tool: str | None) -> None:
        self.key = key
        self.text = f"Parameter {key!r}" + (f" of tool {tool}" if tool else "")

    def encoded(self, value: Any, is_function: bool | None) -> Any:
        """Return what is stored for a value."""
        try:
            stored = self._without_functions(value)
            # A parameter that is a function with a name is stored as nothing but the name.
            return stored.name if is_function and type(stored) is Named else encode_value(stored)
        except (Unencodable, RecursionError) as error:
            reason = getattr(error, "reason", "is nested too deep")
            raise ToolInitialisationError(
                f"{self.text} cannot be stored: its value {reason}. Or let the tool take a "
                "function that makes it, or what it is made from.",
                parameter=self.key,
            ) from error
        except ToolInitialisationError as error:
            vars(error)["parameter"] = self.key
            raise

    def decoded(self, model: ToolParameterModel) -> Any:
        """Return the value that is stored."""
        if model.is_function and isinstance(model.value, (bytes, str)):
            return self._by_name(model.value)
        try:
            value = self._with_functions(decode_value(model.value))
            # Release 0.3.8 stored a set as a list, and tuples in it as lists too.
            is_old_set = model.is_set and isinstance(value, list)
            return set(map(_hashable, value)) if is_old_set else value
        except ToolInitialisationError as error:
            vars(error)["parameter"] = self.key
            raise
        except (TypeError, ValueError) as error:
            raise self._error(ToolInitialisationError, f"cannot be read: {error}") from error

    def _without_functions(self, value: Any) -> Any:
        """Put what stands for them in the place of functions."""
        if type(value) is partial:
            parts = (value.func, value.args, value.keywords)
            return Applied(*map(self._without_functions, parts))
        if type(value) in BY_TYPE or not (callable(value) or isinstance(value, Enum)):
            return _mapped(self._without_functions, value)
        name = name_of(value)
        return (
            Sealed(seal(value, current_context().keys, self.text)) if name is None else Named(name)
        )

    def _with_functions(self, value: Any) -> Any:
        """Put the functions in the place of what stands for them."""
        if isinstance(value, Named):
            return self._by_name(value.name)
        if isinstance(value, Sealed):
            return unseal(value.document, current_context().keys, self.text)
        if isinstance(value, Applied):
            parts = (value.func, value.args, value.keywords)
            func, args, keywords = map(self._with_functions, parts)
            return partial(func, *args, **keywords)
        return _mapped(self._with_functions, value)

    def _by_name(self, name: str | bytes) -> Any:
        if isinstance(name, bytes) or not _NAME.fullmatch(name):
            raise self._error(
                UntrustedCodeError,
                "is a function that release 0.3.8 has stored as the code of its version of "
                "Python, without a name and unsigned, which is not run: define the workflow again "
                "with the function, and commit it with replace=True.",
            )
        try:
            return found(name)
        except LookupError as error:
            raise self._error(
                ToolInitialisationError,
                f"is stored as {name}, but {error.args[0]}: make that module importable here, or "
                "store the workflow again with a function that is there.",
                function=name,
            ) from error

    def _error(
        self, kind: type[ToolInitialisationError], text: str, **data: Any
    ) -> ToolInitialisationError:
        return kind(f"{self.text} {text}", parameter=self.key, **data)


def _mapped(convert: Callable[[Any], Any], value: Any) -> Any:
    """Convert what is in a collection."""
    if isinstance(value, dict):
        return {convert(key): convert(each) for key, each in value.items()}
    return type(value)(map(convert, value)) if type(value) in _COLLECTIONS else value


def _hashable(item: Any) -> Any:
    return tuple(map(_hashable, item)) if isinstance(item, list) else item
