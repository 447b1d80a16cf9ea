"""``hyperstream engine``: the online engine."""

from __future__ import annotations

import os
from argparse import Namespace

from hyperstream.cli.output import show
from hyperstream.cli.system import storage
from hyperstream.config import HyperStreamConfig
from hyperstream.online_engine import command, status_lines
from hyperstream.online_engine.status import WorkflowState, states
from hyperstream.storage.mongo import MongoStorage

_INTERRUPTED = 130


def run(options: Namespace) -> int | None:
    """Do what ``hyperstream engine`` was asked to.

    Parameters
    ----------
    options : argparse.Namespace
        The options of the command line.
    """
    if options.action == "status":
        with storage(options) as stored:
            found = engine_states(options, stored)
        show(options, [each.to_dict() for each in found], status_lines(found))
        return None
    try:
        code = command.run(options)
    except KeyboardInterrupt:  # the second one: whoever sends it wants no more waiting
        os._exit(_INTERRUPTED)
    show(options, {"failed": bool(code)}, [])
    return code


def engine_states(options: Namespace, stored: MongoStorage) -> list[WorkflowState]:
    """Return how the online workflows of the database get on."""
    return states(stored.catalogue, HyperStreamConfig(options.config).online_engine)
