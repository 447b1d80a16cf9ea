"""The commands on keys."""

from __future__ import annotations

import json
import stat
import subprocess
import sys

import pytest

from hyperstream.cli import main
from hyperstream.utils.keys import KeyRing


@pytest.fixture
def run(tmp_path, capsys):
    """Run a command; give the exit code and what was said."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"keys": "mine/keys.json"}))

    def command(*words):
        code = main(["--config", str(config), "keys", *map(str, words)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


@pytest.fixture
def ring(tmp_path):
    """The ring that the configuration names."""
    return KeyRing(tmp_path / "mine" / "keys.json")


def test_there_are_no_keys_at_first(run, ring):
    """To list them makes none."""
    code, out, err = run("list")
    assert (code, err) == (0, "")
    assert out == f"No keys in {ring.path} yet: the first stored function makes one.\n"
    assert not ring.path.parent.exists()


def test_a_key_is_made_by_hand(run, ring):
    """It signs from then on."""
    for count in (1, 2):
        code, out, _ = run("new")
        assert code == 0
        assert len(ring.key_ids) == count
        assert out.startswith(f"Key {ring.signing_key_id} signs from now on")


def test_keys_are_listed_without_their_secrets(run, ring):
    """The list says which key signs."""
    old, new = ring.new_key(), ring.new_key()
    assert run("list") == (0, f"{old}\n{new}  signs\n", "")


def test_keys_travel_in_a_file(run, ring, tmp_path):
    """What one ring has exported, the other takes, once."""
    signed = ring.sign(b"data")
    file = tmp_path / "team.keys"
    code, out, _ = run("export", file)
    assert code == 0
    assert out.startswith(f"Keys written to {file}: 1. ")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    ring.path.unlink()
    assert run("import", file) == (0, f"Keys added to {ring.path}: {signed[0]}.\n", "")
    assert ring.verify(*signed, b"data")
    assert "none, they were there" in run("import", file)[1]


@pytest.mark.parametrize("words", [("export", "team.keys"), ("import", "team.keys")])
def test_what_cannot_be_done_is_one_line(run, tmp_path, monkeypatch, words):
    """No keys to export, no file to import."""
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*words)
    assert (code, out) == (1, "")
    assert err.startswith("hyperstream: There ")
    assert err.count("\n") == 1


def test_a_ring_that_others_can_read_is_refused(run, ring):
    """By every command."""
    ring.new_key()
    ring.path.chmod(0o644)
    for words in (["list"], ["new"], ["export", "team.keys"]):
        code, _, err = run(*words)
        assert code == 1
        assert "chmod 600" in err


@pytest.mark.parametrize("words", [[], ["forge"], ["export"], ["import"]])
def test_a_wrong_command_is_explained(run, words, capsys):
    """An unknown action and a missing file are told with exit code 2."""
    with pytest.raises(SystemExit, match="2"):
        run(*words)
    assert "usage: hyperstream keys" in capsys.readouterr().err


def test_the_help_has_examples():
    """The command and its actions describe themselves."""
    helped = subprocess.run(
        [sys.executable, "-m", "hyperstream", "keys", "--help"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "hyperstream keys export team.keys" in helped
    for action in ("list", "new", "export", "import"):
        assert f"\n    {action} " in helped
