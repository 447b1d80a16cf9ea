"""What the tests of MQTT channels share."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from hyperstream._time import UTC, to_ms
from hyperstream.channels.mqtt_channel import MQTTChannel
from hyperstream.channels.mqtt_payloads import JSONDecoder
from hyperstream.channels.mqtt_topics import Subscription
from hyperstream.stream import StreamId, StreamInstance
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import Tool
from tests.mosquitto import eventually

START = datetime(2020, 1, 1, tzinfo=UTC)
DAY = TimeInterval(START - timedelta(hours=1), START + timedelta(hours=23))
SECONDS = to_ms(START) // 1000
TIMED = JSONDecoder(value="v", timestamp="t")
ROOMS = Subscription("house/{house}/room/{room}/temp", TIMED)


class Doubled(Tool):
    """Doubles the values, each at its time."""

    def _execute(self, sources, alignment_stream, interval):
        for moment, value in sources[0].window(interval, force_calculation=True):
            yield StreamInstance(moment, 2 * value)

    def reach(self, interval, sources=()):
        """Say that an output needs the source at its own time only."""
        return interval


def message(second, value, house=1, room="hall"):
    """Return topic and payload of a measurement."""
    payload = json.dumps({"v": value, "t": SECONDS + second})
    return f"house/{house}/room/{room}/temp", payload


def room(channel, house=1, name="hall"):
    """Return the stream of a room."""
    return channel[StreamId("temp", {"house": house, "room": name})]


def stored(stream):
    """Return what a stream holds, computed or not, as {seconds since START: value}."""
    found = {}
    for batch in stream.channel.batches(stream, DAY, 1000):
        found |= zip(batch.timestamps.tolist(), batch.value_list(), strict=True)
    return {stamp / 1000 - SECONDS: value for stamp, value in found.items()}


def started(channel: MQTTChannel) -> MQTTChannel:
    """Let a channel receive, and wait until the broker sends."""
    channel.start()
    assert channel.wait_until_subscribed(30)
    return channel


def wait_for(channel, **counts):
    """Wait until so much has become of messages."""

    def reached():
        return all(channel.counts.get(key, 0) >= count for key, count in counts.items())

    try:
        eventually(reached)
    except AssertionError as error:
        raise AssertionError(f"{channel.counts} instead of {counts}") from error
