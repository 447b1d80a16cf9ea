"""The README tells the truth."""

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

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / "examples").rglob("*.md"),
]


def blocks(language: str) -> list[str]:
    """Give the blocks of code in a language."""
    text = (ROOT / "README.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_the_example_prints_what_it_says(tmp_path):
    """The Python blocks run one after the other, and print the text blocks."""
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path)}
    try:
        done = subprocess.run(
            [sys.executable, "-c", "".join(blocks("python"))],
            check=False,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
    finally:
        stop_server(tmp_path / "hyperstream")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "".join(blocks("text"))


def test_the_configuration_is_accepted():
    """Each JSON block is a configuration without a fault."""
    for block in blocks("json"):
        assert not HyperStreamConfig.from_dict(json.loads(block)).mongo["embedded"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    """A link to a file of the project leads to a file that is there."""
    targets = re.findall(r"\]\(([^)#]+)", page.read_text())
    files = [page.parent / target for target in targets if "://" not in target]
    assert [file for file in files if not file.exists()] == []
