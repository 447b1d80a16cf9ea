"""The channel of tools."""

from __future__ import annotations

from datetime import datetime

import pytest

from hyperstream._time import UTC, use_clock
from hyperstream.channels import ToolChannel
from hyperstream.stream import StreamId
from hyperstream.time_interval import TimeInterval
from hyperstream.utils.errors import (
    StreamNotFoundError,
    ToolInitialisationError,
    ToolNotFoundError,
    ToolVersionNotFoundError,
)
from tests.channels.files import write, write_tool

NOW = datetime(2020, 1, 1, tzinfo=UTC)

# What is in the latest file of a tool, and what the error says after the version.
BROKEN = [
    ("x = (\n", "cannot be used: {path}, line 1: SyntaxError: '(' was never closed."),
    ("\nimport no_such_module", "{path}, line 2: ModuleNotFoundError: No module named"),
    ("def f():\n    1 / 0\nf()\n", "{path}, line 2: ZeroDivisionError: division by zero."),
    ("", "cannot be used: {path} has no class Scale."),
    (
        "from hyperstream.tool import Tool\nclass Scaling(Tool): pass\nclass B: pass",
        "{path} has no class Scale; it has Scaling, B.",
    ),
    ("from hyperstream.tool import Tool as Scale", "{path} has no class Scale."),
    ("Scale = 1", "{path} has no class Scale."),
    ("class Scale: pass", "has a class Scale, but it derives from no class of hyperstream.tool."),
]


@pytest.fixture
def folder(tmp_path):
    """Give a folder with two versions of one tool, and another tool."""
    write_tool(tmp_path / "scale", "2018-01-01_v0.1.0")
    write_tool(tmp_path / "scale", "2018-01-02T1058Z_v0.2.0")
    write_tool(tmp_path / "other_scale", "2018-01-01_v1.0.0")
    write(tmp_path / "scale" / "__init__.py")
    return tmp_path


@pytest.fixture
def channel(folder):
    """Give a channel of that folder."""
    return ToolChannel("tools", folder, NOW)


def test_the_value_is_the_class(channel):
    """The last instance is the latest version of the tool, ready to be made."""
    tool = channel[StreamId(name="scale")].window().last().value(factor=2)
    assert (tool.name, tool.version, tool.factor, tool.offset) == ("scale", "0.2.0", 2, 0)


def test_every_version_is_there(channel):
    """A window over all time gives the versions in order of date."""
    found = channel["scale"].window(TimeInterval.all_time()).items()
    assert [(each.timestamp, each.value.version) for each in found] == [
        (datetime(2018, 1, 1, tzinfo=UTC), "0.1.0"),
        (datetime(2018, 1, 2, 10, 58, tzinfo=UTC), "0.2.0"),
    ]
    early = (datetime(2017, 1, 1), datetime(2018, 1, 1))
    assert [each.version for each in channel["scale"].window(early).values()] == ["0.1.0"]


def test_classes_of_different_versions_differ(channel):
    """Each version is a class of its own; the same version is always the same class."""
    first, second = (channel.get_tool_class("scale", version) for version in ("0.1.0", "0.2.0"))
    assert first is not second
    assert first is channel["scale"].window().first().value
    assert first(factor=1) != second(factor=1)


def test_two_versions_of_one_day_are_both_there(folder):
    """The lower version is at the date, the higher one a millisecond later."""
    write_tool(folder / "other_scale", "2018-01-01_v0.9.0")
    channel = ToolChannel("tools", folder, NOW)
    found = channel["other_scale"].window().items()
    assert [each.value.version for each in found] == ["0.9.0", "1.0.0"]
    assert [each.timestamp.microsecond for each in found] == [0, 1000]
    assert channel.get_tool_class("other_scale").version == "1.0.0"
    assert channel.get_tool_class("other_scale", "0.9.0").version == "0.9.0"


@pytest.mark.parametrize(
    ("asked", "got"), [(None, "0.2.0"), ("0.0.0", "0.2.0"), ("0.1.0", "0.1.0")]
)
def test_a_version_can_be_asked_for(channel, asked, got):
    """No version, and the one that 0.3.8 always wrote, mean the latest."""
    assert channel.get_tool_class("scale", asked).version == got


def test_a_version_named_0_0_0_is_that_version(folder):
    """Where there is a version 0.0.0, it can be asked for."""
    write_tool(folder / "scale", "2017-01-01_v0.0.0")
    assert ToolChannel("tools", folder).get_tool_class("scale", "0.0.0").version == "0.0.0"


