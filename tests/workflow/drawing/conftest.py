"""A workflow to draw, on plates inside of each other and beside each other."""

from __future__ import annotations

from itertools import pairwise

import pytest


@pytest.fixture
def drawn(bench, w, on):
    """Give a workflow with a factor of each kind."""
    clock, by, houses, mean = on("clock"), on("by"), on("houses", "H"), on("mean")
    both, residents, worn = on("both", "H", "S"), on("residents", "H.R"), on("worn", "H.W")
    merged, seen = on("merged", "H.R", "H.W"), on("seen", "S", "H.R")
    chosen = on("chosen", "H1")
    tools = bench.tools
    w.create_factor(tools.clock(stride=5.0), None, clock)
    w.create_multi_output_factor(tools.splitter_from_stream(), clock, by, houses)
    w.create_factor(tools.aggregate(sum, "house"), [houses], mean, by)
    w.create_multi_output_factor(tools.splitter_of_dict(mapping={"s": "s"}), houses, None, both)
    w.create_multi_output_factor(tools.splitter_from_stream(), houses, None, residents)
    w.create_factor(tools.aligned_merge(names=["a", "b"]), [residents, worn], merged)
    w.create_multi_output_factor(tools.splitter_of_dict(mapping={"s": "s"}), residents, None, seen)
    w.create_node_creation_factor(
        tools.asset_plate_generator(), houses, {"plate_id": "rooms", "meta_data_id": "room"}
    )
    w.create_factor(tools.index_of(index="1", selector_meta_data="house"), [houses], chosen)
    return w


@pytest.fixture
def awkward(bench):
    """Give a function that makes a workflow of nodes whose names are these, in a chain."""

    def make(*names):
        workflow = bench.workflow('a "workflow" <of> names')
        nodes = [workflow.create_node(name, "memory", ["H"]) for name in names]
        for source, sink in pairwise(nodes):
            workflow.create_factor(bench.tools.apply(func=len), [source], sink)
        return workflow

    return make
