"""What surrounds a computation."""

from __future__ import annotations

import threading
from contextvars import copy_context
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from hyperstream._time import utcnow
from hyperstream.execution import (
    ExecutionContext,
    NoHistory,
    SerialExecutor,
    current_context,
    set_context,
)
from hyperstream.testing import FixedClock
from hyperstream.testing.times import at
from hyperstream.utils.keys import KeyRing


def test_outside_there_is_a_plain_context():
    """Outside of any block the context keeps no history and runs one call after the other."""
    context = current_context()
    assert isinstance(context.history, NoHistory)
    assert isinstance(context.executor, SerialExecutor)
    assert (context.batch_size, context.workflow, context.output_path) == (
        1000,
        None,
        Path("output"),
    )


def test_blocks_are_nested():
    """A block's context holds inside of it, and the one before holds again afterwards."""
    outside = current_context()
    with ExecutionContext(batch_size=5).active() as outer:
        assert current_context() is outer
        with ExecutionContext(batch_size=6).active():
            assert current_context().batch_size == 6
        assert current_context() is outer
    assert current_context() is outside


def test_a_block_ends_with_an_error_too():
    """After an error in a block the context before holds again."""
    outside = current_context()
    with pytest.raises(KeyError), ExecutionContext().active():
        raise KeyError
    assert current_context() is outside


def test_a_context_brings_its_clock():
    """Inside of the block its clock is the one that is read; without one the clock stays."""
    clock = FixedClock(at(5))
    with ExecutionContext(clock=clock).active():
        assert utcnow() == at(5)
        with ExecutionContext().active():
            assert utcnow() == at(5)
    assert utcnow() > at(5)


def test_a_context_is_frozen():
    """A context cannot be changed."""
    with pytest.raises(FrozenInstanceError):
        ExecutionContext().batch_size = 7


def test_a_context_brings_its_keys(tmp_path):
    """Without a ring of its own it has the default one, whose file nobody has touched."""
    ring = KeyRing(tmp_path / "keys.json")
    with ExecutionContext(keys=ring).active():
        assert current_context().keys is ring
    assert ExecutionContext().keys.path == KeyRing().path
    assert not ring.path.exists()


def in_thread(function):
    """Return what a function returns in a thread of its own."""
    found = []
    thread = threading.Thread(target=lambda: found.append(function()))
    thread.start()
    thread.join()
    return found[0]


def test_a_context_can_be_set_for_good():
    """`set_context` holds from here on, in this thread and in those that begin later."""
    before, mine = current_context(), ExecutionContext(batch_size=7)

    def set_and_ask():
        set_context(mine)
        try:
            return current_context(), in_thread(current_context)
        finally:
            set_context(before)

    assert copy_context().run(set_and_ask) == (mine, mine)
    assert in_thread(current_context) is before


def test_a_block_is_for_its_own_thread():
    """It holds in other threads only where it is copied there."""
    with ExecutionContext(batch_size=5).active() as mine:
        copied = copy_context()
        assert in_thread(current_context) is not mine
        assert in_thread(lambda: copied.run(current_context)) is mine


def test_the_serial_executor_keeps_the_order():
    """It applies a function to each item, one after the other."""
    assert list(SerialExecutor().map(str, [3, 1, 2])) == ["3", "1", "2"]


def test_no_history_takes_everything():
    """NoHistory lets go what it is given."""
    NoHistory().record(None)
    NoHistory().note(rows=1)
