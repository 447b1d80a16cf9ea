"""Plugins: channels, tools and assets that users add by the configuration."""

from __future__ import annotations

import sys
from datetime import datetime

import pytest

from hyperstream._time import UTC, use_clock
from hyperstream.channels import AssetsFileChannel, MemoryChannel, ToolChannel
from hyperstream.plugin_manager import Plugin, PluginBase
from hyperstream.utils.errors import PluginError
from tests.channels.files import write, write_tool

NOW = datetime(2020, 1, 1, tzinfo=UTC)

CHANNEL = """
from hyperstream.channels import MemoryChannel


class SeaIce(MemoryChannel):
    pass
"""

# What is in the file of a channel, and what the error says after the plugin.
BROKEN = [
    ("x = (\n", "channel sea_ice cannot be imported: {path}, line 1: SyntaxError: '(' was"),
    (
        "\n\n1 / 0",
        "channel sea_ice cannot be imported: {path}, line 3: ZeroDivisionError: division",
    ),
    ("", "{path} has no class SeaIce that derives from a channel of hyperstream.channels: add it."),
    ("class SeaIce: pass", "{path} has no class SeaIce that derives from a channel of hyper"),
    (
        "SeaIce = 1",
        "{path} has no class SeaIce that derives from a channel of hyperstream.channels",
    ),
    (
        f"{CHANNEL}\n    def __init__(self, channel_id):\n        raise OSError('no ice')",
        "channel sea cannot be made: {path}, line 9: OSError: no ice.",
    ),
    (
        f"{CHANNEL}\n    def __init__(self):\n        pass",
        "channel sea cannot be made: {path}: TypeError: ",
    ),
]


@pytest.fixture(autouse=True)
def surroundings(monkeypatch):
    """Let time stand still, and take back what is done to the search path."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    with use_clock(NOW):
        yield


def plugin(path, *names, tools=False, assets=False):
    """Give a plugin of that folder."""
    return Plugin("example", list(names), str(path), tools, assets)


def test_a_plugin_is_what_the_configuration_says():
    """A plugin is a named tuple of five fields, and prints itself."""
    found = Plugin(
        channel_id_prefix="x", channel_names=["a"], path="p", has_tools=True, has_assets=False
    )
    assert isinstance(found, PluginBase)
    assert found == ("x", ["a"], "p", True, False)
    assert repr(found) == (
        "Plugin(channel_id_prefix='x', channel_names=['a'], path='p', has_tools=True, "
        "has_assets=False)"
    )


def test_an_empty_plugin_has_no_channels(tmp_path):
    """What is not asked for is not there."""
    assert plugin(tmp_path).load_channels() == []


def test_a_plugin_has_channels_tools_and_assets(tmp_path):
    """All three are loaded, in this order, up to now."""
    write(tmp_path / "channels" / "sea_ice.py", CHANNEL)
    write_tool(tmp_path / "tools" / "scale", "2018-01-01_v0.1.0")
    write(tmp_path / "assets" / "houses" / "2018-01-01_x.json", "{}")
    own, tools, assets = plugin(tmp_path, "sea_ice", tools=True, assets=True).load_channels()
    assert (type(own).__name__, own.channel_id) == ("SeaIce", "sea")
    assert isinstance(own, MemoryChannel)
    assert (type(tools), tools.channel_id) == (ToolChannel, "example_tools")
    assert tools["scale"].window().last().value.version == "0.1.0"
    assert (type(assets), assets.channel_id) == (AssetsFileChannel, "example_assets")
    assert assets["houses"].window().values() == [{}]
    assert tools.up_to_timestamp == assets.up_to_timestamp == NOW


def test_a_path_may_be_relative(tmp_path, monkeypatch):
    """It is relative to the working directory then."""
    write(tmp_path / "plugins" / "example" / "channels" / "sea_ice.py", CHANNEL)
    monkeypatch.chdir(tmp_path)
    (own,) = plugin("plugins/example", "sea_ice").load_channels()
    assert own.channel_id == "sea"


@pytest.mark.parametrize("default", ["", "=None", "=MIN_DATE"])
def test_a_channel_is_told_the_time(tmp_path, default):
    """A class with a parameter `up_to_timestamp` gets now."""
    text = f"""
    from hyperstream.channels import MemoryChannel
    from hyperstream.utils import MIN_DATE


    class Sea(MemoryChannel):
        def __init__(self, channel_id, up_to_timestamp{default}):
            super().__init__(channel_id)
            self.time = up_to_timestamp
    """
    write(tmp_path / "channels" / "sea.py", text)
    (own,) = plugin(tmp_path, "sea").load_channels()
    assert own.time == NOW


def test_a_channel_imports_modules_of_its_plugin(tmp_path):
    """The plugin's folder is at the end of the search path, once."""
    write(tmp_path / "ice_of_the_example.py", "THICKNESS = 2.5")
    text = f"import ice_of_the_example\n{CHANNEL}\n    thickness = ice_of_the_example.THICKNESS"
    write(tmp_path / "channels" / "sea_ice.py", text)
    for _ in range(2):
        (own,) = plugin(tmp_path, "sea_ice").load_channels()
        assert own.thickness == 2.5
    assert sys.path.count(str(tmp_path)) == 1
    assert sys.path[-1] == str(tmp_path)


