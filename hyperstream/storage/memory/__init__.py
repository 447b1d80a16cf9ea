"""Storage in memory: columnar series; a ledger, a catalogue and sessions for one process."""

from __future__ import annotations

from hyperstream.storage.memory.catalogue import MemoryCatalogue
from hyperstream.storage.memory.ledger import MemoryLedger
from hyperstream.storage.memory.series import MemorySeries
from hyperstream.storage.memory.sessions import MemorySessions

__all__ = ["MemoryCatalogue", "MemoryLedger", "MemorySeries", "MemorySessions"]
