"""Tests of the plugins that come along, loaded as the configuration does it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hyperstream.channels import ToolChannel
from hyperstream.plugin_manager import Plugin
from hyperstream.tool import BaseTool

FOLDER = Path(__file__).resolve().parents[2] / "plugins"


def tools(plugin: str) -> ToolChannel:
    """Return the channel of a plugin's tools."""
    (channel,) = Plugin(plugin, [], str(FOLDER / plugin), True, False).load_channels()
    return channel


def make(plugin: str, name: str, **parameters: Any) -> BaseTool:
    """Make a tool of a plugin."""
    return tools(plugin).get_tool_class(name)(**parameters)
