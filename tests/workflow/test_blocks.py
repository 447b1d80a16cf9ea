"""The blocks of workflows, in which factors are specified."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from hyperstream.utils.errors import HyperStreamWarning
from hyperstream.workflow.specification import Specification

UNASSIGNED = pytest.mark.filterwarnings("ignore:In the block of workflow")


def double(value):
    """Return twice a value."""
    return 2 * value


@UNASSIGNED
def test_factors_are_for_the_block_of_a_workflow(bench, w, on):
    """Before, after, and in another thread there is none."""
    a = on("a")

    def specify():
        return bench.factors.apply([a], func=double)

    with pytest.raises(ValueError, match=r"hs\.factors is for the block of a workflow"):
        specify()
    with w:
        assert isinstance(specify(), Specification)
        failures = []

        def elsewhere():
            with pytest.raises(ValueError, match="block of a workflow") as caught:
                specify()
            failures.append(caught)

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        assert failures
    with pytest.raises(ValueError, match="block of a workflow"):
        specify()


@UNASSIGNED
def test_blocks_are_nested(bench, w):
    """In the inner block the inner workflow is meant, afterwards the outer one again."""
    inner = bench.workflow("inner")
    with w:
        one = bench.factors.clock(None)
        with inner:
            other = bench.factors.clock(None)
            with inner:
                assert bench.factors.clock(None).tool is other.tool
            assert bench.factors.clock(None).tool is other.tool
        assert bench.factors.clock(None).tool is one.tool
    assert one.tool is not other.tool


def test_threads_may_be_in_the_block_of_one_workflow(bench, w, on):
    """Each ends its own block, whichever began first."""
    a, z = on("a"), on("z")
    began, ended = threading.Event(), threading.Event()

    def other():
        with w:
            began.set()
            assert ended.wait(60)
            z[None] = bench.factors.apply([a], func=double)
        with pytest.raises(ValueError, match="block of a workflow"):
            bench.factors.clock(None)

    with ThreadPoolExecutor(1) as pool:
        with w:
            running = pool.submit(other)
            assert began.wait(60)
        ended.set()
        running.result()
    assert [factor.sink for factor in w.factors] == [z]


def test_a_node_of_an_outer_block_may_be_assigned_in_the_inner_one(bench, w, on):
    """And the other way round; nothing counts as forgotten then."""
    a, inner = on("a"), bench.workflow("inner")
    z = inner.create_node("z", "memory")
    with w:
        ticks = bench.factors.clock(None)
        with inner:
            a[None] = bench.factors.clock(None, stride=2.0)
            z[None] = ticks
    assert (a.factor.tool.stride, z.factor.tool.stride) == (2.0, 1.0)


def test_a_block_in_a_block_of_the_same_workflow_is_a_part_of_it(w):
    """What fails after it still is a failure of the definition."""
    told = []
    w.on_failure = lambda: told.append(w)

    def define():
        with w:
            with w:
                pass
            raise KeyError("oops")

    with pytest.raises(KeyError, match="oops"):
        define()
    assert told == [w]


def test_a_block_that_fails_is_closed(bench, w):
    """The error goes through, and whoever made the workflow is told."""
    told = []
    w.on_failure = lambda: told.append(w)
    with pytest.raises(KeyError, match="oops"), w:
        raise KeyError("oops")
    assert told == [w]
    with pytest.raises(ValueError, match="block of a workflow"):
        bench.factors.clock(None)


def test_what_is_assigned_to_no_node_is_warned_about(bench, w, on):
    """At the end of the block, by the names of the tools; not where the block fails."""
    a, z = on("a"), on("z")

    def define(last):
        with w:
            z[None] = bench.factors.copy([a])
            bench.factors.apply([a], func=double)
            last()

    with pytest.warns(HyperStreamWarning, match=r"made \['apply'\] for no node"):
        define(last=list)
    with pytest.raises(KeyError):
        define(last={}.popitem)
