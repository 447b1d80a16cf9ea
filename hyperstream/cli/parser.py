"""The command line as a whole: what can be said."""

from __future__ import annotations

from argparse import ArgumentParser

from hyperstream.cli import parser_data, parser_system
from hyperstream.cli.commands import Commands, Formatter, add_common
from hyperstream.version import __version__

PROGRAM = "hyperstream"
_ABOUT = "HyperStream: a workflow engine for streaming data."
_EPILOG = """exit codes:
  0  it is done
  1  it failed, or what was asked for is not there: one line on standard error
     says so
  2  the command line is wrong, or lacks --yes where nobody can be asked
  130  interrupted by Ctrl-C

examples:
  hyperstream init
  hyperstream status
  hyperstream streams head 'mongo:temperature[house=1, room=hall]'
  hyperstream COMMAND --help
"""


def parser() -> ArgumentParser:
    """Return the parser of the command line; `command` and `action` of the options say what to do.

    Examples
    --------
    >>> options = parser().parse_args(["plates", "show", "H", "--json"])
    >>> options.command, options.action, options.id, options.json
    ('plates', 'show', 'H', True)
    """
    whole = ArgumentParser(
        prog=PROGRAM, description=_ABOUT, epilog=_EPILOG, formatter_class=Formatter
    )
    whole.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    add_common(whole)
    commands = Commands(whole, "command")
    parser_system.add_first(commands)
    parser_data.add(commands)
    parser_system.add(commands)
    return whole
