"""What a node is computed from, made ready to be computed on request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperstream.execution.producers import attach

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hyperstream.stream import Stream
    from hyperstream.time_interval import TimeInterval
    from hyperstream.workflow.node import Node


class NodeProducer:
    """Computes the streams of a node, until a call of the factor's tool is their producer.

    So a forced view on a stream computes it as soon as there is a factor, though
    nothing was executed yet.

    Parameters
    ----------
    node : Node
        The node.
    """

    def __init__(self, node: Node) -> None:
        self._node = node

    def compute(self, stream: Stream, interval: TimeInterval) -> None:
        """Compute what of the interval is missing, upstream included."""
        attach_upstream([self._node])
        producer = stream.producer
        if producer is not None and producer is not self:
            producer.compute(stream, interval)


def attach_upstream(nodes: Iterable[Node]) -> None:
    """Let all streams of nodes, and of what they are computed from, know who computes them.

    One node after the other, sources first: how far a tool reaches may depend on
    what computes its sources.
    """
    seen: set[int] = set()
    waiting = [(node, False) for node in nodes]
    while waiting:
        node, is_ready = waiting.pop()
        if is_ready:
            attach(node.factor.computations)
        elif node.factor is not None and id(node) not in seen:
            seen.add(id(node))
            waiting.append((node, True))
            waiting.extend((each, False) for each in node.factor.read)
