"""``hyperstream completion``: a script by which a shell completes commands and options.

The script is made from the parser and knows all there is to complete, so that
the shell need not start Python at each press of the key.
"""

from __future__ import annotations

from argparse import Namespace

import shtab

from hyperstream.cli.output import show
from hyperstream.cli.parser import parser


def run(options: Namespace) -> None:
    """Print the script.

    Parameters
    ----------
    options : argparse.Namespace
        The options of the command line.
    """
    script = shtab.complete(parser(), options.shell)
    show(options, {"shell": options.shell, "script": script}, [script])
