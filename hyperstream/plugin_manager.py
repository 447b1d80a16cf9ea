"""Plugins: channels, tools and assets that users add by the configuration."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from hyperstream._time import utcnow
from hyperstream.channels import AssetsFileChannel, BaseChannel, FileChannel, ToolChannel
from hyperstream.channels.module_channel import failure, import_file, package_for
from hyperstream.utils.containers import Printable
from hyperstream.utils.errors import HyperStreamError, PluginError
from hyperstream.utils.utils import snake_to_camel


class PluginBase(NamedTuple):
    """What the configuration says of a plugin."""

    channel_id_prefix: str
    channel_names: Sequence[str]
    path: str
    has_tools: bool
    has_assets: bool


class Plugin(PluginBase, Printable):
    """A folder with channels, tools and assets of one's own.

    Parameters
    ----------
    channel_id_prefix : str
        The name of the plugin.
    channel_names : list of str
        Its own channels. Channel ``sea_ice`` is the class ``SeaIce`` in
        ``<path>/channels/sea_ice.py``; its id is what stands before the first
        underscore: ``sea``. The class is called with the id, and with
        ``up_to_timestamp``, which is now, if it has a parameter of that name.
    path : str
        The folder. It is put at the end of `sys.path`, so that channels and tools
        can import other modules that lie in it.
    has_tools : bool
        Whether the tools in ``<path>/tools`` are the channel ``<prefix>_tools``.
    has_assets : bool
        Whether the files in ``<path>/assets`` are the channel ``<prefix>_assets``.
    """

    __slots__ = ()

    def load_channels(self) -> list[BaseChannel]:
        """Load the channels (reads the clock).

        Returns
        -------
        list of BaseChannel
            The plugin's own channels, that of its tools, and that of its assets.

        Raises
        ------
        PluginError
            A folder or file is missing or cannot be used.
        """
        folder = Path(self.path).expanduser().absolute()
        if not folder.is_dir():
            raise self._error(f"there is no folder {folder}: create it, or correct the path")
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
        return [
            *(self._own_channel(folder, name) for name in self.channel_names),
            *self._file_channels(folder),
        ]

    def _own_channel(self, folder: Path, name: str) -> BaseChannel:
        path = folder / "channels" / f"{name}.py"
        if not path.is_file():
            raise self._error(f"channel {name} has no file {path}: create it, or drop its name")
        try:
            module = import_file(path, f"{package_for(folder, self.channel_id_prefix)}.channels")
        except Exception as error:  # the code of a plugin may raise anything
            raise self._error(
                f"channel {name} cannot be imported: {failure(error, path)}"
            ) from error
        channel_class = getattr(module, snake_to_camel(name), None)
        if not inspect.isclass(channel_class) or not issubclass(channel_class, BaseChannel):
            raise self._error(
                f"{path} has no class {snake_to_camel(name)} that derives from a channel of "
                "hyperstream.channels: add it"
            )
        return self._made(channel_class, name.partition("_")[0], path)

    def _made(
        self, channel_class: Callable[..., BaseChannel], channel_id: str, path: Path
    ) -> BaseChannel:
        try:
            if "up_to_timestamp" in inspect.signature(channel_class).parameters:
                return channel_class(channel_id, up_to_timestamp=utcnow())
            return channel_class(channel_id)
        except Exception as error:  # the code of a plugin may raise anything
            raise self._error(
                f"channel {channel_id} cannot be made: {failure(error, path)}"
            ) from error

    def _file_channels(self, folder: Path) -> Iterator[BaseChannel]:
        wanted: list[tuple[str, bool, type[FileChannel]]] = [
            ("tools", self.has_tools, ToolChannel),
            ("assets", self.has_assets, AssetsFileChannel),
        ]
        for kind, has_it, channel_class in wanted:
            if not has_it:
                continue
            path = folder / kind
            if not path.is_dir():
                raise self._error(
                    f"there is no folder {path}: create it, or set has_{kind} to false"
                )
            try:
                yield channel_class(f"{self.channel_id_prefix}_{kind}", path, utcnow())
            except HyperStreamError as error:
                raise self._error(str(error).rstrip(".")) from error

    def _error(self, problem: str) -> PluginError:
        name = self.channel_id_prefix
        return PluginError(f"Plugin {name!r}: {problem}.", plugin=name)
