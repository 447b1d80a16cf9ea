"""``hyperstream db``: care of the database."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hyperstream.cli.errors import CommandError
from hyperstream.cli.output import page, show, size
from hyperstream.cli.system import database
from hyperstream.cli.terminal import ask, progress
from hyperstream.client import Client
from hyperstream.config import HyperStreamConfig
from hyperstream.embedded import server_status, stop_server
from hyperstream.storage.mongo.backup import Manifest, backup, restore
from hyperstream.storage.mongo.overview import server_version
from hyperstream.storage.mongo.upgrade import upgrade
from hyperstream.utils.text import plural


def run(options: Namespace) -> None:
    """Do what ``hyperstream db`` was asked to.

    Parameters
    ----------
    options : argparse.Namespace
        The options of the command line.
    """
    actions = {
        "status": _status,
        "stop": _stop,
        "upgrade": _upgrade,
        "backup": _backup,
        "restore": _restore,
    }
    actions[options.action](options)


def server_facts(config: HyperStreamConfig) -> dict[str, Any]:
    """Return what is known of the server; the embedded one is not started for that.

    Raises
    ------
    DatabaseConnectionError
        The configured one does not answer.
    """
    if not config.mongo["embedded"]:
        client = Client(config.mongo)
        try:
            version = server_version(client)
            return {
                "embedded": False,
                "running": True,
                "address": client.address,
                "version": version,
            }
        finally:
            client.disconnect()
    path = config.mongo["path"]
    server = server_status(path)
    return {
        "embedded": True,
        "running": server is not None,
        "address": None if server is None else f"{server.host}:{server.port}",
        "process": None if server is None else server.pid,
        "path": path,
        "bytes": sum(each.stat().st_size for each in Path(path).rglob("*") if each.is_file()),
    }


def server_line(facts: dict[str, Any]) -> str:
    """Return what is known of the server, for people."""
    if not facts["embedded"]:
        return f"MongoDB {facts['version']} at {facts['address']}"
    if facts["running"]:
        return f"embedded, process {facts['process']} at {facts['address']}"
    return "embedded, not running (it starts when it is needed)"


def _status(options: Namespace) -> None:
    facts = server_facts(HyperStreamConfig(options.config))
    lines = [("server", server_line(facts))]
    if facts["embedded"]:
        lines += [("data", facts["path"]), ("size", size(facts["bytes"]))]
    show(options, facts, page(lines))
    if not facts["running"]:
        raise CommandError(f"The embedded server of {facts['path']} does not run.")


def _stop(options: Namespace) -> None:
    mongo = HyperStreamConfig(options.config).mongo
    if not mongo["embedded"]:
        raise CommandError(
            "The database is on a MongoDB server of your own, which this does not end: only the "
            "embedded one."
        )
    stopped = stop_server(mongo["path"])
    line = f"The server of {mongo['path']} {'has ended' if stopped else 'was not running'}."
    show(options, {"stopped": stopped, "path": mongo["path"]}, [line])


def _upgrade(options: Namespace) -> None:
    with database(options, patient=True) as client, progress("Upgrading", "instances") as move:
        report = upgrade(client, move)
    data = {"database": client.db_name, **asdict(report)}
    show(options, data, [f"The database {client.db_name!r} is up to date."])


def _backup(options: Namespace) -> None:
    with database(options, patient=True) as client, progress("Copying", "documents") as move:
        manifest = backup(client, options.folder, move)
    line = f"Wrote {_content(manifest)} of {client.db_name!r} to {options.folder}."
    show(options, _facts(manifest, options.folder), [line])


def _restore(options: Namespace) -> None:
    made = Manifest.read(Path(options.folder))
    with database(options, patient=True) as client:
        if options.replace:
            ask(
                options,
                f"Remove all that the database {client.db_name!r} at {client.address} holds, and "
                f"put the backup of {made.finished} in its place?",
            )
        with progress("Restoring", "documents") as move:
            restore(client, options.folder, replace=options.replace, progress=move)
    line = f"Restored {_content(made)} to {client.db_name!r} at {client.address}."
    show(options, _facts(made, options.folder), [line])


def _content(manifest: Manifest) -> str:
    documents = plural(manifest.documents, "document")
    written = size(sum(each.bytes for each in manifest.collections))
    return f"{documents} in {plural(len(manifest.collections), 'collection')} ({written})"


def _facts(manifest: Manifest, folder: str) -> dict[str, Any]:
    return {
        "folder": folder,
        "database": manifest.database,
        "started": manifest.started,
        "finished": manifest.finished,
        "documents": manifest.documents,
        "collections": {each.name: each.documents for each in manifest.collections},
    }
