"""Fixtures for tests of plates by name."""

from __future__ import annotations

import pytest

from hyperstream.storage.memory import MemoryCatalogue
from tests.workflow.plates.countries import made_cities, made_countries, made_manager


@pytest.fixture
def catalogue():
    """Give a catalogue."""
    return MemoryCatalogue()


@pytest.fixture
def manager(catalogue):
    """Give a manager with meta data of countries and cities."""
    return made_manager(catalogue)


@pytest.fixture
def countries(manager):
    """Give the plate of all countries."""
    return made_countries(manager)


@pytest.fixture
def cities(manager, countries):
    """Give the plate of all cities."""
    return made_cities(manager)
