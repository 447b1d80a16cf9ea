"""A HyperStream with the plugins that the examples use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hyperstream import HyperStream

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"


@pytest.fixture
def config(tmp_path, mongo_config):
    """Write a configuration with a database of its own."""
    plugins = [
        {"channel_id_prefix": name, "path": str(PLUGINS / name), "has_tools": True}
        for name in ("data_importers", "example")
    ]
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"mongo": mongo_config, "plugins": plugins, "keys": "keys.json"}))
    return path


@pytest.fixture
def hs(config):
    """Make a HyperStream of that configuration."""
    yield HyperStream(file_logger=False, console_logger=False, config_filename=config)
    HyperStream.reset()
