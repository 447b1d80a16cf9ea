"""aligned_merge and product bring streams together, time by time."""

from __future__ import annotations

from math import inf

import pytest

from hyperstream.testing import try_tool
from hyperstream.utils.errors import ToolExecutionError
from tests.tools import CHANNEL, make

VERSIONS = list(CHANNEL.versions["aligned_merge"])
LATER = VERSIONS[1:]


@pytest.mark.parametrize("version", VERSIONS)
def test_values_become_tuples_or_dicts(version):
    """In the order of the sources."""
    sources = [1, 2], ["a", "b"], [None, 0.5]
    tuples = try_tool(make("aligned_merge", version), *sources)
    assert tuples == {1: (1, "a", None), 2: (2, "b", 0.5)}
    dicts = try_tool(make("aligned_merge", version, names=["x", "y", "z"]), *sources)
    assert dicts == {n: dict(zip("xyz", values, strict=True)) for n, values in tuples.items()}


@pytest.mark.parametrize("version", LATER)
def test_times_that_a_source_lacks_are_left_out(version):
    """Only those that all sources have are there."""
    merged = try_tool(
        make("aligned_merge", version), [1, 2, 3], {2: "b", 3: "c", 4: "d"}, {3: 0, 5: 0}
    )
    assert merged == {3: (3, "c", 0)}


def test_the_earliest_version_wants_equal_times():
    """Anything else is a ValueError that says what is missing where."""
    with pytest.raises(
        ToolExecutionError, match=r"00:00:02\.000Z .* nothing in memory:source 2"
    ) as e:
        try_tool(make("aligned_merge", "0.0.1"), [1, 2], [1])
    assert isinstance(e.value.__cause__, ValueError)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("names", [[], ["a"], ["a", "b", "c"], ["a", "a"]])
def test_names_must_fit_the_sources(version, names):
    """A wrong number of names is a TypeError."""
    with pytest.raises(ToolExecutionError, match="names must be as many as the sources") as caught:
        try_tool(make("aligned_merge", version, names=names), [1], [2])
    assert isinstance(caught.value.__cause__, TypeError)


@pytest.mark.parametrize("version", VERSIONS)
def test_any_number_of_sources_will_do(version):
    """None give nothing, and one gives tuples of one."""
    assert try_tool(make("aligned_merge", version), seconds=3) == {}
    assert try_tool(make("aligned_merge", version), [5]) == {1: (5,)}


def test_a_product_multiplies():
    """Ints stay ints, however large, and floats floats."""
    assert try_tool(make("product"), [2, 2**40], [0.5, 2**40]) == {1: 1.0, 2: 2**80}


def test_a_product_of_floats_is_that_of_python():
    """Beyond the largest and the smallest float, too, and without a warning."""
    left, right = [0.1, 1e300, -5e-324, inf], [3.0, 1e300, 0.1, 0.0]
    pairs = zip(left, right, strict=True)
    products = try_tool(make("product"), left, right)
    expected = {row: one * another for row, (one, another) in enumerate(pairs, 1)}
    assert repr(products) == repr(expected)


@pytest.mark.parametrize(
    ("left", "right", "message"),
    [
        ([1, 2], [1], r"02\.000Z there is nothing in memory:source 2"),
        ({2: 1}, [1, 1], r"01\.000Z there is nothing in memory:source 1"),
        ([1, "a"], [1, "b"], r"02\.000Z, for \('a', 'b'\): TypeError"),
    ],
)
def test_a_product_needs_equal_times_and_numbers(left, right, message):
    """Other times, another length, and other values are errors that say where."""
    with pytest.raises(ToolExecutionError, match=message):
        try_tool(make("product"), left, right)


def test_a_product_has_two_sources():
    """No more, no fewer."""
    with pytest.raises(ToolExecutionError, match="takes 2 source streams, not 3"):
        try_tool(make("product"), [1], [2], [3])
