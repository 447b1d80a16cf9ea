"""The catalogue in memory does what every catalogue does."""

from __future__ import annotations

from hyperstream.storage.memory import MemoryCatalogue
from hyperstream.testing.conformance import CatalogueConformance


class TestMemoryCatalogue(CatalogueConformance):
    """The catalogue of one process."""

    def make_catalogue(self):
        """Give a new one."""
        return MemoryCatalogue()
