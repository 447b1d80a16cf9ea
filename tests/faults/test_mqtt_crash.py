"""What came over MQTT is stored once, whoever dies or is away in the middle of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from hyperstream.channels.mqtt_channel import MQTTChannel
from hyperstream.client import Client
from hyperstream.embedded import server_status, stop_server
from hyperstream.storage.mongo import MongoStorage
from hyperstream.stream import StreamId
from hyperstream.time_interval import TimeInterval
from tests.channels.mqtt_parts import (
    ROOMS,
    SECONDS,
    Doubled,
    message,
    room,
    started,
    stored,
    wait_for,
)
from tests.mosquitto import eventually

pytestmark = pytest.mark.slow

MINUTE = TimeInterval.from_ms(1000 * SECONDS, 1000 * (SECONDS + 60))
# Receives, and waits at a place of storing for its end.
RECEIVER = """
import json, sys, time
from hyperstream.channels import mqtt_intake
from hyperstream.channels.mqtt_channel import MQTTChannel
from hyperstream.channels.mqtt_inbox import Inbox
from hyperstream.client import Client
from hyperstream.storage.mongo import MongoStorage
from tests.channels.mqtt_parts import ROOMS

mongo, broker, place = map(json.loads, sys.argv[1:])

def wait(*_):
    print("here", flush=True)
    time.sleep(600)

class Channel(MQTTChannel):
    def write_batches(self, parts):
        if place == "before":
            wait()
        return super().write_batches(parts)

if place == "stored":
    mqtt_intake.invalidate_readers = wait
if place == "told":
    Inbox.acknowledge = wait
Channel("mqtt", [ROOMS], MongoStorage(Client(mongo)), broker).start()
time.sleep(600)
"""


class HeldUp(MQTTChannel):
    """A channel that writes when it is told to."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.may_write = threading.Event()

    def write_batches(self, parts):
        """Wait, and write."""
        self.may_write.wait(60)
        return super().write_batches(parts)


@pytest.fixture
def storage(mongo_config):
    """Give a database."""
    client = Client(mongo_config)
    yield MongoStorage(client)
    client.disconnect()


@pytest.mark.parametrize("place", ["before", "stored", "told"])
def test_what_a_killed_process_has_received_comes_again(broker, storage, mongo_config, place):
    """Wherever it dies, all is stored once, and nobody computes without it."""
    where = {**broker.options, "client_id": "mortal"}
    channel = MQTTChannel("mqtt", [ROOMS], storage, where)
    started(channel).stop()
    source = channel.get_or_create_stream(StreamId("temp", {"house": 1, "room": "hall"}))
    sink = channel.create_stream("doubled")
    Doubled().execute(sources=[source], sink=sink, interval=MINUTE)
    broker.publish([message(n, n) for n in range(1, 21)])
    command = [sys.executable, "-c", RECEIVER, *map(json.dumps, (mongo_config, where, place))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGKILL)
    assert (len(stored(source)) > 0) is (place != "before")
    with channel:
        eventually(lambda: len(stored(source)) == 20)
        # None of them was acknowledged, so that all come again.
        eventually(lambda: channel.counts["received"] >= 20)
        eventually(lambda: channel.counts["received"] == sum_of_results(channel))
    Doubled().execute(sources=[source], sink=sink, interval=MINUTE)
    assert stored(sink) == {n: 2 * n for n in range(1, 21)}


def sum_of_results(channel):
    """Return what has become of messages, one way or the other."""
    return channel.counts.get("stored", 0) + channel.counts.get("repeated", 0)


