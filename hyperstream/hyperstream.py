"""The main class: puts everything together."""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import six

from hyperstream.channel_manager import ChannelManager
from hyperstream.channels import AssetsChannel, DatabaseChannel
from hyperstream.client import Client
from hyperstream.config import CONFIG_FILENAME, HyperStreamConfig
from hyperstream.execution import (
    ExecutionContext,
    NoHistory,
    NoObserver,
    current_context,
    set_context,
)
from hyperstream.factories import FactorContainer, PluginContainer, ToolContainer
from hyperstream.progress_bars import ProgressBars
from hyperstream.session import Provenance, Session, Sessions, provenance
from hyperstream.storage.mongo import MongoStorage
from hyperstream.utils import html
from hyperstream.utils.hyperstream_logger import HyperStreamLogger
from hyperstream.utils.keys import KeyRing
from hyperstream.workflow import MetaDataManager, PlateManager, WorkflowManager

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    from typing_extensions import Self

    from hyperstream.stream import Stream
    from hyperstream.workflow import Workflow

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

    ``with HyperStream() as hs:`` also opens a session, which keeps the history of
    what is computed.

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
    mqtt_logger : bool or dict, optional
        Whether to log over MQTT as well, or the options; see `HyperStreamLogger`.
    config_filename : str or path
        The configuration file.
    progress_bars : bool, optional
        Whether what takes longer than a second shows a progress bar. By default it does at a
        terminal and in a notebook, and not in a pipe. Setting the environment variable
        ``TQDM_DISABLE=1`` turns all bars off. The online engine never shows any.

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
    factors : FactorContainer
        Specifies factors in the block of a workflow: ``hs.factors.clock(sources=None, stride=60)``.
        It has the tools of all plugins, too.
    plugins : PluginContainer
        The same for plugins: ``hs.plugins.example.tools.dummy()``, and ``.factors``.

    Raises
    ------
    ConfigurationError
        The configuration is wrong.
    DatabaseConnectionError
        The configured MongoDB server cannot be used.

    Examples
    --------
    >>> hs = HyperStream(file_logger=False)
    >>> ticks = hs.channel_manager.memory.get_or_create_stream("ticks")
    >>> minute = TimeInterval(datetime(2020, 1, 1), datetime(2020, 1, 1, 0, 1))
    >>> hs.tools.clock(stride=20).execute(sources=[], sink=ticks, interval=minute)
    >>> len(ticks.window(minute).items())
    3
    """

    def __init__(
        self,
        loglevel: int = logging.INFO,
        file_logger: Handler = True,
        console_logger: Handler = True,
        mqtt_logger: Handler | None = None,
        config_filename: str | Path = CONFIG_FILENAME,
        progress_bars: bool | None = None,
    ) -> None:
        self.config = HyperStreamConfig(config_filename)
        self.logger = HyperStreamLogger(
            default_loglevel=loglevel,
            file_logger=file_logger,
            console_logger=console_logger,
            mqtt_logger=mqtt_logger,
        )
        mongo = self.config.mongo
        with ExitStack() as undo:  # what is open already, where something is wrong
            undo.callback(self.logger.close)
            self.client = Client(mongo, auto_connect=not mongo["embedded"])
            undo.callback(self.client.disconnect)
            self._put_together(progress_bars)
            undo.pop_all()

    def _put_together(self, progress_bars: bool | None) -> None:
        mongo = self.config.mongo
        storage = MongoStorage(self.client, upgrade=mongo.get("upgrade", True))
        self.channel_manager = ChannelManager(self.config.plugins)
        self.channel_manager.add_channel(DatabaseChannel("mongo", storage))
        self.channel_manager.add_channel(AssetsChannel("assets", storage))
        self.populate_tools_and_factors()
        self._storage = storage
        self._sessions = Sessions(
            lambda: storage.sessions, self.channel_manager, self.config.history_channel
        )
        self._outer: list[ExecutionContext] = []
        set_context(
            ExecutionContext(
                output_path=Path(self.config.output_path),
                keys=KeyRing(self.config.keys),
                observer=NoObserver()
                if progress_bars is False
                else ProgressBars(anywhere=progress_bars is True),
            )
        )

    @cached_property
    def plate_manager(self) -> PlateManager:
        """The plates, and their meta data; the database is opened when it is first asked for."""
        catalogue = self._storage.catalogue
        return PlateManager(MetaDataManager(catalogue), catalogue)

    @cached_property
    def workflow_manager(self) -> WorkflowManager:
        """The workflows, here and in the database."""
        return WorkflowManager(self.channel_manager, self.plate_manager)

    def populate_tools_and_factors(self) -> None:
        """Make the functions that create tools and factors; again after a plugin was added."""
        self.tools = ToolContainer(self.channel_manager, "tools")
        self.factors = FactorContainer(self.channel_manager)
        self.plugins = PluginContainer(self.channel_manager, self.config.plugins)

    def create_workflow(
        self,
        workflow_id: str,
        name: str,
        owner: str,
        description: str,
        online: bool = False,
        monitor: bool = False,
        safe: bool = True,
    ) -> Workflow:
        """Create a new workflow. Simple wrapper for creating it and adding it to the manager.

        Use it as ``with hs.create_workflow(...) as w``: inside of the block,
        ``hs.factors`` can be used. Where the block fails, the workflow is not kept.

        Parameters
        ----------
        workflow_id : str
            The workflow id.
        name : str
            The workflow name.
        owner : str
            The owner/creator of the workflow.
        description : str
            A human readable description.
        online : bool
            Whether this workflow should be executed by the online engine.
        monitor : bool
            Whether the workflow computations should be monitored.
        safe : bool
            If True, a workflow of this id that exists is an error; if False, it is returned.
            A stored one that cannot be loaded does not count; the new one takes its place by
            ``hs.workflow_manager.commit_workflow(workflow_id, replace=True)``.

        Returns
        -------
        Workflow
            The workflow.

        Raises
        ------
        WorkflowAlreadyExistsError
            There is one of this id, here or in the database.
        WorkflowLoadError
            There is one in the database which is wanted (`safe` is False), but cannot be loaded.

        Examples
        --------
        >>> hs = HyperStream(file_logger=False)
        >>> with hs.create_workflow("seconds", "Seconds", "me", "A tick each 20 s") as workflow:
        ...     ticks = workflow.create_node("ticks", "memory")
        ...     ticks[None] = hs.factors.clock(sources=[], stride=20)
        >>> minute = TimeInterval(datetime(2020, 1, 1), datetime(2020, 1, 1, 0, 1))
        >>> workflow.execute(minute)
        >>> len(ticks.streams[None].window(minute).items())
        3
        """
        return self.workflow_manager.create(
            workflow_id, name, owner, description, online=online, monitor=monitor, safe=safe
        )

    def add_workflow(self, workflow: Workflow) -> None:
        """Add the workflow to the workflow manager.

        Parameters
        ----------
        workflow : Workflow
            The workflow.
        """
        self.workflow_manager.add_workflow(workflow)

    @property
    def current_session(self) -> Session | None:
        """Get the current session: the one begun last, until it is closed."""
        return self._sessions.current

    @property
    def sessions(self) -> list[Session]:
        """Get the list of sessions, those of other processes included, the oldest first."""
        return self._sessions.all()

    def new_session(self) -> Session:
        """Start a new session to record computation history; it ends the one before.

        Returns
        -------
        Session
            The created session.
        """
        session = self._sessions.new()
        set_context(replace(current_context(), history=session.recorder))
        return session

    def clear_sessions(self, inactive_only: bool = True, clear_history: bool = False) -> None:
        """Clear all stored sessions, optionally excluding active sessions.

        Parameters
        ----------
        inactive_only : bool
            Whether to clear inactive sessions only.
        clear_history : bool
            Whether to also clear session history.
        """
        self._sessions.clear(inactive_only, clear_history)
        if self._sessions.current is None:
            set_context(replace(current_context(), history=NoHistory()))

    def provenance(self, stream: Stream, interval: Any = None) -> list[Provenance]:
        """Tell what produced the data of a stream: tool, version, parameters, sources, session.

        Parameters
        ----------
        stream : Stream
            The stream.
        interval : TimeInterval or (start, end), optional
            Which part of it; all that is calculated otherwise.
        """
        return provenance(stream, interval, self.sessions)

    def __enter__(self) -> Self:
        outer = current_context()
        self.new_session()
        self._outer.append(outer)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self._sessions.close()
        finally:
            set_context(self._outer.pop())

    @classmethod
    def reset(cls) -> None:
        """End the instance of this process: for tests, and for a fresh start in a notebook.

        The connection is closed and the log handlers are taken off. What lived
        in memory channels is gone.
        """
        with _making:
            instance = Singleton._instances.pop(cls, None)  # noqa: SLF001 - this module's
        if instance is None:
            return
        with ExitStack() as stack:  # which does all, whatever fails
            stack.callback(set_context, ExecutionContext())
            stack.callback(instance.logger.close)
            stack.callback(instance.client.disconnect)
            instance._sessions.close()  # noqa: SLF001 - an object of this class

    def _repr_html_(self) -> str:
        return html.page(type(self).__name__, "", self._shown())

    def _shown(self) -> Iterator[html.Html]:
        """Yield what there is to see, without opening a database that nobody has used."""
        tools = sum(len(each.files) for each in self.channel_manager.tool_channels)
        known = {"configuration": self.config.filename or "defaults", "database": self.client}
        plugins = ", ".join(plugin.channel_id_prefix for plugin in self.config.plugins)
        session = self.current_session
        now = None if session is None else session.session_id
        yield html.facts({**known, "plugins": plugins, "tools": tools, "session": now})
        yield self.channel_manager.table()

    def __repr__(self) -> str:
        return f"HyperStream(database={self.client!r}, plugins={len(self.config.plugins)})"
