"""A real MQTT broker for a test, on a port and with a configuration of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import closing, contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from typing_extensions import Self

from tests.helpers import BROKER

# Debian keeps servers where the PATH of users does not lead.
_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
_TRIES = 5


def eventually(condition: Callable[[], object], seconds: float = 30) -> None:
    """Wait until something is true, or fail."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"It did not come true within {seconds} s."
        time.sleep(0.01)


def program(name: str) -> str:
    """Return the path of a program that tests cannot do without."""
    found = shutil.which(name, path=_PATH)
    if found is None:
        pytest.fail(f"{name} is missing: apt-get install mosquitto openssl, or brew install them.")
    return found


def free_port() -> int:
    """Return a port that nobody uses now."""
    with closing(socket.socket()) as probe:
        probe.bind((BROKER, 0))
        return probe.getsockname()[1]


class Mosquitto:
    """A broker that a test starts, stops, kills and stops for a while.

    Parameters
    ----------
    folder
        For its configuration, its log, and what it keeps of sessions.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.port = free_port()
        self.settings = {
            "allow_anonymous": "true",
            "max_queued_messages": "0",
            "persistence": "true",
            "persistence_location": f"{folder}/",
            "log_dest": f"file {folder / 'mosquitto.log'}",
            # As root it would change to a user who may not write here.
            **({"user": "root"} if os.geteuid() == 0 else {}),
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.listeners: list[Listener] = []

    @property
    def options(self) -> dict[str, object]:
        """Where it is, as settings."""
        return {"server": BROKER, "port": self.port}

    @property
    def log(self) -> str:
        """What it has logged."""
        return (self.folder / "mosquitto.log").read_text()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        for _ in range(_TRIES):
            self._start()
            while self.process.poll() is None:
                with closing(socket.socket()) as connection:
                    if connection.connect_ex((BROKER, self.port)) == 0:
                        return
                time.sleep(0.01)
            time.sleep(0.5)  # somebody else was faster to take the port, for a moment
        pytest.fail(self.log)

    def _start(self) -> None:
        lines = [f"listener {self.port} {BROKER}"]
        lines += [f"{key} {value}" for key, value in self.settings.items()]
        config = self.folder / "mosquitto.conf"
        config.write_text("\n".join(lines) + "\n")
        self.process = subprocess.Popen(
            [program("mosquitto"), "-c", str(config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def stop(self, how: int = signal.SIGTERM) -> None:
        """End it; by SIGKILL it dies as it stands."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait()
            self.process = None

    @contextmanager
    def paused(self):
        """Let it answer nobody, with all connections open."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def publish(self, messages: Iterable[tuple[str, bytes | str]], qos: int = 1, **options) -> None:
        """Publish messages, and wait until the broker has them."""
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        client.max_inflight_messages_set(0)
        client.connect(BROKER, self.port)
        client.loop_start()
        sent = [client.publish(topic, text, qos, **options) for topic, text in messages]
        for each in sent:
            each.wait_for_publish(30)
        client.disconnect()
        client.loop_stop()

    def listen(self, topic: str = "#") -> Listener:
        """Return the messages of a topic, as they come."""
        listener = Listener(self, topic)
        self.listeners.append(listener)
        return listener

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        for listener in self.listeners:
            listener.close()
        self.stop(signal.SIGKILL)


class Listener:
    """Keeps all messages of a topic, across restarts of the broker.

    Parameters
    ----------
    broker
        The broker.
    topic
        The topic.
    """

    def __init__(self, broker: Mosquitto, topic: str) -> None:
        self.messages: list[tuple[str, str]] = []
        self.subscriptions = 0
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, f"listener-{id(self)}", clean_session=False
        )
        self.client.on_connect = lambda client, *_: client.subscribe(topic, 1)
        self.client.on_subscribe = self._subscribed
        self.client.on_message = self._received
        self.client.connect(BROKER, broker.port)
        self.client.loop_start()
        eventually(lambda: self.subscriptions)

    @property
    def texts(self) -> list[str]:
        """The messages without their topics."""
        return [text for _, text in self.messages]

    def close(self) -> None:
        """Listen no more."""
        self.client.disconnect()
        self.client.loop_stop()

    def _subscribed(self, *_: object) -> None:
        self.subscriptions += 1

    def _received(self, _: object, __: object, message: mqtt.MQTTMessage) -> None:
        self.messages.append((message.topic, message.payload.decode()))
