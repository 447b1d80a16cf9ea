"""The channels of a HyperStream, and finding tools in them."""

from __future__ import annotations

import copy
import sys

import pytest
from dateutil.parser import parse

from hyperstream.channel_manager import ChannelManager, make_tool, parameters_of
from hyperstream.channels import MemoryChannel, ToolChannel
from hyperstream.plugin_manager import Plugin
from hyperstream.stream import StreamId
from hyperstream.tool import SelectorTool, Tool
from hyperstream.utils.errors import (
    ChannelAlreadyExistsError,
    ChannelNotFoundError,
    ToolInitialisationError,
    ToolNotFoundError,
    ToolVersionNotFoundError,
)
from tests.channels.files import write, write_tool


class Scale(Tool):
    """Has parameters."""

    def __init__(self, factor, offset: float = 0) -> None:
        super().__init__(factor=factor, offset=offset)
        if offset < 0:
            raise ValueError("The offset is negative.")


class Free(Tool):
    """Takes any parameters."""


# The class, its arguments, and the error.
WRONG = [
    (Scale, (), {}, "Tool scale 0.0.0 needs the parameter 'factor'. Its"),
    (
        Scale,
        (),
        {"factor": 1, "ofset": 1},
        (
            "Tool scale 0.0.0 has no parameter 'ofset': did you mean offset? "
            "Its parameters are (factor, offset=0)."
        ),
    ),
    (Scale, (), {"factor": 1, "x": 1}, "Tool scale 0.0.0 has no parameter 'x'. Its parameters"),
    (Scale, (1, 2, 3), {}, "Tool scale 0.0.0 cannot be made: too many positional arguments. Its"),
    (Scale, (1,), {"factor": 1}, "cannot be made: multiple values for argument 'factor'. Its"),
    (Scale, (1, -1), {}, "Tool scale 0.0.0 cannot be made: The offset is negative. Its parameters"),
    (Scale, (1, "x"), {}, "Tool scale 0.0.0 cannot be made: '<' not supported between"),
    (SelectorTool, (), {"x": 1}, "Tool selector_tool 0.0.0 needs the parameter 'selector_meta"),
]


