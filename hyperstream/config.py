"""The configuration: what stands in `hyperstream_config.json`, checked key by key.

Everything has a default, so a working directory without the file is fine. Whatever is in the file
must be right: an unknown key, a value of the wrong kind, a missing folder, a bracket too few are
each a `ConfigurationError` that begins with the file and the path of the key. No message repeats
a text of the file, so no password gets into a log.

Paths in the file are relative to the folder of the file, or absolute, or begin with `~`.

>>> config = HyperStreamConfig.from_dict({"history_channel": "memory"})
>>> config.history_channel, config.online_engine.sleep, config.mongo["embedded"]
('memory', 5, True)
>>> HyperStreamConfig.from_dict({"mongo": {"prot": 27018}})
Traceback (most recent call last):
hyperstream.utils.errors.ConfigurationError: configuration: mongo.prot: unknown key; ...
"""

from __future__ import annotations

import difflib
import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hyperstream.embedded import default_data_directory
from hyperstream.plugin_manager import Plugin
from hyperstream.time_interval import RelativeTimeInterval
from hyperstream.utils.containers import Printable
from hyperstream.utils.errors import ConfigurationError, PluginError

CONFIG_FILENAME = "hyperstream_config.json"

_SERVER_KEYS = (
    "connection_string",
    "host",
    "port",
    "username",
    "password",
    "authentication_database",
)
_LAST_PORT = 65535
_DEFAULT_INTERVAL = {"start": -60, "end": -10}


@dataclass(frozen=True)
class _Kind:
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


_TEXT = _Kind("text", _is_text)
_TEXTS = _Kind("a list of texts", _is_texts)
_FLAG = _Kind("true or false", lambda value: isinstance(value, bool))
_LIST = _Kind("a list", lambda value: isinstance(value, list))
_OBJECT = _Kind("an object", lambda value: isinstance(value, Mapping))
_NUMBER = _Kind("a number", _is_number, numeric=True)
_COUNT = _Kind("a whole number above 0", lambda n: _is_whole(n) and n > 0, numeric=True)
_PORT = _Kind(
    "a whole number from 1 to 65535", lambda n: _is_whole(n) and 0 < n <= _LAST_PORT, numeric=True
)
_DURATION = _Kind("a number of seconds above 0", lambda n: _is_number(n) and n > 0, numeric=True)
_PAUSE = _Kind("a number of seconds, 0 or more", lambda n: _is_number(n) and n >= 0, numeric=True)
_ALARM = _Kind(
    "null or a number of seconds above 0",
    lambda n: n is None or (_is_number(n) and n > 0),
    numeric=True,
)

_TOP = {
    "mongo": _OBJECT,
    "history_channel": _TEXT,
    "output_path": _TEXT,
    "plugins": _LIST,
    "online_engine": _OBJECT,
    "keys": _TEXT,
}
_MONGO = {
    **dict.fromkeys(_SERVER_KEYS, _TEXT),
    "port": _PORT,
    "tz_aware": _FLAG,
    "db": _TEXT,
    "embedded": _FLAG,
    "path": _TEXT,
    "upgrade": _FLAG,
    "connect_seconds": _DURATION,
    "retry_seconds": _DURATION,
    "idle_seconds": _DURATION,
}
_PLUGIN = {
    "channel_id_prefix": _TEXT,
    "channel_names": _TEXTS,
    "path": _TEXT,
    "has_tools": _FLAG,
    "has_assets": _FLAG,
}
_ENGINE = {"interval": _OBJECT, "sleep": _PAUSE, "iterations": _COUNT, "alarm": _ALARM}
_INTERVAL = {"start": _NUMBER, "end": _NUMBER}


