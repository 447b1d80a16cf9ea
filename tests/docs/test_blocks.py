"""Each block of code in the documentation does what the page says, or the page says why not.

A comment before a block tells what is to be done with it:

- ``<!-- not run: reason -->``: nothing;
- ``<!-- file: path -->``: it is written to a file, which the blocks below use;
- ``<!-- first: code -->``: this Python, which makes what the block needs, runs before it.

Without a comment, the Python blocks of a page run one after the other, in a folder of their own
with the embedded database; console blocks run in the same folder; a text block is what the block
before it has printed; JSON is a configuration.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hyperstream.config import HyperStreamConfig
from hyperstream.embedded import stop_server
from tests.docs.pages import PAGES, Block, blocks, name

# What is shown, and holds no code.
DIRECTIVES = {"{changes}", "{eval-rst}", "{include}", "{toctree}"}
# What may run here: it needs nothing but the folder, and changes nothing outside.
HARMLESS = {"cat", "cd", "cp", "hyperstream", "ls", "mkdir", "python"}
RUNNER = Path(__file__).with_name("run_page.py")


def commands(block: Block) -> set[str]:
    """Give the first word of each command."""
    lines = re.sub(r"\\\n", " ", block.code).splitlines()
    return {line.split()[0] for line in lines if line.strip() and line[0] not in "# "}


def step(block: Block, before: str) -> tuple[str, str, int] | None:
    """Return what there is to run; a block that is neither run nor explained is an error."""
    if block.comment == "not run" or block.language in DIRECTIVES:
        return None
    if block.comment == "file":
        return block.words, block.code, block.line
    if block.language == "python":
        return "python", block.code, block.line
    if block.language in {"console", "bash"} and commands(block) <= HARMLESS:
        return "console", block.code, block.line
    if block.language == "text" and before in {"python", "console"}:
        return "output", block.code, block.line
    if block.language == "json":
        HyperStreamConfig.from_dict(json.loads(block.code))
        return None
    raise AssertionError(
        f"Line {block.line}: nothing can run this block of {block.language or 'no language'}. "
        "Say why before it: <!-- not run: reason -->"
    )


def steps(text: str) -> list[tuple[str, str, int]]:
    """Return all that is to be run of a page."""
    found: list[tuple[str, str, int]] = []
    before = ""
    for block in blocks(text):
        if block.comment == "first":
            found.append(("python", block.words, block.line))
        each = step(block, before)
        before = each[0] if each else ""
        if each:
            found.append(each)
    return found


def run(page: str, text: str, folder: Path) -> subprocess.CompletedProcess:
    """Run a page in a folder."""
    environment = {
        **os.environ,
        "XDG_DATA_HOME": str(folder / "data"),
        "TQDM_DISABLE": "1",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }
    work = folder / "work"
    work.mkdir()
    try:
        return subprocess.run(
            [sys.executable, str(RUNNER), page],
            input=json.dumps(steps(text)),
            check=False,
            cwd=work,
            env=environment,
            capture_output=True,
            text=True,
        )
    finally:
        for lock in folder.rglob("owner.lock"):
            stop_server(lock.parent)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_tells_the_truth(page, tmp_path):
    """What can be run of a page runs, and prints what stands there."""
    text = page.read_text()
    if not steps(text):
        return
    done = run(str(page), text, tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "text",
    [
        "```\nx\n```",
        "```yaml\nx: 1\n```",
        "```console\nsudo reboot\n```",
        "```console\ncd x\nrm -r y\n```",
        "```text\nprinted by nothing\n```",
        "<!-- not run: this one -->\n```yaml\n```\n```yaml\n```",
    ],
)
def test_a_block_that_nothing_runs_is_noticed(text):
    """A block of an unknown kind without a reason is an error that says what to do."""
    with pytest.raises(AssertionError, match="Say why"):
        steps(text)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("```python\nprint(1)\n```\n```text\n2\n```", "line 5: printed was\n1"),
        ("Text\n\n```python\nx = 1\nx.y\n```", "line 5"),
        ("```console\nhyperstream no-such-command\n```", "non-zero exit status 2"),
    ],
)
def test_a_wrong_page_is_noticed(text, message, tmp_path):
    """A page that is wrong is an error that names the line or the command."""
    done = run("page.md", text, tmp_path)
    assert done.returncode != 0
    assert message in done.stderr


def test_blocks_share_names_and_files(tmp_path):
    """A block goes on where the one before has ended, and finds the files of the page."""
    text = (
        "<!-- file: a/b.txt -->\n```text\nhello\n```\n```python\nx = open('a/b.txt').read()\n```\n"
        "1. In a list:\n\n   ```python\n   print(x.strip())\n   ```\n\n"
        "   ```text\n   hello\n   ```\n"
        "<!-- first: print('not looked at') -->\n```console\ncat a/b.txt\n```\n"
        "```text\nhello\n```\n"
        "<!-- not run: for it is an\nexample -->\n```text\nno\n```\n"
    )
    assert [kind for kind, *_ in steps(text)] == [
        "a/b.txt",
        "python",
        "python",
        "output",
        "python",
        "console",
        "output",
    ]
    done = run("page.md", text, tmp_path)
    assert done.returncode == 0, done.stderr
