"""sliding_listify gives what lies in a window as a list."""

from __future__ import annotations

from hyperstream.stream import StreamInstance
from hyperstream.testing import try_tool
from hyperstream.time_interval import TimeInterval
from tests.tools import make

WINDOWS = {
    1: TimeInterval.from_ms(500, 2000),
    2: TimeInterval.from_ms(2500, 2999),
    3: TimeInterval.from_ms(1000, 3000),
}


def test_a_window_becomes_the_list_of_its_values():
    """An empty one becomes nothing."""
    assert try_tool(make("sliding_listify"), WINDOWS, ["a", "b", "c"]) == {
        1: ["a", "b"],
        3: ["b", "c"],
    }
    assert try_tool(make("sliding_listify"), WINDOWS, [1.0, 2.0, 3.0])[3] == [2.0, 3.0]


def test_the_list_may_hold_instances():
    """With their timestamps."""
    found = try_tool(make("sliding_listify", include_time=True), WINDOWS, ["a", "b", "c"])
    assert [type(item) for item in found[1]] == [StreamInstance] * 2
    assert [(item.timestamp.second, item.value) for item in found[3]] == [(2, "b"), (3, "c")]