class OnlineEngineConfig(Printable):
    """How the online engine runs.

    Parameters
    ----------
    interval : RelativeTimeInterval or mapping
        What each round computes, relative to now; as a mapping, `start` and `end` in seconds.
    sleep : float
        Seconds from the start of one round to the start of the next.
    iterations : int
        The number of rounds.
    alarm : float, optional
        Seconds a round may take before it is reported as stuck; None means any time.

    Raises
    ------
    ValueError
        If the interval does not begin before it ends, or ends in the future.

    Examples
    --------
    >>> OnlineEngineConfig({"start": -60, "end": -10}).interval.start
    datetime.timedelta(days=-1, seconds=86340)
    """

    def __init__(
        self,
        interval: RelativeTimeInterval | Mapping[str, float],
        sleep: float = 5,
        iterations: int = 100,
        alarm: float | None = None,
    ) -> None:
        if not isinstance(interval, RelativeTimeInterval):
            interval = RelativeTimeInterval(**interval)
        self.interval = interval
        self.sleep = sleep
        self.iterations = iterations
        self.alarm = alarm


class HyperStreamConfig(Printable):
    """The configuration of HyperStream.

    Parameters
    ----------
    filename : path
        The file to read. If it is the default and not there, all values are the defaults; any
        other file must exist.

    Attributes
    ----------
    mongo : dict
        The database: the file's section, and always `embedded`, which is true unless the
        section names a server. If it is true, `path` is the folder of the data (absolute):
        `.hyperstream` beside the file, or the user's data folder if there is no file.
    history_channel : str
        The channel that keeps the history of sessions: "mongo".
    output_path : str
        The folder for files that tools write (absolute): "output".
    plugins : list of Plugin
        The plugins, in the order of the file, with absolute paths.
    online_engine : OnlineEngineConfig
        How the online engine runs.
    keys : str or None
        The file with the keys that sign stored functions (absolute), if it is not the default.
    filename : str or None
        The file that was read (absolute), or None.

    Raises
    ------
    ConfigurationError
        If the file cannot be read, or says something that is not understood.
    """

    def __init__(self, filename: str | os.PathLike[str] = CONFIG_FILENAME) -> None:
        path = Path(filename).absolute()
        if os.fspath(filename) == CONFIG_FILENAME and not path.exists():
            self._fill({}, _Source("configuration", Path.cwd()), filename=None)
        else:
            source = _Source(os.fspath(filename), path.parent)
            self._fill(_read(path, source), source, filename=str(path))

    @classmethod
    def from_dict(
        cls, data: Mapping[str, Any], folder: str | os.PathLike[str] = "."
    ) -> HyperStreamConfig:
        """Return the configuration that a dict with the content of a file says.

        Parameters
        ----------
        data : mapping
            What would be in the file.
        folder : path
            The folder that paths are relative to; the working directory if not given.

        Returns
        -------
        HyperStreamConfig
            The configuration; its embedded database, unless `mongo.path` says otherwise, is in
            the user's data folder.

        Raises
        ------
        ConfigurationError
            If the dict says something that is not understood.
        """
        config = cls.__new__(cls)
        source = _Source("configuration", Path(folder).absolute())
        config._fill(data, source, filename=None)  # noqa: SLF001 - an object of this class
        return config

    @property
    def upgrade(self) -> bool:
        """Whether a database of an older release may be upgraded when it is opened."""
        return bool(self.mongo.get("upgrade", True))

    def _fill(self, data: object, source: _Source, filename: str | None) -> None:
        """Check the data and set the attributes from them."""
        values = source.section("", data, _TOP)
        data_folder = default_data_directory(None if filename is None else Path(filename))
        self.filename = filename
        self.mongo = _mongo(values.get("mongo", {}), source, data_folder)
        self.history_channel: str = values.get("history_channel", "mongo")
        self.output_path = source.resolve(values.get("output_path", "output"))
        self.plugins = _plugins(values.get("plugins", []), source)
        self.online_engine = _online_engine(values.get("online_engine", {}), source)
        self.keys = source.resolve(values["keys"]) if "keys" in values else None

    def __repr__(self) -> str:
        """Show where the configuration comes from; the values may hold a password."""
        return f"{type(self).__name__}({self.filename or 'defaults'!r})"


