"""What comes over MQTT is stored in few writes, however much it is, and in spite of bad parts."""

from __future__ import annotations

import threading

import pytest

from hyperstream.channels.mqtt_channel import MQTTChannel
from hyperstream.client import Client
from hyperstream.storage.mongo import MongoStorage
from tests.channels.mqtt_parts import ROOMS, message, room, started, stored, wait_for


class Watched(MQTTChannel):
    """A channel that writes when it is told to, and notes how much at once."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.writes, self.may_write = threading.Event(), threading.Event()
        self.sizes = []

    def write_batches(self, parts):
        """Wait, and write."""
        self.writes.set()
        assert self.may_write.wait(60)
        self.sizes.append([len(batch) for _, batch in parts])
        return super().write_batches(parts)


@pytest.fixture
def channel(broker, mongo_config):
    """Give a channel that writes 200 messages at most, with one in work and many that wait."""
    client = Client(mongo_config)
    made = Watched("mqtt", [ROOMS], MongoStorage(client), broker.options, batch_size=200)
    started(made)
    broker.publish([message(0, 0)])
    assert made.writes.wait(60)
    yield made
    made.stop()
    client.disconnect()


def test_what_waits_is_stored_in_one_write_for_all_streams(broker, channel):
    """As much as the size of a batch allows; nothing waits for a batch to be full."""
    broker.publish([message(n, n, house=n % 2) for n in range(1, 451)])
    wait_for(channel, received=451)
    channel.may_write.set()
    wait_for(channel, stored=451)
    assert channel.sizes == [[1], [100, 100], [100, 100], [25, 25]]
    assert stored(room(channel, 0)) == {n: n for n in range(2, 451, 2)}


def test_a_bad_message_is_found_in_few_writes(broker, channel):
    """By halves, so that one that contradicts does not cost a write for each of the others."""
    broker.publish([message(n, n) for n in range(1, 100)] + [message(0, 99)])
    wait_for(channel, received=101)
    channel.may_write.set()
    wait_for(channel, stored=100, conflicting=1)
    assert len(channel.sizes) < 20
    assert stored(room(channel)) == {n: n for n in range(100)}