def test_an_unknown_tool_is_an_error(channel):
    """The error names the channel and what may have been meant."""
    with pytest.raises(ToolNotFoundError) as caught:
        channel.get_tool_class("scael")
    assert str(caught.value) == "There is no tool scael in channel 'tools': did you mean scale?"
    with pytest.raises(ToolNotFoundError, match=r"There is no tool xyz in channel 'tools'\.$"):
        channel.get_tool_class("xyz")
    with pytest.raises(StreamNotFoundError, match="did you mean scale"):
        channel["scael"]


def test_an_unknown_version_is_an_error(channel):
    """The error lists the versions there are."""
    with pytest.raises(ToolVersionNotFoundError) as caught:
        channel.get_tool_class("scale", "3.0.0")
    assert str(caught.value) == "Tool scale has no version 3.0.0; there are 0.1.0, 0.2.0."


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_a_broken_version_says_why(folder, text, message):
    """Whoever asks for it gets the reason, file and line; the other versions and tools work."""
    name = "2018-01-03_v0.3.0"
    path = write(folder / "scale" / f"{name}.py", text)
    channel = ToolChannel("tools", folder, NOW)
    assert channel.failed == {}
    for ask in (
        lambda: channel.get_tool_class("scale"),
        lambda: channel.get_tool_class("scale", "0.3.0"),
        lambda: channel["scale"].window().last(),
    ):
        with pytest.raises(ToolInitialisationError) as caught:
            ask()
        error = str(caught.value)
        assert error.startswith("Tool scale 0.3.0 cannot be used: ")
        assert message.format(path=path) in error
        assert error.endswith(" Correct the file, or ask for another version: 0.1.0, 0.2.0.")
    assert channel.failed[f"scale/{name}.py"] in error
    assert channel.get_tool_class("scale", "0.2.0").version == "0.2.0"
    assert channel.get_tool_class("other_scale").version == "1.0.0"


@pytest.mark.parametrize("text", ["1 / 0", "class Old: pass"])
def test_a_corrected_file_works(folder, text):
    """After correction the tool is there, in the same process."""
    write(folder / "new" / "2018-01-03_v0.3.0.py", text)
    channel = ToolChannel("tools", folder, NOW)
    with pytest.raises(ToolInitialisationError, match=r"\. Correct the file\.$"):
        channel.get_tool_class("new")
    write_tool(folder / "new", "2018-01-03_v0.3.0")
    assert channel.get_tool_class("new").version == "0.3.0"
    assert channel.failed == {}


def test_a_tool_whose_files_are_all_misnamed_says_so(folder):
    """The reason is in the error of whoever asks for the tool."""
    write_tool(folder / "new", "2018-13-03_v0.3.0")
    channel = ToolChannel("tools", folder, NOW)
    reason = r"Not usable: The date in the file name '2018-13-03_v0\.3\.0\.py' is wrong: month"
    with pytest.raises(ToolNotFoundError, match=reason):
        channel.get_tool_class("new")
    with pytest.raises(StreamNotFoundError, match=reason):
        channel["new"]
    assert channel.knows("new")
    assert not channel.knows("newer")


def test_an_unknown_version_tells_of_misnamed_files(folder):
    """What may be the version asked for is named."""
    write_tool(folder / "scale", "2018-01-03_v0.3")
    with pytest.raises(ToolVersionNotFoundError, match=r"Not usable: The version 'v0\.3' in the"):
        ToolChannel("tools", folder, NOW).get_tool_class("scale", "0.3.0")


def test_a_tool_added_later_is_found(channel, folder):
    """It is found by name at once, and as a stream after the channel was brought up to date."""
    write_tool(folder / "new", "2018-01-03_v0.3.0")
    write_tool(folder / "scale", "2018-01-03_v0.3.0")
    assert channel.get_tool_class("new").version == "0.3.0"
    assert "new" not in channel
    with use_clock(datetime(2020, 1, 2, tzinfo=UTC)):
        channel.update_state(datetime(2020, 1, 2, tzinfo=UTC))
        assert channel["new"].window().last().value.version == "0.3.0"
        assert channel["scale"].window().last().value.version == "0.3.0"


def test_a_window_up_to_now_shows_a_version_added_later(channel, folder):
    """A window later than what is known looks at the folder again."""
    write_tool(folder / "scale", "2020-01-02_v0.3.0")
    with use_clock(datetime(2020, 1, 3, tzinfo=UTC)):
        found = channel["scale"].window(TimeInterval.up_to_now()).last()
        assert found.value.version == "0.3.0"


def test_a_tool_does_not_depend_on_the_clock(folder):
    """A tool is found by name even if its date lies after now."""
    with use_clock(datetime(2017, 1, 1, tzinfo=UTC)):
        channel = ToolChannel("tools", folder, datetime(2017, 1, 1, tzinfo=UTC))
        assert len(channel.streams) == 0
        assert channel.get_tool_class("scale").version == "0.2.0"
