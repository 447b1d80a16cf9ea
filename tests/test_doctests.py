"""The examples in docstrings run and give what they say.

They may use what `from hyperstream import *` and `from datetime import datetime, timedelta` bring.
"""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest

import hyperstream

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(
    path
    for folder in ("hyperstream", "plugins")
    for path in (ROOT / folder).rglob("*.py")
    if ">>> " in path.read_text()
)
NAMES = {name: getattr(hyperstream, name) for name in hyperstream.__all__}
NAMES |= {"datetime": datetime, "timedelta": timedelta}
OPTIONS = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL | doctest.NORMALIZE_WHITESPACE


def name(path: Path) -> str:
    """Name a file as the reader of a failure knows it."""
    return path.relative_to(ROOT).as_posix()


def load(path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Import the module; a tool file, whose name is no identifier, is loaded from its path."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    if parts[0] == "hyperstream" and all(part.isidentifier() for part in parts):
        return importlib.import_module(".".join(parts).removesuffix(".__init__"))
    spec = importlib.util.spec_from_file_location(f"doctested_{path.parent.name}", path)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)  # where dataclasses look for their names
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def elsewhere(tmp_path, monkeypatch) -> Iterator[None]:
    """Work in an empty folder, without configuration or data, and end HyperStream afterwards.

    Plugins find the modules in their folder, as the plugin manager has it.
    """
    for plugin in (ROOT / "plugins").iterdir():
        monkeypatch.syspath_prepend(plugin)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    yield
    hyperstream.HyperStream.reset()


@pytest.mark.parametrize("path", FILES, ids=name)
def test_the_examples_are_true(path, elsewhere, capsys, monkeypatch):
    """Every example of the file gives what stands below it."""
    results = doctest.testmod(load(path, monkeypatch), extraglobs=NAMES, optionflags=OPTIONS)
    assert results.failed == 0, capsys.readouterr().out
    assert results.attempted > 0
