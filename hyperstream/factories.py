"""Making tools and factors by name: ``hs.tools.clock(stride=60)``, ``hs.factors.apply(…)``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from hyperstream.channel_manager import ChannelManager
from hyperstream.channels import ToolChannel
from hyperstream.channels.tool_channel import hint
from hyperstream.plugin_manager import Plugin
from hyperstream.utils.containers import Printable
from hyperstream.utils.errors import PluginError, ToolNotFoundError
from hyperstream.workflow.functions import factor_function, tool_function


class UnknownToolError(ToolNotFoundError, AttributeError):
    """There is no tool of this name."""


class UnknownPluginError(PluginError, AttributeError):
    """There is no plugin of this name, or it has no tools."""


class _Container(Printable):
    """Functions by the names of tools, from some channels of tools."""

    def __init__(self, channel_manager: ChannelManager, channels: Iterable[ToolChannel]) -> None:
        self._channel_manager = channel_manager
        self._channels = tuple(channels)

    def _function(self, channel: ToolChannel, name: str) -> Callable[..., Any]:
        raise NotImplementedError

    def __getattr__(self, name: str) -> Callable[..., Any]:
        # Names with an underscore are asked for by copy, pickle and notebooks.
        if name.startswith("_"):
            raise AttributeError(name)
        channels = self._channels
        try:
            if len(channels) == 1:
                return self._function(channels[0], name)
            return self._function(*self._channel_manager.find_tool(name))
        except ToolNotFoundError as error:
            raise UnknownToolError(f"{error}{self._elsewhere(name)}", tool=name) from None

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *self._names()]

    def __contains__(self, name: object) -> bool:
        return name in self._names()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._names())})"

    def _elsewhere(self, name: str) -> str:
        """Return a sentence that says which other channels have a tool, if any have."""
        others = [each for each in self._channel_manager.tool_channels if name in each.files]
        if not others or not set(others).isdisjoint(self._channels):
            return ""
        names = " and ".join(repr(each.channel_id) for each in others)
        return f" Channel {names} has one of this name."

    def _names(self) -> list[str]:
        return list(dict.fromkeys(name for channel in self._channels for name in channel.files))


class ToolContainer(_Container):
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
        super().__init__(channel_manager, [_tool_channel(channel_manager, channel_id)])

    def _function(self, channel: ToolChannel, name: str) -> Callable[..., Any]:
        return tool_function(channel, name)


class FactorContainer(_Container):
    """The tools of all channels, or of one, as functions that specify factors.

    Inside of the block of a workflow, ``node[value] = container.apply(sources=[other[value]],
    func=f)`` defines what computes a node. The functions take the nodes that the tool
    reads, by its kind, and its parameters by keyword:

    - tools and aggregate tools: ``(sources, alignment_node=None, …)``
    - selector tools: ``(sources, selector_meta_data=…, …)``
    - multi-output tools: ``(source, splitting_node=None, …)``
    - plate creation tools: ``(source, …)``, for `Workflow.create_node_creation_factor`

    Parameters
    ----------
    channel_manager : ChannelManager
        The channels.
    channel_id : str, optional
        The channel of the tools; all of them otherwise.
    """

    def __init__(self, channel_manager: ChannelManager, channel_id: str | None = None) -> None:
        super().__init__(
            channel_manager,
            channel_manager.tool_channels
            if channel_id is None
            else [_tool_channel(channel_manager, channel_id)],
        )

    def _function(self, channel: ToolChannel, name: str) -> Callable[..., Any]:
        return factor_function(channel, name)


class PluginTools(Printable):
    """What a plugin offers: ``hs.plugins.example.tools.dummy()``, and the same as factors.

    Parameters
    ----------
    channel_manager : ChannelManager
        The channels.
    plugin : Plugin
        The plugin.

    Attributes
    ----------
    tools : ToolContainer
        The tools of the plugin.
    factors : FactorContainer
        The tools of the plugin, for the block of a workflow.
    """

    def __init__(self, channel_manager: ChannelManager, plugin: Plugin) -> None:
        self._name = plugin.channel_id_prefix
        # Attributes and no properties: notebooks complete what they find without running code.
        if plugin.has_tools:
            self.tools = ToolContainer(channel_manager, f"{self._name}_tools")
            self.factors = FactorContainer(channel_manager, f"{self._name}_tools")

    def __getattr__(self, name: str) -> NoReturn:
        if name not in {"tools", "factors"}:
            raise AttributeError(f"A plugin offers tools and factors, not {name!r}.")
        raise UnknownPluginError(
            f"Plugin {self._name!r} has no tools: set has_tools in its configuration.",
            plugin=self._name,
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._name!r})"


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


def _tool_channel(channel_manager: ChannelManager, channel_id: str) -> ToolChannel:
    channel = channel_manager.get_channel(channel_id)
    if not isinstance(channel, ToolChannel):
        raise ToolNotFoundError(f"Channel {channel_id!r} holds no tools.", channel_id=channel_id)
    return channel
