"""What others need to test tools and channels of their own."""

from __future__ import annotations

from hyperstream.testing.check_tool import check_tool
from hyperstream.testing.try_tool import try_tool

__all__ = ["check_tool", "try_tool"]
