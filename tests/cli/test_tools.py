"""The commands on tools: ``hyperstream tools new|list|show|check``."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from hyperstream import HyperStream
from hyperstream._time import UTC, use_clock
from hyperstream.cli import main, templates
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

NOW = datetime(2020, 2, 29, 23, 59, tzinfo=UTC)
FILENAME = "2020-02-29_v0.0.1.py"

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

# What is in the file of the tool "there", and the line that says so.
FAULTY = [
    ("x = (", r"FAILED       class: Tool there 1.2.3 cannot be used: .* SyntaxError: '\(' was"),
    ("class Other: pass", "FAILED       class: .* has no class There; it has Other"),
    (
        (
            "from hyperstream.tool import BaseTool\n\n\nclass There(BaseTool):\n"
            "    def execute(self): pass"
        ),
        "FAILED       class: There is of none of the five kinds in hyperstream.tool",
    ),
    (
        "from hyperstream.tool import Tool\n\n\nclass There(Tool): pass",
        "FAILED       class: There has neither _execute nor _execute_batches",
    ),
    (
        "from hyperstream.tool import Tool\n\n\nclass There(Tool): pass",
        "FAILED       docstring: There has none",
    ),
    (
        (
            "from hyperstream.tool import Tool\n\n\nclass There(Tool):\n    'Says nothing.'\n"
            "    def __init__(self, a, b=1): pass"
        ),
        "FAILED       docstring: it does not describe a, b",
    ),
    (
        "from hyperstream.tool import Tool\n\n\nclass There(Tool):\n    'Says nothing.'\n",
        "FAILED       examples: the docstring of There has none",
    ),
    (
        (
            "from hyperstream.tool import Tool\n\n\nclass There(Tool):\n"
            "    '''Says too much.\n\n    >>> 1 + 1\n    3\n    '''\n"
        ),
        r"FAILED       examples: line 7: 1 \+ 1 gives 2, not 3",
    ),
    (
        (
            "from hyperstream.tool import Tool\n\n\nclass There(Tool):\n"
            "    '''Says too much.\n\n    >>> There(\n    ... ).nothing\n    3\n    '''\n"
        ),
        r"FAILED       examples: line 7: There\( \).nothing fails: AttributeError: 'There' object",
    ),
]

# What a tool's file is called, and what is said.
MISNAMED = [
    ("2020-02-30_v0.0.1.py", "FAILED       file name: The date in the file name"),
    ("there.py", "FAILED       file name: The file name 'there.py' does not begin with a date"),
    ("2020-02-29.py", "FAILED       file name: 2020-02-29.py must be like 2016-10-26_v0.1.0.py"),
    ("2020-02-29_v1.0.0.txt", "FAILED       file name: 2020-02-29_v1.0.0.txt must be like"),
    ("2020-02-29_v0.0.0.py", "FAILED       file name: the version 0.0.0 means the latest one"),
    ("2020-02-29_v1.2.3.py", "FAILED       file name: 2019-01-01_v1.2.3.py has the same version"),
]

THERE = (
    "from hyperstream.tool import Tool\n\n\nclass There(Tool):\n    '''Is there.\n\n    So.'''\n"
)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Give a folder with a configuration and a plugin, on the last day of February 2020."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    for name in ("tools/folder", "tools/there", "tools/misnamed", "tests"):
        (tmp_path / "mine" / name).mkdir(parents=True)
    (tmp_path / "mine/tools/there/2019-01-01_v1.2.3.py").write_text(THERE)
    (tmp_path / "mine/tools/misnamed/2019-02-30_v1.2.3.py").write_text("")
    (tmp_path / "mine/tests/test_tested.py").write_text("")
    plugins = [
        {"channel_id_prefix": "mine", "path": "mine", "has_tools": True},
        {"channel_id_prefix": "toolless", "path": "mine"},
    ]
    (tmp_path / "config.json").write_text(json.dumps({"plugins": plugins}))
    with use_clock(NOW):
        yield tmp_path
    HyperStream.reset()


@pytest.fixture
def tools(home, capsys):
    """Run a command on tools; give the exit code and what was said."""

    def run(*words):
        code = main(["--config", str(home / "config.json"), "tools", *map(str, words)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


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
    folder, misnamed, there = said.splitlines()
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
    """No line, and a list of nothing."""
    for name in ("there/2019-01-01_v1.2.3.py", "misnamed/2019-02-30_v1.2.3.py"):
        (home / "mine" / "tools" / name).unlink()
    assert tools("list", "--plugin", "mine")[:2] == (0, "\n")
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


@pytest.mark.parametrize(("source", "line"), FAULTY)
def test_a_faulty_tool_is_told_in_a_line(home, tools, source, line):
    """Each duty has a line, and what cannot be looked at says why."""
    path = home / "mine" / "tools" / "there" / "2019-01-01_v1.2.3.py"
    path.write_text(source)
    code, said, error = tools("check", path)
    assert code == 1
    assert re.search(f"^{line}", said, re.MULTILINE), said
    duties = [row[13:].partition(":")[0] for row in said.splitlines()]
    assert duties == ["file name", "class", "docstring", "examples", "promises"]
    assert error.startswith(f"hyperstream: {path} does not do its duty: ")


@pytest.mark.parametrize(("filename", "line"), MISNAMED)
def test_a_misnamed_file_is_told_in_a_line(home, tools, filename, line):
    """The name is what the tool is found by."""
    path = home / "mine" / "tools" / "there" / filename
    path.write_text(THERE)
    code, said, _ = tools("check", path)
    assert code == 1
    assert said.startswith(line)
    assert len(said.splitlines()) == 5


def test_a_tool_in_any_folder_can_be_checked(home, tools):
    """It need be in no plugin; but its folder must have the name that its class gives it."""
    tools("new", "room", "--kind", "tool", "--plugin", "mine")
    path = home / "elsewhere" / "room" / FILENAME
    path.parent.mkdir(parents=True)
    path.write_text((home / "mine" / "tools" / "room" / FILENAME).read_text())
    assert "ok           class: Room, kind tool\n" in tools("check", path)[1]
    path = home / "elsewhere" / "ro_om" / FILENAME
    path.parent.mkdir()
    path.write_text(THERE.replace("There", "RoOm"))
    assert "FAILED       class: RoOm has neither" in tools("check", path)[1]
    path = home / "elsewhere" / "a_b" / FILENAME
    path.parent.mkdir()
    path.write_text(THERE.replace("There", "AB"))
    said = "FAILED       class: the tool would call itself ab; rename its folder\n"
    assert said in tools("check", path)[1]


@pytest.mark.slow
def test_a_test_that_fails_is_told_in_a_line(home, tools):
    """What the test says stands there, and how to see all of it."""
    tools("new", "room", "--kind", "tool", "--plugin", "mine")
    path = home / "mine" / "tools" / "room" / FILENAME
    path.write_text(path.read_text().replace("yield StreamInstance(timestamp, ", "yield (0, "))
    test = home / "mine" / "tests" / "test_room.py"
    code, said, _ = tools("check", path)
    assert code == 1
    last = said.splitlines()[-1]
    assert last.startswith("FAILED       promises: ")
    assert "ToolExecutionError: Tool room failed to compute memory:sink over (2020" in last
    assert last.endswith(f" (see python -m pytest {test})")
    test.write_text('"""Calls check_tool() in no test."""\n')
    last = tools("check", path)[1].splitlines()[-1]
    assert re.search(r"promises: no tests ran in .* \(see python -m pytest", last)


def test_what_is_not_checked_is_said(home, tools, monkeypatch):
    """A tool without a check by a test is no failure."""
    tools("new", "room", "--kind", "tool", "--plugin", "mine")
    path = home / "mine" / "tools" / "room" / FILENAME
    test = home / "mine" / "tests" / "test_room.py"
    further = path.with_name("2020-03-01_v0.0.2.py")
    further.write_text(path.read_text())
    assert _promises(tools, path).endswith(f"{test} is about the latest version, {further.name}")
    further.unlink()
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "pytest", None)
        assert _promises(tools, path).endswith(f"{test} needs pytest, which is not installed")
    test.write_text(test.read_text().replace("check_tool(", "print("))
    assert _promises(tools, path).endswith(f"{test} does not call hyperstream.testing.check_tool")
    test.unlink()
    assert f"there is no {test}, which would call" in _promises(tools, path)


def test_examples_run_in_an_empty_folder(home, tools, monkeypatch):
    """A file that an example writes is gone afterwards."""
    monkeypatch.chdir(home)
    path = home / "mine" / "tools" / "there" / "2019-01-01_v1.2.3.py"
    example = "\n    >>> _ = open('left', 'x').close()\n    "
    path.write_text(THERE.replace("So.", example))
    before = {*home.iterdir()}
    assert "ok           examples: 1 line" in tools("check", "mine/tools/there/" + path.name)[1]
    assert {*home.iterdir()} == before


def _promises(tools, path):
    code, said, error = tools("check", path)
    assert (code, error) == (0, "")
    last = said.splitlines()[-1]
    assert last.startswith("not checked  promises: ")
    return last
