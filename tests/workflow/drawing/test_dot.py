"""Workflows drawn by Graphviz: the pictures that the program `dot` makes."""

from __future__ import annotations

import re
import sys
from itertools import pairwise
from xml.etree import ElementTree as ET

import graphviz
import pytest

from hyperstream.utils.errors import MissingExtraError
from tests.workflow.workbench import Bench

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def svg(drawn):
    """Give the picture."""
    return picture(drawn)


def picture(workflow):
    """Draw a workflow; every word that dot says about it is an error."""
    graph = workflow.to_graphviz()
    return ET.fromstring(graph.pipe(format="svg", encoding="utf-8"))  # noqa: S314 - made here


def parts(svg, kind):
    """Return the groups of a kind by their titles: clusters, nodes or edges."""
    groups = [each for each in svg.iter(f"{SVG}g") if each.get("class") == kind]
    return {each.find(f"{SVG}title").text: each for each in groups}


def texts(group):
    """Return what is written in a group."""
    return [unseen("".join(text.itertext())) for text in group.iter(f"{SVG}text")]


def unseen(text):
    """Return a text without what is not seen of it."""
    return text.replace("\u2060", "")


def frame(group):
    """Return left, right, top and bottom of what is drawn in a group."""
    points = []
    for shape in group.iter():
        if shape.tag == f"{SVG}ellipse":
            x, y, rx, ry = (float(shape.get(name)) for name in ("cx", "cy", "rx", "ry"))
            points += [(x - rx, y - ry), (x + rx, y + ry)]
        elif shape.tag in (f"{SVG}polygon", f"{SVG}path"):
            numbers = shape.get("points") or shape.get("d")
            points += [
                tuple(map(float, pair)) for pair in re.findall(r"(-?[\d.]+),(-?[\d.]+)", numbers)
            ]
    xs, ys = zip(*points, strict=True)
    return min(xs), max(xs), min(ys), max(ys)


def contains(outer, inner):
    """Tell whether a group is drawn inside of another one."""
    a, b = frame(outer), frame(inner)
    return a[0] <= b[0] and b[1] <= a[1] and a[2] <= b[2] and b[3] <= a[3]


def test_plates_are_frames_around_what_is_on_them(svg):
    """And within each other, as plates are."""
    clusters = {texts(group)[0]: group for group in parts(svg, "cluster").values()}
    assert set(clusters) == {
        *("H", "H.R", "H.W", "H.R × H.W", "rooms", "H × S", "S × H.R", "H1"),
    }
    assert texts(clusters["H × S"]) == ["H × S", "4 values of house × sensor"]
    around = {
        name: {other for other, group in clusters.items() if contains(group, cluster)} - {name}
        for name, cluster in clusters.items()
    }
    assert around == {
        **{key: set() for key in ("H", "H × S", "S × H.R", "H1")},
        **{key: {"H"} for key in ("H.R", "H.W", "H.R × H.W", "rooms")},
    }
    nodes = parts(svg, "node")
    inside = {
        key: {name for name, cluster in clusters.items() if contains(cluster, group)}
        for key, group in nodes.items()
    }
    assert {key: inside[key] for key in ("n0", "n2", "n4", "n5", "n7", "f1", "f3", "f8", "v0")} == {
        "n0": set(),
        "n2": {"H"},
        "n4": {"H × S"},
        "n5": {"H", "H.R"},
        "n7": {"H", "H.R × H.W"},
        "f1": set(),
        "f3": {"H"},
        "f8": set(),
        "v0": {"H", "rooms"},
    }


def test_nodes_are_ellipses_and_factors_are_boxes(svg):
    """With names, and channels or functions."""
    drawn = parts(svg, "node")
    assert len(drawn) == 10 + 9 + 1
    assert texts(drawn["n2"]) == ["houses", "memory"]
    assert texts(drawn["f2"]) == ["aggregate", "sum"]
    assert texts(drawn["f0"]) == ["clock"]
    assert texts(drawn["v0"]) == ["values of rooms", "room"]
    ellipses = {
        key for key, group in drawn.items() if next(group.iter(f"{SVG}ellipse"), None) is not None
    }
    assert ellipses == {key for key in drawn if key.startswith("n")}


def test_arrows_lead_from_node_to_factor_to_node(svg):
    """Those of alignment and splitting nodes are dashed, and say it."""
    edges = parts(svg, "edge")
    assert len(edges) == 9 + 11
    assert {"n0->f1", "f1->n2", "n2->f7", "f7->v0"} <= set(edges)
    dashed = {
        key for key, edge in edges.items() if next(edge.iter(f"{SVG}path")).get("stroke-dasharray")
    }
    assert dashed == {"n1->f1", "n1->f2"}
    assert [texts(edges[key])[0].strip() for key in sorted(dashed)] == ["split by", "aligned to"]


def test_names_are_drawn_as_they_are(awkward):
    """Whatever they mean to Graphviz; a long one is cut, and shown when it is pointed at."""
    names = [
        "a:b",
        '<b>bold</b> & "more"',
        "\\N \\G \\n",
        "{x|y}",
        "digraph",
        "größe 日本",
        "é\x07",
    ]
    svg = picture(awkward(*names, "x" * 512))
    drawn = [texts(group)[0] for key, group in parts(svg, "node").items() if key.startswith("n")]
    assert sorted(drawn) == sorted([*names[:-1], "é\\x07", f"{'x' * 31}…"])
    title = "{http://www.w3.org/1999/xlink}title"
    told = {unseen(each.get(title)) for each in svg.iter(f"{SVG}a")}
    assert "Node \\N \\G \\n in channel memory, on H" in told
    assert "a:b → apply" in told
    assert any(each.startswith("Node " + "x" * 200) for each in told)


def test_an_empty_workflow_is_drawn(w):
    """As nothing."""
    assert parts(picture(w), "node") == {}


def test_what_is_given_is_of_graphviz(drawn):
    """So that it can be changed and written; its source needs no program."""
    graph = drawn.to_graphviz()
    assert isinstance(graph, graphviz.Digraph)
    assert graph.name == "w"
    assert graph.source.count("subgraph cluster_") == 8


@pytest.mark.slow
def test_a_large_plate_is_drawn_as_a_small_one():
    """A node is drawn once, however many values its plates have."""
    bench = Bench()
    bench.meta_data.insert_many([("house", "root", str(house)) for house in range(1000)])
    workflow = bench.workflow()
    nodes = [workflow.create_node(f"node {place}", "memory", ["H"]) for place in range(101)]
    for source, sink in pairwise(nodes):
        workflow.create_factor(bench.tools.apply(func=len), [source], sink)
    svg = picture(workflow)
    assert len(parts(svg, "node")) == 201
    assert texts(parts(svg, "cluster")["cluster_p0"]) == ["H", "1000 values of house"]


def test_a_missing_package_is_named(drawn, monkeypatch):
    """With the extra that installs it."""
    monkeypatch.setitem(sys.modules, "graphviz", None)
    monkeypatch.delitem(sys.modules, "hyperstream.workflow.drawing.dot", raising=False)
    with pytest.raises(MissingExtraError, match=r"graphviz.*notebook"):
        drawn.to_graphviz()
