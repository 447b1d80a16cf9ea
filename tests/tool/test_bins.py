"""Breaks and percentages are checked when a tool is made."""

from __future__ import annotations

import math

import pytest

from hyperstream.tool.bins import category, edges, percentages

INF = math.inf


def test_bins_reach_from_end_to_end():
    """Between them are the breaks, given or counted."""
    assert edges(0, 1, 101, None) == [-INF, *range(101), INF]
    assert edges(0.5, 0.25, 3, None) == [-INF, 0.5, 0.75, 1.0, INF]
    assert edges(0, 1, 101, (3, 7)) == [-INF, 3, 7, INF]


@pytest.mark.parametrize(
    "arguments",
    [
        (0, 1, 0, None),
        (0, 0, 2, None),
        (0, -1, 2, None),
        (0, 1, 1, []),
        (0, 1, 1, [1, 1]),
        (0, 1, 1, [2, 1]),
        (0, 1, 1, [math.nan]),
        (0, 1, 1, [0, INF]),
    ],
)
def test_breaks_are_finite_and_ascend(arguments):
    """Others are refused."""
    with pytest.raises(ValueError, match="histogram"):
        edges(*arguments)


def test_a_category_is_a_key_in_a_database():
    """Text without dots and dollars."""
    assert category(1.5) == "1__dot__5"
    assert category("$a.b") == "__dollar__a__dot__b"


def test_percentages_are_given_or_counted():
    """One may come alone."""
    assert percentages(4, None) == [0, 25, 50, 75, 100]
    assert percentages(100, None)[29] == 29
    assert percentages(1, 12.5) == [12.5]
    assert percentages(1, (5, 95)) == [5, 95]


@pytest.mark.parametrize(
    "arguments", [(0, None), (1, []), (1, -1), (1, [50, 101]), (1, [math.nan])]
)
def test_percentages_lie_between_0_and_100(arguments):
    """Others are refused."""
    with pytest.raises(ValueError, match=r"segments must be 1|between 0 and 100"):
        percentages(*arguments)
