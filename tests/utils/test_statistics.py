"""Histograms and percentiles are those of numpy, as plain values."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream.utils.statistics import histogram, percentile

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50)


@given(NUMBERS, st.lists(st.integers(-100, 100), min_size=1, unique=True).map(sorted))
def test_a_histogram_over_breaks_agrees_with_numpy(values, breaks):
    """Counts over [-inf, breaks, inf] are numpy's, and none is lost."""
    edges = [-inf, *breaks, inf]
    counts, given_edges = histogram(values, bins=edges)
    assert counts == np.histogram(values, bins=edges)[0].tolist()
    assert given_edges == edges
    assert sum(counts) == len(values)


@given(st.lists(st.integers(-1000, 1000), min_size=1), st.integers(1, 20))
def test_a_histogram_of_equal_bins_agrees_with_numpy(values, bins):
    """A number of bins, and a range for them, mean what they do in numpy."""
    for range_ in (None, (-100, 50)):
        counts, edges = histogram(values, bins, range_)
        expected_counts, expected_edges = np.histogram(values, bins, range_)
        assert counts == expected_counts.tolist()
        assert edges == expected_edges.tolist()


@given(NUMBERS, st.lists(st.floats(0, 100), min_size=1))
def test_percentiles_agree_with_numpy(values, percentages):
    """One percentage gives a number, several a list, as numpy computes them."""
    assert percentile(values, percentages) == np.percentile(values, percentages).tolist()
    assert percentile(values, percentages[0]) == np.percentile(values, percentages[0])


def test_results_are_plain_python_values():
    """Nothing of numpy is in the results, so that any stream can hold them."""
    counts, edges = histogram(np.arange(5), bins=[0, 2, 4])
    assert {type(item) for item in counts} == {int}
    assert {type(item) for item in edges} == {float}
    assert type(percentile(np.arange(5), 50)) is float
    assert {type(item) for item in percentile((1, 2), (0, 50))} == {float}


def test_what_has_no_answer_is_refused():
    """No values, percentages beyond 100, and edges that descend are ValueErrors."""
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)
    with pytest.raises(ValueError, match="100"):
        percentile([1], 101)
    with pytest.raises(ValueError, match="monotonically"):
        histogram([1], bins=[2, 1])


def test_an_empty_histogram_counts_nothing():
    """No values give zeros; values that are no numbers are in no bin."""
    assert histogram([], bins=[0, 1, 2])[0] == [0, 0]
    assert histogram([nan, 1.5], bins=[0, 1, 2])[0] == [0, 1]
