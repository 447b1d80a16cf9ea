"""How answers look."""

from __future__ import annotations

import io
import sys

import pytest

from hyperstream.cli.output import cell, page, size, table


class Terminal(io.StringIO):
    """Stands for a terminal."""

    def isatty(self):
        """It is one."""
        return True


def test_columns_are_as_wide_as_they_must_be():
    """Numbers are on the right, and no line ends with spaces."""
    rows = [("a", 1, "one"), ("bcd", 1000, None), ("e", None, "")]
    assert list(table(("name", "count", "about"), rows, right="count")) == [
        "NAME  COUNT  ABOUT",
        "a         1  one",
        "bcd    1000  -",
        "e         -  -",
    ]


def test_a_table_of_nothing_is_its_head():
    """So that a program that takes off the first line is always right."""
    assert list(table(("name", "count"), [], right="count")) == ["NAME  COUNT"]


def test_a_terminal_cuts_what_does_not_fit(monkeypatch):
    """Not in the middle of a line, and not what is to be copied."""
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("COLUMNS", "20")
    rows = [("a", "x" * 30)]
    assert list(table(("name", "about"), rows))[1] == "a     " + "x" * 13 + "…"
    assert list(table(("name", "about"), rows, whole=True))[1] == "a     " + "x" * 30


def test_a_pipe_gets_everything(monkeypatch):
    """Whatever the width of the terminal."""
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert list(table(("name", "about"), [("a", "x" * 30)]))[1] == "a     " + "x" * 30


def test_a_terminal_is_not_told_what_to_do():
    """Whatever somebody has stored."""
    assert cell("\x1b[31mred\x07") == r"\x1b[31mred\x07"
    assert cell("one\ntwo") == r"one\ntwo"
    assert cell("Größe ✓") == "Größe ✓"


def test_a_page_aligns_its_facts():
    """A list takes several lines, an empty one a dash."""
    facts = [("a", "x"), ("long name", ["x", "y"]), ("none", [])]
    assert list(page(facts)) == ["a          x", "long name  x", "           y", "none       -"]
    assert list(page([])) == []


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (1, "1 byte"), (99_999, "99999 bytes"), (2_500_000, "2.5 MB")],
)
def test_a_size_is_readable(count, text):
    """In bytes, or in megabytes."""
    assert size(count) == text
