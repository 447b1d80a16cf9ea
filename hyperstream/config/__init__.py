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

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hyperstream.config.checks import (
    DURATION,
    FLAG,
    LIST,
    OBJECT,
    PORT,
    TEXT,
    TEXTS,
    Source,
)
from hyperstream.config.online_engine import OnlineEngineConfig, read_online_engine
from hyperstream.embedded import default_data_directory
from hyperstream.plugin_manager import Plugin
from hyperstream.utils.containers import Printable
from hyperstream.utils.errors import PluginError

__all__ = ["CONFIG_FILENAME", "HyperStreamConfig", "OnlineEngineConfig"]

CONFIG_FILENAME = "hyperstream_config.json"

_SERVER_KEYS = (
    "connection_string",
    "host",
    "port",
    "username",
    "password",
    "authentication_database",
)

_TOP = {
    "mongo": OBJECT,
    "history_channel": TEXT,
    "output_path": TEXT,
    "plugins": LIST,
    "online_engine": OBJECT,
    "keys": TEXT,
}
_MONGO = {
    **dict.fromkeys(_SERVER_KEYS, TEXT),
    "port": PORT,
    "tz_aware": FLAG,
    "db": TEXT,
    "embedded": FLAG,
    "path": TEXT,
    "upgrade": FLAG,
    "connect_seconds": DURATION,
    "retry_seconds": DURATION,
    "idle_seconds": DURATION,
}
_PLUGIN = {
    "channel_id_prefix": TEXT,
    "channel_names": TEXTS,
    "path": TEXT,
    "has_tools": FLAG,
    "has_assets": FLAG,
}


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
            self._fill({}, Source("configuration", Path.cwd()), filename=None)
        else:
            source = Source(os.fspath(filename), path.parent)
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
        source = Source("configuration", Path(folder).absolute())
        config._fill(data, source, filename=None)  # noqa: SLF001 - an object of this class
        return config

    @property
    def upgrade(self) -> bool:
        """Whether a database of an older release may be upgraded when it is opened."""
        return bool(self.mongo.get("upgrade", True))

    def _fill(self, data: object, source: Source, filename: str | None) -> None:
        """Check the data and set the attributes from them."""
        values = source.section("", data, _TOP)
        data_folder = default_data_directory(None if filename is None else Path(filename))
        self.filename = filename
        self.mongo = _mongo(values.get("mongo", {}), source, data_folder)
        self.history_channel: str = values.get("history_channel", "mongo")
        self.output_path = source.resolve(values.get("output_path", "output"))
        self.plugins = _plugins(values.get("plugins", []), source)
        self.online_engine = read_online_engine(values.get("online_engine", {}), source)
        self.keys = source.resolve(values["keys"]) if "keys" in values else None

    def __repr__(self) -> str:
        """Show where the configuration comes from; the values may hold a password."""
        return f"{type(self).__name__}({self.filename or 'defaults'!r})"


def _read(path: Path, source: Source) -> object:
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


def _mongo(data: object, source: Source, data_folder: Path) -> dict[str, Any]:
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


def _plugins(records: list[Any], source: Source) -> list[Plugin]:
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
