"""The names that users import stay where they are."""

from __future__ import annotations

import importlib

import pytest

import hyperstream

TOP_LEVEL = [
    "AggregateTool",
    "ChannelManager",
    "Client",
    "DatabaseStream",
    "HyperStream",
    "HyperStreamConfig",
    "MIN_DATE",
    "MultiOutputTool",
    "PlateCreationTool",
    "RelativeTimeInterval",
    "SelectorTool",
    "Stream",
    "StreamDict",
    "StreamId",
    "StreamInstance",
    "StreamInstanceCollection",
    "StreamMetaInstance",
    "StreamView",
    "TimeInterval",
    "TimeIntervals",
    "Tool",
    "UTC",
    "__version__",
]
ERRORS = [
    "ChangedProducerWarning",
    "ChannelAlreadyExistsError",
    "ChannelNotFoundError",
    "ConfigurationError",
    "DatabaseConnectionError",
    "DatabaseUpgradeError",
    "DuplicateInstanceError",
    "EmbeddedServerError",
    "FactorAlreadyExistsError",
    "FactorDefinitionError",
    "FutureIntervalWarning",
    "HyperStreamError",
    "HyperStreamWarning",
    "IncompatiblePlatesError",
    "IncompatibleToolError",
    "InputStreamCountError",
    "KeyDuplicationError",
    "LinkageError",
    "MissingExtraError",
    "MultipleStreamsFoundError",
    "NodeAlreadyExistsError",
    "NodeDefinitionError",
    "NotCalculatedWarning",
    "PlateDefinitionError",
    "PlateEmptyError",
    "PlateNotFoundError",
    "PluginError",
    "StreamAlreadyExistsError",
    "StreamDataNotAvailableError",
    "StreamNotAvailableError",
    "StreamNotFoundError",
    "ToolExecutionError",
    "ToolInitialisationError",
    "ToolNotFoundError",
    "ToolVersionNotFoundError",
    "ValueDuplicationError",
    "ValueEncodingError",
    "handle_exception",
]
# Module paths are as public as names, since a user may import from any of them.
MODULES = {
    "hyperstream.channel_manager": ["ChannelManager"],
    "hyperstream.channels": [
        "AssetsChannel",
        "AssetsFileChannel",
        "BaseChannel",
        "DatabaseChannel",
        "FileChannel",
        "MemoryChannel",
        "ModuleChannel",
        "ToolChannel",
    ],
    "hyperstream.channels.assets_channel": ["AssetsChannel"],
    "hyperstream.channels.assets_channel2": ["AssetsFileChannel"],
    "hyperstream.channels.assets_file_channel": ["AssetsFileChannel"],
    "hyperstream.channels.base_channel": ["BaseChannel"],
    "hyperstream.channels.database_channel": ["DatabaseChannel"],
    "hyperstream.channels.file_channel": ["FileChannel"],
    "hyperstream.channels.memory_channel": ["MemoryChannel"],
    "hyperstream.channels.module_channel": ["ModuleChannel"],
    "hyperstream.channels.tool_channel": ["ToolChannel"],
    "hyperstream.client": ["Client"],
    "hyperstream.config": ["HyperStreamConfig", "OnlineEngineConfig"],
    "hyperstream.hyperstream": ["HyperStream"],
    "hyperstream.itertools2": [
        "any_set",
        "count",
        "online_average",
        "online_product",
        "online_sum",
        "online_variance",
    ],
    "hyperstream.itertools2.itertools2": [
        "any_set",
        "count",
        "online_average",
        "online_product",
        "online_sum",
        "online_variance",
    ],
    "hyperstream.models.factor": ["FactorDefinitionModel", "OutputPlateDefinitionModel"],
    "hyperstream.models.meta_data": ["MetaDataModel"],
    "hyperstream.models.node": ["NodeDefinitionModel"],
    "hyperstream.models.plate": ["PlateDefinitionModel", "PlateModel"],
    "hyperstream.models.stream": [
        "StreamDefinitionModel",
        "StreamIdField",
        "StreamInstanceModel",
    ],
    "hyperstream.models.time_interval": ["TimeIntervalModel"],
    "hyperstream.models.tool": ["ToolModel", "ToolParameterModel"],
    "hyperstream.models.workflow": ["WorkflowDefinitionModel", "WorkflowStatusModel"],
    "hyperstream.plugin_manager": ["Plugin"],
    "hyperstream.stream": [
        "AssetStream",
        "DatabaseStream",
        "Stream",
        "StreamDict",
        "StreamId",
        "StreamInstance",
        "StreamInstanceCollection",
        "StreamMetaInstance",
        "StreamView",
    ],
    "hyperstream.stream.stream": ["AssetStream", "DatabaseStream", "Stream"],
    "hyperstream.stream.stream_collections": ["StreamDict", "StreamInstanceCollection"],
    "hyperstream.stream.stream_id": ["StreamId"],
    "hyperstream.stream.stream_instance": ["StreamInstance", "StreamMetaInstance"],
    "hyperstream.stream.stream_view": ["StreamView"],
    "hyperstream.time_interval": [
        "MIN_DATE",
        "RelativeTimeInterval",
        "TimeInterval",
        "TimeIntervals",
        "parse_time_tuple",
        "profile",
    ],
    "hyperstream.tool": [
        "AggregateTool",
        "BaseTool",
        "MultiOutputTool",
        "PlateCreationTool",
        "SelectorTool",
        "Tool",
        "check_input_stream_count",
    ],
    "hyperstream.tool.aggregate_tool": ["AggregateTool"],
    "hyperstream.tool.base_tool": ["BaseTool"],
    "hyperstream.tool.multi_output_tool": ["MultiOutputTool"],
    "hyperstream.tool.plate_creation_tool": ["PlateCreationTool"],
    "hyperstream.tool.selector_tool": ["SelectorTool"],
    "hyperstream.tool.tool": ["Tool"],
    "hyperstream.utils": [
        "Hashable",
        "MAX_DATE",
        "MIN_DATE",
        "Printable",
        "UTC",
        "datetime2unix",
        "histogram",
        "percentile",
        "utcnow",
    ],
    "hyperstream.utils.containers": ["Hashable", "Printable"],
    "hyperstream.utils.decorators": [
        "check_input_stream_count",
        "check_output_format",
        "check_tool_defined",
        "timeit",
    ],
    "hyperstream.utils.errors": ERRORS,
    "hyperstream.utils.hyperstream_logger": ["HyperStreamLogger", "MON", "SenMLFormatter"],
    "hyperstream.utils.serialization": ["func_dump", "func_load", "func_reconstruct_closure"],
    "hyperstream.utils.statistics": ["histogram", "percentile"],
    "hyperstream.utils.time_utils": [
        "construct_experiment_id",
        "datetime2unix",
        "duration2str",
        "get_timedelta",
        "is_naive",
        "json_serial",
        "reconstruct_interval",
        "remove_microseconds",
        "unix2datetime",
        "utcnow",
    ],
    "hyperstream.utils.utils": [],
    "hyperstream.version": ["__version__"],
}


def test_the_top_level_is_frozen():
    """The package exports exactly these names; a new one is added here on purpose."""
    assert sorted(hyperstream.__all__) == sorted(TOP_LEVEL + ERRORS)


@pytest.mark.parametrize("name", TOP_LEVEL + ERRORS)
def test_a_top_level_name_is_there(name):
    """Every name of the list can be imported from the package."""
    assert hasattr(hyperstream, name)


@pytest.mark.parametrize("path", MODULES)
def test_a_module_has_its_names(path):
    """Every documented module can be imported and has its documented names."""
    module = importlib.import_module(path)
    assert [name for name in MODULES[path] if not hasattr(module, name)] == []
