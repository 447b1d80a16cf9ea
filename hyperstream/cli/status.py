"""``hyperstream status``: everything at a glance."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hyperstream.cli.db import server_facts, server_line
from hyperstream.cli.engine import engine_states
from hyperstream.cli.output import page, show, size
from hyperstream.cli.system import storage
from hyperstream.config import HyperStreamConfig
from hyperstream.online_engine import WorkflowState, status_lines
from hyperstream.storage.mongo.overview import overview
from hyperstream.storage.mongo.upgrade import needs_upgrade
from hyperstream.utils.text import plural


def run(options: Namespace) -> None:
    """Show it.

    Parameters
    ----------
    options : argparse.Namespace
        The options of the command line.
    """
    config = HyperStreamConfig(options.config)
    data: dict[str, Any] = {
        "config": config.filename,
        "plugins": [plugin.channel_id_prefix for plugin in config.plugins],
        "server": server_facts(config),
        "database": None,
        "engine": [],
    }
    states: list[WorkflowState] = []
    if not config.mongo["embedded"] or Path(config.mongo["path"], "server.json").exists():
        with storage(options) as stored:
            client = stored.client
            old = needs_upgrade(client)
            data["database"] = {
                "name": client.db_name,
                "needs_upgrade": old,
                **asdict(overview(client)),
            }
            # To ask for more would upgrade it.
            states = [] if old else engine_states(options, stored)
    data["engine"] = [each.to_dict() for each in states]
    show(options, data, _lines(data, states))


def _lines(data: dict[str, Any], states: list[WorkflowState]) -> Iterator[str]:
    yield from page(_facts(data))
    if states:
        yield ""
        yield from status_lines(states)


def _facts(data: dict[str, Any]) -> Iterator[tuple[str, object]]:
    yield "configuration", data["config"] or "none: all values are the defaults"
    yield "plugins", ", ".join(data["plugins"]) or None
    yield "server", server_line(data["server"])
    if "path" in data["server"]:
        yield "data", f"{data['server']['path']} ({size(data['server']['bytes'])})"
    database = data["database"]
    if database is None:
        yield "database", "none yet: it is made when something is first stored"
        return
    old = ", of release 0.3.8: `hyperstream db upgrade` brings it up to date"
    yield "database", database["name"] + (old if database["needs_upgrade"] else "")
    yield "streams", [f"{count} in {name}" for name, count in database["streams"].items()] or 0
    yield "instances", f"about {database['instances']}"
    yield "workflows", f"{database['workflows']} ({database['online']} online)"
    yield "plates", database["plates"]
    yield "sessions", f"{database['sessions']} ({database['active']} active)"
    yield "engine", _engine(data["engine"])


def _engine(states: list[dict[str, Any]]) -> str:
    if not states:
        return "no workflow is online"
    executed = sum(each["engine"] is not None for each in states)
    failing = sum(bool(each["failures"]) for each in states)
    return f"executes {executed} of {plural(len(states), 'workflow')}, {failing} failing"
