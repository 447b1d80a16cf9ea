"""The main class: puts everything together."""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import six

from hyperstream.channel_manager import ChannelManager
from hyperstream.channels import AssetsChannel, DatabaseChannel
from hyperstream.client import Client
from hyperstream.config import CONFIG_FILENAME, HyperStreamConfig
from hyperstream.execution import ExecutionContext, set_context
from hyperstream.factories import PluginContainer, ToolContainer
from hyperstream.storage.mongo import MongoStorage
from hyperstream.utils.hyperstream_logger import HyperStreamLogger

if TYPE_CHECKING:
    from collections.abc import Mapping

    Handler = bool | Mapping[str, Any]

_making = threading.RLock()


class Singleton(type):
    """Metaclass of classes with one instance: calling the class again returns it."""

    _instances: dict[type, Any] = {}  # noqa: RUF012 - shared on purpose

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """Return the instance, making it at the first call."""
        with _making:
            if cls not in cls._instances:
                cls._instances[cls] = super().__call__(*args, **kwargs)
            return cls._instances[cls]


@six.add_metaclass(Singleton)
class HyperStream:
    """HyperStream: ``hs = HyperStream()`` is all that default operation needs.

    There is one instance in a process; calling the class again returns it, and
    `reset` ends it. It reads ``hyperstream_config.json`` in the working
    directory, if that is there. A configured MongoDB server is connected at
    once, so that a wrong address shows at once; the embedded one is started
    when something is first stored or read there.

    Parameters
    ----------
    loglevel : int
        The level from which messages are shown (20 is INFO).
    file_logger, console_logger : bool or dict
        Whether to log there, or the options of `HyperStreamLogger`.
    config_filename : str or path
        The configuration file.

    Attributes
    ----------
    config : HyperStreamConfig
        The configuration.
    client : Client
        The connection to MongoDB.
    channel_manager : ChannelManager
        The channels: ``hs.channel_manager.memory``, ``.mongo``, ``.assets``,
        ``.tools`` and those of plugins.
    tools : ToolContainer
        Makes tools: ``hs.tools.clock(stride=60)``.
    plugins : PluginContainer
        The same for plugins: ``hs.plugins.example.tools.dummy()``.

    Raises
    ------
    ConfigurationError
        The configuration is wrong.
    DatabaseConnectionError
        The configured MongoDB server cannot be used.
    """

    def __init__(
        self,
        loglevel: int = logging.INFO,
        file_logger: Handler = True,
        console_logger: Handler = True,
        config_filename: str | Path = CONFIG_FILENAME,
    ) -> None:
        self.config = HyperStreamConfig(config_filename)
        self.logger = HyperStreamLogger(
            default_loglevel=loglevel, file_logger=file_logger, console_logger=console_logger
        )
        mongo = self.config.mongo
        with ExitStack() as undo:  # what is open already, where something is wrong
            undo.callback(self.logger.close)
            self.client = Client(mongo, auto_connect=not mongo["embedded"])
            undo.callback(self.client.disconnect)
            self._put_together()
            undo.pop_all()

    def _put_together(self) -> None:
        mongo = self.config.mongo
        storage = MongoStorage(self.client, upgrade=mongo.get("upgrade", True))
        self.channel_manager = ChannelManager(self.config.plugins)
        self.channel_manager.add_channel(DatabaseChannel("mongo", storage))
        self.channel_manager.add_channel(AssetsChannel("assets", storage))
        self.populate_tools_and_factors()
        set_context(ExecutionContext(output_path=Path(self.config.output_path)))

    def populate_tools_and_factors(self) -> None:
        """Make the functions that create tools; call it again after a plugin was added."""
        self.tools = ToolContainer(self.channel_manager, "tools")
        self.plugins = PluginContainer(self.channel_manager, self.config.plugins)

    @classmethod
    def reset(cls) -> None:
        """End the instance of this process: for tests, and for a fresh start in a notebook.

        The connection is closed and the log handlers are taken off. What lived
        in memory channels is gone.
        """
        with _making:
            instance = Singleton._instances.pop(cls, None)  # noqa: SLF001 - this module's
        if instance is not None:
            instance.client.disconnect()
            instance.logger.close()
            set_context(ExecutionContext())

    def __repr__(self) -> str:
        return f"HyperStream(database={self.client!r}, plugins={len(self.config.plugins)})"
