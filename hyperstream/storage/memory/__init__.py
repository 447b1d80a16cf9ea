"""Storage in memory: columnar series, and a ledger for one process."""

from __future__ import annotations

from hyperstream.storage.memory.ledger import MemoryLedger
from hyperstream.storage.memory.series import MemorySeries

__all__ = ["MemoryLedger", "MemorySeries"]
