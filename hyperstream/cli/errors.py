"""What a command says when it cannot do what it was asked to."""

from __future__ import annotations

from hyperstream.utils.errors import HyperStreamError


class CommandError(HyperStreamError):
    """A command cannot be done, or found something that is wrong."""
