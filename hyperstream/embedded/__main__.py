"""Looks at the embedded server of a data directory, or ends it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from hyperstream.embedded import default_data_directory, server_status, stop_server
from hyperstream.utils.errors import EmbeddedServerError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 if there was a server, 3 if not, 1 after an error."""
    parser = argparse.ArgumentParser(prog="python -m hyperstream.embedded", description=__doc__)
    parser.add_argument("command", choices=["status", "stop"])
    parser.add_argument(
        "--path",
        type=Path,
        default=default_data_directory(None),
        help="the data directory (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    try:
        return _stop(options.path) if options.command == "stop" else _status(options.path)
    except EmbeddedServerError as error:
        parser.exit(1, f"{error}\n")


def _status(path: Path) -> int:
    server = server_status(path)
    if server is None:
        sys.stdout.write(f"No server is running on {path}.\n")
        return 3
    sys.stdout.write(f"Process {server.pid} serves {path} at {server.host}:{server.port}.\n")
    return 0


def _stop(path: Path) -> int:
    stopped = stop_server(path)
    sys.stdout.write(
        f"The server of {path} has ended.\n" if stopped else f"No server is running on {path}.\n"
    )
    return 0 if stopped else 3


if __name__ == "__main__":
    sys.exit(main())
