"""Addresses of streams, and records of who computed them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream.storage.base import ProducerRecord, StreamAddress

_texts = st.text(max_size=4)
_addresses = st.builds(
    StreamAddress,
    _texts,
    _texts,
    st.dictionaries(_texts, _texts, max_size=2).map(lambda each: tuple(each.items())),
    st.one_of(st.none(), _texts),
)
# What a channel takes: neither it nor the stream is without a name.
_named = _addresses.filter(lambda address: address.channel_id and address.name)
RECORD = ProducerRecord("tool", "1.0.0", {"a": "1"}, ("source",), (0, 0))


@given(_addresses, _addresses)
def test_the_key_tells_addresses_apart(one, other):
    """Two addresses have one key if and only if all their parts are equal."""

    def parts(address):
        return (address.channel_id, address.name, sorted(address.meta_data), address.sandbox)

    assert (one.key == other.key) == (parts(one) == parts(other))
    assert (one == other) == (one.key == other.key)


def test_the_order_of_meta_data_does_not_count():
    """Addresses with the same meta data in another order are equal, and hash equal."""
    one = StreamAddress("mongo", "a", (("x", "1"), ("y", "2")))
    other = StreamAddress("mongo", "a", (("y", "2"), ("x", "1")))
    assert one == other
    assert hash(one) == hash(other)


def test_an_address_is_readable():
    """As text it is channel, sandbox, name and meta data."""
    assert str(StreamAddress("mongo", "a", (("x", "1"),), "mine")) == "mongo/mine:a[x=1]"
    assert str(StreamAddress("memory", "a")) == "memory:a"


def test_a_computation_is_tool_parameters_and_sources():
    """Two records are of one computation whatever is known of the reach."""
    assert RECORD.same_computation(replace(RECORD, reach=None))
    for other in (
        replace(RECORD, tool="other"),
        replace(RECORD, version="1.0.1"),
        replace(RECORD, parameters={"a": "2"}),
        replace(RECORD, sources=()),
    ):
        assert not RECORD.same_computation(other)


@given(_named)
def test_an_address_is_read_as_it_is_printed(address):
    """Whatever characters are in its parts."""
    again = StreamAddress.parse(str(address))
    assert again == address
    assert again.meta_data == address.meta_data


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("mongo:a", ("mongo", "a", (), None)),
        ("mongo:a[]", ("mongo", "a", (), None)),
        ("mongo:a[x=1,y=2]", ("mongo", "a", (("x", "1"), ("y", "2")), None)),
        ("mongo:a[x=1,  y=2 z]", ("mongo", "a", (("x", "1"), ("y", "2 z")), None)),
        ("mongo:a[x=b=c]]", ("mongo", "a", (("x", "b=c]"),), None)),
        ("mongo/mine:a/b:c", ("mongo", "a/b:c", (), "mine")),
        (r"mongo/:a\[0]", ("mongo", "a[0]", (), "")),
    ],
)
def test_an_address_is_written_by_hand(text, parts):
    """Spaces after a comma do not count, and only what would end a part needs a backslash."""
    assert StreamAddress.parse(text) == StreamAddress(*parts)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("temperature", "'temperature' names no channel: write channel:name, such as"),
        (":temperature", "':temperature' names no channel"),
        ("mongo:", "'mongo:' names no stream"),
        ("mongo:[x=1]", "'mongo:[x=1]' names no stream"),
        ("mongo:a[x=1", "'mongo:a[x=1' has no ] at its end"),
        ("mongo:a[x=1]b", "'mongo:a[x=1]b' has no ] at its end"),
        ("mongo:a[x=1, y]", "has 'y' where tag=value should be"),
        ("mongo:a[x=1, x=2]", "names a tag twice"),
    ],
)
def test_what_is_no_address_is_explained(text, problem):
    """The error shows the text and how one is written."""
    with pytest.raises(ValueError, match=re.escape(problem)):
        StreamAddress.parse(text)


@pytest.mark.parametrize("parts", [("m\udc80", "a"), ("m", "a\udc80"), ("m", "a", (), "\udc80")])
def test_an_address_is_unicode_text(parts):
    """Half of a surrogate pair, in a sandbox say, is refused before a database is asked."""
    with pytest.raises(ValueError, match="Half of a surrogate pair is no Unicode") as caught:
        StreamAddress(*parts)
    assert not isinstance(caught.value, UnicodeError)
