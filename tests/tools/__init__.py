"""Tests of the built-in tools, which are loaded as users get them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hyperstream.channels import ToolChannel
from hyperstream.tool import BaseTool
from hyperstream.utils import utcnow

FOLDER = Path(__file__).resolve().parents[2] / "hyperstream" / "tools"
CHANNEL = ToolChannel("tools", FOLDER, utcnow())


def make(name: str, version: str | None = None, **parameters: Any) -> BaseTool:
    """Make a tool."""
    return CHANNEL.get_tool_class(name, version)(**parameters)
