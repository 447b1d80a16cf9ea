"""Tools and their parameters as they are kept in the database."""

from __future__ import annotations

from importlib import import_module
from types import BuiltinFunctionType, FunctionType
from typing import TYPE_CHECKING, Any

from hyperstream.models import ToolModel, ToolParameterModel
from hyperstream.storage.mongo.codec import Unencodable, decode_value, encode_value
from hyperstream.utils.errors import ToolInitialisationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hyperstream.tool.base_tool import BaseTool

_FUNCTIONS = (FunctionType, BuiltinFunctionType, type)


def to_model(tool: BaseTool) -> ToolModel:
    """Return a tool in its stored form: name, version and parameters."""
    return ToolModel(
        name=tool.name, version=tool.version, parameters=to_parameter_models(tool.parameters)
    )


def to_parameter_models(parameters: Iterable[Mapping[str, Any]]) -> list[ToolParameterModel]:
    """Return parameters, as dicts of `BaseTool.parameters`, in their stored form."""
    return [
        ToolParameterModel(
            key=each["key"],
            value=_stored(each["key"], each["value"]),
            is_function=bool(each.get("is_function", False)),
            is_set=bool(each.get("is_set", False)),
        )
        for each in parameters
    ]


def from_parameter_models(models: Iterable[ToolParameterModel]) -> dict[str, Any]:
    """Return stored parameters: name to value.

    Raises
    ------
    ToolInitialisationError
        A function is not found under the name that it was stored with.
    """
    return {each.key: _loaded(each) for each in models}


def _stored(key: str, value: Any) -> Any:
    if not isinstance(value, _FUNCTIONS):
        try:
            return encode_value(value)
        except Unencodable as error:
            msg = f"Parameter {key!r} cannot be stored: its value {error.reason}."
            raise ToolInitialisationError(msg, parameter=key) from error
    name = f"{value.__module__}:{value.__qualname__}"
    if value.__module__ == "__main__" or _named(name) is not value:
        msg = (
            f"Parameter {key!r} is the function {name}, which another process cannot find by that "
            "name: define it at the top level of a module."
        )
        raise ToolInitialisationError(msg, parameter=key, function=value)
    return name


def _loaded(model: ToolParameterModel) -> Any:
    if not model.is_function:
        value = decode_value(model.value)
        # Release 0.3.8 stored a set as a list.
        return set(value) if model.is_set and isinstance(value, list) else value
    found = _named(model.value) if isinstance(model.value, str) else None
    if found is None:
        msg = f"Parameter {model.key!r} is the function {model.value!r}, which is not there."
        raise ToolInitialisationError(msg, parameter=model.key)
    return found


def _named(name: str) -> Any:
    """Return what ``module:qualname`` names, or None."""
    module, _, path = name.partition(":")
    try:
        found: Any = import_module(module)
    except ImportError:
        return None
    for part in path.split("."):
        found = getattr(found, part, None)
    return found
