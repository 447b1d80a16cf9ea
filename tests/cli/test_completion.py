"""``hyperstream completion``."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from hyperstream.cli import main
from hyperstream.cli.parser_system import SHELLS


@pytest.fixture
def script(capsys):
    """Give the script of a shell."""

    def made(shell):
        assert main(["completion", shell]) == 0
        return capsys.readouterr().out

    return made


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_has_a_script(script, shell, capsys):
    """That knows commands, options and choices."""
    text = script(shell)
    for word in ("workflows", "invalidate", "replace", "jsonl", "multi-output"):
        assert word in text
    assert main(["completion", shell, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["shell"], data["script"] + "\n") == (shell, text)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["pl"], ["plates"]),
        (["streams", "inv"], ["invalidate"]),
        (["streams", "export", "mongo:a", "--fo"], ["--format"]),
        (["streams", "export", "mongo:a", "--format", "j"], ["jsonl"]),
        (["db", "restore", "fol"], ["folder"]),
        (["keys", "import", "fil"], ["file.keys"]),
    ],
)
def test_bash_completes(script, tmp_path, typed, expected):
    """Commands, options, choices, folders and files."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file.keys").write_text("")
    words = " ".join(["hyperstream", *typed])
    ask = (
        f"COMP_WORDS=({words})\nCOMP_CWORD={len(typed)}\n_shtab_hyperstream\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        [shutil.which("bash"), "-c", f"{script('bash')}\n{ask}"],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.stderr == ""
    assert [each.rstrip("/ ") for each in done.stdout.split()] == expected
