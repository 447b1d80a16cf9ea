"""What a node is computed from, made ready to be computed on request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from hyperstream.execution.producers import attach

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from hyperstream.stream import Stream
    from hyperstream.time_interval import TimeInterval
    from hyperstream.workflow.node import Node


class Owner(Protocol):
    """The workflow of a node, as far as the node and what is upstream of it need it."""

    workflow_id: str

    @property
    def nodes(self) -> Mapping[str, Node]:
        """Its nodes by name."""

    @property
    def neighbours(self) -> Callable[[], Iterable[Owner]]:
        """Returns the workflows that may compute what its nodes only read."""

    def define(self, sink: Node, key: Any, specification: Any) -> None:
        """Make the factor that computes a node."""


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

    What no factor of its workflow computes may be computed by another workflow. One node
    after the other, sources first: how far a tool reaches may depend on what computes its
    sources.
    """
    seen: set[int] = set()
    waiting = [(node, False) for node in nodes]
    while waiting:
        node, is_ready = waiting.pop()
        if is_ready:
            attach(node.factor.computations)
        elif id(node) not in seen:
            seen.add(id(node))
            if node.factor is not None:
                waiting.append((node, True))
            above = _elsewhere(node) if node.factor is None else node.factor.read
            waiting.extend((each, False) for each in above)


def _elsewhere(node: Node) -> Iterator[Node]:
    """Yield the nodes of other workflows that compute the streams of a node."""
    for workflow in () if node.workflow is None else node.workflow.neighbours():
        other = workflow.nodes.get(node.node_id)
        if other is not None and other.factor is not None and other.channel is node.channel:
            yield other
