"""The rules of the house: facts about the source that no linter holds."""

from __future__ import annotations

import ast
import configparser
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "hyperstream"
SOURCES = sorted([*PACKAGE.rglob("*.py"), *(ROOT / "plugins").rglob("*.py")])
TOOLS = sorted((PACKAGE / "tools").rglob("[0-9]*.py"))

MAX_MODULE = 400
MAX_FUNCTION = 40
# These need an optional library, and are the only ones.
MAY_IMPORT_INSIDE = {"from_pandas", "plot", "to_arrow", "to_graphviz", "to_pandas", "to_parquet"}
TOOLS_MAY_IMPORT = {
    *sys.stdlib_module_names,
    "dateutil",
    "numpy",
    "hyperstream",
    "hyperstream.itertools2",
    "hyperstream.stream",
    "hyperstream.time_interval",
    "hyperstream.tool",
    "hyperstream.utils",
}
FRAGMENT = re.compile(r"[a-z0-9-]+\.(added|changed|deprecated|removed|fixed|security)\.md")
PIN = re.compile(r"[a-z0-9-]+==[0-9][0-9a-z.]*(; python_version == '3\.\d+'( or .*)?)?")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name(path: Path) -> str:
    """Name a file as the reader of a failure knows it."""
    return path.relative_to(ROOT).as_posix()


def functions(tree: ast.Module) -> Iterator[Function]:
    """Give every function of a module, those inside others too."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def length(function: Function) -> int:
    """Count the lines of a function, from `def` to the last, without its docstring."""
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function, clean=False) is not None:
        docstring = function.body[0]
        lines -= docstring.end_lineno - docstring.lineno + 1
    return lines


def imported(tree: ast.Module) -> set[str]:
    """Name what a file imports: of this package the first two parts, of others the first."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module)
    parts = (full.split(".") for full in names)
    return {".".join(part[: 2 if part[0] == "hyperstream" else 1]) for part in parts}


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_module_is_short(path):
    """A module has at most 400 lines."""
    assert len(path.read_text().splitlines()) <= MAX_MODULE


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_function_is_short(path):
    """A function has at most 40 lines besides its docstring."""
    long = {f.name: length(f) for f in functions(ast.parse(path.read_text()))}
    assert {f: lines for f, lines in long.items() if lines > MAX_FUNCTION} == {}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=name)
def test_a_function_does_not_import(path):
    """Imports stand at the top, but for the methods that need an optional library."""
    guilty = {
        function.name
        for function in functions(ast.parse(path.read_text()))
        if any(isinstance(node, (ast.Import, ast.ImportFrom)) for node in ast.walk(function))
    }
    assert guilty <= MAY_IMPORT_INSIDE


@pytest.mark.parametrize("path", TOOLS, ids=name)
def test_a_tool_needs_little(path):
    """A tool file imports the standard library, numpy, dateutil, and the lower parts of this."""
    assert imported(ast.parse(path.read_text())) - TOOLS_MAY_IMPORT == set()


def test_the_wheel_holds_every_file():
    """Files that are not Python are of a kind that the wheel takes along."""
    taken = {".py", ".csv", ".md", ".txt"}
    files = {
        path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name(f) for f in files if f.suffix not in taken and f.name != "py.typed"} == set()
    assert PACKAGE / "py.typed" in files


def test_a_change_is_a_fragment():
    """A change is described in a file of its own whose name ends with the kind of change."""
    fragments = {path.name for path in (ROOT / "changes").iterdir()} - {"README.md"}
    assert [fragment for fragment in fragments if not FRAGMENT.fullmatch(fragment)] == []
    assert all((ROOT / "changes" / fragment).read_text().strip() for fragment in fragments)


def test_constraints_are_versions_only():
    """The constraints name versions, never a place to get them from."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#") and not PIN.fullmatch(line)] == []


def test_nosetests_runs_every_unittest():
    """The configuration of nosetests lists exactly the files with unittest-style tests."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    listed = config["nosetests"]["tests"].split(",")
    style = re.compile(r"^class \w+\(.*TestCase\)", re.MULTILINE)
    files = (ROOT / "tests").rglob("test_*.py")
    assert sorted(listed) == sorted(name(f) for f in files if style.search(f.read_text()))
