"""Making tools by name: ``hs.tools.clock(stride=60)``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from hyperstream.channel_manager import ChannelManager, make_tool, parameters_of
from hyperstream.channels import ToolChannel
from hyperstream.channels.tool_channel import hint
from hyperstream.plugin_manager import Plugin
from hyperstream.utils.containers import Printable
from hyperstream.utils.errors import PluginError, ToolInitialisationError, ToolNotFoundError


class UnknownToolError(ToolNotFoundError, AttributeError):
    """There is no tool of this name."""


class UnknownPluginError(PluginError, AttributeError):
    """There is no plugin of this name, or it has no tools."""


class ToolContainer(Printable):
    """The tools of a channel, as functions that make them.

    ``container.apply(func=f)`` makes the latest version of tool ``apply``; with
    ``version="0.0.2"`` it makes that one. The functions have the parameters and
    the description of the tools; a tool's file is imported when it is first
    used.

    Parameters
    ----------
    channel_manager : ChannelManager
        The channels.
    channel_id : str
        The channel of the tools.

    Examples
    --------
    >>> tools = ToolContainer(ChannelManager(), "tools")
    >>> tools.clock(stride=60.0).stride
    60.0
    """

    def __init__(self, channel_manager: ChannelManager, channel_id: str = "tools") -> None:
        channel = channel_manager.get_channel(channel_id)
        if not isinstance(channel, ToolChannel):
            raise ToolNotFoundError(
                f"Channel {channel_id!r} holds no tools.", channel_id=channel_id
            )
        self._channel = channel

    def __getattr__(self, name: str) -> Callable[..., Any]:
        # Names with an underscore are asked for by copy, pickle and notebooks.
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return _function(self._channel, name)
        except ToolNotFoundError as error:
            raise UnknownToolError(str(error), tool=name) from None

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *self._channel.files]

    def __contains__(self, name: object) -> bool:
        return name in self._channel.files

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._channel.files)})"


class PluginTools(Printable):
    """What a plugin offers: ``hs.plugins.example.tools.dummy()``.

    Parameters
    ----------
    channel_manager : ChannelManager
        The channels.
    plugin : Plugin
        The plugin.
    """

    def __init__(self, channel_manager: ChannelManager, plugin: Plugin) -> None:
        self._channel_manager = channel_manager
        self._plugin = plugin

    @property
    def tools(self) -> ToolContainer:
        """The tools of the plugin."""
        name = self._plugin.channel_id_prefix
        if not self._plugin.has_tools:
            raise UnknownPluginError(
                f"Plugin {name!r} has no tools: set has_tools in its configuration.", plugin=name
            )
        return ToolContainer(self._channel_manager, f"{name}_tools")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._plugin.channel_id_prefix!r})"


class PluginContainer(Printable):
    """The plugins, by name.

    Parameters
    ----------
    channel_manager : ChannelManager
        The channels.
    plugins : iterable of Plugin
        The plugins.
    """

    def __init__(self, channel_manager: ChannelManager, plugins: Iterable[Plugin] = ()) -> None:
        self._plugins = {
            plugin.channel_id_prefix: PluginTools(channel_manager, plugin) for plugin in plugins
        }

    def __getattr__(self, name: str) -> PluginTools:
        plugins: dict[str, PluginTools] = self.__dict__.get("_plugins", {})
        if name not in plugins:
            raise UnknownPluginError(
                f"There is no plugin {name!r}{hint(name, plugins)} "
                f"The configuration names {', '.join(plugins) or 'none'}.",
                plugin=name,
            )
        return plugins[name]

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *self._plugins]

    def __contains__(self, name: object) -> bool:
        return name in self._plugins

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._plugins)})"


def _function(channel: ToolChannel, name: str) -> Callable[..., Any]:
    """Return a function that makes a tool, and looks like its constructor."""

    def function(*args: Any, version: str | None = None, **parameters: Any) -> Any:
        return make_tool(channel.get_tool_class(name, version), args, parameters)

    function.__name__ = function.__qualname__ = name
    try:
        tool_class = channel.get_tool_class(name)
    except ToolInitialisationError as error:
        # An earlier version may be asked for by the function.
        function.__doc__ = str(error)
        return function
    function.__doc__ = inspect.getdoc(tool_class)
    function.__module__ = tool_class.__module__
    function.__wrapped__ = tool_class  # type: ignore[attr-defined]
    function.__signature__ = _with_version(parameters_of(tool_class))  # type: ignore[attr-defined]
    return function


def _with_version(signature: inspect.Signature) -> inspect.Signature:
    parameters = list(signature.parameters.values())
    if "version" in signature.parameters:
        return signature
    place = len(parameters)
    if parameters and parameters[-1].kind is inspect.Parameter.VAR_KEYWORD:
        place -= 1
    version = inspect.Parameter("version", inspect.Parameter.KEYWORD_ONLY, default=None)
    return signature.replace(parameters=[*parameters[:place], version, *parameters[place:]])
