"""``hyperstream tools check``: whether a tool's file does what is asked of every tool."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from inspect import Parameter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from hyperstream.channel_manager import parameters_of
from hyperstream.channels import FileDateTimeVersion, ToolChannel
from hyperstream.channels.tool_channel import LATEST
from hyperstream.cli.errors import CommandError
from hyperstream.cli.kinds import base_of, kind_of
from hyperstream.plugin_manager import Plugin
from hyperstream.utils.errors import HyperStreamError
from hyperstream.utils.utils import camel_to_snake

_OPTIONS = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL | doctest.NORMALIZE_WHITESPACE
_NAMED = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)


class Duty(NamedTuple):
    """What a tool must do, and whether it does.

    Parameters
    ----------
    what : str
        What must be.
    kept : bool or None
        Whether it is so; None where it was not checked.
    finding : str
        What was found, or why it was not checked.
    """

    what: str
    kept: bool | None
    finding: str


def check(path: Path) -> Iterator[Duty]:
    """Check the file of a tool.

    What a plugin's tool imports is its own affair. That it keeps the promises of
    every tool is for `hyperstream.testing.check_tool` to find out, which needs
    data: so the tool's test, ``tests/test_<name>.py`` beside the folder
    ``tools``, is run, if it is there.

    Parameters
    ----------
    path : Path
        The file: ``<plugin>/tools/<name>/<date>_v<version>.py``.

    Yields
    ------
    Duty
        In the order of checking.

    Raises
    ------
    CommandError
        There is no such file.
    """
    if not path.is_file():
        raise CommandError(f"There is no file {path}.")
    path = path.resolve()
    name = path.parent.name
    file_name = _file_name(path)
    yield file_name
    if not file_name.kept:
        reason = "the file has no proper name"
        yield from _unchecked(reason, "class", "docstring", "examples", "promises")
        return
    try:
        channel = _channel(path)
        tool_class = channel.get_tool_class(name, FileDateTimeVersion(path.name).version)
    except HyperStreamError as error:
        yield Duty("class", False, str(error))
        reason = "the file cannot be used"
        yield from _unchecked(reason, "docstring", "examples", "promises")
        return
    yield _class(tool_class, name)
    yield _docstring(tool_class)
    yield _examples(tool_class)
    yield _promises(path, channel)


def _unchecked(reason: str, *duties: str) -> Iterator[Duty]:
    for what in duties:
        yield Duty(what, None, reason)


def _file_name(path: Path) -> Duty:
    """Check date and version in the name."""
    problem = ""
    try:
        file = FileDateTimeVersion(path.name)
    except ValueError as error:
        return Duty("file name", False, str(error))
    same = [each.name for each in path.parent.glob(f"*_v{file.version}.py") if each != path]
    if file.version is None or not file.is_python:
        problem = f"{path.name} must be like 2016-10-26_v0.1.0.py"
    elif str(file.version) == LATEST:
        problem = f"the version {LATEST} means the latest one; begin with 0.0.1"
    elif same:
        problem = f"{same[0]} has the same version"
    found = f"version {file.version} of {file.timestamp:%Y-%m-%d}"
    return Duty("file name", not problem, problem or found)


def _channel(path: Path) -> ToolChannel:
    """Return the channel that has the file, of its plugin if it lies in one."""
    tools = path.parent.parent
    if tools.name != "tools":
        return ToolChannel("tools", tools)
    plugin = Plugin(tools.parent.name, [], str(tools.parent), has_tools=True, has_assets=False)
    (channel,) = plugin.load_channels()
    assert isinstance(channel, ToolChannel)  # noqa: S101 - for the types; it has nothing else
    return channel


def _class(tool_class: type[Any], name: str) -> Duty:
    """Check the kind, the name and the method of a tool's class."""
    base = base_of(tool_class)
    class_name = tool_class.__name__
    problem = ""
    if base is None:
        problem = f"{class_name} is of none of the five kinds in hyperstream.tool"
    elif camel_to_snake(class_name) != name:
        problem = f"the tool would call itself {camel_to_snake(class_name)}; rename its folder"
    elif tool_class._execute is base._execute and tool_class._execute_batches is None:  # noqa: SLF001
        problem = f"{class_name} has neither _execute nor _execute_batches"
    return Duty("class", not problem, problem or f"{class_name}, kind {kind_of(tool_class)}")


