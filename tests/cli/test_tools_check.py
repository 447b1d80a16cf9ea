"""The command ``hyperstream tools check``."""

from __future__ import annotations

import json
import re
import sys

import pytest

from tests.cli.parts import FILENAME, THERE

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


def test_a_check_is_told_to_machines(home, tools):
    """Each duty is an object; the exit code says whether all are kept."""
    (home / "mine/tools/there/2019-01-01_v1.2.3.py").write_text("x = (")
    path = home / "mine" / "tools" / "there" / "2019-01-01_v1.2.3.py"
    code, said, error = tools("check", path, "--json")
    duties = {duty["what"]: duty["kept"] for duty in json.loads(said)}
    assert (code, error.count("\n")) == (1, 1)
    assert duties["class"] is False
