"""sliding_window and aligning_window give windows around times."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from hyperstream.testing import try_tool
from hyperstream.time_interval import UTC, TimeInterval
from tests.tools import make

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def pairs(windows):
    """Return start and end of each window, in seconds."""
    return {
        second: (window.start_ms / 1000, window.end_ms / 1000) for second, window in windows.items()
    }


def test_a_window_slides_along_a_grid():
    """At each time t of the grid it is (t + lower, t + upper]."""
    tool = make("sliding_window", first=EPOCH, lower=-10.0, upper=-2.5, increment=2.0)
    assert pairs(try_tool(tool, seconds=5)) == {2: (-8, -0.5), 4: (-6, 1.5)}


def test_windows_are_there_also_in_an_interval_shorter_than_they_are():
    """The grid does not depend on what is asked for."""
    tool = make("sliding_window", lower=-60.0, increment=1.0)
    assert pairs(try_tool(tool, seconds=1)) == {1: (-59, 1)}


def test_a_window_may_look_ahead():
    """Both offsets may be positive."""
    tool = make("sliding_window", lower=1.0, upper=timedelta(seconds=3), increment=1.0)
    assert pairs(try_tool(tool, seconds=1)) == {1: (2, 4)}


def test_each_instance_gets_its_window():
    """Whatever its value; by default it is the second before."""
    assert pairs(try_tool(make("aligning_window"), {1: "a", 7.5: None})) == {
        1: (0, 1),
        7.5: (6.5, 7.5),
    }
    tool = make("aligning_window", lower=-2, upper=1)
    assert try_tool(tool, {5: 0}) == {5: TimeInterval.from_ms(3000, 6000)}


@pytest.mark.parametrize("name", ["sliding_window", "aligning_window"])
def test_a_window_has_a_length(name):
    """Wrong offsets are refused when the tool is made."""
    with pytest.raises(ValueError, match=r"must start \(lower=0\) before it ends \(upper=0\)"):
        make(name, lower=0, upper=0)


def test_an_increment_has_a_length():
    """So that there is an end to windows."""
    with pytest.raises(ValueError, match="stride must be at least"):
        make("sliding_window", increment=0)
