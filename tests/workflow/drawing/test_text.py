"""Workflows as trees of text."""

from __future__ import annotations

DRAWN = """\
workflow w
├─ clock [memory] ← clock
├─ by [memory]
├─ plate H (2 values of house)
│  ├─ houses [memory] ← splitter_from_stream: clock, split by by
│  ├─ plate H.R (3 values of resident)
│  │  └─ residents [memory] ← splitter_from_stream: houses
│  ├─ plate H.W (3 values of wearable)
│  │  └─ worn [memory]
│  ├─ plate H.R × H.W (4 values of resident × wearable)
│  │  └─ merged [memory] ← aligned_merge: residents, worn
│  └─ plate rooms (not created yet)
│     └─ values of rooms [room] ← asset_plate_generator: houses
├─ mean [memory] ← aggregate(sum): houses, aligned to by
├─ plate H × S (4 values of house × sensor)
│  └─ both [memory] ← splitter_of_dict: houses
├─ plate S × H.R (6 values of sensor × resident)
│  └─ seen [memory] ← splitter_of_dict: residents
└─ plate H1 (1 value of house)
   └─ chosen [memory] ← index_of: houses"""


def test_a_workflow_is_a_tree(drawn):
    """Plates with what is on them, and what computes each node from which others."""
    assert drawn.to_text() == DRAWN


def test_a_plate_may_have_two_creators(bench, w, on):
    """Both are said."""
    for place in (1, 2):
        created = {"plate_id": "rooms", "meta_data_id": "room"}
        tool = bench.tools.asset_plate_generator()
        w.create_node_creation_factor(tool, on(f"source {place}"), created)
    assert "asset_plate_generator: source 1 and asset_plate_generator: source 2" in w.to_text()


def test_an_empty_workflow_is_a_line(w):
    """With its name."""
    assert w.to_text() == "workflow w"
