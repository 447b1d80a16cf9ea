"""What tests share: comparing, listening to MQTT, making and removing plates."""

from __future__ import annotations

import math
import shutil
import socket
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt

BROKER = "127.0.0.1"
PORT = 1883

_scratch: list[Path] = []


def setup() -> None:
    """Make the folder that holds what `resource_manager` gives."""
    _scratch.append(Path(tempfile.mkdtemp(prefix="hyperstream-tests-")))


def teardown() -> None:
    """Remove the folder that `setup` made."""
    shutil.rmtree(_scratch.pop())


def is_close(a: float, b: float, tolerance: float) -> bool:
    """Tell whether two numbers differ by `tolerance` at most; NaN is close to NaN."""
    return abs(a - b) <= tolerance or a == b or (math.isnan(a) and math.isnan(b))


def assert_all_close(a: Iterable[float], b: Iterable[float], tolerance: float) -> None:
    """Fail unless both have as many numbers, each close to its counterpart."""
    a, b = list(a), list(b)
    assert len(a) == len(b), f"{len(a)} numbers against {len(b)}"
    for index, (x, y) in enumerate(zip(a, b, strict=True)):
        assert is_close(x, y, tolerance), f"item {index}: {x} is not close to {y}"


def assert_dict_equal(a: Mapping[Any, Any], b: Mapping[Any, Any]) -> None:
    """Fail unless both have the same keys and values, naming those that differ."""
    differing = [key for key in {**a, **b} if key not in a or key not in b or a[key] != b[key]]
    assert not differing, f"these keys differ: {differing}\n{a}\n{b}"


def mosquitto_is_running() -> bool:
    """Tell whether an MQTT broker answers on this machine's usual port."""
    with closing(socket.socket()) as connection:
        return connection.connect_ex((BROKER, PORT)) == 0


class MqttClient:
    """Listens to a broker and keeps the last message of each topic.

    Parameters
    ----------
    host, port
        Where the broker is.
    topic
        What to subscribe to.
    """

    last_messages: dict[str, str] = {}  # noqa: RUF012 - shared by all clients, as documented

    def __init__(self, host: str = BROKER, port: int = PORT, topic: str = "#") -> None:
        self.topic = topic
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self.client.on_connect = self.on_connect
        self.client.on_message = self.on_message
        self.client.connect(host, port)
        self.client.loop_start()

    def on_connect(self, client, userdata, flags, rc, properties=None) -> None:
        """Subscribe, at the first connection and each one after a break."""
        client.subscribe(self.topic)

    def on_message(self, client, userdata, msg) -> None:
        """Keep the message."""
        self.last_messages[msg.topic] = msg.payload.decode()

    def close(self) -> None:
        """Disconnect, and end the thread that listens."""
        self.client.disconnect()
        self.client.loop_stop()


@dataclass(frozen=True)
class Resources:
    """What `resource_manager` gives: a folder, and a listener if there is a broker."""

    path: Path
    mqtt_client: MqttClient | None


@contextmanager
def resource_manager(*args: Any, **kwds: Any) -> Iterator[Resources]:
    """Give a new folder and, where a broker runs, an `MqttClient` made from the arguments."""
    with ExitStack() as stack:
        path = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=_scratch[-1])))
        client = None
        if mosquitto_is_running():
            client = stack.enter_context(closing(MqttClient(*args, **kwds)))
        yield Resources(path, client)


def _identifier(tag: str, value: str, parent: str) -> str:
    prefix = "" if parent == "root" else f"{parent}."
    return f"{prefix}{tag}_{value}"


def get_meta_data(hs: Any, tag: str) -> list[Any]:
    """Give the nodes of the meta data tree that have this tag."""
    tree = hs.plate_manager.meta_data_manager.global_plate_definitions
    return [node for node in tree.all_nodes() if node.tag == tag]


def insert_meta_data(hs: Any, tag: str, values: Iterable[str], parent: str = "root") -> None:
    """Put values below a parent in the meta data tree, except those already there."""
    manager = hs.plate_manager.meta_data_manager
    for value in values:
        identifier = _identifier(tag, value, parent)
        if not manager.contains(identifier):
            manager.insert(tag=tag, identifier=identifier, parent=parent, data=value)


def delete_meta_data(hs: Any, tag: str, values: Iterable[str], parent: str = "root") -> None:
    """Remove values below a parent from the meta data tree."""
    for value in values:
        hs.plate_manager.meta_data_manager.delete(_identifier(tag, value, parent))


def create_plate(hs: Any, plate_id: str, tag: str, parent_plate: str | None = None) -> Any:
    """Make a plate of all values that a tag has."""
    return hs.plate_manager.create_plate(
        plate_id=plate_id,
        description=f"All values of {tag}",
        meta_data_id=tag,
        values=[],
        complement=True,
        parent_plate=parent_plate,
    )


def delete_plate(hs: Any, plate_id: str) -> None:
    """Remove a plate, and leave its meta data."""
    hs.plate_manager.delete_plate(plate_id)
