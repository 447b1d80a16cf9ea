"""``hyperstream init``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hyperstream import HyperStream
from hyperstream.cli import main
from hyperstream.config import HyperStreamConfig


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def files(folder):
    """Name what is in a folder."""
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*"))


@pytest.mark.slow
@pytest.mark.parametrize(("words", "folder"), [([], "."), (["a/b"], "a/b")])
def test_a_configuration_and_a_plugin_are_written(capsys, words, folder):
    """With a tool that works, and its test."""
    assert main(["init", *words, "--plugin", "heating"]) == 0
    written = capsys.readouterr().out.splitlines()
    assert [Path(each).is_file() for each in written] == [True] * 4
    config = HyperStreamConfig(Path(folder, "hyperstream_config.json"))
    assert [plugin.channel_id_prefix for plugin in config.plugins] == ["heating"]
    assert config.online_engine.iterations is None
    hs = HyperStream(config_filename=config.filename, file_logger=False)
    assert hs.plugins.heating.tools.scaled(factor=3).name == "scaled"
    HyperStream.reset()
    (tool,) = Path(folder, "plugins/heating/tools/scaled").glob("2*.py")
    assert main(["tools", "check", str(tool)]) == 0


def test_what_is_written_is_told_to_machines(capsys):
    """The names of the files."""
    assert main(["init", "--json"]) == 0
    written = json.loads(capsys.readouterr().out)["written"]
    assert written[0] == "hyperstream_config.json"
    assert sorted(written) == [name for name in files(".") if Path(name).is_file()]


@pytest.mark.parametrize("there", ["hyperstream_config.json", "plugins/mine"])
def test_nothing_is_overwritten(capsys, there):
    """And nothing else is written then."""
    Path(there).parent.mkdir(exist_ok=True)
    Path(there).write_text("mine")
    before = files(".")
    assert main(["init"]) == 1
    said = f"hyperstream: {there} exists already, and is left as it is; nothing is written.\n"
    assert capsys.readouterr().err == said
    assert files(".") == before


def test_a_plugin_has_a_name_that_python_knows(capsys):
    """As it becomes an attribute."""
    for name in ("my-plugin", "class", ""):
        assert main(["init", "--plugin", name]) == 2
        assert "A plugin cannot have the name" in capsys.readouterr().err
    assert files(".") == []


def test_a_failure_in_the_middle_leaves_nothing(capsys, here):
    """Here the name of the configuration is taken by a link that leads nowhere."""
    (here / "hyperstream_config.json").symlink_to("nowhere")
    assert main(["init"]) == 1
    said = "hyperstream: hyperstream_config.json cannot be written: File exists.\n"
    assert capsys.readouterr().err == said
    assert files(".") == ["hyperstream_config.json"]


def test_where_nothing_can_be_written_nothing_is_left(capsys, here):
    """The place is named."""
    (here / "file").write_text("")
    assert main(["init", "file/below"]) == 1
    assert capsys.readouterr().err.startswith("hyperstream: file/below/plugins")
    assert files(".") == ["file"]
