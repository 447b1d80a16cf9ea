"""``hyperstream workflows``: the workflows that are stored."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from typing import Any

from hyperstream.cli import workflows_run
from hyperstream.cli.output import page, show, span, spans, table
from hyperstream.cli.system import hyperstream, storage
from hyperstream.cli.terminal import ask
from hyperstream.hyperstream import HyperStream
from hyperstream.models import FactorDefinitionModel, WorkflowDefinitionModel
from hyperstream.storage.mongo.codec import decode_value
from hyperstream.stream.export import json_text, plain_json
from hyperstream.time_interval import TimeIntervals
from hyperstream.tool.stored import Applied, Named, Sealed
from hyperstream.utils.errors import WorkflowLoadError
from hyperstream.workflow.loading import not_found

_COLLECTIONS = frozenset({list, tuple, set, frozenset})


def run(options: Namespace) -> None:
    """Do what ``hyperstream workflows`` was asked to.

    Parameters
    ----------
    options : argparse.Namespace
        The options of the command line.
    """
    actions = {"list": _list, "show": _show, "run": workflows_run.run, "delete": _delete}
    actions[options.action](options)


def _list(options: Namespace) -> None:
    with storage(options) as stored:
        found = stored.catalogue.workflows()
    data = [_summary(workflow_id, each) for workflow_id, each in found.items()]
    rows = [
        (each["id"], each["online"], each["nodes"], each["factors"], each["damage"] or each["name"])
        for each in data
    ]
    head = ("workflow", "online", "nodes", "factors", "name")
    show(options, data, table(head, rows, right="nodes factors"))


def _summary(
    workflow_id: str, stored: WorkflowDefinitionModel | WorkflowLoadError
) -> dict[str, Any]:
    facts = {"id": workflow_id, **dict.fromkeys(("online", "nodes", "factors", "name", "damage"))}
    if isinstance(stored, WorkflowLoadError):
        return {**facts, "damage": f"not usable: {stored}"}
    return {
        **facts,
        "name": stored.name,
        "online": bool(stored.online),
        "nodes": len(stored.nodes or ()),
        "factors": len(stored.factors or ()),
    }


def _show(options: Namespace) -> None:
    if options.graph:
        _draw(options)
        return
    with hyperstream(options) as hs:
        catalogue = hs.workflow_manager.catalogue
        model = catalogue.workflow(options.id)
        if model is None:
            raise not_found(options.id, dict.fromkeys(catalogue.workflow_ids()))
        status = catalogue.status(options.id)
        requested = TimeIntervals(
            each.to_interval() for each in (status.requested_intervals if status else ())
        )
        problem = _problem(hs, options.id)
    data = {
        "id": model.workflow_id,
        "name": model.name,
        "description": model.description,
        "owner": model.owner,
        "online": bool(model.online),
        "monitor": bool(model.monitor),
        "requested": spans(requested),
        "problem": problem,
        "nodes": [
            {
                "name": node.stream_name,
                "channel": node.channel_id,
                "plates": list(node.plate_ids or ()),
            }
            for node in model.nodes or ()
        ],
        "factors": list(map(_factor, model.factors or ())),
    }
    show(options, data, page(_facts(data, requested)))


def _draw(options: Namespace) -> None:
    with hyperstream(options) as hs:
        workflow = hs.workflow_manager.load_workflow(options.id)
        if options.graph == "tree":
            drawn = workflow.to_text()
        elif options.graph == "mermaid":
            drawn = workflow.to_mermaid()
        else:
            drawn = workflow.to_graphviz().source
    show(options, {"id": options.id, options.graph: drawn}, drawn.splitlines())


def _problem(hs: HyperStream, workflow_id: str) -> str | None:
    """Return why a workflow that is stored cannot be loaded, or None if it can."""
    try:
        hs.workflow_manager.load_workflow(workflow_id)
    except WorkflowLoadError as error:
        return str(error)
    return None


def _factor(factor: FactorDefinitionModel) -> dict[str, Any]:
    plate = factor.output_plate
    return {
        "tool": factor.tool.name,
        "version": factor.tool.version,
        "parameters": {
            each.key: plain_json(_without_code(decode_value(each.value)))
            for each in factor.tool.parameters or ()
        },
        "sources": list(factor.sources or ()),
        "alignment": factor.alignment_node,
        "splitting": factor.splitting_node,
        "sinks": list(factor.sinks or ()),
        "creates_plate": None if plate is None else plate.plate_id,
    }


def _without_code(value: Any) -> Any:
    """Return what is shown of a parameter: of functions their names, or that they are some."""
    if isinstance(value, Named):
        return value.name
    if isinstance(value, Sealed):
        return "a signed function"
    if isinstance(value, Applied):
        parts = {"partial": value.func, "args": value.args, "keywords": value.keywords}
        return _without_code(parts)
    if isinstance(value, dict):
        return {_without_code(key): _without_code(each) for key, each in value.items()}
    return type(value)(map(_without_code, value)) if type(value) in _COLLECTIONS else value


def _facts(data: dict[str, Any], requested: TimeIntervals) -> Iterator[tuple[str, object]]:
    yield "workflow", data["id"]
    for name in ("name", "description", "owner", "online", "monitor"):
        yield name, data[name]
    yield "requested", list(map(span, requested))
    yield "usable", data["problem"] or "yes"
    yield "nodes", [_node_line(node) for node in data["nodes"]]
    yield "factors", [_factor_line(factor) for factor in data["factors"]]


def _node_line(node: dict[str, Any]) -> str:
    on = f" on {', '.join(node['plates'])}" if node["plates"] else ""
    return f"{node['channel']}:{node['name']}{on}"


def _factor_line(factor: dict[str, Any]) -> str:
    read = [*factor["sources"], *filter(None, (factor["alignment"], factor["splitting"]))]
    written = factor["sinks"] or [f"plate {factor['creates_plate']}"]
    parameters = ", ".join(f"{key}={json_text(each)}" for key, each in factor["parameters"].items())
    return (
        f"{', '.join(read) or 'nothing'} -> {', '.join(written)} by {factor['tool']}({parameters})"
    )


def _delete(options: Namespace) -> None:
    with hyperstream(options) as hs:
        catalogue = hs.workflow_manager.catalogue
        known = catalogue.workflow_ids()
        if options.id not in known:
            raise not_found(options.id, dict.fromkeys(known))
        ask(options, f"Delete workflow {options.id}, and what is requested of it?")
        catalogue.remove_workflow(options.id)
    line = f"Workflow {options.id} is deleted; its streams stay."
    show(options, {"deleted": options.id}, [line])