@dataclass(frozen=True)
class _Source:
    """Where a configuration comes from: the name that errors begin with, and its folder."""

    name: str
    folder: Path

    def error(
        self, key: str, problem: str, cls: type[ConfigurationError] = ConfigurationError
    ) -> ConfigurationError:
        """Return the error that says what is wrong with a key (empty: with the whole)."""
        where = f"{self.name}: {key}" if key else self.name
        return cls(f"{where}: {problem}", source=self.name, key=key)

    def section(self, key: str, data: Any, kinds: Mapping[str, _Kind]) -> dict[str, Any]:
        """Return the values of an object after checking every key of it."""
        self.check(key, data, _OBJECT)
        values: dict[str, Any] = dict(data)
        for name, value in values.items():
            path = f"{key}.{name}" if key else name
            if name not in kinds:
                raise self.error(path, f"unknown key; {_suggestion(name, kinds)}")
            self.check(path, value, kinds[name])
        return values

    def check(self, key: str, value: object, kind: _Kind) -> None:
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


def _read(path: Path, source: _Source) -> object:
    """Return what the JSON file says."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise source.error("", f'the key "{twice}" stands twice in one object')
        return values

    try:
        # Editors on some systems begin a file with a byte order mark; "-sig" drops it.
        text = path.read_text(encoding="utf-8-sig")
        data: object = json.loads(text, object_pairs_hook=unique)
    except OSError as error:
        raise source.error("", f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise source.error("", "is not text in UTF-8") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise source.error("", f"no valid JSON at {where}: {error.msg}") from error
    return data


def _mongo(data: object, source: _Source, data_folder: Path) -> dict[str, Any]:
    """Return the checked section `mongo`, complete for the embedded server."""
    section = source.section("mongo", data, _MONGO)
    named = [key for key in _SERVER_KEYS if key in section]
    embedded = section.get("embedded", not named)
    if not embedded and "path" in section:
        raise source.error("mongo.path", "is for the embedded server only; remove it")
    if not embedded:
        return {**section, "embedded": False}
    if named:
        problem = 'is not for the embedded server; remove it, or "embedded"'
        raise source.error(f"mongo.{named[0]}", problem)
    path = source.resolve(section.get("path", str(data_folder)))
    return {**section, "embedded": True, "path": path}


def _plugins(records: list[Any], source: _Source) -> list[Plugin]:
    """Return the plugins that the list describes."""
    plugins: dict[str, Plugin] = {}
    for index, record in enumerate(records):
        key = f"plugins[{index}]"
        values: dict[str, Any] = {"channel_names": [], "has_tools": False, "has_assets": False}
        values |= source.section(key, record, _PLUGIN)
        source.require(key, values, "channel_id_prefix", "path")
        values["path"] = source.resolve(values["path"])
        if not Path(values["path"]).is_dir():
            problem = f"there is no folder {values['path']}"
            raise source.error(f"{key}.path", problem, PluginError)
        prefix = values["channel_id_prefix"]
        if prefix in plugins:
            problem = f'"{prefix}" is the prefix of another plugin already'
            raise source.error(f"{key}.channel_id_prefix", problem, PluginError)
        plugins[prefix] = Plugin(**values)
    return list(plugins.values())


def _online_engine(values: dict[str, Any], source: _Source) -> OnlineEngineConfig:
    """Return the settings of the online engine."""
    source.section("online_engine", values, _ENGINE)
    key = "online_engine.interval"
    interval = source.section(key, values.get("interval", _DEFAULT_INTERVAL), _INTERVAL)
    source.require(key, interval, *_INTERVAL)
    try:
        return OnlineEngineConfig(**{**values, "interval": interval})
    except (OverflowError, ValueError) as error:
        raise source.error(key, str(error)) from error


def _suggestion(name: object, kinds: Mapping[str, _Kind]) -> str:
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
