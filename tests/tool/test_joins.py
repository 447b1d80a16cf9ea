"""Reading several streams side by side."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream.channels import MemoryChannel
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import joins
from hyperstream.tool.joins import (
    check_names,
    grouped,
    matched,
    merged,
    rows,
    side_by_side,
    strictly_matched,
)
from tests.tool.streams import CountingChannel, filled

WHOLE = TimeInterval.from_ms(0, 100)
STREAMS = st.lists(
    st.dictionaries(st.integers(1, 100), st.integers() | st.text(max_size=2), max_size=30),
    min_size=1,
    max_size=5,
)


def sources(data, size=None):
    """Make a stream of each dict."""
    channel = CountingChannel(size)
    return [filled(channel, f"stream {n}", content) for n, content in enumerate(data)]


@pytest.fixture(autouse=True)
def small_stretches(monkeypatch):
    """Read few rows at once, so that there is more than one stretch."""
    monkeypatch.setattr(joins, "_SMALLEST", 1)
    monkeypatch.setattr(joins, "_LARGEST", 4)


@given(data=STREAMS, size=st.integers(1, 7))
def test_stretches_cover_everything_once_and_in_order(data, size):
    """Each source's rows come back, and a stretch begins where the last one ends for all."""
    collected = [[] for _ in data]
    last = 0
    for parts in side_by_side(sources(data, size), WHOLE):
        stamps = [stamp for part in parts for stamp in part.timestamps.tolist()]
        assert last < min(stamps)
        last = max(stamps)
        for part, so_far in zip(parts, collected, strict=True):
            so_far.extend(zip(part.timestamps.tolist(), part.value_list(), strict=True))
    assert collected == [sorted(content.items(), key=lambda row: row[0]) for content in data]


@given(data=STREAMS, size=st.integers(1, 7))
def test_matched_is_the_intersection(data, size):
    """Exactly the times that all streams have are there, with the values of each."""
    found = {}
    for parts in matched(sources(data, size), WHOLE):
        found |= dict(zip(parts[0].timestamps.tolist(), rows(parts, None), strict=True))
    common = sorted(set.intersection(*map(set, data)))
    assert found == {stamp: tuple(content[stamp] for content in data) for stamp in common}
    assert list(found) == common


@given(data=STREAMS, size=st.integers(1, 7))
def test_grouped_is_the_union(data, size):
    """Every time that any stream has is there, with the values in the order of the streams."""
    found = [
        (stamp, group)
        for stamps, groups in grouped(sources(data, size), WHOLE)
        for stamp, group in zip(stamps.tolist(), groups, strict=True)
    ]
    every = sorted(set.union(*map(set, data)))
    assert found == [(t, [content[t] for content in data if t in content]) for t in every]


def test_merged_is_one_stream_in_order():
    """Equal times keep the order of the sources."""
    found = list(merged(sources([{1: "a", 5: "b"}, {1: "c", 3: "d"}]), WHOLE))
    assert [value for batch in found for value in batch.value_list()] == ["a", "c", "d", "b"]


def test_strict_matching_accepts_equal_times():
    """It then gives what matching gives."""
    data = [dict.fromkeys(range(1, 20), 1), dict.fromkeys(range(1, 20), "x")]
    found = list(strictly_matched(sources(data), WHOLE))
    assert sum(len(parts[0]) for parts in found) == 19


@pytest.mark.parametrize(
    ("data", "stamp", "name"),
    [
        ([{1: 0, 2: 0, 3: 0}, {1: 0, 3: 0}], "00.002Z", "stream 1"),
        ([{1: 0}, {1: 0, 2: 0}], "00.002Z", "stream 0"),
        ([{}, {7: 0}, {}], "00.007Z", "stream 0, memory:stream 2"),
        ([dict.fromkeys(range(1, 20), 0), dict.fromkeys(range(1, 19), 0)], "00.019Z", "stream 1"),
    ],
)
def test_strict_matching_names_what_is_missing(data, stamp, name):
    """The first time that is not in all streams is named, with the streams that lack it."""
    with pytest.raises(ValueError, match=f"{stamp} there is nothing in memory:{name}\\.$"):
        list(strictly_matched(sources(data), WHOLE))


def test_no_sources_give_nothing():
    """There is no time that no stream has."""
    assert list(matched([], WHOLE)) == list(merged([], WHOLE)) == []


def test_one_stream_may_come_twice():
    """Each place reads it for itself."""
    stream = filled(MemoryChannel("memory"), "numbers", range(9))
    found = [pair for parts in matched([stream, stream], WHOLE) for pair in rows(parts, "ab")]
    assert found == [{"a": n, "b": n} for n in range(9)]


def test_reading_keeps_to_a_few_rows_whatever_the_rates():
    """A dense stream is not read ahead of a sparse one, nor a sparse one all at once."""
    dense, sparse = CountingChannel(), CountingChannel()
    streams = [
        filled(dense, "dense", dict.fromkeys(range(1, 10_001), 0)),
        filled(sparse, "sparse", dict.fromkeys(range(100, 10_001, 100), 0)),
    ]
    handed_on = 0
    for parts in side_by_side(streams, TimeInterval.from_ms(0, 10_000)):
        handed_on += sum(map(len, parts))
        assert dense.rows + sparse.rows - handed_on <= 8


def test_names_fit_the_sources():
    """Too few, too many and double names are refused."""
    check_names(None, [1, 2])
    check_names(["a", "b"], [1, 2])
    for wrong in (["a"], ["a", "b", "c"], ["a", "a"]):
        with pytest.raises(TypeError, match="as many as the sources, and all different"):
            check_names(wrong, [1, 2])
