"""What a command says when it cannot do what it was asked to."""

from __future__ import annotations

from hyperstream.utils.errors import HyperStreamError


class CommandError(HyperStreamError):
    """A command cannot be done, or found something that is wrong, or found nothing."""


class UsageError(CommandError):
    """A command is not called as it must be: the exit code is 2, as for what cannot be parsed."""
