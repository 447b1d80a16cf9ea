"""A workflow, and what it is made of."""

from __future__ import annotations

import pytest

from tests.workflow.workbench import Bench


@pytest.fixture
def bench():
    """Give channels, plates, tools and factors."""
    return Bench()


@pytest.fixture
def memory(bench):
    """Give the memory channel."""
    return bench.channels.memory


@pytest.fixture
def plates(bench):
    """Give the plates by id."""
    return bench.plates.plates


@pytest.fixture
def w(bench):
    """Give a workflow without nodes."""
    return bench.workflow()


@pytest.fixture
def on(w):
    """Give a function that makes a node in memory, on the plates of these ids."""

    def make(name, *plate_ids):
        return w.create_node(name, "memory", plate_ids)

    return make
