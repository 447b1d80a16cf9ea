"""Workflows as notebooks show them."""

from __future__ import annotations

import sys
from html import escape

import pytest


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Give a function that puts another program in the place of `dot`."""

    def make(script):
        path = tmp_path / "dot"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

    return make


def test_a_workflow_is_shown_with_its_picture(drawn):
    """Below what it is; wide pictures are scrolled, and not made small."""
    html = drawn._repr_html_()
    assert "<strong>Workflow</strong> w: A workflow" in html
    assert "For tests · 10 nodes · 9 factors" in html
    assert html.count("<svg ") == html.count('<svg style="max-width:none"') == 1
    assert "overflow:auto" in html
    assert "<?xml" not in html
    assert "<pre" not in html


def test_an_online_workflow_says_so(bench):
    """Since an engine executes it."""
    assert "0 factors · online" in bench.workflow(online=True)._repr_html_()


def test_without_the_program_there_is_the_tree(drawn, tmp_path, monkeypatch):
    """As text."""
    monkeypatch.setenv("PATH", str(tmp_path))
    html = drawn._repr_html_()
    assert escape(drawn.to_text()) in html
    assert "<svg" not in html


def test_without_the_package_there_is_the_tree(drawn, monkeypatch):
    """As text."""
    monkeypatch.setitem(sys.modules, "graphviz", None)
    monkeypatch.delitem(sys.modules, "hyperstream.workflow.drawing.dot", raising=False)
    assert escape(drawn.to_text()) in drawn._repr_html_()


def test_where_the_program_fails_there_is_the_tree(drawn, program):
    """As text."""
    program("echo broken >&2; exit 1")
    assert escape(drawn.to_text()) in drawn._repr_html_()


def test_a_very_large_workflow_is_a_tree(awkward):
    """Drawing it would take long."""
    workflow = awkward(*map(str, range(250)))
    assert escape(workflow.to_text()) in workflow._repr_html_()


def test_texts_are_escaped(awkward):
    """Names are no HTML."""
    html = awkward("<script>")._repr_html_()
    assert "a &quot;workflow&quot; &lt;of&gt; names" in html
    assert "<script" not in html


def test_an_empty_workflow_has_no_picture(w):
    """Only a heading."""
    html = w._repr_html_()
    assert "0 nodes · 0 factors" in html
    assert "<svg" not in html
    assert "<pre" not in html