def test_a_plugin_without_folder_is_an_error(tmp_path):
    """The error names plugin and folder."""
    with pytest.raises(PluginError) as caught:
        plugin(tmp_path / "none").load_channels()
    assert str(caught.value) == (
        f"Plugin 'example': there is no folder {tmp_path / 'none'}: create it, or correct the path."
    )


@pytest.mark.parametrize("kind", ["tools", "assets"])
def test_a_missing_folder_is_an_error(tmp_path, kind):
    """The error names the folder, and the key to change."""
    with pytest.raises(PluginError) as caught:
        plugin(tmp_path, **{kind: True}).load_channels()
    assert str(caught.value) == (
        f"Plugin 'example': there is no folder {tmp_path / kind}: create it, or set has_{kind} to "
        "false."
    )


def test_a_missing_channel_file_is_an_error(tmp_path):
    """The error names the channel and the file."""
    with pytest.raises(PluginError) as caught:
        plugin(tmp_path, "sea_ice").load_channels()
    path = tmp_path / "channels" / "sea_ice.py"
    assert str(caught.value) == (
        f"Plugin 'example': channel sea_ice has no file {path}: create it, or drop its name."
    )


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_a_broken_channel_is_an_error(tmp_path, text, message):
    """The error names plugin, channel, file and line."""
    path = write(tmp_path / "channels" / "sea_ice.py", text)
    with pytest.raises(PluginError) as caught:
        plugin(tmp_path, "sea_ice").load_channels()
    assert str(caught.value).startswith(f"Plugin 'example': {message.format(path=path)}")


def test_an_asset_with_a_wrong_date_is_an_error(tmp_path):
    """The error names plugin, folder and file."""
    write(tmp_path / "assets" / "houses" / "2018-13-01_x.json", "{}")
    with pytest.raises(PluginError, match=r"Plugin 'example': .*houses: .*'2018-13-01_x\.json' is"):
        plugin(tmp_path, assets=True).load_channels()


def test_a_broken_tool_does_not_stop_a_plugin(tmp_path):
    """The other tools of the plugin are there."""
    write(tmp_path / "tools" / "broken" / "2018-01-01_v0.1.0.py", "x = (")
    write_tool(tmp_path / "tools" / "scale", "2018-13-01_v0.2.0")
    write_tool(tmp_path / "tools" / "scale", "2018-01-01_v0.1.0")
    (tools,) = plugin(tmp_path, tools=True).load_channels()
    assert tools.get_tool_class("scale").version == "0.1.0"
