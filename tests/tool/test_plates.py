"""Plate values are read off streams, documents and what callers give."""

from __future__ import annotations

import numpy as np
import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.stream import AssetStream, StreamId
from hyperstream.time_interval import TimeInterval
from hyperstream.tool.plates import (
    grouped_with_sources,
    last_word,
    named_in,
    of_stream,
    own_values,
    text,
    with_meta_data,
)
from tests.tool.streams import CountingChannel, filled

WHOLE = TimeInterval.from_ms(100, 200)


@pytest.mark.parametrize(
    ("value", "expected"), [("hall", "hall"), (7, "7"), (2.5, "2.5"), (np.int64(3), "3")]
)
def test_a_plate_value_is_text(value, expected):
    """Numbers become text."""
    assert text(value) == expected


@pytest.mark.parametrize("value", [None, ["hall"], {"room": "hall"}, b"hall"])
def test_what_is_no_text_is_no_plate_value(value):
    """The error shows it."""
    with pytest.raises(TypeError, match="text or a number, not "):
        text(value)


def test_a_document_names_plate_values():
    """By the keys or values of a dict, or the items of anything else."""
    rooms = {1: "hall", 2: "attic"}
    assert named_in(rooms, keys=True) == ["1", "2"]
    assert named_in(rooms, keys=False) == ["hall", "attic"]
    assert named_in(("hall", 7), keys=False) == ["hall", "7"]


@pytest.mark.parametrize("document", ["hall", 7, None])
def test_a_plain_value_names_none(document):
    """Text is no list of letters."""
    with pytest.raises(TypeError, match="by a dict or a list, not by"):
        named_in(document, keys=True)


def test_a_stream_has_one_plate_value_of_a_tag():
    """Without the tag the error names the stream."""
    memory = MemoryChannel("memory")
    stream = memory.create_stream(StreamId("t", {"house": "1", "room": "hall"}))
    assert of_stream(stream, "room") == "hall"
    with pytest.raises(ValueError, match=r"memory:t\[house=1, room=hall\] has no meta data 'x'"):
        of_stream(stream, "x")


def test_the_values_of_a_plate_may_be_given_in_three_forms():
    """As text, as pairs, and with those of parent plates; a missing plate has none."""
    nested = (("house", "1"), ("room", "porch"))
    assert own_values(["hall", ("room", "attic"), nested, 7], "room") == [
        "hall",
        "attic",
        "porch",
        "7",
    ]
    assert own_values(None, "room") == []


def test_the_last_word_is_that_of_the_interval():
    """What was said before does not count, nor what is said later."""
    stream = filled(MemoryChannel("memory"), "s", {50: "a", 150: "b", 180: "c", 250: "d"})
    assert last_word("me", stream, WHOLE, str.upper) == "C"


def test_an_asset_is_read_from_the_beginning_of_time():
    """Up to the end of the interval."""
    memory = MemoryChannel("memory")
    filled(memory, "s", {50: "a", 250: "d"})
    asset = AssetStream(memory, StreamId("s"))
    assert last_word("me", asset, WHOLE, str) == "a"


def test_looking_back_is_for_what_nothing_computes(caplog):
    """A stream that a tool computes is not computed from the beginning of time."""
    stream = filled(MemoryChannel("memory"), "s", {50: "a"})
    assert last_word("me", stream, WHOLE, str, look_back=True) == "a"

    class Nobody:
        def compute(self, stream, interval):
            assert interval == WHOLE

    stream.producer = Nobody()
    assert last_word("me", stream, WHOLE, str, look_back=True) is None


def test_silence_is_logged(caplog):
    """With who gives nothing, and which stream is to blame."""
    stream = filled(MemoryChannel("memory"), "s", {50: "a"})
    assert last_word("me", stream, WHOLE, str) is None
    assert "'me' gives nothing: memory:s is empty in (1970-01-01" in caplog.text


def test_a_word_that_is_not_understood_is_an_error():
    """It names the stream, the time, and what is wrong."""
    stream = filled(MemoryChannel("memory"), "s", {150: 3})
    with pytest.raises(ValueError, match=r"memory:s holds at 1970.*150Z is of no use: Plate"):
        last_word("me", stream, WHOLE, lambda value: named_in(value, keys=True))


def test_streams_are_found_by_their_meta_data():
    """Each with what remains; none is an error that says what there is."""
    memory = MemoryChannel("memory")
    streams = [
        memory.create_stream(StreamId("t", {"room": room, "house": house}))
        for house in "12"
        for room in ("hall", "attic")
    ]
    assert list(with_meta_data(streams, "room", "hall")) == [
        ((("house", "1"),), streams[0]),
        ((("house", "2"),), streams[2]),
    ]
    with pytest.raises(IndexError, match=r"meta data room=x; there are memory:t\[.*, …\."):
        list(with_meta_data(streams, "room", "x"))
    with pytest.raises(IndexError, match="there are none"):
        list(with_meta_data([], "room", "x"))


def test_rows_are_grouped_by_time_with_their_sources():
    """In the order of the sources, some thousand rows at a time."""
    channel = CountingChannel(3)
    one = filled(channel, "one", {stamp: stamp for stamp in range(1, 11)})
    two = filled(channel, "two", {stamp: -stamp for stamp in range(2, 15, 3)})
    found = {}
    for stamps, groups in grouped_with_sources([two, one], TimeInterval.from_ms(0, 12)):
        found |= dict(zip(stamps.tolist(), groups, strict=True))
    assert list(found) == [*range(1, 11), 11]
    assert found[2] == [(two, -2), (one, 2)]
    assert found[3] == [(one, 3)]
    assert found[11] == [(two, -11)]
    assert list(grouped_with_sources([], WHOLE)) == []
