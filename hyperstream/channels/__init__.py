"""Channels: where streams live."""

from __future__ import annotations

from hyperstream.channels.assets_channel import AssetsChannel
from hyperstream.channels.assets_file_channel import AssetsFileChannel
from hyperstream.channels.base_channel import BaseChannel
from hyperstream.channels.database_channel import DatabaseChannel
from hyperstream.channels.file_channel import FileChannel, FileDateTimeVersion
from hyperstream.channels.memory_channel import MemoryChannel, ReadOnlyMemoryChannel
from hyperstream.channels.module_channel import ModuleChannel
from hyperstream.channels.tool_channel import ToolChannel

__all__ = [
    "AssetsChannel",
    "AssetsFileChannel",
    "BaseChannel",
    "DatabaseChannel",
    "FileChannel",
    "FileDateTimeVersion",
    "MemoryChannel",
    "ModuleChannel",
    "ReadOnlyMemoryChannel",
    "ToolChannel",
]
