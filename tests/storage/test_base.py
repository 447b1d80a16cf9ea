"""Addresses of streams, and records of who computed them."""

from __future__ import annotations

from dataclasses import replace

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
