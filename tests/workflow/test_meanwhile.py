"""What other threads do while a workflow is executed."""

from __future__ import annotations

import threading

import pytest

from hyperstream.execution import ExecutionContext, ExecutionStoppedError, StopRequest
from hyperstream.testing.conformance.base import write
from hyperstream.testing.times import over
from tests.workflow.workbench import Sum, fill, held, marked


class Meanwhile(Sum):
    """Lets somebody else do something, once, when it has computed."""

    def __init__(self):
        super().__init__("meanwhile")
        self.todo = []

    def _execute(self, sources, alignment_stream, interval):
        yield from super()._execute(sources, alignment_stream, interval)
        if self.todo:
            thread = threading.Thread(target=self.todo.pop())
            thread.start()
            thread.join()


@pytest.fixture
def chain(w, plates, bench):
    """Tie three nodes on all houses; return them, and the tool of the first factor."""
    bench.plates.create_plate("all", "All houses", "house", complement=True)
    nodes = [w.create_node(name, "memory", [plates["all"]]) for name in ("raw", "one", "two")]
    tool = Meanwhile()
    w.create_factor(tool, [nodes[0]], nodes[1])
    w.create_factor(Sum(), [nodes[1]], nodes[2])
    fill(nodes[0], 10, 20)
    return nodes, tool


def test_a_plate_may_grow(w, chain, bench):
    """What is computed for the new value is computed from what it needs, not from nothing."""
    (raw, one, two), tool = chain

    def grow():
        bench.meta_data.insert_many([("house", "root", "new")])
        write(raw.streams[("house", "new"),], {1: 30})

    tool.todo.append(grow)
    w.execute(over(0, 10))
    assert held(two)["new"] == [30]
    assert marked(two)["new"] == marked(one)["new"] == "(0, 10]"


def test_it_may_be_stopped_where_nothing_is_missing(w, chain):
    """Looking what is missing of many factors may take long, too."""
    w.execute(over(0, 10))
    stop = StopRequest()
    stop.make("it is enough")
    with ExecutionContext(stop=stop).active(), pytest.raises(ExecutionStoppedError):
        w.execute(over(0, 10))
