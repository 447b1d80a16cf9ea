"""What ``hyperstream tools new`` starts from: a small tool of each kind, and a test for each.

The tools are modules that work as they are; a new tool gets its own name in
the place of ``Template``. The tests are texts, with ``$`` before what is put
in.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["CLASS", "KINDS", "test_of", "tool_of"]

CLASS = "Template"
"""The name of the class in each tool."""

KINDS = ("tool", "aggregate", "selector", "multi-output", "plate-creation")
"""The kinds of tools."""

_FOLDER = Path(__file__).parent


def tool_of(kind: str) -> str:
    """Return the source of a tool of a kind."""
    return (_FOLDER / f"{_file(kind)}.py").read_text(encoding="utf-8")


def test_of(kind: str) -> str:
    """Return the source of its test, with ``$name`` and ``$plugin``."""
    return (_FOLDER / f"test_{_file(kind)}.txt").read_text(encoding="utf-8")


def _file(kind: str) -> str:
    return kind.replace("-", "_")
