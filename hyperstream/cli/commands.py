"""How commands are declared: each with what it does, examples, and the options of all."""

from __future__ import annotations

from argparse import SUPPRESS, Action, ArgumentParser, RawDescriptionHelpFormatter
from textwrap import fill
from typing import Any

from shtab import DIRECTORY, FILE

from hyperstream.config import CONFIG_FILENAME

__all__ = ["DIRECTORY", "FILE", "Commands", "Formatter", "add_common", "completed"]


class Commands:
    """The commands below a parser.

    Parameters
    ----------
    parser : ArgumentParser
        The parser.
    dest : str
        The name under which the options say which command it was.
    """

    def __init__(self, parser: ArgumentParser, dest: str) -> None:
        self._below = parser.add_subparsers(dest=dest, required=True, metavar=dest.upper())

    def add(self, name: str, about: str, *examples: str) -> ArgumentParser:
        """Add a command.

        Parameters
        ----------
        name : str
            The name.
        about : str
            What it does, as a part of a sentence.
        *examples : str
            Whole command lines.
        """
        parser: ArgumentParser = self._below.add_parser(
            name,
            help=about,
            description=about,
            epilog="\n  ".join(("examples:", *examples)),
            formatter_class=Formatter,
        )
        # Their defaults are those of the whole, so that they may stand before the command, too.
        add_common(parser, default=None)
        return parser

    def group(self, name: str, about: str, *examples: str) -> Commands:
        """Add a command that has commands below it; see `add`."""
        return Commands(self.add(name, about, *examples), "action")


class Formatter(RawDescriptionHelpFormatter):
    """Fills what stands in one line, and leaves what has several as it is."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" in text:
            return super()._fill_text(text, width, indent)
        return fill(text, width, initial_indent=indent, subsequent_indent=indent)


def add_common(parser: ArgumentParser, default: str | None = CONFIG_FILENAME) -> None:
    """Add the options of all commands: with their defaults, or without where `default` is None."""
    common = parser.add_argument_group("options of every command")
    config = common.add_argument(
        "--config",
        default=SUPPRESS if default is None else default,
        metavar="FILE",
        help=f"the configuration file (default: {CONFIG_FILENAME}, if it is there)",
    )
    completed(config, FILE)
    common.add_argument(
        "--json",
        action="store_true",
        default=SUPPRESS if default is None else False,
        help="print one JSON document, for machines",
    )


def completed(action: Action, by: Any) -> None:
    """Let a shell complete an argument, by the names of files or of folders say."""
    action.complete = by  # type: ignore[attr-defined]
