"""Workflows as dictionaries, for people and for drawing."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hyperstream.workflow.workflow import Workflow


def to_dict(workflow: Workflow, tool_long_names: bool) -> dict[str, Any]:
    """Return the nodes, factors and plates of a workflow: see `Workflow.to_dict`."""
    plates: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for node in workflow.nodes.values():
        for plate in node.plates:
            plates[plate.plate_id].append({"id": node.node_id, "type": "node"})
    factors = []
    for factor in workflow.factors:
        tool = str(factor.tool) if tool_long_names else factor.tool.name
        factors.append(
            {
                "id": tool,
                "sources": [node.node_id for node in factor.read],
                "sink": None if factor.sink is None else factor.sink.node_id,
            }
        )
        for plate in factor.plates:
            plates[plate.plate_id].append({"id": tool, "type": "factor"})
    return {
        "nodes": [{"id": node_id} for node_id in workflow.nodes],
        "factors": factors,
        "plates": dict(plates),
    }


def factorgraph_viz(described: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `to_dict` gives in the form of github.com/mbforbes/factorgraph-viz."""
    nodes = [{"id": node["id"], "type": "rv"} for node in described["nodes"]]
    links = []
    for factor in described["factors"]:
        nodes.append({"id": factor["id"], "type": "fac"})
        links += [{"source": source, "target": factor["id"]} for source in factor["sources"]]
        if factor["sink"]:
            links.append({"source": factor["id"], "target": factor["sink"]})
    return {"nodes": nodes, "links": links}