def test_messages_wait_while_the_database_is_away(broker, tmp_path, caplog):
    """They are not acknowledged, it is said once, and all are stored when it is back."""
    path = tmp_path / "data"
    owner = Client({"embedded": True, "path": str(path), "idle_seconds": 2})
    server = server_status(path)
    # By its address, so that nobody starts the server again before the test does.
    client = Client(
        {
            "host": server.host,
            "port": server.port,
            "username": server.username,
            "password": server.password,
            "connect_seconds": 0.5,
            "retry_seconds": 0.5,
        }
    )
    channel = MQTTChannel("mqtt", [ROOMS], MongoStorage(client), broker.options)
    try:
        started(channel)
        broker.publish([message(0, 0)])
        wait_for(channel, stored=1)
        os.kill(server.pid, signal.SIGKILL)
        broker.publish([message(n, n) for n in range(1, 50)])
        eventually(lambda: "cannot be stored now" in caplog.text)
        broker.publish([message(n, n) for n in range(50, 100)])
        wait_for(channel, received=100)
        owner.run(lambda db: db.command("ping"))
        eventually(lambda: "are stored again" in caplog.text)
        eventually(lambda: len(stored(room(channel))) == 100)
        assert caplog.text.count("cannot be stored now") == 1
    finally:
        channel.stop()
        client.disconnect()
        owner.disconnect()
        stop_server(path)


def test_stopping_does_not_wait_for_ever(broker, storage):
    """What is not stored within the time is left with the broker, and comes again."""
    channel = HeldUp("mqtt", [ROOMS], storage, {**broker.options, "client_id": "held"})
    started(channel)
    broker.publish([message(n, n) for n in range(10)])
    wait_for(channel, received=10)
    channel.stop(0.1)
    channel.may_write.set()
    eventually(lambda: "Client held disconnected" in broker.log)
    again = MQTTChannel("mqtt", [ROOMS], storage, {**broker.options, "client_id": "held"})
    with again:
        eventually(lambda: again.counts["received"] == 10 == sum_of_results(again))
    assert stored(room(again)) == {n: n for n in range(10)}


def test_stopping_stores_what_has_come(broker, storage):
    """Within the time, all that waits is stored and acknowledged."""
    channel = HeldUp("mqtt", [ROOMS], storage, {**broker.options, "client_id": "held"})
    started(channel)
    broker.publish([message(n, n) for n in range(10)])
    wait_for(channel, received=10)
    threading.Timer(0.2, channel.may_write.set).start()
    channel.stop(30)
    assert stored(room(channel)) == {n: n for n in range(10)}
    eventually(lambda: "Client held disconnected" in broker.log)
    with HeldUp("mqtt", [ROOMS], storage, {**broker.options, "client_id": "held"}) as again:
        assert again.wait_until_subscribed(30)
        broker.publish([message(10, 10)])
        wait_for(again, received=1)
        again.may_write.set()
        wait_for(again, stored=1)
        assert again.counts["received"] == 1


def test_what_the_broker_does_not_keep_has_a_bound(broker, storage, caplog):
    """Messages of level 0 that find no room are counted and said, the others are not lost."""
    where = {**broker.options, "window": 5}
    channel = HeldUp("mqtt", [ROOMS], storage, where)
    with started(channel):
        broker.publish([message(n, n) for n in range(20)], qos=0)
        wait_for(channel, received=20)
        broker.publish([message(n, n) for n in range(100, 120)])
        channel.may_write.set()
        wait_for(channel, dropped=1)
        eventually(lambda: "found no room" in caplog.text)
        eventually(lambda: set(range(100, 120)) <= set(stored(room(channel))))
        kept = len(stored(room(channel))) - 20
        assert kept + channel.counts["dropped"] == 20


def test_an_unknown_trouble_stops_nothing(broker, storage, caplog):
    """Whatever storing raises, the messages wait, and it is tried again."""
    channel = MQTTChannel("mqtt", [ROOMS], storage, broker.options)
    broken = iter([RuntimeError("out of order"), RuntimeError("still")])
    write = channel.write_batches

    def write_batches(parts):
        for error in broken:
            raise error
        return write(parts)

    channel.write_batches = write_batches
    with started(channel):
        broker.publish([message(1, 1)])
        wait_for(channel, stored=1)
    assert caplog.text.count("cannot be stored now (out of order)") == 1
    assert "still" not in caplog.text
    assert "are stored again" in caplog.text
    assert stored(room(channel)) == {1: 1}
