"""A tool may keep something while it works on one request."""

from __future__ import annotations

from hyperstream.execution import once_per_execution
from hyperstream.execution.once import one_execution


def test_it_is_made_once_in_an_execution():
    """And again in the next one."""
    tool = object()
    with one_execution():
        first = once_per_execution(tool, list)
        assert once_per_execution(tool, list) is first
    with one_execution():
        assert once_per_execution(tool, list) is not first


def test_what_was_kept_may_be_nothing():
    """None is kept like everything else."""
    made = []
    with one_execution():
        for _ in range(2):
            once_per_execution(made, lambda: made.append(1))
    assert made == [1]


def test_each_tool_has_its_own():
    """Also those that are equal."""
    one, other = [], []
    with one_execution():
        assert once_per_execution(one, list) is not once_per_execution(other, list)


def test_an_execution_inside_of_another_has_its_own():
    """After it the outer one goes on with what it had."""
    tool = object()
    with one_execution():
        outer = once_per_execution(tool, list)
        with one_execution():
            assert once_per_execution(tool, list) is not outer
        assert once_per_execution(tool, list) is outer


def test_outside_of_an_execution_nothing_is_kept():
    """As where somebody calls a tool's _execute."""
    assert once_per_execution("tool", list) is not once_per_execution("tool", list)
