"""``hyperstream tools new``: a tool of one's own, with a test, that works as it is."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Mapping
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory

from semantic_version import Version

from hyperstream._time import utcnow
from hyperstream.channel_manager import ChannelManager
from hyperstream.channels import ToolChannel
from hyperstream.channels.tool_channel import LATEST
from hyperstream.cli import templates
from hyperstream.cli.errors import CommandError
from hyperstream.plugin_manager import Plugin
from hyperstream.utils.utils import camel_to_snake, snake_to_camel

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def create(
    manager: ChannelManager, plugin: Plugin, name: str, kind: str, version: str
) -> list[Path]:
    """Write a tool and its test (reads the clock): all of their files, or none.

    Parameters
    ----------
    manager : ChannelManager
        Has the tools that are there already.
    plugin : Plugin
        The plugin that gets the tool.
    name : str
        The name of the tool.
    kind : str
        One of `templates.KINDS`.
    version : str
        The version.

    Returns
    -------
    list of Path
        The files: of the tool, of its package, of its test.

    Raises
    ------
    CommandError
        Name or version are not possible, or are there already, or the files
        cannot be written.
    """
    source = templates.tool_of(kind)
    _check_name(name, source)
    _check_version(version)
    _check_new(manager, name)
    filename = _filename(version)
    folder = Path(plugin.path, "tools", name)
    test = Path(plugin.path, "tests", f"test_{name}.py")
    source = re.sub(rf"\b{templates.CLASS}\b", snake_to_camel(name), source)
    package = source.partition("\n")[0] + "\n"
    given = {"name": name, "plugin": json.dumps(plugin.channel_id_prefix, ensure_ascii=False)}
    test_source = Template(templates.test_of(kind)).substitute(given)
    try:
        _write(folder, {filename: source, "__init__.py": package}, test, test_source)
    except OSError as error:
        raise CommandError(
            f"Tool {name} cannot be written: {error.strerror}: {error.filename}."
        ) from error
    return [folder / filename, folder / "__init__.py", test]


def _check_name(name: str, source: str) -> None:
    """Refuse a name that its folder, its class, or the way from one to the other cannot have."""
    class_name = snake_to_camel(name)
    if not _NAME.fullmatch(name):
        problem = "is not of small letters, digits and single underscores, such as mean_of_room"
    elif keyword.iskeyword(name) or keyword.iskeyword(class_name):
        problem = "is a word of Python's"
    elif camel_to_snake(class_name) != name:
        problem = f"is not found again from its class {class_name}: write a_b as ab, or in words"
    elif re.search(rf"\b{class_name}\b", source):
        problem = f"gives its class the name {class_name}, which its file needs for something else"
    else:
        return
    raise CommandError(f"A tool cannot have the name {name!r}: it {problem}.")


def _check_version(version: str) -> None:
    try:
        Version(version)
    except ValueError:
        raise CommandError(f"The version {version!r} is not of the form 1.0.2.") from None
    if version == LATEST:
        raise CommandError(f"A tool cannot have the version {LATEST}, which means the latest one.")


def _check_new(manager: ChannelManager, name: str) -> None:
    """Refuse the name of another tool: what is stored refers to tools by their names alone."""
    for channel in manager.tool_channels:
        if channel.knows(name):
            raise CommandError(
                f"There is a tool {name} in channel {channel.channel_id!r} already: take another "
                f"name{_for_a_version(channel, name)}."
            )


def _for_a_version(channel: ToolChannel, name: str) -> str:
    if name not in channel.files:
        return ""
    latest = channel.files[name][-1]
    further = max(map(Version, channel.versions[name])).next_patch()
    path = Path(channel.path, name, latest.long_filename)
    return f", or for a new version copy {path} to {_filename(further)} beside it"


def _filename(version: str | Version) -> str:
    return f"{utcnow():%Y-%m-%d}_v{version}.py"


def _write(folder: Path, files: Mapping[str, str], test: Path, test_source: str) -> None:
    for path in (folder, test):
        if path.exists():
            raise CommandError(
                f"{path} exists already, and is left as it is: move it, or take another name."
            )
        path.parent.mkdir(exist_ok=True)
    # Put together out of sight, as a channel passes over folders that begin with a dot.
    with TemporaryDirectory(prefix=".", dir=folder.parent) as scratch:
        draft = Path(scratch, folder.name)
        draft.mkdir()
        for filename, source in files.items():
            (draft / filename).write_text(source, encoding="utf-8")
        with test.open("x", encoding="utf-8") as file:
            try:
                file.write(test_source)
                file.flush()
                draft.rename(folder)
            except BaseException:
                test.unlink()
                raise
