"""The command line: ``python -m hyperstream`` and ``hyperstream``."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from hyperstream.cli.templates import KINDS
from hyperstream.config import CONFIG_FILENAME
from hyperstream.utils.errors import HyperStreamError
from hyperstream.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

_INTERRUPTED = 130  # what a shell says of a program that ended by SIGINT
# Each command lives in a module of its own, which is imported only if it is called: the demo
# needs matplotlib, and nothing else does.
_DEMO = "weather readings from a file to a picture, through the database"
_DB = "care of the database"
_UPGRADE = "bring a database of release 0.3.8 up to date"
_TOOLS = "the tools there are, and tools of your own"
_NEW = "write a tool of your own and its test, which work as they are, to go on from"
_LIST = "list all tools with their latest versions"
_SHOW = "show the versions, parameters and description of a tool"
_CHECK = "check that a tool's file does what is asked of every tool; run its examples and its test"


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
        on standard error, 130 after Ctrl-C.
    """
    options = _parser().parse_args(arguments)
    try:
        import_module(f"hyperstream.cli.{options.command}").run(options)
    except HyperStreamError as error:
        print(f"hyperstream: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read the output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        print("hyperstream: interrupted", file=sys.stderr)
        return _INTERRUPTED
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
    _add_tools(commands.add_parser("tools", help=_TOOLS, description=_TOOLS))
    return parser


def _add_tools(command: argparse.ArgumentParser) -> None:
    """Add the actions of ``hyperstream tools``."""
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    new = actions.add_parser("new", help=_NEW, description=_NEW)
    new.add_argument("name", metavar="NAME", help="the name, such as mean_of_room")
    new.add_argument("--kind", choices=KINDS, required=True, help="what the tool derives from")
    new.add_argument("--plugin", metavar="P", required=True, help="the plugin that gets it")
    new.add_argument("--version", metavar="V", default="0.0.1", help="default: 0.0.1")
    every = actions.add_parser("list", help=_LIST, description=_LIST)
    every.add_argument("--plugin", metavar="P", help="only those of this plugin")
    show = actions.add_parser("show", help=_SHOW, description=_SHOW)
    show.add_argument("name", metavar="NAME", help="such as apply, or example_tools/dummy")
    for action in (every, show):
        action.add_argument("--json", action="store_true", help="for machines")
    check = actions.add_parser("check", help=_CHECK, description=_CHECK)
    check.add_argument("path", metavar="PATH", help="the file, <date>_v<version>.py")
