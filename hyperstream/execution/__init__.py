"""Execution: the only place where tools are run and results are stored and marked."""

from __future__ import annotations

from hyperstream.execution.computation import Computation
from hyperstream.execution.context import ExecutionContext, current_context, set_context
from hyperstream.execution.executors import Executor, SerialExecutor
from hyperstream.execution.history import History, HistoryRecord, NoHistory
from hyperstream.execution.observing import NoObserver, Observer, Work
from hyperstream.execution.once import once_per_execution
from hyperstream.execution.plan import ToolCall
from hyperstream.execution.stopping import ExecutionStoppedError, StopRequest

__all__ = [
    "Computation",
    "ExecutionContext",
    "ExecutionStoppedError",
    "Executor",
    "History",
    "HistoryRecord",
    "NoHistory",
    "NoObserver",
    "Observer",
    "SerialExecutor",
    "StopRequest",
    "ToolCall",
    "Work",
    "current_context",
    "once_per_execution",
    "set_context",
]
