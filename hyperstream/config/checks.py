"""What the values of a configuration must be, and how an error says where they are not."""

from __future__ import annotations

import difflib
import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hyperstream.utils.errors import ConfigurationError

_LAST_PORT = 65535


@dataclass(frozen=True)
class Kind:
    """What a key wants: in words, and as a test; and whether that is a number."""

    wanted: str
    accepts: Callable[[Any], bool]
    numeric: bool = False


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return -math.inf < value < math.inf


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


TEXT = Kind("text", _is_text)
TEXTS = Kind("a list of texts", _is_texts)
FLAG = Kind("true or false", lambda value: isinstance(value, bool))
LIST = Kind("a list", lambda value: isinstance(value, list))
OBJECT = Kind("an object", lambda value: isinstance(value, Mapping))
NUMBER = Kind("a number", _is_number, numeric=True)
COUNT = Kind("a whole number above 0", lambda n: _is_whole(n) and n > 0, numeric=True)
PORT = Kind(
    "a whole number from 1 to 65535", lambda n: _is_whole(n) and 0 < n <= _LAST_PORT, numeric=True
)
DURATION = Kind("a number of seconds above 0", lambda n: _is_number(n) and n > 0, numeric=True)
PAUSE = Kind("a number of seconds, 0 or more", lambda n: _is_number(n) and n >= 0, numeric=True)
LIMIT = Kind(
    "null or a number of seconds above 0",
    lambda n: n is None or DURATION.accepts(n),
    numeric=True,
)
ROUNDS = Kind(
    "null or a whole number above 0", lambda n: n is None or COUNT.accepts(n), numeric=True
)


@dataclass(frozen=True)
class Source:
    """Where a configuration comes from: the name that errors begin with, and its folder."""

    name: str
    folder: Path

    def error(
        self, key: str, problem: str, cls: type[ConfigurationError] = ConfigurationError
    ) -> ConfigurationError:
        """Return the error that says what is wrong with a key (empty: with the whole)."""
        where = f"{self.name}: {key}" if key else self.name
        return cls(f"{where}: {problem}", source=self.name, key=key)

    def section(self, key: str, data: Any, kinds: Mapping[str, Kind]) -> dict[str, Any]:
        """Return the values of an object after checking every key of it."""
        self.check(key, data, OBJECT)
        values: dict[str, Any] = dict(data)
        for name, value in values.items():
            path = f"{key}.{name}" if key else name
            if name not in kinds:
                raise self.error(path, f"unknown key; {_suggestion(name, kinds)}")
            self.check(path, value, kinds[name])
        return values

    def check(self, key: str, value: object, kind: Kind) -> None:
        """Raise the error that names the key if its value is not of this kind."""
        if not kind.accepts(value):
            # Where text is wanted, a number may be a password.
            found = repr(value) if kind.numeric and _is_number(value) else _describe(value)
            raise self.error(key, f"must be {kind.wanted}, not {found}")

    def require(self, key: str, values: Mapping[str, Any], *names: str) -> None:
        """Raise the error that names the first key that an object lacks."""
        for name in names:
            if name not in values:
                raise self.error(f"{key}.{name}", "missing")

    def resolve(self, path: str) -> str:
        """Return a path of the file as an absolute one."""
        return os.path.normpath(self.folder / Path(path).expanduser())


def _suggestion(name: object, kinds: Mapping[str, Kind]) -> str:
    """Return what to write instead of an unknown key."""
    close = difflib.get_close_matches(str(name), kinds, n=1)
    if close:
        return f'did you mean "{close[0]}"?'
    return "known are " + ", ".join(f'"{kind}"' for kind in kinds)


def _describe(value: object) -> str:
    """Return the kind of a value, as JSON names it."""
    if isinstance(value, str):
        return "text" if value else "empty text"
    if isinstance(value, bool):
        return json.dumps(value)
    if value is None:
        return "null"
    if isinstance(value, (int, float)):
        return "a number"
    return "a list" if isinstance(value, list) else "an object"
