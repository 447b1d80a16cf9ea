"""Small base classes and dictionaries; users find them in :mod:`hyperstream.utils.containers`.

The base class of all errors is here too, since the dictionaries below raise errors of their own;
:mod:`hyperstream.utils.errors` has all the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import numpy as np

__all__ = [
    "FrozenKeyDict",
    "Hashable",
    "HyperStreamError",
    "KeyDuplicationError",
    "Printable",
    "TypedBiDict",
    "TypedFrozenKeyDict",
    "ValueDuplicationError",
]

K = TypeVar("K")
V = TypeVar("V")


class HyperStreamError(Exception):
    """Base of every error that HyperStream raises.

    Parameters
    ----------
    message
        One sentence that names the thing and the remedy; the class may have a default.
    **data
        What the error is about; each becomes an attribute.

    Examples
    --------
    >>> error = HyperStreamError("Stream 'a' is missing.", stream_id="a")
    >>> str(error), error.stream_id
    ("Stream 'a' is missing.", 'a')
    """

    message: str = ""

    def __init__(self, message: str | None = None, **data: object) -> None:
        self.message = type(self).message if message is None else message
        super().__init__(self.message)
        self.__dict__.update(data)

    def __str__(self) -> str:
        # Said here, because KeyError and OSError, from which some errors derive, do otherwise.
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore_error, (type(self), self.args, self.__dict__)


def _restore_error(
    cls: type[HyperStreamError], args: tuple[Any, ...], state: dict[str, object]
) -> HyperStreamError:
    """Rebuild a pickled error without its constructor, whose arguments differ by class."""
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(state)
    return error


class KeyDuplicationError(HyperStreamError, KeyError):
    """A key is already in a dictionary whose keys are written once."""


class ValueDuplicationError(HyperStreamError, ValueError):
    """A value is already in a dictionary that also leads from values to keys."""


def _public_state(item: object) -> dict[str, Any]:
    """Collect the attributes of `item` without leading underscore, by name in order."""
    names = set(getattr(item, "__dict__", ()))
    for cls in type(item).__mro__:
        slots = cls.__dict__.get("__slots__", ())
        names.update((slots,) if isinstance(slots, str) else slots)
    return {
        name: getattr(item, name)
        for name in sorted(names)
        if not name.startswith("_") and hasattr(item, name)
    }


class Printable:
    """Base class: ``repr`` shows the public attributes.

    Examples
    --------
    >>> class Point(Printable):
    ...     def __init__(self, x, y):
    ...         self.x, self.y = x, y
    >>> Point(1, 2)
    Point(x=1, y=2)
    """

    __slots__ = ()

    def __repr__(self) -> str:
        state = ", ".join(f"{name}={value!r}" for name, value in _public_state(self).items())
        return f"{type(self).__name__}({state})"


class Hashable:
    """Base class: equality and hash follow from the class and the public attributes.

    Objects that are equal have equal hashes. Attributes may be lists, dictionaries, sets and
    numpy arrays; who changes an attribute changes the hash. The order inside dictionaries and
    sets does not matter.

    Examples
    --------
    >>> class Point(Hashable):
    ...     def __init__(self, x, **tags):
    ...         self.x, self.tags = x, tags
    >>> Point(1, a=2, b=3) == Point(1, b=3, a=2)
    True
    >>> len({Point(1, a=2), Point(1, a=2), Point(2, a=2)})
    2
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return bool(_frozen(_public_state(self)) == _frozen(_public_state(other)))

    def __hash__(self) -> int:
        return hash((type(self), _frozen(_public_state(self))))


