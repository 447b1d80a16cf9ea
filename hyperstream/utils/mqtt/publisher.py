"""Publishes text in the background: whoever hands it over never waits for a broker."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from typing import Any

from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from hyperstream.utils.mqtt.connection import Connection
from hyperstream.utils.mqtt.options import Broker

_ON_THE_WAY = 20  # more of level 2 at once are too many for some brokers
_PAUSE = 0.1
_SAY_EVERY = 10.0

logger = logging.getLogger(__name__)


class Publisher:
    """Keeps messages up to a bound, and sends them in order while the broker is there.

    Parameters
    ----------
    broker
        The broker.
    topic
        The topic of all messages.
    qos
        0 (at most once), 1 (at least once) or 2 (once).
    size
        How many messages to keep. When another one comes, the oldest is dropped.

    Attributes
    ----------
    dropped : int
        How many messages were dropped so far.
    """

    def __init__(self, broker: Broker, topic: str, qos: int, size: int) -> None:
        self._topic = topic
        self._qos = qos
        self._size = size
        self._address = broker.address
        self._changed = threading.Condition()
        self._waiting: deque[str] = deque()
        self._sent: dict[int, str] = {}  # by packet id, until the broker has them
        self._confirmed: set[int] = set()  # before it was known under which id they were sent
        self._connections = 0
        self._is_up = False
        self._ended = False
        self.dropped = 0
        self._unsaid = 0
        self._say_at = 0.0
        self._connection = Connection(
            broker, "Log messages wait", on_up=self._up, on_down=self._down
        )
        self._connection.client.on_publish = self._published
        self._connection.start()
        threading.Thread(target=self._work, name="hyperstream-mqtt-log", daemon=True).start()

    def put(self, message: str) -> None:
        """Hand over a message."""
        with self._changed:
            self._waiting.append(message)
            self._trim()
            self._changed.notify_all()

    def close(self, seconds: float) -> int:
        """End, after at most `seconds` for what is waiting; return how many were not sent."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting and not self._sent, seconds)
            left = len(self._waiting) + len(self._sent)
            self._ended = True
            self._changed.notify_all()
        self._connection.stop(min(seconds, 1.0))
        return left

    def _work(self) -> None:
        """Send what waits, and say what was dropped, until the end."""
        while not self._ended:
            with self._changed:
                self._changed.wait_for(self._has_work, timeout=1.0 if self._unsaid else None)
                work = self._waiting.popleft() if self._can_send() else None
                connection, report = self._connections, self._due_report()
            # Without the lock: the library holds its own while it calls `_published`.
            if work is not None:
                info = self._connection.client.publish(self._topic, work, self._qos)
                with self._changed:
                    self._note(info.mid, info.rc, work, connection)
            if report:
                logger.warning(
                    "%d log messages for the MQTT broker at %s were dropped: it was away for "
                    "too long, or too slow.",
                    report,
                    self._address,
                )

    def _has_work(self) -> bool:
        return self._ended or self._can_send()

    def _can_send(self) -> bool:
        return (
            self._is_up
            and not self._ended
            and bool(self._waiting)
            and len(self._sent) < _ON_THE_WAY
        )

    def _due_report(self) -> int:
        """Return how many dropped messages are to be said now.

        That is when all the others are sent; but not too often, for it is one more message.
        """
        now = time.monotonic()
        if not self._unsaid or self._waiting or not self._is_up or now < self._say_at:
            return 0
        report, self._unsaid = self._unsaid, 0
        self._say_at = now + _SAY_EVERY
        return report

    def _note(self, mid: int, result: MQTTErrorCode, message: str, connection: int) -> None:
        """Remember a message that was handed to the library."""
        # At level 0 the library forgets what it has not sent when a connection ends.
        if self._qos == 0 and (result or connection != self._connections):
            self._waiting.appendleft(message)
            self._trim()
            self._changed.wait(_PAUSE)
        elif mid in self._confirmed:
            self._confirmed.remove(mid)
        else:
            self._sent[mid] = message
        self._changed.notify_all()

    def _trim(self) -> None:
        while len(self._waiting) > self._size:
            self._waiting.popleft()
            self.dropped += 1
            self._unsaid += 1

    def _up(self, _: bool) -> None:
        with self._changed:
            self._connections += 1
            self._is_up = True
            if self._qos == 0:
                self._waiting.extendleft(reversed(self._sent.values()))
                self._sent.clear()
                self._confirmed.clear()
                self._trim()
            self._changed.notify_all()

    def _down(self, _: ReasonCode) -> None:
        with self._changed:
            self._is_up = False

    def _published(self, _: Any, __: Any, mid: int, *___: Any) -> None:
        with self._changed:
            if self._sent.pop(mid, None) is None:
                self._confirmed.add(mid)
            self._changed.notify_all()
