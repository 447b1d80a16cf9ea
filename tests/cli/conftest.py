"""A configuration with a plugin, and the commands on its tools."""

from __future__ import annotations

import json
import sys

import pytest

from hyperstream import HyperStream
from hyperstream._time import use_clock
from hyperstream.cli import main
from tests.cli.parts import NOW, THERE


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
