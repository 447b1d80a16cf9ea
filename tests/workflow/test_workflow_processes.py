"""What one process stores, another one loads and executes, with no definition at hand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workflow.managing import made_plugin

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(tmp_path, mongo_config):
    """Give a function that starts a process, and returns what it prints."""
    plugin = made_plugin(tmp_path / "more")._asdict()

    def started(what, keys="keys.json", plugins=(plugin,)):
        config = tmp_path / f"{keys}_config.json"
        options = {"mongo": mongo_config, "keys": str(tmp_path / keys), "plugins": list(plugins)}
        config.write_text(json.dumps(options))
        command = [sys.executable, "-W", "error", "-m", "tests.workflow.process", what, config]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return started


@pytest.mark.slow
def test_another_process_computes_the_same(run):
    """With tools of all channels, parameters of all kinds, and plates that were created."""
    defined = run("define")
    assert defined["failed"] == {}
    assert run("load") == defined
    held = {key: [value for _, value in instances] for key, instances in defined["held"].items()}
    uk = (("country", "UK"),)
    assert held[f"use total {uk}"] == ["2", "4", "6", "8", "10"]
    noted = held[f"use noted {(*uk, ('city', 'city 5'))}"]
    assert [value[:4] for value in noted] == ["[6, ", "[12,", "[18,", "[24,", "[30,"]
    assert "'shift'" in noted[0]


@pytest.mark.slow
def test_code_is_not_run_without_its_key(run):
    """A process with other keys lists the workflows that need code, and why they are not there."""
    run("define")
    loaded = run("load", keys="others.json", plugins=())
    assert sorted(loaded["failed"]) == ["find", "use"]
    for error in loaded["failed"].values():
        assert "cannot be loaded, for the factor of node " in error
        assert "is not among those in" in error
        assert "hyperstream keys export" in error
    assert loaded["held"] == {}
