"""Values of plates are ordered and joined as their definition says."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream.utils.errors import IncompatiblePlatesError
from hyperstream.utils.utils import natural_key
from hyperstream.workflow import plate_values
from hyperstream.workflow.plate_values import combined, in_natural_order, joined

# Tags of a tree: two roots, with branches.
PATHS = [("a",), ("a", "b"), ("a", "b", "c"), ("a", "d"), ("a", "d", "e"), ("f",), ("f", "g")]


def naive(parts):
    """Join by trying all combinations: those that contradict each other nowhere."""
    found = []
    for values in itertools.product(*(values for _, values in parts)):
        pairs = list(dict.fromkeys(itertools.chain(*values)))
        if len(dict(pairs)) == len(pairs):
            found.append(tuple(pairs))
    return tuple(found)


@st.composite
def plates(draw):
    """Draw a path, and some values on it in any order."""
    path = draw(st.sampled_from(PATHS))
    data = st.tuples(*(st.sampled_from("12") for _ in path))
    rows = draw(st.lists(data, unique=True, max_size=5))
    return path, [tuple(zip(path, row, strict=True)) for row in rows]


@given(st.lists(plates(), max_size=4))
def test_joining_gives_what_trying_all_combinations_gives(parts):
    """The values of plates together are all combinations that agree, in the order of the plates."""
    assert joined(parts) == naive(parts)


def test_no_plates_have_one_value():
    """No plates at all have one value, the empty one; a plate without values leaves nothing."""
    assert joined([]) == ((),)
    assert joined([(("a",), []), (("f",), [(("f", "1"),)])]) == ()


def test_plates_with_nothing_in_common_form_all_combinations():
    """The last plate's values change fastest."""
    letters = [(("a", "1"),), (("a", "2"),)]
    others = [(("f", "1"),), (("f", "2"),)]
    assert joined([(("f",), others), (("a",), letters)]) == (
        (("f", "1"), ("a", "1")),
        (("f", "1"), ("a", "2")),
        (("f", "2"), ("a", "1")),
        (("f", "2"), ("a", "2")),
    )


def test_plates_below_one_are_joined_on_it():
    """Rooms and residents of a house go together, those of different houses do not."""
    rooms = [(("house", "1"), ("room", "hall")), (("house", "2"), ("room", "attic"))]
    residents = [(("house", "1"), ("resident", "2")), (("house", "3"), ("resident", "1"))]
    parts = [(("house", "room"), rooms), (("house", "resident"), residents)]
    assert joined(parts) == ((("house", "1"), ("room", "hall"), ("resident", "2")),)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_no_step_makes_more_than_the_result(monkeypatch, order):
    """Values that will find no partner are left out first: a join is never larger than its end."""
    wide = [(("a", "1"), ("b", str(n))) for n in range(100)]
    other = [(("a", "1"), ("d", str(n))) for n in range(100)]
    none = [(("a", "2"), ("x", "1"))]
    parts = [(("a", "b"), wide), (("a", "d"), other), (("a", "x"), none)]
    steps = []
    reduced = plate_values._reduced

    def watched(*arguments):
        steps.extend(reduced(*arguments))
        return steps

    monkeypatch.setattr(plate_values, "_reduced", watched)
    assert joined([parts[place] for place in order]) == ()
    assert steps[0] == []


def test_a_tag_at_two_places_is_refused():
    """A tag below another one in one plate, and elsewhere in another one, cannot be joined."""
    parts = [(("a", "b"), []), (("c", "b"), [])]
    with pytest.raises(IncompatiblePlatesError, match=r"'b'.*a\.b and c\.b"):
        joined(parts)
    with pytest.raises(IncompatiblePlatesError, match=r"b and a\.b"):
        joined([(("b",), []), (("a", "b"), [])])


def test_combined_values_have_each_pair_once():
    """The pairs of the first value come first; what contradicts is an error showing both."""
    one, two = (("a", "1"),), (("f", "2"), ("a", "1"))
    assert combined(one, two) == (("a", "1"), ("f", "2"))
    assert combined(two, one) == two
    assert combined((), one) == combined(one, ()) == one
    with pytest.raises(IncompatiblePlatesError, match=r"'1'.*'2'"):
        combined(one, (("a", "2"),))


def test_numbers_in_data_count_as_numbers():
    """House 2 comes before house 10, at each level, and words are in order of the alphabet."""
    data = ["10", "2", "room 10", "room 9", "b", "1.10", "1.9", "", "a1b2", "a1b10", "02"]
    order = ["", "1.9", "1.10", "02", "2", "10", "a1b2", "a1b10", "b", "room 9", "room 10"]
    assert sorted(data, key=natural_key) == order
    below = [(("h", one), ("r", two)) for one in ("10", "9") for two in ("10", "9")]
    assert in_natural_order(below) == below[::-1]


@given(st.lists(st.text(), unique=True), st.randoms())
def test_the_order_depends_on_the_values_only(data, random):
    """Any texts can be ordered, and what order they come in makes no difference."""
    values = [(("h", each),) for each in data]
    first = in_natural_order(values)
    random.shuffle(values)
    assert in_natural_order(values) == first
