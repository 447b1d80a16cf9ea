"""The online engine: executes the workflows that are online, again and again.

It runs as ``python -m hyperstream.online_engine``, or in a program as
``OnlineEngine(hs).execute()``.
"""

from __future__ import annotations

from hyperstream.online_engine.engine import OnlineEngine
from hyperstream.online_engine.status import WorkflowState, engine_status, status_lines

__all__ = ["OnlineEngine", "WorkflowState", "engine_status", "status_lines"]
