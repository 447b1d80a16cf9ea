"""Series in memory: sorted columns that grow."""

from __future__ import annotations

import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream.storage.batch import Batch
from hyperstream.storage.memory import MemorySeries
from hyperstream.utils.errors import DuplicateInstanceError
from tests.interrupts import interrupted

EVERYTHING = (-(2**62), 2**62)
_batches = st.lists(
    st.lists(
        st.tuples(st.integers(0, 40), st.one_of(st.just(1.5), st.just(7), st.just("x"))),
        unique_by=lambda item: item[0],
        max_size=6,
    ),
    max_size=8,
)


def rows(series):
    """All rows as pairs."""
    batch = series.rows(*EVERYTHING)
    return list(zip(batch.timestamps.tolist(), batch.value_list(), strict=True))


def of(items):
    """A batch of pairs."""
    return Batch.of([stamp for stamp, _ in items], [value for _, value in items])


@given(_batches)
def test_writing_is_a_dictionary(batches):
    """Any batches in any order leave what a dictionary would hold; what is new is reported."""
    series, expected = MemorySeries(), {}
    for items in batches:
        new = {stamp: value for stamp, value in items if stamp not in expected}
        if all(expected[s] == v and type(expected[s]) is type(v) for s, v in items if s not in new):
            assert series.write(of(items)).tolist() == sorted(new)
            expected |= new
        else:
            with pytest.raises(DuplicateInstanceError):
                series.write(of(items))
    assert rows(series) == sorted(expected.items())
    assert len(series) == len(expected)


@given(st.sets(st.integers(0, 30)), st.integers(-5, 35), st.integers(-5, 35), st.integers(0, 6))
def test_queries_are_slices(stamps, start, end, n):
    """`rows`, `head`, `tail` and `read` give what lies in (start, end]."""
    series = MemorySeries()
    series.write(of([(stamp, float(stamp)) for stamp in sorted(stamps)]))
    expected = [stamp for stamp in sorted(stamps) if start < stamp <= end]
    assert series.rows(start, end).timestamps.tolist() == expected
    assert series.head(start, end, n).timestamps.tolist() == expected[:n]
    assert series.tail(start, end, n).timestamps.tolist() == expected[max(len(expected) - n, 0) :]
    parts = [part.timestamps.tolist() for part in series.read(start, end, n + 1)]
    assert [stamp for part in parts for stamp in part] == expected
    assert all(len(part) <= n + 1 for part in parts)


@given(st.sets(st.integers(0, 30)), st.integers(-5, 35), st.integers(-5, 35))
def test_deleting_an_interval_leaves_the_rest(stamps, start, end):
    """`delete` removes what lies in (start, end] and says how many."""
    series = MemorySeries()
    series.write(of([(stamp, str(stamp)) for stamp in sorted(stamps)]))
    gone = {stamp for stamp in stamps if start < stamp <= end}
    assert series.delete(start, end) == len(gone)
    assert rows(series) == [(stamp, str(stamp)) for stamp in sorted(stamps - gone)]


@given(st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)))
def test_deleting_single_instances_leaves_the_rest(stamps, unwanted):
    """`delete_at` removes what is there of the timestamps given, and says how many."""
    series = MemorySeries()
    series.write(of([(stamp, stamp) for stamp in sorted(stamps)]))
    removed = series.delete_at(np.array(sorted(unwanted), dtype=np.int64))
    assert removed == len(stamps & unwanted)
    assert rows(series) == [(stamp, stamp) for stamp in sorted(stamps - unwanted)]


@pytest.mark.parametrize("later", [4.5, "text", 7, None])
def test_what_was_read_stays(later):
    """A batch that was read never changes, whatever is written or deleted afterwards."""
    series = MemorySeries()
    series.write(of([(1, 1.5), (2, 2.5), (3, 3.5)]))
    before = series.rows(*EVERYTHING)
    copy = (before.timestamps.tolist(), before.value_list())
    series.write(of([(4, later)]))
    series.write(of([(0, later)]))
    series.delete(0, 2)
    series.write(of([(1, later), (9, later)]))
    assert (before.timestamps.tolist(), before.value_list()) == copy


def test_what_was_written_may_be_used_again():
    """Changing the columns of a batch after writing does not reach the series."""
    stamps, values = np.array([1, 2]), ["a", "b"]
    series = MemorySeries()
    series.write(Batch(stamps, values))
    stamps[:] = 0
    values.append("c")
    assert rows(series) == [(1, "a"), (2, "b")]


def test_a_conflict_stores_nothing():
    """A batch with a conflict leaves the series as it was; `check` raises the same error."""
    series = MemorySeries("weather")
    series.write(of([(2, 2)]))
    batch = of([(1, 1), (2, 3), (4, 4)])
    for refuse in (series.check, series.write):
        with pytest.raises(DuplicateInstanceError, match="weather"):
            refuse(batch)
    assert rows(series) == [(2, 2)]


def test_checking_stores_nothing():
    """`check` of a batch that could be written does not write it."""
    series = MemorySeries()
    series.check(of([(1, 1), (3, 3)]))
    assert len(series) == 0


def test_values_are_held_by_reference():
    """Objects are not copied: what is read is what was written."""
    series = MemorySeries()
    value = [object()]
    series.write(of([(1, value)]))
    assert series.find(1).value_list()[0] is value


def test_a_reader_is_not_disturbed_by_a_writer():
    """A series may grow and shrink while it is read; every batch is as it was at its time."""
    series = MemorySeries()
    series.write(of([(stamp, stamp) for stamp in range(10)]))
    found = []
    for batch in series.read(-1, 100, 3):
        found += batch.timestamps.tolist()
        if len(found) == 3:
            series.delete(2, 5)
            series.write(of([(20, 20)]))
    assert found == [0, 1, 2, 6, 7, 8, 9, 20]


def test_threads_write_together():
    """Several threads that write at once lose nothing."""
    series = MemorySeries()

    def write(offset):
        for number in range(200):
            series.write(of([(number * 4 + offset, offset)]))

    threads = [threading.Thread(target=write, args=(offset,)) for offset in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows(series) == [(stamp, stamp % 4) for stamp in range(800)]


def test_a_million_numbers_take_little_memory():
    """A million floats, written in parts, take less than 40 MB."""
    series = MemorySeries()
    tracemalloc.start()
    try:
        for start in range(0, 1_000_000, 10_000):
            stamps = np.arange(start, start + 10_000)
            series.write(Batch(stamps, stamps * 0.5))
        current, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(series) == 1_000_000
    assert current < 40_000_000


def test_clearing_removes_everything():
    """After `clear` a series is as new, and takes values of any type."""
    series = MemorySeries()
    series.write(of([(1, 1.5)]))
    series.clear()
    assert len(series) == 0
    series.write(of([(1, "text")]))
    assert rows(series) == [(1, "text")]


def test_what_an_interrupt_leaves_shifts_nothing():
    """After an interrupted write, what is appended stands at its own timestamp."""

    def make():
        series = MemorySeries()
        series.write(of([(1, "1"), (2, "2")]))
        return series

    for series in interrupted(make, lambda series: series.write(of([(3, "3"), (4, "4")]))):
        series.write(of([(5, "5")]))
        assert all(value == str(stamp) for stamp, value in rows(series))
        series.write(of([(3, "3"), (4, "4")]))
        assert [stamp for stamp, _ in rows(series)] == [1, 2, 3, 4, 5]
