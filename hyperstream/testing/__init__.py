"""What others need to test tools and channels of their own.

The tests that every channel passes are in `hyperstream.testing.conformance`,
apart, since they need pytest and hypothesis.
"""

from __future__ import annotations

from hyperstream.testing.check_tool import check_tool
from hyperstream.testing.clock import FixedClock
from hyperstream.testing.history import RecordingHistory
from hyperstream.testing.try_plates import (
    try_aggregate_tool,
    try_multi_output_tool,
    try_plate_creation_tool,
    try_selector_tool,
)
from hyperstream.testing.try_tool import try_tool

__all__ = [
    "FixedClock",
    "RecordingHistory",
    "check_tool",
    "try_aggregate_tool",
    "try_multi_output_tool",
    "try_plate_creation_tool",
    "try_selector_tool",
    "try_tool",
]
