"""The commands on tools: ``hyperstream tools new|list|show``."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hyperstream import HyperStream
from hyperstream.cli import templates
from hyperstream.cli.kinds import base_of, kind_of
from hyperstream.testing import try_tool
from hyperstream.tool import (
    AggregateTool,
    BaseTool,
    MultiOutputTool,
    PlateCreationTool,
    SelectorTool,
    Tool,
)
from tests.cli.parts import FILENAME

# What is wrong with a command, and what is said. {home} is the folder of the configuration.
WRONG = [
    (
        "new Room --kind tool --plugin mine",
        "A tool cannot have the name 'Room': it is not of small",
    ),
    ("new a__b --kind tool --plugin mine", "'a__b': it is not of small letters, digits and single"),
    ("new 2nd --kind tool --plugin mine", "'2nd': it is not of small letters"),
    ("new ../up --kind tool --plugin mine", "'../up': it is not of small letters"),
    ("new class --kind tool --plugin mine", "'class': it is a word of Python's."),
    ("new none --kind tool --plugin mine", "'none': it is a word of Python's."),
    (
        "new a_b --kind tool --plugin mine",
        "'a_b': it is not found again from its class AB: write a_b as ab, or in words.",
    ),
    (
        "new stream --kind tool --plugin mine",
        "'stream': it gives its class the name Stream, which its file needs for something else.",
    ),
    ("new value_error --kind multi-output --plugin mine", "'value_error': it gives its class the"),
    (
        "new room --kind tool --plugin mine --version 1.0",
        "The version '1.0' is not of the form 1.0.2.",
    ),
    (
        "new room --kind tool --plugin mine --version 0.0.0",
        "A tool cannot have the version 0.0.0, which means the latest one.",
    ),
    (
        "new room --kind tool --plugin other",
        (
            "There is no plugin 'other'; the configuration names mine, toolless. To add one, make "
            'a folder, and add {{"channel_id_prefix": "other", "path": "FOLDER", "has_tools": '
            'true}} to the list "plugins" in {home}/config.json.'
        ),
    ),
    (
        "new room --kind tool --plugin toolless",
        "Plugin 'toolless' has no tools: set its \"has_tools\" in {home}/config.json to true.",
    ),
    ("list --plugin other", "There is no plugin 'other'; the configuration names mine, toolless."),
    ("new clock --kind tool --plugin mine", "There is a tool clock in channel 'tools' already:"),
    (
        "new there --kind aggregate --plugin mine",
        (
            "There is a tool there in channel 'mine_tools' already: take another name, or for a "
            "new version copy {home}/mine/tools/there/2019-01-01_v1.2.3.py to 2020-02-29_v1.2.4.py "
            "beside it."
        ),
    ),
    (
        "new misnamed --kind tool --plugin mine",
        "There is a tool misnamed in channel 'mine_tools' already: take another name.",
    ),
    (
        "new folder --kind tool --plugin mine",
        "{home}/mine/tools/folder exists already, and is left as it is: move it, or take another",
    ),
    (
        "new tested --kind tool --plugin mine",
        "{home}/mine/tests/test_tested.py exists already, and is left as it is",
    ),
    ("show clok", "There is no tool clok: did you mean clock?"),
    ("show mine_tools/clock", "There is no tool clock in channel 'mine_tools'."),
    ("show misnamed", "There is no tool misnamed in channel 'mine_tools'. Not usable: The date in"),
    ("check nowhere.py", "There is no file nowhere.py."),
]


def files(folder):
    """Name all files of a folder but compiled ones."""
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


@pytest.mark.slow
@pytest.mark.parametrize("kind", templates.KINDS)
def test_a_new_tool_works_as_it_is(home, tools, kind):
    """Its test passes by itself, and it keeps every duty."""
    code, said, error = tools("new", "mean_of_room", "--kind", kind, "--plugin", "mine")
    assert (code, error) == (0, "")
    folder = home / "mine"
    tool = folder / "tools" / "mean_of_room" / FILENAME
    test = folder / "tests" / "test_mean_of_room.py"
    assert said.splitlines() == [str(path) for path in (tool, tool.with_name("__init__.py"), test)]
    assert "Template" not in tool.read_text()
    assert "hyperstream.testing import check_tool" in test.read_text()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", str(test)],
        check=False,
        capture_output=True,
        text=True,
        cwd=home,
    )
    assert "1 passed" in done.stdout, done.stdout
    code, said, error = tools("check", tool)
    assert (code, error) == (0, "")
    assert [line.split()[0] for line in said.splitlines()] == ["ok"] * 5
    assert said.endswith("promises: test_mean_of_room.py passes\n")


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("tool", {}),
        ("aggregate", {"aggregation_meta_data": "room"}),
        ("selector", {"selector_meta_data": "room", "values": ["hall"]}),
        ("multi-output", {}),
        ("plate-creation", {}),
    ],
)
def test_a_new_tool_is_there_for_hyperstream(home, tools, kind, parameters):
    """It is made by its name, has its version, and is of its kind."""
    tools("new", "mean_of_room", "--kind", kind, "--plugin", "mine", "--version", "1.2.3")
    hs = HyperStream(file_logger=False, config_filename=home / "config.json")
    tool = hs.plugins.mine.tools.mean_of_room(**parameters)
    assert (tool.name, tool.version, kind_of(type(tool))) == ("mean_of_room", "1.2.3", kind)
    assert isinstance(tool, base_of(type(tool)))


def test_a_new_tool_can_be_executed(home, tools):
    """It gives what its description says."""
    tools("new", "mean_of_room", "--kind", "tool", "--plugin", "mine")
    hs = HyperStream(file_logger=False, config_filename=home / "config.json")
    assert try_tool(hs.plugins.mine.tools.mean_of_room(), [1, 2]) == {1: 2.0, 2: 4.0}


def test_every_kind_has_a_base_class():
    """What can be made is what is told apart."""
    bases = [AggregateTool, MultiOutputTool, PlateCreationTool, SelectorTool, Tool]
    assert [base_of(base) for base in bases] == bases
    assert {kind_of(base) for base in bases} == set(templates.KINDS)
    assert (kind_of(BaseTool), base_of(BaseTool)) == ("other", None)


def test_the_first_tool_of_a_plugin_makes_its_folder(tmp_path, tools, home):
    """There need be no folder of tools or tests."""
    (tmp_path / "fresh").mkdir()
    plugin = {"channel_id_prefix": 'a "new" one', "path": "fresh", "has_tools": True}
    (home / "config.json").write_text(json.dumps({"plugins": [plugin]}))
    code, _, error = tools("new", "room", "--kind", "tool", "--plugin", 'a "new" one')
    assert (code, error) == (0, "")
    found = files(tmp_path / "fresh")
    assert sorted(found) == [
        "tests/test_room.py",
        f"tools/room/{FILENAME}",
        "tools/room/__init__.py",
    ]
    compile(found["tests/test_room.py"], "test_room.py", "exec")


@pytest.mark.parametrize(("command", "message"), WRONG, ids=[command for command, _ in WRONG])
def test_a_wrong_command_is_one_line_and_changes_nothing(home, tools, command, message):
    """What is there is never overwritten."""
    before = files(home)
    code, said, error = tools(*command.split())
    assert (code, said, error.count("\n")) == (1, "", 1)
    assert message.format(home=home) in error
    assert files(home) == before


def test_a_tool_that_cannot_be_written_leaves_nothing(home, tools):
    """Neither half of it is there, and the error names the place."""
    (home / "mine" / "tests" / "test_tested.py").unlink()
    (home / "mine" / "tests").rmdir()
    (home / "mine" / "tests").write_text("in the way")
    before = files(home)
    code, _, error = tools("new", "room", "--kind", "tool", "--plugin", "mine")
    assert code == 1
    assert error.startswith("hyperstream: Tool room cannot be written: ")
    assert str(home / "mine" / "tests") in error
    assert files(home) == before
    assert {path.name for path in (home / "mine" / "tools").iterdir()} == {
        "folder",
        "misnamed",
        "there",
    }


def test_a_test_without_its_tool_does_not_stay(home, tools, monkeypatch):
    """What was written already is taken back if the rest cannot be."""

    def rename(self, target):
        raise OSError(28, "No space left on device", str(target))

    before = files(home)
    monkeypatch.setattr(Path, "rename", rename)
    code, _, error = tools("new", "room", "--kind", "tool", "--plugin", "mine")
    folder = home / "mine" / "tools" / "room"
    said = f"hyperstream: Tool room cannot be written: No space left on device: {folder}.\n"
    assert (code, error) == (1, said)
    assert files(home) == before


def test_a_kind_that_is_none_is_refused(tools, capsys):
    """The parser names those that are."""
    with pytest.raises(SystemExit, match="2"):
        tools("new", "room", "--kind", "filter", "--plugin", "mine")
    assert "multi-output" in capsys.readouterr().err


def test_the_list_has_every_tool(home, tools):
    """Those of the package and of plugins, and why one is of no use."""
    (home / "mine" / "tools" / "folder" / "2019-01-01_v0.0.1.py").write_text("1 / 0\n")
    code, said, _ = tools("list")
    assert code == 0
    assert re.search(r"^clock +\d\.\d\.\d +tool +\w", said, re.MULTILINE)
    assert re.search(r"^mine_tools/there +1\.2\.3 +tool +Is there\.$", said, re.MULTILINE)
    code, said, _ = tools("list", "--plugin", "mine")
    _, folder, misnamed, there = said.splitlines()
    assert re.match(
        r"mine_tools/folder +0\.0\.1 +- +not usable: Tool folder .*, line 1: ZeroDiv", folder
    )
    assert re.match(r"mine_tools/misnamed +- +- +not usable: There is no tool misnamed", misnamed)
    assert there.startswith("mine_tools/there")


def test_the_list_can_be_read_by_machines(tools):
    """Each tool is an object with the same keys."""
    code, said, _ = tools("list", "--plugin", "mine", "--json")
    assert code == 0
    misnamed, there = json.loads(said)
    assert misnamed["unavailable"].startswith("There is no tool misnamed")
    assert there == {
        "name": "mine_tools/there",
        "version": "1.2.3",
        "kind": "tool",
        "summary": "Is there.",
        "unavailable": None,
    }


def test_an_empty_plugin_has_an_empty_list(home, tools):
    """Nothing below the head of the table, and a list of nothing."""
    for name in ("there/2019-01-01_v1.2.3.py", "misnamed/2019-02-30_v1.2.3.py"):
        (home / "mine" / "tools" / name).unlink()
    assert tools("list", "--plugin", "mine")[:2] == (0, "TOOL  VERSION  KIND  SUMMARY\n")
    assert tools("list", "--plugin", "mine", "--json")[:2] == (0, "[]\n")


def test_a_tool_is_shown(tools):
    """Its versions with dates, its parameters with defaults, and its description."""
    code, said, _ = tools("show", "slice")
    assert code == 0
    lines = said.splitlines()
    assert re.match(r"slice \d+\.\d+\.\d+ \(tool\)$", lines[0])
    assert re.match(r"  \d+\.\d+\.\d+  \d{4}-\d\d-\d\d  .*_v.*\.py$", lines[3])
    _, said, _ = tools("show", "clock")
    assert "Parameters:\n  first = datetime.datetime(1, 1, 1, 0, 0, tzinfo=<UTC>)\n" in said
    assert "\n  stride = 1.0\n" in said
    assert "\nParameters\n----------\n" in said


def test_a_tool_of_a_plugin_is_shown(home, tools):
    """With the channel's name or without; a file that is of no use is named with the reason."""
    folder = home / "mine" / "tools" / "there"
    (folder / "2019-01-02_v1.2.4.py").write_text("1 / 0\n")
    for name in ("there", "mine_tools/there"):
        code, said, _ = tools("show", name)
        assert code == 0
        assert said.startswith("mine_tools/there 1.2.4 (not usable)\n")
        assert f"\n  1.2.3  2019-01-01  {folder / '2019-01-01_v1.2.3.py'}\n" in said
        assert re.search(r"\n  1\.2\.4  2019-01-02  .*  not usable: .* ZeroDivisionError", said)
    (folder / "2019-01-02_v1.2.4.py").unlink()
    assert "\nParameters:\n  **kwargs\n\nIs there.\n\nSo.\n" in tools("show", "there")[1]


def test_a_tool_is_shown_to_machines(home, tools):
    """Everything that is shown to people, in one object."""
    tools("new", "room", "--kind", "selector", "--plugin", "mine")
    code, said, _ = tools("show", "room", "--json")
    assert code == 0
    shown = json.loads(said)
    assert shown["versions"] == [
        {
            "version": "0.0.1",
            "date": "2020-02-29",
            "path": str(home / "mine" / "tools" / "room" / FILENAME),
            "unavailable": None,
        }
    ]
    assert shown["parameters"] == [
        {"name": "selector_meta_data", "required": True, "default": None},
        {"name": "values", "required": True, "default": None},
    ]
    assert (shown["kind"], shown["unavailable"]) == ("selector", None)
    assert shown["docstring"].startswith(shown["summary"])
