"""Channels in notebooks."""

from __future__ import annotations

import pytest

from hyperstream.channel_manager import ChannelManager
from hyperstream.channels import AssetsChannel, DatabaseChannel, MemoryChannel, ToolChannel
from hyperstream.channels.mqtt_channel import MQTTChannel
from hyperstream.client import Client
from hyperstream.storage.mongo import MongoStorage
from hyperstream.stream import StreamId
from hyperstream.testing.times import over
from hyperstream.time_interval import TimeIntervals
from tests.shown import shown


@pytest.fixture
def storage(mongo_config):
    """Give an empty database."""
    client = Client(mongo_config)
    yield MongoStorage(client)
    client.disconnect()


def filled(channel, count=23):
    """Make streams, of which the first is calculated."""
    ids = [StreamId("x", {"n": str(number)}) for number in range(count)]
    streams = channel.get_or_create_streams(ids)
    streams[0].calculated_intervals = TimeIntervals([over(0, 10)])
    return channel


def test_a_channel_shows_ten_streams():
    """And how many more there are."""
    lines = shown(filled(MemoryChannel("memory")))
    assert lines[:4] == [
        "MemoryChannel memory",
        "stream|calculated",
        f"x[n=0]|{over(0, 10).humanized}",
        "x[n=1]|nothing",
    ]
    assert lines[-1] == "… and 13 more streams"
    assert shown(MemoryChannel("empty")) == ["MemoryChannel empty", "no streams"]


def test_a_database_channel_reads_no_more_than_it_shows(storage):
    """The other streams are counted, but not opened."""
    filled(DatabaseChannel("mongo", storage))
    channel = DatabaseChannel("mongo", storage)
    lines = shown(channel)
    assert lines[1] == f"database|{storage.client}"
    assert (len(lines), lines[-1]) == (14, "… and 13 more streams")
    assert len(channel._streams[None]) == 10


def test_assets_are_calculated_up_to_now(storage):
    """As their streams say."""
    channel = AssetsChannel("assets", storage)
    channel.create_stream("names")
    assert shown(channel)[-1].startswith("names|(-inf, ")


def test_a_channel_of_tools_shows_their_versions():
    """No file is imported, and what cannot be used is named with the reason."""
    lines = shown(ChannelManager().tools)
    assert "apply|0.0.2, 0.0.3" in lines
    assert lines[-1].endswith("more tools")


def test_tools_that_cannot_be_used_are_named(tmp_path):
    """With the reason."""
    folder = tmp_path / "there"
    folder.mkdir()
    for name in ("2020-01-01_v1.0.0.py", "2019-02-30_v1.0.0.py"):
        (folder / name).write_text("")
    channel = ToolChannel("mine", tmp_path)
    channel.look()
    lines = shown(channel)
    assert "there|1.0.0" in lines
    assert lines[-2] == "not usable|because"
    assert lines[-1].startswith("there/2019-02-30_v1.0.0.py|")


def test_a_channel_of_messages_says_what_it_listens_to(storage):
    """And whether it does."""
    lines = shown(MQTTChannel("house", ["house/{room}/t"], storage))
    assert "topics|house/+/t" in lines
    assert "receiving|no" in lines


def test_the_channel_manager_lists_channels():
    """By id, with their kinds."""
    assert shown(ChannelManager()) == [
        "ChannelManager ",
        "channel|kind",
        "memory|MemoryChannel",
        "tools|ToolChannel",
    ]


def test_a_database_that_is_away_is_a_sentence():
    """What is known without it is shown."""
    nobody = {"host": "127.0.0.1", "port": 1, "connect_seconds": 0.1, "retry_seconds": 0}
    client = Client(nobody, auto_connect=False)
    lines = shown(DatabaseChannel("mongo", MongoStorage(client)))
    assert lines[:2] == ["DatabaseChannel mongo", "database|hyperstream, at 127.0.0.1:1"]
    assert lines[2].startswith("What else there is cannot be shown: MongoDB at 127.0.0.1:1 does")
