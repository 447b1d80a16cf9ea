"""Factors that are still to be given a sink: the right side of ``node[value] = …``."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hyperstream.workflow.node import Node

if TYPE_CHECKING:
    from hyperstream.tool import BaseTool


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

    @property
    def read(self) -> tuple[Node, ...]:
        """All nodes that the tool reads, also the one that only says how."""
        return self.sources if self.helper is None else (*self.sources, self.helper)

    def is_made_as(self, factor: Any) -> bool:
        """Tell whether a factor has just this tool and reads just these nodes."""
        made = (factor.tool, factor.sources, factor.read)
        return made == (self.tool, self.sources, self.read)


@dataclass(frozen=True)
class _Block:
    """The block of a workflow, and what was specified in it and is assigned to no node yet."""

    workflow: Any
    waiting: dict[int, Specification] = field(default_factory=dict)


# The blocks that are open, the innermost last. Those of another thread are its own affair.
_blocks: ContextVar[tuple[_Block, ...]] = ContextVar("hyperstream_blocks", default=())


def open_block(workflow: Any) -> None:
    """Begin the block of a workflow."""
    _blocks.set((*_blocks.get(), _Block(workflow)))


def close_block(workflow: Any) -> list[str]:
    """End the innermost block of a workflow; return the tools specified in it for no node."""
    blocks = _blocks.get()
    for place in reversed(range(len(blocks))):
        if blocks[place].workflow is workflow:
            _blocks.set((*blocks[:place], *blocks[place + 1 :]))
            names = [each.tool.name for each in blocks[place].waiting.values()]
            return list(dict.fromkeys(names))
    return []


def is_open(workflow: Any) -> bool:
    """Tell whether a block of a workflow is open."""
    return any(block.workflow is workflow for block in _blocks.get())


def open_workflow() -> Any:
    """Return the workflow whose block is open, the innermost one.

    Raises
    ------
    ValueError
        None is.
    """
    blocks = _blocks.get()
    if not blocks:
        msg = (
            "hs.factors is for the block of a workflow, as in "
            "'with hs.create_workflow(...) as w:'; elsewhere, use hs.tools and w.create_factor."
        )
        raise ValueError(msg)
    return blocks[-1].workflow


def expect(specification: Specification) -> None:
    """Wait, until the innermost block ends, for what was specified to be assigned to a node."""
    _blocks.get()[-1].waiting[id(specification)] = specification


def assigned(specification: Any) -> None:
    """Take note that something, which may be a specification, is assigned."""
    for block in _blocks.get():
        block.waiting.pop(id(specification), None)


def computation(made: Any) -> str:
    """Return as text what a factor or a specification computes: ``Apply(func=double) of raw``."""
    of = ", ".join(map(str, made.sources))
    helper = "".join(f" with {node}" for node in made.read[len(made.sources) :])
    return f"{made.tool!r}{f' of {of}' if of else ''}{helper}"
