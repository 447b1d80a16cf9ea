"""The pages of the documentation, and the blocks of code in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
]
FENCE = re.compile(r"^ *(`{3,})([^\s`]*).*$")
FENCED = re.compile(r"^ *(`{3,}).*?^ *\1 *$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"<!--\s*(not run|file|first):\s*(.+?)\s*-->\s*\Z", re.DOTALL)


class Block(NamedTuple):
    """A block of code: in which language, after which comment, from which line on."""

    language: str
    code: str
    line: int
    comment: str | None
    words: str


def name(page: Path) -> str:
    """Name a page as the reader of a failure knows it."""
    return page.relative_to(ROOT).as_posix()


def blocks(text: str) -> Iterator[Block]:
    """Give all blocks of a page, in order."""
    lines = text.splitlines(keepends=True)
    number = 0
    while number < len(lines):
        fence = FENCE.match(lines[number])
        number += 1
        if fence is None:
            continue
        first = number
        while number < len(lines) and lines[number].strip() != fence[1]:
            number += 1
        before = "".join(lines[: first - 1])
        comment = COMMENT.search(before, max(before.rfind("<!--"), 0))
        yield Block(
            fence[2],
            dedent("".join(lines[first:number])),
            first + 1,
            comment[1] if comment else None,
            comment[2] if comment else "",
        )
        number += 1


def prose(text: str) -> str:
    """Return a page without its blocks of code and code in lines."""
    return re.sub(r"`[^`\n]*`", "", FENCED.sub("", text))
