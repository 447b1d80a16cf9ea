"""Workflows as dictionaries, for people and for drawing."""

from __future__ import annotations

import json

import pytest

from hyperstream.workflow.workflow import Workflow


@pytest.fixture
def shown(bench, w, on):
    """Give a workflow with a factor of each kind."""
    clock, by, houses, mean = on("clock"), on("by"), on("houses", "H"), on("mean")
    both = on("both", "H", "S")
    w.create_factor(bench.tools.clock(stride=5.0), None, clock)
    w.create_multi_output_factor(bench.tools.splitter_from_stream(), clock, by, houses)
    w.create_factor(bench.tools.aggregate(sum, "house"), [houses], mean, by)
    w.create_multi_output_factor(
        bench.tools.splitter_of_dict(mapping={"s": "s"}), houses, None, both
    )
    w.create_node_creation_factor(
        bench.tools.asset_plate_generator(),
        houses,
        {"plate_id": "rooms", "meta_data_id": "room"},
    )
    return w


FACTORS = [
    {"id": "clock", "sources": [], "sink": "clock"},
    {"id": "splitter_from_stream", "sources": ["clock", "by"], "sink": "houses"},
    {"id": "aggregate", "sources": ["houses", "by"], "sink": "mean"},
    {"id": "splitter_of_dict", "sources": ["houses"], "sink": "both"},
    {"id": "asset_plate_generator", "sources": ["houses"], "sink": None},
]
NODES = ["clock", "by", "houses", "mean", "both"]


def test_a_workflow_is_shown_as_a_dictionary(shown):
    """Nodes, factors with all that they read, and what is on each plate."""
    assert shown.to_dict(tool_long_names=False) == {
        "nodes": [{"id": name} for name in NODES],
        "factors": FACTORS,
        "plates": {
            "H": [
                {"id": "houses", "type": "node"},
                {"id": "both", "type": "node"},
                {"id": "splitter_from_stream", "type": "factor"},
                {"id": "splitter_of_dict", "type": "factor"},
                {"id": "asset_plate_generator", "type": "factor"},
            ],
            "S": [
                {"id": "both", "type": "node"},
                {"id": "splitter_of_dict", "type": "factor"},
            ],
        },
    }


def test_tools_are_shown_with_their_parameters(shown):
    """Unless short names are wanted."""
    names = [factor["id"] for factor in shown.to_dict()["factors"]]
    assert names[1] == "SplitterFromStream(element=None, use_mapping_keys_only=False)"
    assert [name.partition("(")[0] for name in names] == [
        "Clock",
        "SplitterFromStream",
        "Aggregate",
        "SplitterOfDict",
        "AssetPlateGenerator",
    ]
    plates = shown.to_dict()["plates"]
    assert {"id": names[1], "type": "factor"} in plates["H"]


def test_a_workflow_is_shown_as_json(shown):
    """With the options of `json.dumps`, and after a formatter, if there is one."""
    text = shown.to_json(tool_long_names=False, indent=2, sort_keys=True)
    assert json.loads(text) == shown.to_dict(tool_long_names=False)
    assert text.startswith('{\n  "factors"')
    drawn = shown.to_json(shown.factorgraph_viz, tool_long_names=False)
    assert json.loads(drawn) == Workflow.factorgraph_viz(shown.to_dict(tool_long_names=False))
    assert json.loads(shown.to_json(formatter=list)) == ["nodes", "factors", "plates"]


def test_a_workflow_is_drawn_as_a_factor_graph(shown):
    """Nodes are random variables; each factor has links from what it reads, and to its sink."""
    drawn = Workflow.factorgraph_viz(shown.to_dict(tool_long_names=False))
    assert drawn == {
        "nodes": [
            *({"id": name, "type": "rv"} for name in NODES),
            *({"id": factor["id"], "type": "fac"} for factor in FACTORS),
        ],
        "links": [
            {"source": "clock", "target": "clock"},
            {"source": "clock", "target": "splitter_from_stream"},
            {"source": "by", "target": "splitter_from_stream"},
            {"source": "splitter_from_stream", "target": "houses"},
            {"source": "houses", "target": "aggregate"},
            {"source": "by", "target": "aggregate"},
            {"source": "aggregate", "target": "mean"},
            {"source": "houses", "target": "splitter_of_dict"},
            {"source": "splitter_of_dict", "target": "both"},
            {"source": "houses", "target": "asset_plate_generator"},
        ],
    }


def test_an_empty_workflow_is_shown(w):
    """All parts are there, and empty."""
    assert w.to_dict() == {"nodes": [], "factors": [], "plates": {}}
    assert w.factorgraph_viz(w.to_dict()) == {"nodes": [], "links": []}
