"""The server's script, as a file; what it does is in the tests of the election."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from hyperstream import embedded

PACKAGE = Path(embedded.__file__).resolve().parents[1]
LAUNCHER = PACKAGE / "embedded" / "launcher.py"


def imported(path: Path) -> set[str]:
    """Name the packages that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def test_the_launcher_needs_the_standard_library_and_the_server_only():
    """It runs isolated, where HyperStream may not even be importable."""
    assert imported(LAUNCHER) - sys.stdlib_module_names == {"secantus"}


def test_only_the_launcher_imports_the_server():
    """The server's package is in no other process than the server's."""
    files = [path for path in PACKAGE.rglob("*.py") if "secantus" in imported(path)]
    assert files == [LAUNCHER]


def test_starting_a_server_does_not_import_it(data, driver):
    """The process that starts a server has nothing of it in its memory."""
    before = set(sys.modules)
    driver.ensure(data)
    assert "secantus" not in set(sys.modules) - before
