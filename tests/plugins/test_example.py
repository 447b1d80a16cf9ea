"""The example plugin."""

from __future__ import annotations

import pytest

from hyperstream.testing import check_tool, try_tool
from hyperstream.utils.errors import ToolExecutionError
from tests.plugins import make, tools
from tests.tools.recipes import DICTS, MINUTE, NUMBERS, SPARSE


def test_every_tool_is_there():
    """Under its date and version."""
    assert {name: list(versions) for name, versions in tools("example").versions.items()} == {
        "aligned_correlation": ["0.0.1"],
        "dummy": ["1.0.0"],
    }


def test_the_dummy_passes_everything_on():
    """The very same values."""
    (found,) = check_tool(lambda: make("example", "dummy"), [DICTS], MINUTE)
    assert [tuple(each) for each in found] == [row for row in DICTS if row[0] in MINUTE]


def test_the_aligned_correlation_is_a_ratio():
    """At the times that both sources have."""
    assert try_tool(make("example", "aligned_correlation"), [1, 2, 3], {2: 4.0, 3: 2}) == {
        2: 0.5,
        3: 1.5,
    }
    check_tool(lambda: make("example", "aligned_correlation"), [NUMBERS, SPARSE[1:]], MINUTE)


def test_a_ratio_to_zero_is_an_error():
    """It names the time and both values."""
    with pytest.raises(ToolExecutionError, match=r"02\.000Z, for \(1, 0\): ZeroDivisionError"):
        try_tool(make("example", "aligned_correlation"), [1, 1], [1, 0])
