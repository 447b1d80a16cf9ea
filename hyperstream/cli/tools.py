"""``hyperstream tools``: make a tool of one's own, check it, and see what tools there are."""

from __future__ import annotations

import inspect
import json
from argparse import Namespace
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath
from typing import Any

from hyperstream.channel_manager import ChannelManager, parameters_of
from hyperstream.channels import ToolChannel
from hyperstream.cli.check_file import Duty, check
from hyperstream.cli.errors import CommandError
from hyperstream.cli.kinds import kind_of
from hyperstream.cli.new_tool import create
from hyperstream.cli.output import show, table
from hyperstream.config import HyperStreamConfig
from hyperstream.plugin_manager import Plugin
from hyperstream.utils.errors import PluginError, ToolInitialisationError, ToolNotFoundError
from hyperstream.utils.text import with_names

_MARKS = {True: "ok", False: "FAILED", None: "not checked"}


def run(options: Namespace) -> None:
    """Do what ``hyperstream tools`` was asked to.

    Parameters
    ----------
    options : argparse.Namespace
        The options of the command line.
    """
    actions = {"new": _new, "list": _list, "show": _show, "check": _check}
    actions[options.action](options)


def _new(options: Namespace) -> None:
    plugins = HyperStreamConfig(options.config).plugins
    plugin = _plugin(plugins, options)
    # The first tool of a plugin makes the folder that the others are in.
    there = [each for each in plugins if each != plugin or Path(plugin.path, "tools").is_dir()]
    manager = _manager(there)
    written = create(manager, plugin, options.name, options.kind, options.version)
    show(options, {"written": list(map(str, written))}, map(str, written))


def _list(options: Namespace) -> None:
    plugins = HyperStreamConfig(options.config).plugins
    if options.plugin is None:
        channels = _manager(plugins).tool_channels
    else:
        channels = _manager([_plugin(plugins, options)]).tool_channels[1:]
    tools = [_summary(channel, name) for channel in channels for name in _names(channel)]
    show(options, tools, _table(tools))


def _show(options: Namespace) -> None:
    manager = _manager(HyperStreamConfig(options.config).plugins)
    tool = _description(*manager.find_tool(options.name))
    show(options, tool, _page(tool))


def _check(options: Namespace) -> None:
    duties = []
    for duty in check(Path(options.path)):
        duties.append(duty)
        if not options.json:  # as soon as it is known, for the next one may take its time
            print(_line(duty), flush=True)
    if options.json:
        show(options, [duty._asdict() for duty in duties], [])
    failed = [duty.what for duty in duties if duty.kept is False]
    if failed:
        raise CommandError(f"{options.path} does not do its duty: {', '.join(failed)}.")


def _line(duty: Duty) -> str:
    return f"{_MARKS[duty.kept]:<11}  {duty.what}: {_in_one_line(duty.finding)}"


def _plugin(plugins: Iterable[Plugin], options: Namespace) -> Plugin:
    """Return the plugin that is named, if it has tools."""
    named = {plugin.channel_id_prefix: plugin for plugin in plugins}
    if options.plugin not in named:
        example = {"channel_id_prefix": options.plugin, "path": "FOLDER", "has_tools": True}
        raise PluginError(
            f"There is no plugin {options.plugin!r}; the configuration names "
            f"{', '.join(named) or 'none'}. To add one, make a folder, and add "
            f'{json.dumps(example)} to the list "plugins" in {options.config}.'
        )
    plugin = named[options.plugin]
    if not plugin.has_tools:
        raise PluginError(
            f'Plugin {options.plugin!r} has no tools: set its "has_tools" in {options.config} '
            "to true."
        )
    return plugin


def _manager(plugins: Iterable[Plugin]) -> ChannelManager:
    """Return a channel manager with the tools; other channels might connect to something."""
    return ChannelManager(
        plugin._replace(channel_names=[], has_assets=False)
        for plugin in plugins
        if plugin.has_tools
    )


def _names(channel: ToolChannel) -> list[str]:
    """Return all tools of a channel, those without a usable file too."""
    return sorted({*channel.files, *(PurePath(path).parent.as_posix() for path in channel.failed)})


def _full_name(channel: ToolChannel, name: str) -> str:
    return name if channel.channel_id == "tools" else f"{channel.channel_id}/{name}"


def _summary(channel: ToolChannel, name: str) -> dict[str, Any]:
    """Return the facts about the latest version of a tool."""
    versions = list(channel.versions.get(name, ()))
    facts: dict[str, Any] = {
        "name": _full_name(channel, name),
        "version": versions[-1] if versions else None,
        "kind": None,
        "summary": None,
        "unavailable": None,
    }
    try:
        tool_class = channel.get_tool_class(name)
    except (ToolNotFoundError, ToolInitialisationError) as error:
        return facts | {"unavailable": _in_one_line(str(error))}
    summary = _docstring(tool_class).partition("\n")[0]
    return facts | {"kind": kind_of(tool_class), "summary": summary}


def _description(channel: ToolChannel, name: str) -> dict[str, Any]:
    """Return all there is to know of a tool."""
    facts = _summary(channel, name)
    if facts["version"] is None:
        channel.get_tool_class(name)  # says what is wrong with the name
    versions = []
    for version, file in channel.versions[name].items():
        path = Path(channel.path, name, file.long_filename)
        versions.append(
            {
                "version": version,
                "date": f"{file.timestamp:%Y-%m-%d}",
                "path": str(path),
                "unavailable": _reason(channel, name, version),
            }
        )
    tool_class = None if facts["unavailable"] else channel.get_tool_class(name)
    return facts | {
        "versions": versions,
        "parameters": [] if tool_class is None else list(_parameters(tool_class)),
        "docstring": None if tool_class is None else _docstring(tool_class),
    }


def _reason(channel: ToolChannel, name: str, version: str) -> str | None:
    try:
        channel.get_tool_class(name, version)
    except ToolInitialisationError as error:
        return _in_one_line(str(error))
    return None


def _parameters(tool_class: type[Any]) -> Iterator[dict[str, Any]]:
    for parameter in parameters_of(tool_class).parameters.values():
        variable = parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}
        is_free = parameter.default is parameter.empty
        default = None if is_free else with_names(repr(parameter.default))
        plain = parameter.replace(annotation=parameter.empty)
        text = str(plain.replace(default=parameter.empty))
        yield {"name": text, "required": is_free and not variable, "default": default}


def _docstring(tool_class: type[Any]) -> str:
    return inspect.cleandoc(tool_class.__doc__ or "")


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def _table(tools: list[dict[str, Any]]) -> Iterator[str]:
    rows = [
        (
            tool["name"],
            tool["version"],
            tool["kind"],
            tool["summary"]
            if tool["unavailable"] is None
            else f"not usable: {tool['unavailable']}",
        )
        for tool in tools
    ]
    return table(("tool", "version", "kind", "summary"), rows)


def _page(tool: dict[str, Any]) -> Iterator[str]:
    yield f"{tool['name']} {tool['version']} ({tool['kind'] or 'not usable'})"
    yield ""
    yield "Versions:"
    for each in tool["versions"]:
        problem = f"  not usable: {each['unavailable']}" if each["unavailable"] else ""
        yield f"  {each['version']}  {each['date']}  {each['path']}{problem}"
    if tool["docstring"] is None:
        return
    yield ""
    yield "Parameters:" if tool["parameters"] else "Parameters: none"
    for each in tool["parameters"]:
        default = "" if each["default"] is None else f" = {each['default']}"
        yield f"  {each['name']}{default}"
    yield ""
    yield tool["docstring"]