class _Unhashable:
    """Stands in for a value that compares but does not hash: all of one type share a hash."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Unhashable) and bool(self.value == other.value)

    def __hash__(self) -> int:
        return hash(type(self.value))


def _frozen(value: object) -> Any:
    """Give a hashable stand-in that equals another's exactly when the values are equal."""
    if isinstance(value, Mapping):
        return (dict, frozenset((key, _frozen(item)) for key, item in value.items()))
    if isinstance(value, (list, tuple)):
        return (list if isinstance(value, list) else tuple, tuple(map(_frozen, value)))
    if isinstance(value, (set, frozenset)):
        return frozenset(value)
    if isinstance(value, np.ndarray):
        return (np.ndarray, value.shape, str(value.dtype), _frozen(value.tolist()))
    try:
        hash(value)
    except TypeError:
        return _Unhashable(value)
    return value


class FrozenKeyDict(MutableMapping[K, V]):
    """A dictionary in which each key is set once.

    Subclasses may put another storage under it by overriding the five abstract methods of
    :class:`~collections.abc.MutableMapping`.

    Raises
    ------
    KeyDuplicationError
        On setting a key that is already there.

    Examples
    --------
    >>> d = FrozenKeyDict(a=1)
    >>> d["a"] = 1
    Traceback (most recent call last):
        ...
    hyperstream._containers.KeyDuplicationError: Key 'a' is already set; delete it first.
    """

    def __init__(self, *args: Any, **kwargs: V) -> None:
        self._data: dict[K, V] = {}
        self.update(*args, **kwargs)

    def __getitem__(self, key: K) -> V:
        return self._data[key]

    def __setitem__(self, key: K, value: V) -> None:
        if key in self:
            raise KeyDuplicationError(f"Key {key!r} is already set; delete it first.", key=key)
        self._data[key] = value

    def __delitem__(self, key: K) -> None:
        del self._data[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self)!r})"


class TypedFrozenKeyDict(FrozenKeyDict[K, V]):
    """A :class:`FrozenKeyDict` whose keys are all of one type.

    Parameters
    ----------
    key_type
        The type; setting a key of another one is a TypeError.

    Examples
    --------
    >>> TypedFrozenKeyDict(str, a=1)["a"]
    1
    """

    def __init__(self, key_type: type[K], *args: Any, **kwargs: V) -> None:
        self.key_type = key_type
        super().__init__(*args, **kwargs)

    def __setitem__(self, key: K, value: V) -> None:
        _check_type(key, self.key_type, "key")
        super().__setitem__(key, value)


class TypedBiDict(MutableMapping[K, V], Generic[K, V]):
    """A dictionary that leads from keys to values, and by :attr:`inverse` from values to keys.

    Parameters
    ----------
    key_type, value_type
        The types; anything else is a TypeError.

    Raises
    ------
    ValueDuplicationError
        On setting a value that is already there.

    Examples
    --------
    >>> d = TypedBiDict(str, int, one=1)
    >>> d["one"], d.inverse[1]
    (1, 'one')
    """

    def __init__(self, key_type: type[K], value_type: type[V], *args: Any, **kwargs: V) -> None:
        self.key_type = key_type
        self.value_type = value_type
        self._values: dict[K, V] = {}
        self._keys: dict[V, K] = {}
        self.update(*args, **kwargs)

    @property
    def inverse(self) -> Mapping[V, K]:
        """The key of each value, read-only."""
        return MappingProxyType(self._keys)

    def __getitem__(self, key: K) -> V:
        return self._values[key]

    def __setitem__(self, key: K, value: V) -> None:
        _check_type(key, self.key_type, "key")
        _check_type(value, self.value_type, "value")
        if value in self._keys:
            raise ValueDuplicationError(
                f"Value {value!r} is already there, under the key {self._keys[value]!r}.",
                key=key,
                value=value,
            )
        self.pop(key, None)
        self._values[key] = value
        self._keys[value] = key

    def __delitem__(self, key: K) -> None:
        self._keys.pop(self._values[key], None)  # an interrupt may have left it out
        del self._values[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._values!r})"


def _check_type(item: object, wanted: type, role: str) -> None:
    if not isinstance(item, wanted):
        raise TypeError(f"Expected a {role} of type {wanted.__name__}, not {item!r}.")
