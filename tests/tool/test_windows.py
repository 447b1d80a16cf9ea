"""Windows, and the data that lie in them."""

from __future__ import annotations

import re
import tracemalloc
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream._time import MAX_MS, MIN_MS
from hyperstream.channels import MemoryChannel
from hyperstream.stream import Batch
from hyperstream.time_interval import RelativeTimeInterval, TimeInterval, TimeIntervals
from hyperstream.tool import windows as module
from hyperstream.tool.windows import Offsets, constant_reach, frames
from tests.tool.streams import CountingChannel, filled

WHOLE = TimeInterval.from_ms(0, 1000)
PAIRS = st.tuples(st.integers(-200, 200), st.integers(1, 150)).map(lambda p: (p[0], p[0] + p[1]))


def window_stream(channel, pairs):
    """Make a stream of windows, given as (start, end) in milliseconds."""
    return filled(channel, "windows", [TimeInterval.from_ms(*pair) for pair in pairs])


def contents(windows, data):
    """Return what lies in each window, by the window's timestamp."""
    found = {}
    for frame in frames(windows, data, WHOLE):
        lists = frame.cut(frame.values, slice(None))
        found |= dict(zip(frame.stamps.tolist(), lists, strict=True))
    return found


@given(
    pairs=st.lists(PAIRS, max_size=20),
    stamps=st.sets(st.integers(-250, 400), max_size=60),
    size=st.integers(1, 20),
    least=st.integers(1, 30),
)
def test_a_window_holds_what_lies_in_it(pairs, stamps, size, least):
    """Whatever their order and overlap, each window has all data in (start, end], and no other."""
    channel = CountingChannel(size)
    data = filled(channel, "data", {stamp: stamp for stamp in sorted(stamps)})
    windows = window_stream(channel, pairs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_SIZE", least)
        found = contents(windows, data)
    expected = {
        place: [stamp for stamp in sorted(stamps) if start < stamp <= end]
        for place, (start, end) in enumerate(pairs, start=1)
    }
    assert found == expected


def test_nothing_is_read_outside_of_windows():
    """Gaps between windows are not read, nor computed where a tool makes the data."""
    channel = CountingChannel()
    data = filled(channel, "data", range(100))
    contents(window_stream(channel, [(50, 60), (10, 20), (20, 30), (12, 15), (55, 70)]), data)
    assert channel.reads[1:] == [TimeInterval.from_ms(10, 30), TimeInterval.from_ms(50, 70)]


def test_windows_come_in_the_order_of_their_ends():
    """So the results of windows in order come in order, and can be stored at once."""
    channel = MemoryChannel("memory")
    data = filled(channel, "data", range(10))
    windows = window_stream(channel, [(0, 5), (0, 9), (1, 6), (2, 6)])
    found = list(frames(windows, data, WHOLE))
    assert [frame.stamps.tolist() for frame in found] == [[1, 3, 4, 2]]
    assert found[0].windows["end"].tolist() == [5, 6, 6, 9]


def test_memory_grows_with_the_window_and_not_with_the_interval():
    """Four times the data and windows take no more memory at a time."""
    peaks = []
    for count in (20_000, 80_000):
        channel = MemoryChannel("memory")
        data = filled(channel, "data", dict.fromkeys(range(1, count), 0.5))
        windows = channel.create_stream("windows")
        around = Offsets(-0.060, 0).around(np.arange(1, count, dtype=np.int64))
        channel.write_batches([(windows, around)])
        interval = TimeInterval.from_ms(0, count)
        windows.calculated_intervals = TimeIntervals([interval])
        tracemalloc.start()
        for frame in frames(windows, data, interval):
            assert len(frame.instances) <= 4096 + 60
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


def test_large_windows_are_read_in_linear_time():
    """A window far larger than a batch does not have its rows joined again and again."""
    channel = CountingChannel(10)
    data = filled(channel, "data", range(2000))
    windows = window_stream(channel, [(0, 2000)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_SIZE", 10)
        joined = []
        concatenated = module.concatenated
        patch.setattr(
            module,
            "concatenated",
            lambda parts: joined.append(sum(map(len, parts))) or concatenated(parts),
        )
        contents(windows, data)
    assert sum(joined) < 3 * 2000


def test_long_windows_share_what_is_read():
    """A few rows are read for each window, however many lie in it."""
    channel = CountingChannel(10)
    data = filled(channel, "data", range(2000))
    windows = window_stream(channel, [(end - 500, end) for end in range(1, 2001)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_SIZE", 10)
        found = list(frames(windows, data, TimeInterval.from_ms(0, 2000)))
    assert sum(len(frame.windows) for frame in found) == 2000
    assert channel.rows < 5 * 2000


@pytest.mark.parametrize("value", ["noon", 3, None, RelativeTimeInterval(-1, 0)])
def test_what_is_no_window_is_refused(value):
    """The error names the time and what is there."""
    channel = MemoryChannel("memory")
    windows = filled(channel, "windows", [TimeInterval.from_ms(0, 1), value])
    message = f"01T00:00:00.002Z it holds {re.escape(repr(value)[:20])}"
    with pytest.raises(TypeError, match=message):
        list(frames(windows, filled(channel, "data", []), WHOLE))


def test_offsets_make_windows_around_times():
    """The window of t is (t + lower, t + upper], to the millisecond."""
    found = Offsets(timedelta(seconds=-2), 0.5).around(np.array([0, 10_000]))
    assert found.timestamps.tolist() == [0, 10_000]
    assert found.value_list() == [
        TimeInterval.from_ms(-2000, 500),
        TimeInterval.from_ms(8000, 10_500),
    ]


def test_windows_are_cut_at_the_ends_of_time():
    """And where nothing is left of one, there is none."""
    around = Offsets(-60, -30).around(np.array([MIN_MS + 20_000, MIN_MS + 40_000]))
    assert around.timestamps.tolist() == [MIN_MS + 40_000]
    assert around.value_list() == [TimeInterval.from_ms(MIN_MS, MIN_MS + 10_000)]
    assert Offsets(0, 60).around(np.array([MAX_MS - 1])).value_list()[0].end_ms == MAX_MS


@pytest.mark.parametrize(("lower", "upper"), [(0, 0), (1, -1), (0, 0.0001)])
def test_offsets_leave_room(lower, upper):
    """A window that ends where it starts, or before, is refused."""
    with pytest.raises(ValueError, match=r"must start .* before it ends"):
        Offsets(lower, upper)


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [(-60, 0, (40_000, 200_000)), (-60, -30, (40_000, 200_000)), (30, 60, (100_000, 260_000))],
)
def test_the_reach_covers_windows_and_their_data(lower, upper, expected):
    """Where the tool that makes the windows is known, so is how far they reach."""

    class SlidingWindow:
        name = "sliding_window"

    tool = SlidingWindow()
    tool.lower, tool.upper = lower, upper
    windows = MemoryChannel("memory").create_stream("windows")
    interval = TimeInterval.from_ms(100_000, 200_000)
    assert constant_reach(interval, windows) is None
    windows.set_tool_reference(tool)
    assert constant_reach(interval, windows) == TimeInterval.from_ms(*expected)


def test_windows_of_another_tool_may_reach_anywhere():
    """Attributes of the same names may mean something else there."""

    class Threshold:
        name = "threshold"
        lower, upper = -1, 1

    windows = MemoryChannel("memory").create_stream("windows")
    windows.set_tool_reference(Threshold())
    assert constant_reach(WHOLE, windows) is None


def test_an_empty_stream_of_windows_gives_nothing():
    """Nothing is read then."""
    channel = CountingChannel()
    windows, data = filled(channel, "windows", []), filled(channel, "data", range(5))
    assert list(frames(windows, data, WHOLE)) == []
    assert channel.rows == 0


def test_rows_keep_their_compact_form():
    """Numbers stay in arrays from the store to the tool."""
    channel = MemoryChannel("memory")
    data = filled(channel, "data", [0.5] * 50)
    (frame,) = frames(window_stream(channel, [(0, 20), (10, 30)]), data, WHOLE)
    assert isinstance(frame.rows, Batch)
    assert frame.rows.values.dtype == np.float64