def _docstring(tool_class: type[Any]) -> Duty:
    """Check that the class is described with all of its parameters."""
    text = tool_class.__doc__ or ""
    names = [
        each.name for each in parameters_of(tool_class).parameters.values() if each.kind in _NAMED
    ]
    missing = [
        name
        for name in names
        if not re.search(rf"^\s*(\w+, )*{name}(, \w+)*( :|$)", text, re.MULTILINE)
    ]
    if not text.strip():
        return Duty("docstring", False, f"{tool_class.__name__} has none")
    if missing:
        return Duty("docstring", False, f"it does not describe {', '.join(missing)}")
    return Duty("docstring", True, f"describes {', '.join(names) or 'the class'}")


def _examples(tool_class: type[Any]) -> Duty:
    """Run the examples in the file; the class must have one."""
    if not doctest.DocTestParser().get_examples(tool_class.__doc__ or ""):
        return Duty("examples", False, f"the docstring of {tool_class.__name__} has none")
    runner = _Runner(optionflags=_OPTIONS)
    with _elsewhere():
        for test in doctest.DocTestFinder().find(sys.modules[tool_class.__module__]):
            runner.run(test, out=lambda _: None)
    if runner.faults:
        return Duty("examples", False, runner.faults[0])
    return Duty("examples", True, f"{runner.tries} lines run and give what they say")


@contextmanager
def _elsewhere() -> Iterator[None]:
    """Work in an empty folder, as an example may write files."""
    before = Path.cwd()
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


def _promises(path: Path, channel: ToolChannel) -> Duty:
    """Run the test of a tool if that is a check of this file."""
    name = path.parent.name
    test = path.parent.parent.parent / "tests" / f"test_{name}.py"
    latest = channel.files[name][-1].long_filename
    reason = ""
    if not test.is_file():
        reason = f"there is no {test}, which would call hyperstream.testing.check_tool"
    elif not re.search(r"\bcheck_tool\(", test.read_text(encoding="utf-8")):
        reason = f"{test} does not call hyperstream.testing.check_tool"
    elif latest != path.name:
        reason = f"{test} is about the latest version, {latest}"
    elif find_spec("pytest") is None:
        reason = f"{test} needs pytest, which is not installed"
    if reason:
        return Duty("promises", None, reason)
    fault = _fault_of(test)
    return Duty("promises", not fault, fault or f"{test.name} passes")


def _fault_of(test: Path) -> str:
    """Run a test; return what fails, or nothing."""
    done = subprocess.run(  # noqa: S603 - the user's own test
        [sys.executable, "-m", "pytest", "-q", "-rfE", "-p", "no:cacheprovider", str(test)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "1000"},  # so that pytest's summary is not cut short
    )
    if done.returncode == 0:
        return ""
    lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    summary = (line for line in lines if line.startswith(("FAILED ", "ERROR ")))
    telling = next(summary, lines[-1]).partition(" - ")
    return f"{telling[2] or telling[0]} (see python -m pytest {test})"


class _Runner(doctest.DocTestRunner):
    """Runs examples, and notes in one sentence each what is wrong."""

    def __init__(self, optionflags: int) -> None:
        super().__init__(verbose=False, optionflags=optionflags)
        self.faults: list[str] = []

    def report_failure(self, out: Any, test: Any, example: Any, got: str) -> None:
        """Note a wrong result."""
        self._note(test, example, f"gives {got.strip() or 'nothing'}, not {example.want.strip()}")

    def report_unexpected_exception(self, out: Any, test: Any, example: Any, exc_info: Any) -> None:
        """Note an error."""
        self._note(test, example, f"fails: {exc_info[0].__name__}: {exc_info[1]}")

    def _note(self, test: doctest.DocTest, example: doctest.Example, problem: str) -> None:
        line = (test.lineno or 0) + example.lineno + 1
        self.faults.append(f"line {line}: {example.source.strip()} {problem}")
