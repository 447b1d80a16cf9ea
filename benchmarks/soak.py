"""``python -m benchmarks.soak [--minutes 10]``: an online workflow on MQTT, watched for a while.

50 sensors send a reading each second over a real broker; the online engine, a process of its own,
stores them and computes 10 factors for each of the 50, in the database. What is watched from
outside are the engine's lag and memory; in the end it is checked that each message is stored once
and that the results are those of the same functions in plain Python. It needs mosquitto.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import paho.mqtt.client as mqtt
import psutil

from benchmarks.measure import Row, baseline, table
from hyperstream import HyperStream, TimeInterval
from hyperstream.embedded import stop_server
from hyperstream.online_engine import engine_status
from tests.mosquitto import Mosquitto, eventually

SENSORS = 50
# One after the other, on numbers of a few digits.
FUNCTIONS = [abs, math.sqrt, math.exp, math.log1p, math.atan, math.cosh] + [math.sin, math.cos] * 2
SLEEP, DELAY, LOOK_EVERY, PATIENCE = 5, 2, 5, 120
CHANNEL = """
from hyperstream.channels.mqtt_channel import MQTTChannel
from hyperstream.channels.mqtt_payloads import JSONDecoder
from hyperstream.channels.mqtt_topics import Subscription


class HallMqtt(MQTTChannel):
    def __init__(self, channel_id):
        readings = Subscription("hall/{sensor}/reading", JSONDecoder(value="v", timestamp="at"))
        super().__init__(channel_id, [readings], broker={"server": "127.0.0.1", "port": PORT})
"""


class Sample(NamedTuple):
    """What was seen of the engine at one moment: seconds, and bytes."""

    lag: float
    duration: float
    memory: int


def main() -> None:
    """Run the soak, and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        broker = stack.enter_context(Mosquitto(folder / "broker"))
        config = write_config(folder, broker.port)
        stack.callback(stop_server, folder / "data")
        hs = HyperStream(config_filename=config, file_logger=False, console_logger=False)
        stack.callback(HyperStream.reset)
        define(hs)
        engine = stack.enter_context(running_engine(config))
        stack.callback(engine.kill)
        samples, sent = watch(hs, engine, broker.port, minutes * 60)
        engine.send_signal(signal.SIGTERM)
        assert engine.wait(60) == 0, "the engine did not end cleanly"
        rows = [*seen(samples), *checked(hs, sent)]
    print(f"### soak of {minutes:g} minutes\n\n{table(rows, baseline())}")


def write_config(folder: Path, port: int) -> Path:
    """Write the configuration, and the plugin with the channel; return the configuration's path."""
    channels = folder / "plugin" / "channels"
    channels.mkdir(parents=True)
    (channels / "hall_mqtt.py").write_text(CHANNEL.replace("PORT", str(port)))
    plugin = {"channel_id_prefix": "hall", "channel_names": ["hall_mqtt"], "path": "plugin"}
    engine = {"interval": {"start": -30, "end": -DELAY}, "sleep": SLEEP, "iterations": None}
    mongo = {"embedded": True, "path": str(folder / "data"), "idle_seconds": 5}
    config = folder / "hyperstream_config.json"
    config.write_text(json.dumps({"mongo": mongo, "plugins": [plugin], "online_engine": engine}))
    return config


def define(hs: HyperStream) -> None:
    """Store the workflow: one function after the other, for each sensor."""
    plates = hs.plate_manager
    plates.meta_data_manager.insert_many(("sensor", "root", str(n)) for n in range(SENSORS))
    plates.create_plate("S", "sensors", "sensor", complement=True)
    workflow = hs.create_workflow("soak", "Soak", "benchmarks", "ten functions", online=True)
    nodes = [workflow.create_node("reading", "hall", ["S"])]
    nodes += [workflow.create_node(f"step {n}", "mongo", ["S"]) for n in range(len(FUNCTIONS))]
    for (source, sink), function in zip(pairwise(nodes), FUNCTIONS, strict=True):
        apply = {"name": "apply", "parameters": {"func": function}}
        workflow.create_factor(apply, [source], sink)
    hs.workflow_manager.commit_workflow("soak")


