"""The command line and its demo."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hyperstream.cli import main
from hyperstream.embedded import stop_server
from hyperstream.version import __version__

ROOT = Path(__file__).resolve().parents[2]
PNG = b"\x89PNG"


@pytest.fixture
def config(tmp_path):
    """Write a configuration with the plugin that reads CSV files."""
    plugin = {
        "channel_id_prefix": "data_importers",
        "channel_names": [],
        "path": str(ROOT / "plugins" / "data_importers"),
        "has_tools": True,
        "has_assets": False,
    }
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"plugins": [plugin]}))
    yield path
    stop_server(tmp_path / ".hyperstream")


def hyperstream(config, *command):
    """Run a command as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "hyperstream", "--config", str(config), *command],
        check=False,
        capture_output=True,
        text=True,
        cwd=config.parent,
    )


@pytest.mark.slow
def test_the_demo_computes_draws_and_computes_nothing_again(config):
    """The second run, in another process, finds everything calculated."""
    first = hyperstream(config, "demo")
    assert first.returncode == 0, first.stderr
    assert "Computed " in first.stdout
    assert "8759 hourly temperatures" in first.stdout
    picture = config.parent / "output" / "demo.png"
    assert str(picture) in first.stdout
    assert picture.read_bytes().startswith(PNG)
    picture.unlink()
    second = hyperstream(config, "demo")
    assert "Computed nothing" in second.stdout
    assert picture.exists()
    assert [line for line in second.stdout.splitlines() if "°C" in line] == [
        line for line in first.stdout.splitlines() if "°C" in line
    ]


def test_an_error_is_one_line_and_an_exit_code(config, capsys):
    """No traceback reaches the user."""
    config.write_text('{"mongo": {"prot": 27017}}')
    assert main(["--config", str(config), "db", "upgrade"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("hyperstream: ")
    assert "mongo.prot" in said
    assert said.count("\n") == 1


def test_the_version_can_be_asked_for(capsys):
    """It is that of the package."""
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"hyperstream {__version__}\n"


def test_a_database_is_upgraded_by_hand(tmp_path, mongo_config, capsys):
    """A database that is up to date stays as it is."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"mongo": mongo_config}))
    assert main(["--config", str(config), "db", "upgrade"]) == 0
    assert "up to date" in capsys.readouterr().out
