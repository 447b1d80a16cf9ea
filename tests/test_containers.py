"""Objects print and compare by their public state, and dictionaries keep their rules."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream import _containers
from hyperstream.utils import containers
from hyperstream.utils.containers import (
    FrozenKeyDict,
    Hashable,
    KeyDuplicationError,
    Printable,
    TypedBiDict,
    TypedFrozenKeyDict,
    ValueDuplicationError,
)
from hyperstream.utils.errors import HyperStreamError


class Thing(Printable, Hashable):
    """Has public attributes, and a private one that does not count."""

    def __init__(self, **state):
        self.__dict__.update(state)
        self._private = object()


class Other(Thing):
    """Differs from Thing by nothing but its class."""


class Slotted(Printable, Hashable):
    """Keeps its state in slots."""

    __slots__ = ("_private", "a", "unset")

    def __init__(self, a):
        self.a = a
        self._private = object()


class SquareDict(FrozenKeyDict):
    """Keeps its items in a list instead of the dictionary of its base."""

    def __init__(self):
        self.items_kept = []

    def __contains__(self, key):
        return any(key == kept for kept, _ in self.items_kept)

    def __getitem__(self, key):
        return dict(self.items_kept)[key]

    def __setitem__(self, key, value):
        self.items_kept.append((key, value))

    def __delitem__(self, key):
        self.items_kept = [item for item in self.items_kept if item[0] != key]

    def __iter__(self) -> Iterator:
        return (key for key, _ in self.items_kept)

    def __len__(self):
        return len(self.items_kept)


LEAVES = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from("xy")
STATES = st.dictionaries(
    st.sampled_from("abc"),
    st.recursive(
        LEAVES,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)
            | st.sets(st.integers(), max_size=3)
        ),
        max_leaves=6,
    ),
)


def test_the_public_names_are_handed_on():
    """utils.containers gives the very classes of the lowest layer."""
    assert all(
        getattr(containers, name) is getattr(_containers, name) for name in containers.__all__
    )


def test_a_printable_shows_its_public_state():
    """The class and the public attributes are shown, by name in order."""
    assert repr(Thing(b="x", a=1)) == "Thing(a=1, b='x')"
    assert str(Slotted([1])) == "Slotted(a=[1])"


@given(STATES, STATES)
def test_equality_and_hash_follow_from_the_public_state(first, second):
    """Objects are equal exactly when their states are, and then their hashes are."""
    assert (Thing(**first) == Thing(**second)) == (first == second)
    same = Thing(**dict(reversed(first.items())))
    assert Thing(**first) == same
    assert hash(Thing(**first)) == hash(same)
    assert (hash(Thing(**first)) == hash(Thing(**second))) or first != second


def test_another_class_is_another_thing():
    """Equal state in another class is not equal."""
    assert Thing(a=1) != Other(a=1)
    assert Thing(a=1) != {"a": 1}
    assert Slotted(1) == Slotted(1) != Slotted(2)


def test_arrays_compare_by_content():
    """Arrays are equal with equal content, type and shape."""
    assert Thing(a=np.arange(3)) == Thing(a=np.arange(3))
    assert hash(Thing(a=np.arange(3))) == hash(Thing(a=np.arange(3)))
    assert Thing(a=np.arange(4)) != Thing(a=np.arange(4).reshape(2, 2))


def test_what_has_no_hash_still_compares():
    """A value with equality but no hash takes part in equality."""

    class NoHash:
        def __init__(self, x):
            self.x = x

        def __eq__(self, other):
            return self.x == other.x

        __hash__ = None

    assert Thing(a=NoHash(1)) == Thing(a=NoHash(1)) != Thing(a=NoHash(2))
    assert len({Thing(a=NoHash(1)), Thing(a=NoHash(1)), Thing(a=NoHash(2))}) == 2


def test_a_key_is_set_once():
    """A second value for a key is an error that names the key, and changes nothing."""
    frozen = FrozenKeyDict({"a": {"x": 1}}, b=2)
    with pytest.raises(KeyDuplicationError, match="Key 'a' is already set") as caught:
        frozen["a"] = {"y": 2}
    assert isinstance(caught.value, KeyError)
    assert isinstance(caught.value, HyperStreamError)
    assert caught.value.key == "a"
    with pytest.raises(KeyDuplicationError):
        frozen.update(b=2)
    assert dict(frozen) == {"a": {"x": 1}, "b": 2}
    assert repr(frozen) == "FrozenKeyDict({'a': {'x': 1}, 'b': 2})"


def test_a_deleted_key_can_be_set_again():
    """Deleting a key frees it."""
    frozen = FrozenKeyDict(a=1)
    del frozen["a"]
    frozen["a"] = 2
    assert frozen == {"a": 2}
    assert len(frozen) == 1


def test_a_subclass_may_keep_its_items_elsewhere():
    """All of a mapping works on another storage."""
    squares = SquareDict()
    squares.update({2: 4, 3: 9})
    assert squares.pop(2) == 4
    assert list(squares.items()) == [(3, 9)]
    assert repr(squares) == "SquareDict({3: 9})"


def test_a_typed_dictionary_refuses_other_keys():
    """A key of another type is a TypeError, a repeated one is a repeated one."""
    typed = TypedFrozenKeyDict(str, a=1)
    with pytest.raises(TypeError, match="key of type str, not 1"):
        typed[1] = 1
    with pytest.raises(KeyDuplicationError):
        typed["a"] = 1
    assert dict(typed) == {"a": 1}


def test_a_bidirectional_dictionary_leads_both_ways():
    """Keys lead to values and values to keys, also after replacing and deleting."""
    both = TypedBiDict(str, int, {"one": 1}, two=2)
    assert (both["one"], both.inverse[2]) == (1, "two")
    both["one"] = 11
    del both["two"]
    assert dict(both) == {"one": 11}
    assert dict(both.inverse) == {11: "one"}
    assert len(both) == 1
    assert repr(both) == "TypedBiDict({'one': 11})"


def test_a_value_is_there_once():
    """A repeated value is an error that names the key it has, and changes nothing."""
    both = TypedBiDict(str, int, one=1)
    for key in ("one", "uno"):
        with pytest.raises(
            ValueDuplicationError, match=r"Value 1 is already there.*'one'"
        ) as caught:
            both[key] = 1
        assert isinstance(caught.value, ValueError)
    assert dict(both) == {"one": 1}


def test_a_bidirectional_dictionary_refuses_other_types():
    """Keys and values of another type are TypeErrors."""
    both = TypedBiDict(str, int)
    with pytest.raises(TypeError, match="key of type str"):
        both[1] = 1
    with pytest.raises(TypeError, match="value of type int"):
        both["one"] = "1"
    assert not both


def test_its_errors_can_be_sent_to_another_process():
    """Pickled errors come back with message and data."""
    error = pickle.loads(pickle.dumps(KeyDuplicationError("Key 1 is there.", key=1)))  # noqa: S301
    assert (type(error), str(error), error.key) == (KeyDuplicationError, "Key 1 is there.", 1)
