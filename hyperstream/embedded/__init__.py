"""The embedded MongoDB-compatible server: found, started and ended by itself.

It is what HyperStream stores into when the configuration names no MongoDB server. As with SQLite,
there is nothing to manage: the first process that needs the server starts it, all processes with
the same data directory share it, and it ends by itself some seconds after the last of them. It
listens on this machine only and wants a random password that only this user can read.

The server is PyPI's ``secantusdb``, installed by ``pip install "hyperstream[embedded]"``, and runs
as a process of its own. To look at one, or to end it by hand::

    python -m hyperstream.embedded status --path .hyperstream
    python -m hyperstream.embedded stop --path .hyperstream

Examples
--------
>>> from pathlib import Path
>>> default_data_directory(Path("/srv/home/hyperstream_config.json"))
PosixPath('/srv/home/.hyperstream')
>>> server_status("/srv/home/.hyperstream") is None
True

"""

from __future__ import annotations

from hyperstream.embedded.directory import ServerInfo, default_data_directory
from hyperstream.embedded.election import (
    IDLE_SECONDS,
    START_SECONDS,
    Ping,
    ensure_server,
    server_status,
    stop_server,
)

__all__ = [
    "IDLE_SECONDS",
    "START_SECONDS",
    "Ping",
    "ServerInfo",
    "default_data_directory",
    "ensure_server",
    "server_status",
    "stop_server",
]
