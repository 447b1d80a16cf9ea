"""``hyperstream init``: a configuration and a plugin to begin with."""

from __future__ import annotations

import json
import keyword
from argparse import Namespace
from pathlib import Path
from shutil import rmtree

from hyperstream.channel_manager import ChannelManager
from hyperstream.cli.errors import CommandError, UsageError
from hyperstream.cli.new_tool import create
from hyperstream.cli.output import show
from hyperstream.config import CONFIG_FILENAME
from hyperstream.plugin_manager import Plugin

_PLUGINS = "plugins"
_TOOL = "scaled"


def run(options: Namespace) -> None:
    """Write the files.

    Parameters
    ----------
    options : argparse.Namespace
        The options of the command line.
    """
    name, folder = options.plugin, Path(options.folder)
    if not name.isidentifier() or keyword.iskeyword(name):
        raise UsageError(f"A plugin cannot have the name {name!r}: take a word, such as heating.")
    config, home = folder / CONFIG_FILENAME, folder / _PLUGINS / name
    for path in (config, home):
        if path.exists():
            raise CommandError(f"{path} exists already, and is left as it is; nothing is written.")
    try:
        written = _write(config, home, name)
    except OSError as error:
        raise CommandError(f"{error.filename} cannot be written: {error.strerror}.") from error
    names = [str(path) for path in written]
    show(options, {"written": names}, names)


def _write(config: Path, home: Path, name: str) -> list[Path]:
    """Write all files, or none."""
    new = next(folder for folder in (*reversed(home.parents), home) if not folder.exists())
    try:
        home.mkdir(parents=True)
        plugin = Plugin(name, [], str(home), has_tools=True, has_assets=False)
        tool = create(ChannelManager(), plugin, _TOOL, "tool", "0.0.1")
        with config.open("x", encoding="utf-8") as file:
            json.dump(_content(name), file, indent=2)
            file.write("\n")
    except BaseException:
        rmtree(new, ignore_errors=True)
        raise
    return [config, *tool]


def _content(name: str) -> dict[str, object]:
    """Return a configuration with the plugin, and with what an engine is told most often."""
    plugin = {"channel_id_prefix": name, "path": f"{_PLUGINS}/{name}", "has_tools": True}
    return {
        "plugins": [plugin],
        "online_engine": {
            "interval": {"start": -60, "end": -10},
            "sleep": 5,
            "iterations": None,
        },
    }
