"""What the ``mongo`` section means to the driver."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from hyperstream._time import UTC

HOST = "localhost"
PORT = 27017
DATABASE = "hyperstream"
CONNECT_SECONDS = 4.0
ADDRESS_KEYS = ("host", "port", "connection_string")
_LOGIN_OPTIONS = {
    "authSource": "authentication_database",
    "password": "password",
    "username": "username",
}


def uri_parts(uri: str) -> dict[str, str]:
    """Return the parts of a connection string by name; none has a part of the password.

    >>> uri_parts("mongodb://ann:secret@db1:27018,db2/home?w=majority")
    {'address': 'db1:27018,db2', 'database': 'home', 'query': 'w=majority', 'username': 'ann'}
    """
    login, _, rest = uri.partition("://")[2].rpartition("@")
    rest, _, query = rest.partition("?")
    address, _, database = rest.partition("/")
    username = unquote(login.partition(":")[0])
    return {"address": address, "database": database, "query": query, "username": username}


def driver_options(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of the driver's client that a configuration means.

    Raises
    ------
    ValueError
        If the connection string is none.

    """
    milliseconds = round(1000 * float(config.get("connect_seconds", CONNECT_SECONDS)))
    options = {
        "appname": "hyperstream",
        "connectTimeoutMS": milliseconds,
        "journal": True,
        "retryReads": bool(config.get("retry_reads", True)),
        "serverSelectionTimeoutMS": milliseconds,
        "tz_aware": bool(config.get("tz_aware", True)),
        "uuidRepresentation": "standard",
        "w": 1,
    }
    uri = config.get("connection_string")
    if uri and "://" not in uri:
        raise ValueError("a connection string begins with mongodb:// or mongodb+srv://")
    # What the connection string says itself is what the user wants.
    said = {key.lower() for key, _ in parse_qsl(uri_parts(uri)["query"])} if uri else set()
    options = {name: value for name, value in options.items() if name.lower() not in said}
    if options.get("tz_aware"):
        options["tzinfo"] = UTC
    options["host"] = uri or config.get("host", HOST)
    if not uri:
        options["port"] = config.get("port", PORT)
    login = {name: config[key] for name, key in _LOGIN_OPTIONS.items() if config.get(key)}
    return options | login
