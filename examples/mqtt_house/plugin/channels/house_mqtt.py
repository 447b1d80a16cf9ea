"""The channel ``house``: temperatures that sensors send over MQTT."""

from __future__ import annotations

import os

from hyperstream.channels.mqtt_channel import MQTTChannel
from hyperstream.channels.mqtt_payloads import JSONDecoder
from hyperstream.channels.mqtt_topics import Subscription

# {"celsius": 20.5, "at": "2026-01-01T12:00:00Z"} on house/1/resident/ann/temp is 20.5 in the stream
# temp[house=1, resident=ann] at that time.
TEMPERATURE = Subscription(
    "house/{house}/resident/{resident}/temp", JSONDecoder(value="celsius", timestamp="at")
)


class HouseMqtt(MQTTChannel):
    """What the sensors of the houses send; `MQTT_SERVER` and `MQTT_PORT` say where the broker is.

    Parameters
    ----------
    channel_id : str
        The name of the channel.
    """

    def __init__(self, channel_id: str) -> None:
        broker = {
            "server": os.environ.get("MQTT_SERVER", "localhost"),
            "port": int(os.environ.get("MQTT_PORT", "1883")),
        }
        super().__init__(channel_id, [TEMPERATURE], broker=broker)
