"""HyperStream: a workflow engine for streaming data, on MongoDB.

Streams of (timestamp, value) live in channels: in memory, in MongoDB, in
files. Tools compute streams over time intervals, and what is calculated is
remembered. ``HyperStream()`` puts everything together.

Examples
--------
>>> hs = HyperStream(file_logger=False)
>>> ticker = hs.channel_manager.memory.get_or_create_stream("ticker")
>>> hour = TimeInterval(datetime(2020, 1, 1, 11), datetime(2020, 1, 1, 12))
>>> hs.tools.clock(stride=600).execute(sources=[], sink=ticker, interval=hour)
>>> [f"{tick:%H:%M}" for tick in ticker.window(hour).timestamps()]
['11:10', '11:20', '11:30', '11:40', '11:50', '12:00']
"""

from __future__ import annotations

from hyperstream.channel_manager import ChannelManager
from hyperstream.client import Client
from hyperstream.config import HyperStreamConfig
from hyperstream.hyperstream import HyperStream
from hyperstream.online_engine import OnlineEngine
from hyperstream.stream import (
    DatabaseStream,
    Stream,
    StreamDict,
    StreamId,
    StreamInstance,
    StreamInstanceCollection,
    StreamMetaInstance,
    StreamView,
)
from hyperstream.time_interval import (
    MIN_DATE,
    UTC,
    RelativeTimeInterval,
    TimeInterval,
    TimeIntervals,
)
from hyperstream.tool import (
    AggregateTool,
    MultiOutputTool,
    PlateCreationTool,
    SelectorTool,
    Tool,
)
from hyperstream.utils.errors import (
    BackupError,
    ChangedProducerWarning,
    ChannelAlreadyExistsError,
    ChannelNotFoundError,
    ConfigurationError,
    DatabaseConnectionError,
    DatabaseUpgradeError,
    DuplicateInstanceError,
    EmbeddedServerError,
    FactorAlreadyExistsError,
    FactorDefinitionError,
    FutureIntervalWarning,
    HistoryError,
    HyperStreamError,
    HyperStreamWarning,
    IncompatiblePlatesError,
    IncompatibleToolError,
    InputStreamCountError,
    KeyDuplicationError,
    LinkageError,
    MetaDataAlreadyExistsError,
    MetaDataError,
    MissingExtraError,
    MultipleStreamsFoundError,
    NodeAlreadyExistsError,
    NodeDefinitionError,
    NotCalculatedWarning,
    PlateAlreadyExistsError,
    PlateDefinitionError,
    PlateEmptyError,
    PlateInUseError,
    PlateNotFoundError,
    PluginError,
    StreamAlreadyExistsError,
    StreamDataNotAvailableError,
    StreamNotAvailableError,
    StreamNotFoundError,
    ToolExecutionError,
    ToolInitialisationError,
    ToolNotFoundError,
    ToolVersionNotFoundError,
    UntrustedCodeError,
    ValueDuplicationError,
    ValueEncodingError,
    WorkflowAlreadyExistsError,
    WorkflowExecutionError,
    WorkflowLoadError,
    WorkflowNotFoundError,
    handle_exception,
)
from hyperstream.version import __version__
from hyperstream.workflow import PlateManager, Workflow, WorkflowManager

__all__ = [
    "MIN_DATE",
    "UTC",
    "AggregateTool",
    "BackupError",
    "ChangedProducerWarning",
    "ChannelAlreadyExistsError",
    "ChannelManager",
    "ChannelNotFoundError",
    "Client",
    "ConfigurationError",
    "DatabaseConnectionError",
    "DatabaseStream",
    "DatabaseUpgradeError",
    "DuplicateInstanceError",
    "EmbeddedServerError",
    "FactorAlreadyExistsError",
    "FactorDefinitionError",
    "FutureIntervalWarning",
    "HistoryError",
    "HyperStream",
    "HyperStreamConfig",
    "HyperStreamError",
    "HyperStreamWarning",
    "IncompatiblePlatesError",
    "IncompatibleToolError",
    "InputStreamCountError",
    "KeyDuplicationError",
    "LinkageError",
    "MetaDataAlreadyExistsError",
    "MetaDataError",
    "MissingExtraError",
    "MultiOutputTool",
    "MultipleStreamsFoundError",
    "NodeAlreadyExistsError",
    "NodeDefinitionError",
    "NotCalculatedWarning",
    "OnlineEngine",
    "PlateAlreadyExistsError",
    "PlateCreationTool",
    "PlateDefinitionError",
    "PlateEmptyError",
    "PlateInUseError",
    "PlateManager",
    "PlateNotFoundError",
    "PluginError",
    "RelativeTimeInterval",
    "SelectorTool",
    "Stream",
    "StreamAlreadyExistsError",
    "StreamDataNotAvailableError",
    "StreamDict",
    "StreamId",
    "StreamInstance",
    "StreamInstanceCollection",
    "StreamMetaInstance",
    "StreamNotAvailableError",
    "StreamNotFoundError",
    "StreamView",
    "TimeInterval",
    "TimeIntervals",
    "Tool",
    "ToolExecutionError",
    "ToolInitialisationError",
    "ToolNotFoundError",
    "ToolVersionNotFoundError",
    "UntrustedCodeError",
    "ValueDuplicationError",
    "ValueEncodingError",
    "Workflow",
    "WorkflowAlreadyExistsError",
    "WorkflowExecutionError",
    "WorkflowLoadError",
    "WorkflowManager",
    "WorkflowNotFoundError",
    "__version__",
    "handle_exception",
]
