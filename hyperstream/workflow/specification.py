"""Factors that are still to be given a sink: the right side of ``node[value] = …``."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hyperstream.workflow.node import Node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperstream.tool import BaseTool

_open: ContextVar[Any] = ContextVar("hyperstream_workflow", default=None)


@dataclass(frozen=True)
class Specification:
    """A tool and what it reads.

    ``hs.factors.<tool>(…)`` makes it inside of the block of a workflow.

    Parameters
    ----------
    tool : BaseTool
        The tool.
    sources : tuple of Node
        What it reads.
    helper : Node, optional
        The alignment node or the splitting node.
    """

    tool: BaseTool
    sources: tuple[Node, ...]
    helper: Node | None = None

    def is_made_as(self, factor: Any) -> bool:
        """Tell whether a factor has just this tool and reads just these nodes."""
        sources = factor.sources
        helpers = factor.read[len(sources) :]
        return (
            factor.tool == self.tool
            and list(map(id, sources)) == list(map(id, self.sources))
            and helpers == (() if self.helper is None else (self.helper,))
        )


def open_workflow() -> Any:
    """Return the workflow whose block is open.

    Raises
    ------
    ValueError
        None is.
    """
    workflow = _open.get()
    if workflow is None:
        msg = (
            "hs.factors is for the block of a workflow, as in "
            "'with hs.create_workflow(...) as w:'; elsewhere, use hs.tools and w.create_factor."
        )
        raise ValueError(msg)
    return workflow


@contextmanager
def opened(workflow: Any) -> Iterator[None]:
    """Open the block of a workflow."""
    token = _open.set(workflow)
    try:
        yield
    finally:
        _open.reset(token)