def running_engine(config: Path) -> subprocess.Popen[bytes]:
    """Start the online engine."""
    options = ["--config", str(config), "--receive", "hall"]
    return subprocess.Popen(
        [sys.executable, "-m", "hyperstream.online_engine", *options],
        cwd=config.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def watch(
    hs: HyperStream, engine: subprocess.Popen[bytes], port: int, seconds: float
) -> tuple[list[Sample], dict[str, dict[datetime, float]]]:
    """Send readings for some time, and until the engine has them; look at it now and then."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    process, samples = psutil.Process(engine.pid), []
    sent = {str(n): {} for n in range(SENSORS)}
    eventually(
        lambda: engine_status(hs)[0].interval, PATIENCE
    )  # before that, nobody has subscribed
    began = time.monotonic()
    for second in range(int(seconds)):
        time.sleep(max(began + second - time.monotonic(), 0))
        send(client, sent)
        [state] = engine_status(hs)
        if second % LOOK_EVERY == 0 and state.lag is not None:
            samples.append(Sample(state.lag, state.duration, process.memory_info().rss))
    eventually(lambda: engine_status(hs)[0].interval.end >= max(sent["0"]), PATIENCE)
    client.disconnect()
    client.loop_stop()
    return samples, sent


def send(client: mqtt.Client, sent: dict[str, dict[datetime, float]]) -> None:
    """Send a reading of each sensor, and keep it."""
    now = datetime.now(timezone.utc)
    now -= timedelta(microseconds=now.microsecond % 1000)
    for sensor, readings in sent.items():
        readings[now] = random.randrange(1, 5000) / 1000  # noqa: S311 - no secret
        message = json.dumps({"v": readings[now], "at": now.isoformat()})
        client.publish(f"hall/{sensor}/reading", message, qos=1)


def seen(samples: list[Sample]) -> list[Row]:
    """Return what was seen of the engine, once it had begun."""
    quarter = len(samples) // 4
    early, late = samples[quarter : 2 * quarter], samples[-quarter:]
    growth = fmean(each.memory for each in late) / fmean(each.memory for each in early)
    return [
        Row("greatest lag seen", max(each.lag for each in samples[1:]), "s", 2 * SLEEP),
        Row("a request, on average", fmean(each.duration for each in samples), "s", SLEEP),
        Row("memory in the last quarter against the second", growth, "×", 1.05),
        Row("memory in the end", samples[-1].memory / 2**20, "MB", 300),
    ]


def checked(hs: HyperStream, sent: dict[str, dict[datetime, float]]) -> list[Row]:
    """Compare what is stored with what was sent and what follows from it."""
    workflow = hs.workflow_manager.workflows["soak"]
    first, last = min(sent["0"]), max(sent["0"])
    interval = TimeInterval(first - timedelta(seconds=1), last)
    raw, final = workflow.nodes["reading"], workflow.nodes[f"step {len(FUNCTIONS) - 1}"]
    lost = doubled = wrong = 0
    for sensor, readings in sent.items():
        stored = raw.streams[("sensor", sensor),].window(interval, force_calculation=True).items()
        lost += len(set(readings.items()) - {tuple(each) for each in stored})
        doubled += len(stored) - len({each.timestamp for each in stored})
        expected = {moment: through(value) for moment, value in readings.items()}
        wrong += dict(final.streams[("sensor", sensor),].window(interval)) != expected
    count = sum(map(len, sent.values()))
    return [
        Row(f"of {count} messages: lost", lost, "", 0),
        Row("stored twice", doubled, "", 0),
        Row(f"of {SENSORS} results: not as in plain Python", wrong, "", 0),
    ]


def through(value: float) -> float:
    """Apply all functions, one after the other."""
    for function in FUNCTIONS:
        value = function(value)
    return value


if __name__ == "__main__":
    main()
