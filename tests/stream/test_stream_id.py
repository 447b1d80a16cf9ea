"""Stream identifiers."""

from __future__ import annotations

import json
import pickle
from types import MappingProxyType

import pytest

from hyperstream.stream import StreamId, get_stream_id


def test_the_order_of_meta_data_does_not_count():
    """Ids with equal pairs are equal and hash equal; the order given is kept for display."""
    one = StreamId("a", (("x", "1"), ("y", "2")))
    other = StreamId("a", (("y", "2"), ("x", "1")))
    assert one == other
    assert hash(one) == hash(other)
    assert (str(one), str(other)) == ("a[x=1, y=2]", "a[y=2, x=1]")


def test_values_become_strings():
    """Tags and values are compared as text."""
    assert StreamId("a", {"house": 1}) == StreamId("a", (("house", "1"),))


@pytest.mark.parametrize(
    "meta_data",
    [{"x": "1"}, MappingProxyType({"x": 1}), [("x", "1")], [["x", "1"]], iter([("x", 1)])],
)
def test_meta_data_are_pairs_or_a_mapping(meta_data):
    """Meta data are given as pairs or as any mapping."""
    assert StreamId("a", meta_data).meta_data == (("x", "1"),)


@pytest.mark.parametrize("nothing", [None, (), {}, []])
def test_no_meta_data_are_none(nothing):
    """Nothing of any kind means no meta data."""
    assert StreamId("a", nothing) == StreamId("a")
    assert StreamId("a", nothing).meta_data == ()


@pytest.mark.parametrize(
    ("name", "meta_data", "message"),
    [
        (5, None, "name of a stream is a string, not 5"),
        (None, None, "name of a stream is a string"),
        ("", None, "empty"),
        ("a", 5, "'a'.*pairs"),
        ("a", "house", "'a'.*pairs"),
        ("a", [("x",)], "'a'.*pairs"),
        ("a", [("x", "1"), ("x", "2")], "'a'.*tag twice"),
    ],
)
def test_what_is_no_id_is_an_error(name, meta_data, message):
    """A wrong name or wrong meta data are refused, naming the stream."""
    with pytest.raises((TypeError, ValueError), match=message):
        StreamId(name, meta_data)


@pytest.mark.parametrize(
    ("name", "meta_data"),
    [
        ("a\udc80", None),
        ("é", {"house": "a\udc80"}),
        ("a", {"\ud83d": 1}),
        ("a", {"\ud83d": "\ude00"}),
    ],
)
def test_an_id_is_unicode_text(name, meta_data):
    """Half of a surrogate pair, as of a file name of other bytes, is refused and shown."""
    with pytest.raises(ValueError, match=r"\\ud.*Half of a surrogate pair is no Unicode") as caught:
        StreamId(name, meta_data)
    assert str(caught.value).isprintable()
    assert not isinstance(caught.value, UnicodeError)


def test_an_id_may_have_characters_of_any_language():
    """Emoji included, which are stored as pairs of surrogates elsewhere."""
    assert str(StreamId("température", {"дом": "\N{HOUSE BUILDING}"})) == "température[дом=🏠]"


def test_an_id_is_frozen():
    """Name and meta data cannot be assigned."""
    for attribute in ("name", "meta_data"):
        with pytest.raises(AttributeError):
            setattr(StreamId("a"), attribute, "b")


def test_ids_are_ordered():
    """Ids are sorted by name, then by meta data."""
    ids = [StreamId("b"), StreamId("a", {"x": "2"}), StreamId("a", {"x": "1"}), StreamId("a")]
    assert sorted(ids) == list(reversed(ids))


def test_an_id_is_no_other_thing():
    """An id does not equal its name."""
    assert StreamId("a") != "a"


def test_the_documented_forms():
    """`as_dict`, `as_raw` and `to_json` have the documented shapes."""
    stream_id = StreamId(name="test", meta_data=(("house", "1"), ("resident", "1")))
    assert stream_id.as_dict() == {"name": "test", "meta_data": {"house": "1", "resident": "1"}}
    assert stream_id.as_raw() == {
        "stream_id.name": "test",
        "stream_id.meta_data": [("house", "1"), ("resident", "1")],
    }
    assert json.loads(stream_id.to_json()) == stream_id.as_dict()


def test_the_repr_makes_an_equal_id():
    """The repr is Python code for the id."""
    stream_id = StreamId("a", {"x": "1"})
    assert eval(repr(stream_id), {"StreamId": StreamId}) == stream_id  # noqa: S307 - our own text


def test_an_id_travels_between_processes():
    """An id survives pickling."""
    stream_id = StreamId("a", {"x": "1"})
    back = pickle.loads(pickle.dumps(stream_id))  # noqa: S301 - our own bytes
    assert back == stream_id
    assert hash(back) == hash(stream_id)


@pytest.mark.parametrize(
    "item",
    [
        StreamId("a", {"x": "1"}),
        {"name": "a", "meta_data": {"x": 1}},
        ("a", (("x", "1"),)),
        StreamId("a", {"x": "1"}).as_dict(),
    ],
)
def test_many_things_name_a_stream(item):
    """`get_stream_id` takes an id, a dict, or a pair of name and meta data."""
    assert get_stream_id(item) == StreamId("a", {"x": "1"})


def test_a_name_is_an_id():
    """`get_stream_id` takes a name."""
    assert get_stream_id("a") == StreamId("a")
    assert get_stream_id({"name": "a"}) == StreamId("a")


@pytest.mark.parametrize("item", [5, None, ["a"], {"meta_data": {}}, ("a", "b", "c")])
def test_anything_else_names_no_stream(item):
    """`get_stream_id` refuses anything else."""
    with pytest.raises(TypeError, match="name of a stream"):
        get_stream_id(item)