@pytest.fixture(autouse=True)
def _search_path(monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.fixture
def plugins(tmp_path):
    """Give two plugins that have one tool in common, and each one of its own."""
    found = []
    for name in ("first", "second"):
        write_tool(tmp_path / name / "tools" / "scale", "2018-01-01_v0.1.0")
        write_tool(tmp_path / name / "tools" / f"scale_{name}", "2018-01-01_v0.1.0")
        write_tool(tmp_path / name / "tools" / "clock", "2018-01-01_v99.0.0")
        found.append(Plugin(name, [], str(tmp_path / name), has_tools=True, has_assets=False))
    return found


def test_channels_are_attributes_and_items():
    """A channel is found by its id in every way."""
    manager = ChannelManager()
    assert isinstance(manager.memory, MemoryChannel)
    assert isinstance(manager.tools, ToolChannel)
    assert manager.memory is manager["memory"] is manager.get_channel("memory")
    assert list(manager) == list(manager.channels) == ["memory", "tools"]
    assert "memory" in manager
    assert "mongo" not in manager
    assert "memory" in dir(manager)
    assert repr(manager) == "ChannelManager(memory, tools)"


def test_channels_of_plugins_are_there(plugins):
    """They come after the others."""
    manager = ChannelManager(plugins)
    assert list(manager) == ["memory", "tools", "first_tools", "second_tools"]
    assert manager.tool_channels == [manager.tools, manager.first_tools, manager.second_tools]


def test_a_channel_can_be_added():
    """It is there then."""
    manager = ChannelManager()
    channel = MemoryChannel("mine")
    manager.add_channel(channel)
    assert manager.mine is channel
    with pytest.raises(TypeError):
        manager.channels["other"] = channel


def test_a_channel_id_is_unique(tmp_path):
    """Two channels of one id are an error that says what they are."""
    text = "from hyperstream.channels import MemoryChannel\nclass {}(MemoryChannel): pass\n"
    for name, class_name in (("sea_ice", "SeaIce"), ("sea_level", "SeaLevel")):
        write(tmp_path / "channels" / f"{name}.py", text.format(class_name))
    plugin = Plugin("a", ["sea_ice", "sea_level"], str(tmp_path), False, False)
    with pytest.raises(ChannelAlreadyExistsError) as caught:
        ChannelManager([plugin])
    folder = tmp_path / "channels"
    assert str(caught.value) == (
        f"Two channels have the id 'sea': SeaIce ({folder / 'sea_ice.py'}) and "
        f"SeaLevel ({folder / 'sea_level.py'}). Rename one."
    )


def test_two_plugins_of_one_name_are_an_error(plugins):
    """The error names the folders of both."""
    clash = plugins[1]._replace(channel_id_prefix="first")
    with pytest.raises(ChannelAlreadyExistsError) as caught:
        ChannelManager([plugins[0], clash])
    assert str(caught.value) == (
        f"Two channels have the id 'first_tools': ToolChannel of {plugins[0].path}/tools and "
        f"ToolChannel of {plugins[1].path}/tools. Rename one."
    )


def test_an_unknown_channel_is_an_error():
    """The error lists what there is."""
    manager = ChannelManager()
    message = "There is no channel 'memroy': did you mean memory? There are memory, tools."
    for ask in (
        lambda: manager.memroy,
        lambda: manager["memroy"],
        lambda: manager.get_channel("memroy"),
    ):
        with pytest.raises(ChannelNotFoundError) as caught:
            ask()
        assert str(caught.value) == message
    assert not hasattr(manager, "memroy")


def test_a_manager_can_be_copied():
    """A copy knows the same channels."""
    manager = ChannelManager()
    assert copy.copy(manager).memory is manager.memory


@pytest.mark.parametrize("name", ["clock", StreamId("clock"), "tools/clock"])
def test_a_tool_is_found_by_name(plugins, name):
    """A plain name means the tool of the core before those of plugins."""
    tool = ChannelManager(plugins).get_tool(name, {"stride": 5.0}, version="0.1.0")
    assert (tool.name, tool.version, tool.stride) == ("clock", "0.1.0", 5.0)


def test_a_tool_of_a_plugin_is_found_by_name(plugins):
    """Its channel may be named, and must be where two plugins have such a tool."""
    manager = ChannelManager(plugins)
    assert manager.get_tool("scale_second", {"factor": 2}).factor == 2
    assert manager.get_tool_class("second_tools/clock").version == "99.0.0"
    first, second = (manager.get_tool_class(f"{name}_tools/scale") for name in ("first", "second"))
    assert first is not second
    with pytest.raises(ToolNotFoundError) as caught:
        manager.get_tool_class("scale")
    assert str(caught.value) == (
        "Several plugins have a tool scale: say 'first_tools/scale' or 'second_tools/scale'."
    )


def test_an_unknown_tool_is_an_error(plugins):
    """The error says what may have been meant, in any channel."""
    manager = ChannelManager(plugins)
    with pytest.raises(ToolNotFoundError) as caught:
        manager.get_tool("scale_frist", {})
    assert str(caught.value) == (
        "There is no tool scale_frist: did you mean scale_first or scale or scale_second?"
    )
    with pytest.raises(ToolNotFoundError, match="There is no tool x in channel 'first_tools'"):
        manager.get_tool("first_tools/x", {})
    with pytest.raises(ToolNotFoundError, match="There is no tool no_channel/scale"):
        manager.get_tool("no_channel/scale", {})


def test_an_unknown_version_is_an_error(plugins):
    """The error lists the versions."""
    with pytest.raises(ToolVersionNotFoundError, match=r"no version 7\.0\.0; there are 0\.1\.0\."):
        ChannelManager(plugins).get_tool("scale_first", {"factor": 1}, version="7.0.0")


def test_a_broken_tool_says_why(plugins, tmp_path):
    """Its reason reaches whoever asks for it; the others are there."""
    write(tmp_path / "first" / "tools" / "broken" / "2018-01-01_v0.1.0.py", "x = (")
    manager = ChannelManager(plugins)
    with pytest.raises(ToolInitialisationError, match=r"Tool broken 0\.1\.0 .*line 1: SyntaxErr"):
        manager.get_tool("broken", {})
    assert manager.get_tool("scale_first", {"factor": 1}).factor == 1


def test_a_tool_added_later_is_found(plugins, tmp_path):
    """An unknown name makes the channels look at their folders again."""
    manager = ChannelManager(plugins)
    write_tool(tmp_path / "second" / "tools" / "late_scale", "2018-01-01_v0.1.0")
    assert manager.get_tool("late_scale", {"factor": 1}).name == "late_scale"


@pytest.mark.parametrize(("tool_class", "arguments", "parameters", "message"), WRONG)
def test_wrong_parameters_are_an_error(tool_class, arguments, parameters, message):
    """The error names the tool, what is wrong, and the parameters there are."""
    with pytest.raises(ToolInitialisationError) as caught:
        make_tool(tool_class, arguments, parameters)
    assert message in str(caught.value)
    assert str(caught.value).endswith(").")


def test_a_tool_is_made_from_its_parameters():
    """Positional and keyword arguments are those of the constructor."""
    assert make_tool(Scale, (2,), {"offset": 1}).parameters_dict == {"factor": 2, "offset": 1}
    assert make_tool(Free, (), {"anything": 1}).anything == 1
    assert ChannelManager().get_tool("clock").name == "clock"


def test_the_parameters_of_a_tool_are_a_signature():
    """It is that of the constructor, without self."""
    assert str(parameters_of(Scale)) == "(factor, offset: 'float' = 0)"


class Parsed(Tool):
    """Has functions as default parameters."""

    def __init__(self, column, parser=parse, key=lambda value: value, reducer=sum):
        super().__init__(column=column, parser=parser, key=key, reducer=reducer)


def test_functions_among_the_parameters_are_named():
    """Not by their addresses, which differ from process to process."""
    with pytest.raises(ToolInitialisationError) as caught:
        make_tool(Parsed, (), {})
    expected = "Its parameters are (column, parser=parse, key=<lambda>, reducer=sum)."
    assert str(caught.value).endswith(expected)
