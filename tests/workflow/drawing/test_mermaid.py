"""Workflows in the language of Mermaid."""

from __future__ import annotations

import html
import re

# A line of what is made: a subgraph, its end, a member, an arrow, or a style.
LINE = re.compile(
    r'( {4})+(subgraph p\d+\["[^"\[\]]*"\]|end'
    r'|[nfv]\d+(\(\["[^"]*"\]\)|\["[^"]*"\]|\[/"[^"]*"\\\])'
    r'|[nfv]\d+ (-->|-\. "[^"]*" \.->) [nfv]\d+'
    r"|classDef a[A-Z][a-z]+ [a-z#0-9:,]+|class ([nfvp]\d+,?)+ a[A-Z][a-z]+)"
)


def inside(text):
    """Return which subgraph each member and subgraph is in."""
    found, path = {}, [None]
    for line in text.splitlines():
        word = line.strip()
        if word.startswith("subgraph "):
            key, title = re.fullmatch(r'subgraph (p\d+)\["(.*)"\]', word).groups()
            found[title] = path[-1]
            path.append(title)
        elif word == "end":
            path.pop()
        elif re.match(r"[nfv]\d+[\[(]", word):
            key = re.match(r"[nfv]\d+", word)[0]
            found[key] = path[-1]
    assert path == [None]
    return found


def shown(label):
    """Return what Mermaid shows for a label."""
    return html.unescape(label.replace("#", "&#")).replace("\u2060", "")


def test_a_workflow_is_a_flowchart(drawn):
    """Plates are subgraphs, within each other as the plates are."""
    text = drawn.to_mermaid()
    first, *lines = text.splitlines()
    assert first == "flowchart TB"
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    found = inside(text)
    assert {key: found[key] for key in ("H", "H.R", "H.R × H.W", "rooms", "H × S", "H1")} == {
        "H": None,
        "H.R": "H",
        "H.R × H.W": "H",
        "rooms": "H",
        "H × S": None,
        "H1": None,
    }
    assert {key: found[key] for key in ("n0", "n2", "f1", "f3", "v0", "n7")} == {
        "n0": None,
        "n2": "H",
        "f1": None,
        "f3": "H",
        "v0": "rooms",
        "n7": "H.R × H.W",
    }


def test_nodes_factors_and_created_plates_differ(drawn):
    """By shape and colour."""
    lines = [line.strip() for line in drawn.to_mermaid().splitlines()]
    assert 'n2(["houses<br/><small>memory</small>"])' in lines
    assert 'f2["aggregate<br/><small>sum</small>"]' in lines
    assert 'v0[/"values of rooms<br/><small>room</small>"\\]' in lines
    assert "class v0 aCreation" in lines
    assert "n0 --> f1" in lines
    assert 'n1 -. "aligned to" .-> f2' in lines


def test_no_name_means_anything(awkward):
    """Words and signs of Mermaid, Markdown and HTML are names like others."""
    names = [
        "end",
        "subgraph",
        "1. first",
        "2) second",
        "- item",
        'a "quoted" <b>bold</b> & more',
        "back`tick`",
        "**bold** __under__ _it_",
        "[square](url) {x|y}",
        "%% comment",
        "$$x^2$$",
        "fa:fa-car",
        "A-->B;",
        "C:\\new",
        "#35; größe 日本",
    ]
    text = awkward(*names).to_mermaid()
    assert [line for line in text.splitlines()[1:] if not LINE.fullmatch(line)] == []
    labels = re.findall(r'n\d+\(\["(.*?)<br/>', text)
    assert [shown(label) for label in labels] == names
    # What the numbers of characters do not keep Mermaid from seeing.
    assert all("$$" not in shown_ for shown_ in map(html.unescape, labels))
    assert not any(re.match(r"\d+[.)]|-", label) for label in labels)
    assert not any(re.search(r"[<>&`*\[\]{}|$\\;-]", re.sub(r"#\d+;", "", each)) for each in labels)


def test_long_names_are_cut(awkward):
    """So that the picture is not as wide as they are."""
    assert f'"{"x" * 39}…<br/>' in awkward("x" * 512).to_mermaid()


def test_an_empty_workflow_is_an_empty_flowchart(w):
    """Which Mermaid draws, too."""
    assert w.to_mermaid() == "flowchart TB\n"
