"""Sensors to try the example with: each resident's sends a temperature every two seconds.

``python examples/mqtt_house/sensors.py`` publishes to the broker at `MQTT_SERVER` and `MQTT_PORT`
(localhost and 1883 otherwise) until Ctrl-C.
"""

from __future__ import annotations

import json
import math
import os
import time
from contextlib import suppress
from datetime import datetime, timezone

import paho.mqtt.client as mqtt

SENSORS = {("1", "ann"): 21.0, ("1", "bob"): 20.0, ("2", "eve"): 24.0, ("2", "tom"): 25.0}
PAUSE = 2.0
# Seconds from one warmest moment to the next, and how many degrees it is warmer then.
WAVE, WARMER = 600.0, 4.0


def main() -> None:
    """Publish until it is interrupted."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.connect(
        os.environ.get("MQTT_SERVER", "localhost"), int(os.environ.get("MQTT_PORT", "1883"))
    )
    client.loop_start()
    while True:
        now = datetime.now(timezone.utc)
        change = WARMER * math.sin(2 * math.pi * now.timestamp() / WAVE)
        for (house, resident), celsius in SENSORS.items():
            reading = {"celsius": round(celsius + change, 2), "at": now.isoformat()}
            topic = f"house/{house}/resident/{resident}/temp"
            # Level 1: the broker says that it has got it.
            client.publish(topic, json.dumps(reading), qos=1)
        time.sleep(PAUSE)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
