"""The command line: ``python -m hyperstream`` and ``hyperstream``."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from hyperstream.config import CONFIG_FILENAME
from hyperstream.utils.errors import HyperStreamError
from hyperstream.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

# Each command lives in a module of its own, which is imported only if it is called: the demo
# needs matplotlib, and nothing else does.
_DEMO = "weather readings from a file to a picture, through the database"
_DB = "care of the database"
_UPGRADE = "bring a database of release 0.3.8 up to date"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command with its options; those of the process otherwise.

    Returns
    -------
    int
        The exit code: 0 for success, 1 for an error, which is told in one line
        on standard error.
    """
    options = _parser().parse_args(arguments)
    try:
        import_module(f"hyperstream.cli.{options.command}").run(options)
    except HyperStreamError as error:
        print(f"hyperstream: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hyperstream", description="HyperStream: a workflow engine for streaming data."
    )
    parser.add_argument("--version", action="version", version=f"hyperstream {__version__}")
    parser.add_argument(
        "--config",
        default=CONFIG_FILENAME,
        metavar="FILE",
        help=f"the configuration file (default: {CONFIG_FILENAME}, if it is there)",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("demo", help=_DEMO, description=_DEMO)
    actions = commands.add_parser("db", help=_DB, description=_DB).add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    actions.add_parser("upgrade", help=_UPGRADE, description=_UPGRADE)
    return parser
