"""The channel of assets that are files."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from hyperstream._time import UTC
from hyperstream.channels import AssetsFileChannel, assets_channel2
from hyperstream.utils.errors import StreamDataNotAvailableError
from tests.channels.files import write

NOW = datetime(2020, 1, 1, tzinfo=UTC)

# What is in a file, and what the error says after the path.
BROKEN = [
    (b"", "is no valid JSON at line 1, column 1: Expecting value."),
    (b'{"a": 1,\n "b": }', "is no valid JSON at line 2, column 7: Expecting value."),
    (b'{"a": "\xff"}', "is not text in UTF-8."),
]


@pytest.fixture
def channel(tmp_path):
    """Give a channel with two documents."""
    write(tmp_path / "houses" / "2018-01-01_v0.1.0.json", '{"1": {"residents": 2}}')
    write(tmp_path / "houses" / "2018_01_02_00_00_00_000_more.json", "[1, 2.5, null]")
    write(tmp_path / "houses" / "2018-01-02_readme.txt", "no document")
    return AssetsFileChannel("assets", tmp_path, NOW)


def test_documents_are_instances(channel):
    """Each JSON file with a date is an instance."""
    assert channel["houses"].window().items() == [
        (datetime(2018, 1, 1, tzinfo=UTC), {"1": {"residents": 2}}),
        (datetime(2018, 1, 2, tzinfo=UTC), [1, 2.5, None]),
    ]


def test_documents_of_one_day_stay_apart(channel, tmp_path):
    """Two documents of one date are two instances, and are not merged."""
    write(tmp_path / "a" / "2018-01-01_x.json", '{"x": 1}')
    write(tmp_path / "a" / "2018-01-01_y.json", '{"y": 2}')
    channel = AssetsFileChannel("assets", tmp_path, NOW)
    assert channel["a"].window().values() == [{"x": 1}, {"y": 2}]


def test_a_byte_order_mark_is_no_part_of_a_document(channel, tmp_path):
    """A file as some editors write it is read."""
    path = write(tmp_path / "a" / "2018-01-01_x.json")
    path.write_text(json.dumps({"x": "é"}), encoding="utf-8-sig")
    channel = AssetsFileChannel("assets", tmp_path, NOW)
    assert channel["a"].window().values() == [{"x": "é"}]


@pytest.mark.parametrize(("text", "problem"), BROKEN)
def test_a_broken_document_is_an_error(channel, tmp_path, text, problem):
    """The error names asset, file, line and column; the other documents are there."""
    path = write(tmp_path / "houses" / "2018-01-03_x.json")
    path.write_bytes(text)
    stream = AssetsFileChannel("assets", tmp_path, NOW)["houses"]
    with pytest.raises(StreamDataNotAvailableError) as caught:
        stream.window().last()
    assert str(caught.value) == f"Asset houses: {path} {problem}"
    assert stream.window().first().value == {"1": {"residents": 2}}


def test_a_document_that_vanished_is_an_error(channel, tmp_path):
    """The error names the file."""
    path = tmp_path / "houses" / "2018-01-01_v0.1.0.json"
    path.unlink()
    with pytest.raises(StreamDataNotAvailableError, match=f"{path} cannot be read: No such file"):
        channel["houses"].window().first()


def test_the_module_has_a_second_name():
    """Both modules give the same class."""
    assert assets_channel2.AssetsFileChannel is AssetsFileChannel
