"""Sessions in memory."""

from __future__ import annotations

import pytest

from hyperstream.storage.memory import MemorySessions
from tests.storage.session_stores import SessionStoreConformance


class TestMemorySessions(SessionStoreConformance):
    """They pass what every store of sessions passes."""

    @pytest.fixture
    def store(self):
        """A new store."""
        return MemorySessions()
