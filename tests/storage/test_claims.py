"""What somebody who asks for intervals may compute."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hyperstream.storage.claims import grant
from hyperstream.testing.times import over
from hyperstream.time_interval import TimeIntervals

_pairs = st.tuples(st.integers(0, 20), st.integers(1, 5)).map(lambda x: over(x[0], x[0] + x[1]))
_sets = st.lists(_pairs, max_size=4).map(TimeIntervals)


def test_an_example():
    """What is missing is granted, but for what others claim; leftovers are the dead's part."""
    answer = grant(
        wanted=TimeIntervals([over(0, 100)]),
        calculated=TimeIntervals([over(0, 10)]),
        claimed=TimeIntervals([over(20, 30)]),
        expired=TimeIntervals([over(5, 15), over(90, 200)]),
    )
    assert list(answer.granted) == [over(10, 20), over(30, 100)]
    assert list(answer.leftovers) == [over(10, 15), over(90, 100)]
    assert list(answer.busy) == [over(20, 30)]


@given(_sets, _sets, _sets, _sets)
def test_everything_is_accounted_for(wanted, calculated, claimed, expired):
    """What is wanted is calculated, granted or busy, never two of these."""
    answer = grant(wanted, calculated, claimed, expired)
    assert (calculated & wanted) + answer.granted + answer.busy == wanted
    assert (answer.granted & calculated).is_empty
    assert (answer.granted & answer.busy).is_empty
    assert (answer.busy & calculated).is_empty


@given(_sets, _sets, _sets, _sets)
def test_only_what_is_granted_is_cleared(wanted, calculated, claimed, expired):
    """Leftovers lie in what is granted and under an expired claim, and nowhere else."""
    answer = grant(wanted, calculated, claimed, expired)
    assert answer.leftovers == answer.granted & expired
