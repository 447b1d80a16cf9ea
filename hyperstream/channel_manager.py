"""The channels of a HyperStream, and finding tools in them."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from semantic_version import Version

from hyperstream._time import utcnow
from hyperstream.channels import (
    AssetsChannel,
    BaseChannel,
    DatabaseChannel,
    FileChannel,
    MemoryChannel,
    ToolChannel,
)
from hyperstream.channels.tool_channel import hint
from hyperstream.plugin_manager import Plugin
from hyperstream.stream import StreamId, get_stream_id
from hyperstream.utils import html
from hyperstream.utils.containers import Printable
from hyperstream.utils.errors import (
    ChannelAlreadyExistsError,
    ChannelNotFoundError,
    ToolInitialisationError,
    ToolNotFoundError,
)
from hyperstream.utils.text import with_names
from hyperstream.utils.utils import camel_to_snake

_TOOLS = Path(__file__).parent / "tools"
_VARIABLE = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class UnknownChannelError(ChannelNotFoundError, AttributeError):
    """A channel manager has no channel, and nothing else, of this name."""


class ChannelManager(Printable):
    """All channels, by id: as attributes (``manager.memory``) and as items.

    It has the channels ``memory`` and ``tools`` and those of the plugins;
    `add_channel` adds more.

    Parameters
    ----------
    plugins : iterable of Plugin
        Whose channels to load.

    Raises
    ------
    PluginError
        A plugin cannot be loaded.
    ChannelAlreadyExistsError
        Two channels have one id.

    Examples
    --------
    >>> manager = ChannelManager()
    >>> manager.memory is manager["memory"], "mongo" in manager
    (True, False)
    """

    memory: MemoryChannel
    mongo: DatabaseChannel
    assets: AssetsChannel
    tools: ToolChannel

    def __init__(self, plugins: Iterable[Plugin] = ()) -> None:
        self._channels: dict[str, BaseChannel] = {}
        self.add_channel(MemoryChannel("memory"))
        self.add_channel(ToolChannel("tools", _TOOLS, utcnow()))
        for plugin in plugins:
            for channel in plugin.load_channels():
                self.add_channel(channel)

    @property
    def channels(self) -> Mapping[str, BaseChannel]:
        """The channels by id, in the order in which they were added; read-only."""
        return MappingProxyType(self._channels)

    @property
    def tool_channels(self) -> list[ToolChannel]:
        """The channels of tools: first ``tools``, then those of plugins."""
        return [each for each in self._channels.values() if isinstance(each, ToolChannel)]

    def add_channel(self, channel: BaseChannel) -> None:
        """Add a channel.

        Raises
        ------
        ChannelAlreadyExistsError
            There is one of this id.
        """
        channel_id = channel.channel_id
        if channel_id in self._channels:
            raise ChannelAlreadyExistsError(
                f"Two channels have the id {channel_id!r}: "
                f"{_described(self._channels[channel_id])} and {_described(channel)}. Rename one.",
                channel_id=channel_id,
            )
        self._channels[channel_id] = channel

    def get_channel(self, channel_id: str) -> BaseChannel:
        """Return a channel.

        Raises
        ------
        ChannelNotFoundError
            There is none of this id.
        """
        if channel_id not in self._channels:
            raise ChannelNotFoundError(self._no_channel(channel_id), channel_id=channel_id)
        return self._channels[channel_id]

    def find_tool(self, name: str) -> tuple[ToolChannel, str]:
        """Return the channel of a tool, and the name that the tool has in it.

        Parameters
        ----------
        name : str
            The name, with or without a channel: see `get_tool_class`. With one, only the
            channel is looked for.

        Raises
        ------
        ToolNotFoundError
            There is no such tool, or several channels of plugins have one.

        Examples
        --------
        >>> ChannelManager().find_tool("tools/clock")
        (ToolChannel('tools'), 'clock')
        """
        channel_id, _, rest = name.partition("/")
        named = self._channels.get(channel_id)
        if rest and isinstance(named, ToolChannel):
            return named, rest
        owners = self._owners(name)
        if not owners:
            for channel in self.tool_channels:
                channel.look()
            owners = self._owners(name)
        if not owners:
            known = {tool for channel in self.tool_channels for tool in channel.files}
            raise ToolNotFoundError(f"There is no tool {name}{hint(name, known)}", tool=name)
        if len(owners) > 1 and owners[0] is not self.tools:
            choice = " or ".join(f"'{owner.channel_id}/{name}'" for owner in owners)
            raise ToolNotFoundError(f"Several plugins have a tool {name}: say {choice}.", tool=name)
        return owners[0], name

    def get_tool_class(
        self, tool: str | StreamId, version: str | Version | None = None
    ) -> type[Any]:
        """Return the class of a tool.

        Parameters
        ----------
        tool : str or StreamId
            The name. It is looked for in channel ``tools``, then in those of plugins.
            ``example_tools/dummy`` means tool ``dummy`` in channel ``example_tools``.
        version : str, optional
            The version; the latest by date otherwise.

        Raises
        ------
        ToolNotFoundError
            There is no such tool, or several channels of plugins have one.
        ToolVersionNotFoundError
            There is, but not in this version.
        ToolInitialisationError
            Its file cannot be used.
        """
        channel, name = self.find_tool(get_stream_id(tool).name)
        return channel.get_tool_class(name, version)

    def get_tool(
        self,
        name: str | StreamId,
        parameters: Mapping[str, Any] | None = None,
        version: str | Version | None = None,
    ) -> Any:
        """Make a tool.

        Parameters
        ----------
        name : str or StreamId
            The tool: see `get_tool_class`.
        parameters : dict, optional
            The arguments of its constructor.
        version : str, optional
            The version; the latest by date otherwise.

        Raises
        ------
        ToolNotFoundError, ToolVersionNotFoundError
            See `get_tool_class`.
        ToolInitialisationError
            Its file cannot be used, or the parameters do not fit.

        Examples
        --------
        >>> ChannelManager().get_tool("clock", {"stride": 60.0}).stride
        60.0
        """
        return make_tool(self.get_tool_class(name, version), (), parameters or {})

    def __getitem__(self, channel_id: str) -> BaseChannel:
        return self.get_channel(channel_id)

    def __contains__(self, channel_id: object) -> bool:
        return channel_id in self._channels

    def __iter__(self) -> Iterator[str]:
        return iter(self._channels)

    def __getattr__(self, name: str) -> Any:
        # By way of __dict__, as copying and unpickling ask for attributes before there are any.
        channels = self.__dict__.get("_channels", {})
        if name not in channels:
            raise UnknownChannelError(self._no_channel(name), channel_id=name)
        return channels[name]

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *self._channels]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._channels)})"

    def _repr_html_(self) -> str:
        return html.page(type(self).__name__, "", [self.table()])

    def table(self) -> html.Html:
        """Return what notebooks show: the channels, by id, and their kinds; no stream is read."""
        rows = ((name, type(each).__name__) for name, each in self._channels.items())
        return html.table(["channel", "kind"], rows, len(self._channels), "channel")

    def _no_channel(self, channel_id: str) -> str:
        channels = self.__dict__.get("_channels", {})
        problem = f"There is no channel {channel_id!r}"
        return f"{problem}{hint(channel_id, channels)} There are {', '.join(channels)}."

    def _owners(self, name: str) -> Sequence[ToolChannel]:
        return [channel for channel in self.tool_channels if channel.knows(name)]


def parameters_of(tool_class: type[Any]) -> inspect.Signature:
    """Return the parameters of a tool as a signature."""
    signature = inspect.signature(tool_class.__init__)
    return signature.replace(
        parameters=list(signature.parameters.values())[1:],
        return_annotation=inspect.Signature.empty,
    )


def without_types(signature: inspect.Signature) -> str:
    """Return a signature as errors show it: names and defaults, functions by their names."""
    plain = [
        each.replace(annotation=inspect.Parameter.empty) for each in signature.parameters.values()
    ]
    return with_names(str(signature.replace(parameters=plain)))


def make_tool(
    tool_class: type[Any], arguments: Sequence[Any], parameters: Mapping[str, Any]
) -> Any:
    """Make a tool from the positional and the keyword arguments of its constructor.

    Raises
    ------
    ToolInitialisationError
        They do not fit.
    """
    signature = parameters_of(tool_class)
    reason = _misfit(signature, arguments, parameters)
    cause = None
    if not reason:
        try:
            return tool_class(*arguments, **parameters)
        except (TypeError, ValueError) as error:
            reason, cause = f"cannot be made: {str(error).rstrip('.')}.", error
    raise ToolInitialisationError(
        f"Tool {camel_to_snake(tool_class.__name__)} {tool_class.version} {reason} "
        f"{_parameters(signature)}",
        tool=tool_class,
    ) from cause


def _parameters(signature: inspect.Signature) -> str:
    if not signature.parameters:
        return "It has no parameters."
    return f"Its parameters are {without_types(signature)}."


def _misfit(
    signature: inspect.Signature, arguments: Sequence[Any], parameters: Mapping[str, Any]
) -> str:
    """Return what is wrong with the arguments; empty if nothing is."""
    try:
        signature.bind(*arguments, **parameters)
    except TypeError as error:
        known = signature.parameters
        takes_any = any(each.kind is each.VAR_KEYWORD for each in known.values())
        for name in parameters:
            if name not in known and not takes_any:
                return f"has no parameter {name!r}{hint(name, known)}"
        try:
            given = signature.bind_partial(*arguments, **parameters).arguments
        except TypeError:
            return f"cannot be made: {error}."
        missing = [
            repr(name)
            for name, each in known.items()
            if each.default is each.empty and name not in given and each.kind not in _VARIABLE
        ]
        return f"needs the parameter {' and '.join(missing)}."
    return ""


def _described(channel: BaseChannel) -> str:
    name = type(channel).__name__
    if isinstance(channel, FileChannel):
        return f"{name} of {channel.path}"
    return f"{name} ({inspect.getfile(type(channel))})"
