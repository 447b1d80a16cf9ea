"""Making tools by name."""

from __future__ import annotations

import copy
import inspect
import sys

import pytest

from hyperstream.channel_manager import ChannelManager
from hyperstream.factories import FactorContainer, PluginContainer, ToolContainer
from hyperstream.plugin_manager import Plugin
from hyperstream.utils.errors import (
    PluginError,
    ToolInitialisationError,
    ToolNotFoundError,
    ToolVersionNotFoundError,
)
from tests.channels.files import write, write_tool


@pytest.fixture
def plugins(tmp_path, monkeypatch):
    """Give a plugin with a tool in two versions, and one without tools."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    write_tool(tmp_path / "tools" / "scale", "2018-01-01_v0.1.0")
    write_tool(tmp_path / "tools" / "scale", "2018-01-02_v0.2.0")
    free = "from hyperstream.tool import Tool\nclass Free(Tool): '''Takes anything.'''"
    write(tmp_path / "tools" / "free" / "2018-01-02_v0.2.0.py", free)
    return [
        Plugin("example", [], str(tmp_path), has_tools=True, has_assets=False),
        Plugin("empty", [], str(tmp_path), has_tools=False, has_assets=False),
    ]


@pytest.fixture
def manager(plugins):
    """Give the channels of these plugins."""
    return ChannelManager(plugins)


@pytest.fixture
def tools(manager):
    """Give the tools of the plugin."""
    return ToolContainer(manager, "example_tools")


def test_a_tool_is_made_by_name(tools):
    """The function of a tool makes its latest version, or the one asked for."""
    tool = tools.scale(factor=2)
    assert (tool.name, tool.version, tool.parameters_dict) == (
        "scale",
        "0.2.0",
        {"factor": 2, "offset": 0},
    )
    assert tools.scale(2, 1).parameters_dict == {"factor": 2, "offset": 1}
    assert tools.scale(2, version="0.1.0").version == "0.1.0"
    assert tools.free(anything=1).anything == 1


def test_a_tool_of_the_core_is_made_by_name(manager):
    """The tools of the core are in channel `tools`."""
    assert ToolContainer(manager).clock(stride=5.0).stride == 5.0


def test_a_function_looks_like_its_tool(tools):
    """It has the name, the description, the parameters and the source of the tool."""
    function = tools.scale
    assert (function.__name__, function.__qualname__) == ("scale", "scale")
    assert function.__doc__ == "Scale, 2018-01-02_v0.2.0."
    assert str(inspect.signature(function)) == "(factor, offset=0, *, version=None)"
    assert str(inspect.signature(tools.free)) == "(*, version=None, **kwargs: 'Any')"
    assert "class Scale(Tool)" in inspect.getsource(function)


def test_a_tool_may_have_a_parameter_named_version(tools, tmp_path):
    """Then the keyword still chooses the version, and is listed once."""
    text = """
    from hyperstream.tool import Tool


    class Odd(Tool):
        def __init__(self, version=1):
            super().__init__()
    """
    write(tmp_path / "tools" / "odd" / "2018-01-02_v0.2.0.py", text)
    assert str(inspect.signature(tools.odd)) == "(version=1)"


def test_the_tools_are_listed_without_importing_them(plugins, tmp_path):
    """Listing, completing and printing run no file."""
    write(tmp_path / "tools" / "broken" / "2018-01-01_v0.1.0.py", "raise SystemExit")
    tools = ToolContainer(ChannelManager(plugins), "example_tools")
    assert {"broken", "free", "scale"} <= set(dir(tools))
    assert repr(tools) == "ToolContainer(broken, free, scale)"
    assert "scale" in tools
    assert "clock" not in tools


def test_an_unknown_tool_is_an_error(tools):
    """The error says what may have been meant, and is an AttributeError too."""
    message = "There is no tool scael in channel 'example_tools': did you mean scale?"
    for error in (ToolNotFoundError, AttributeError):
        with pytest.raises(error) as caught:
            tools.scael  # noqa: B018 - the attribute is what is tested
        assert str(caught.value) == message
    assert not hasattr(tools, "_private")


def test_a_tool_of_another_channel_is_an_error_that_names_it(tools, manager):
    """Also where only the core is asked."""
    with pytest.raises(ToolNotFoundError, match=r" Channel 'example_tools' has one of this name"):
        ToolContainer(manager).scale  # noqa: B018 - the attribute is what is tested
    with pytest.raises(ToolNotFoundError, match=r"'example_tools'\. Channel 'tools' has one"):
        tools.clock  # noqa: B018 - as above


def test_an_unknown_version_is_an_error(tools):
    """The error lists the versions."""
    with pytest.raises(ToolVersionNotFoundError, match=r"there are 0\.1\.0, 0\.2\.0\."):
        tools.scale(2, version="0.3.0")


def test_wrong_parameters_are_an_error(tools):
    """The error names the tool and its parameters."""
    with pytest.raises(ToolInitialisationError) as caught:
        tools.scale(facter=2)
    assert str(caught.value) == (
        "Tool scale 0.2.0 has no parameter 'facter': did you mean factor? "
        "Its parameters are (factor, offset=0)."
    )


def test_an_older_version_of_a_broken_tool_can_be_made(tools, tmp_path):
    """The latest version is an error that says why; another one can be asked for."""
    write(tmp_path / "tools" / "scale" / "2018-01-03_v0.3.0.py", "x = (")
    with pytest.raises(ToolVersionNotFoundError):
        tools.scale(2, version="0.4.0")
    assert "line 1: SyntaxError" in tools.scale.__doc__
    with pytest.raises(ToolInitialisationError, match=r"Tool scale 0\.3\.0 cannot be used"):
        tools.scale(2)
    assert tools.scale(2, version="0.2.0").version == "0.2.0"


def test_a_channel_without_tools_is_an_error(manager):
    """Only a channel of tools has tools."""
    with pytest.raises(ToolNotFoundError, match="Channel 'memory' holds no tools"):
        ToolContainer(manager, "memory")


def test_plugins_are_found_by_name(manager, plugins):
    """The tools of a plugin are its attribute `tools`."""
    found = PluginContainer(manager, plugins)
    assert found.example.tools.scale(2).factor == 2
    assert "example" in found
    assert "other" not in found
    assert {"example", "empty"} <= set(dir(found))
    assert repr(found) == "PluginContainer(example, empty)"
    assert repr(found.example) == "PluginTools('example')"


def test_what_a_plugin_offers_is_completed(manager, plugins):
    """Notebooks look for attributes without running code, so that they find no properties."""
    found = PluginContainer(manager, plugins).example
    for name, kind in (("tools", ToolContainer), ("factors", FactorContainer)):
        assert isinstance(inspect.getattr_static(found, name), kind)
    assert repr(copy.copy(found)) == "PluginTools('example')"
    with pytest.raises(AttributeError, match="A plugin offers tools and factors, not 'tool'"):
        found.tool  # noqa: B018 - as above


def test_an_unknown_plugin_is_an_error(manager, plugins):
    """The error lists the plugins, and is an AttributeError too."""
    message = (
        "There is no plugin 'exmaple': did you mean example? "
        "The configuration names example, empty."
    )
    for error in (PluginError, AttributeError):
        with pytest.raises(error) as caught:
            PluginContainer(manager, plugins).exmaple  # noqa: B018 - as above
        assert str(caught.value) == message
    with pytest.raises(PluginError, match="The configuration names none"):
        PluginContainer(manager).example  # noqa: B018 - as above


def test_a_plugin_without_tools_is_an_error(manager, plugins):
    """The error names the key of the configuration."""
    with pytest.raises(PluginError, match="Plugin 'empty' has no tools: set has_tools"):
        PluginContainer(manager, plugins).empty.tools  # noqa: B018 - as above
